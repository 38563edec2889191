"""Command that examines the instance: `doctor`."""

import sys

import click
from flask.cli import with_appcontext

from chantiers.operations.commands.errors import plainly
from chantiers.operations.doctor import examination, figures
from models import db


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Recompte les compteurs et redate les dernières nouvelles.")
@with_appcontext
@plainly
def doctor(repair: bool) -> None:
    """Examine l’instance, et dit comment réparer ce qui ne va pas."""
    if repair:
        figures.repair()
        db.session.commit()
        click.echo("Les compteurs et les dates de dernières nouvelles ont été recalculés.")
    findings = []
    for finding in examination.examine():
        findings.append(finding)
        click.echo(f"{finding.mark:<11}{finding.words}")
    broken = sum(finding.is_wrong for finding in findings)
    if broken:
        click.echo(f"\nÀ réparer : {broken}.")
        sys.exit(1)
    click.echo("\nTout va bien.")
