"""Commands that load the démarche's file: `init` and `import`."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from chantiers.operations.commands.accounts import coordinator_with_account, print_link
from chantiers.operations.commands.errors import CommandFailure, plainly
from chantiers.operations.demarche_file.load import load as load_file
from chantiers.operations.demarche_file.nodes import LARGEST
from chantiers.operations.demarche_file.report import LoadReport
from models import PasswordLink, Role, db

#: Most lines of a list that are printed.
SHOWN = 200


@click.command("init")
@click.argument("file", required=False)
@click.option("--dry-run", is_flag=True, help="Dit ce qui changerait, sans rien changer.")
@with_appcontext
@plainly
def init(file: str | None, dry_run: bool) -> None:
    """Charge une démarche, et ouvre le premier compte de la coordination."""
    report = load_file(_content_of(file))
    if dry_run:
        db.session.rollback()
        _print_report(report, dry_run=True)
        return
    is_coordinated = coordinator_with_account() is not None
    if report.coordination is None and not is_coordinated:
        raise CommandFailure(
            "Rien n’a été chargé, car le fichier ne dit pas qui coordonne : ajoutez « coordination », avec « nom » et "
            "« courriel », à la partie « demarche »."
        )
    if report.coordination is None or is_coordinated:
        db.session.commit()
        _print_report(report, dry_run=False)
        click.echo("La coordination a déjà un compte : elle n’a pas besoin de lien.")
        return
    report.coordination.become(Role.COORDINATOR, by=None)
    token = PasswordLink.issue(report.coordination, by=None)
    db.session.commit()
    _print_report(report, dry_run=False)
    print_link(report.coordination, token)


@click.command("import")
@click.argument("file", required=False)
@click.option("--dry-run", is_flag=True, help="Dit ce qui changerait, sans rien changer.")
@with_appcontext
@plainly
def import_file(file: str | None, dry_run: bool) -> None:
    """Charge de nouveau le fichier de la démarche : ce que les gens ont écrit reste."""
    report = load_file(_content_of(file))
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()
    _print_report(report, dry_run=dry_run)


def _content_of(file: str | None) -> bytes:
    if not file:
        raise CommandFailure("Indiquez le fichier de la démarche : flask --app app init data/demarche.yaml")
    path = Path(file)
    if not path.is_file():
        raise CommandFailure(f"Il n’y a pas de fichier « {file} ».")
    with path.open("rb") as opened:
        # One byte too many is enough to refuse a file that is too large.
        return opened.read(LARGEST + 1)


def _print_report(report: LoadReport, *, dry_run: bool) -> None:
    if not report.changes:
        click.echo("Rien ne changerait." if dry_run else "Rien n’a changé : tout était déjà là.")
    _print_lines("Serait ajouté" if dry_run else "Ajouté", report.created)
    _print_lines("Serait mis à jour" if dry_run else "Mis à jour", report.updated)
    _print_lines(
        "Resterait comme vous l’avez écrit ici" if dry_run else "Gardé comme vous l’avez écrit ici",
        report.kept,
    )
    _print_lines("N’est plus dans le fichier (rien n’est supprimé)", report.gone)


def _print_lines(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title} ({len(lines)}) :")
    for line in lines[:SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > SHOWN:
        click.echo(f"  … et {len(lines) - SHOWN} autres.")
