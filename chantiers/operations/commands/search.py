"""Command that rebuilds the search index: `reindex`."""

import click
from flask.cli import with_appcontext

from chantiers.operations.commands.errors import plainly
from models import db
from models import reindex as reindex_all


@click.command("reindex")
@with_appcontext
@plainly
def reindex() -> None:
    """Refait l’index de la recherche, pendant que l’on travaille."""
    things = 0
    for number in reindex_all():
        db.session.commit()
        things += number
    click.echo(f"L’index de la recherche est refait ({things} entrées relues).")
