"""Command that loads the demonstration: `demonstration load`."""

import click
from flask.cli import AppGroup

from chantiers.operations.commands.errors import plainly
from chantiers.operations.demonstration.load import load as load_demonstration
from models import db

demonstration = AppGroup("demonstration", help="Le contenu inventé, pour essayer.")


@demonstration.command("load")
@plainly
def load_example() -> None:
    """Charge la démarche et six mois de travail inventé, dans une base neuve de démonstration."""
    loaded = load_demonstration()
    db.session.commit()
    click.echo("La démonstration est prête." if loaded else "La démonstration est déjà là.")
