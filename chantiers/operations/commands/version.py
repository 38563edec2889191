"""Command that names the version: `version`."""

import click

from chantiers.config import version


@click.command("version")
def print_version() -> None:
    """Dit quelle version du programme est installée."""
    click.echo(version())
