"""Commands of backups and of the JSON export: `backup`, `restore`, `export`."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from chantiers.operations import backup as backups
from chantiers.operations import instance_export
from chantiers.operations.commands.errors import CommandFailure, plainly


@click.command("backup")
@click.argument("folder", required=False)
@with_appcontext
@plainly
def backup(folder: str | None) -> None:
    """Sauvegarde la base et les fichiers dans un nouveau dossier, pendant que l’on travaille."""
    if not folder:
        raise CommandFailure("Indiquez le dossier à créer : flask --app app backup sauvegardes/2026-03-15")
    summary = backups.make(Path(folder))
    _print_summary(summary, f"Sauvegarde faite dans {folder}")
    if summary.wrong:
        # It is kept, but whoever runs it every night must hear of it, and throw away no older one.
        sys.exit(1)


@click.command("restore")
@click.argument("source", required=False)
@click.option("--files", help="Pour un export JSON : le dossier « files » d’une sauvegarde.")
@with_appcontext
@plainly
def restore(source: str | None, files: str | None) -> None:
    """Remplit une base neuve avec une sauvegarde, ou avec l’export JSON d’une instance, après l’avoir vérifié."""
    if not source:
        raise CommandFailure(
            "Indiquez le dossier de la sauvegarde : flask --app app restore sauvegardes/2026-03-15"
        )
    if Path(source).is_file():
        _restore_export(Path(source), Path(files) if files else None)
        return
    _print_summary(backups.restore(Path(source)), f"Restauré depuis {source}")


def _restore_export(source: Path, files: Path | None) -> None:
    with source.open("rb") as file:
        restored = instance_export.restore(file, files)
    click.echo(
        f"Restauré depuis {source}. Lignes : {restored.rows}. Chaque personne choisit un nouveau mot de passe, ou "
        "entre par un lien reçu par mail ; les invitations sans réponse sont à renvoyer."
    )
    if restored.missing:
        click.echo(
            f"Attention, des fichiers ne sont pas là ({len(restored.missing)}) : un export JSON ne les contient pas. "
            "Une sauvegarde les a : flask --app app restore EXPORT.json --files SAUVEGARDE/files",
            err=True,
        )


@click.command("export")
@click.argument("file", required=False)
@with_appcontext
@plainly
def export(file: str | None) -> None:
    """Écrit toute l’instance dans un fichier JSON (« - » : à l’écran), sans rien de secret."""
    if not file:
        raise CommandFailure("Indiquez le fichier à écrire : flask --app app export instance.json")
    if file == "-":
        for line in instance_export.lines():
            click.echo(line, nl=False)
        return
    target = Path(file)
    if target.exists():
        raise CommandFailure(f"« {target} » existe déjà : donnez un nouveau nom.")
    with target.open("x", encoding="utf-8") as written:
        target.chmod(0o600)
        written.writelines(instance_export.lines())
    click.echo(f"Toute l’instance est dans {target}. Il contient des adresses : gardez-le pour vous.")


def _print_summary(summary: backups.BackupSummary, title: str) -> None:
    size = f"{summary.size / 1024**2:.1f}".replace(".", ",")
    click.echo(
        f"{title}. Lignes : {summary.rows} ; fichiers : {summary.files} ({size} Mo). Tout est vérifié."
    )
    if summary.wrong:
        names = ", ".join(summary.wrong[:5]) + ("…" if len(summary.wrong) > 5 else "")
        click.echo(
            f"Attention, des fichiers manquaient ou étaient abîmés : {len(summary.wrong)} ({names}).",
            err=True,
        )
