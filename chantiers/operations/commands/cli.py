"""The commands of whoever runs an instance: `flask --app app init FILE`, and the others. They speak French."""

import functools
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from mailbox import Maildir
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from chantiers.config import version
from chantiers.jobs import worker as jobs
from chantiers.language.refusals import say
from chantiers.mail.receiving import LARGEST as LARGEST_MAIL
from chantiers.mail.receiving import ReceivedMail
from chantiers.mail.receiving import receive as take_mail
from chantiers.operations import backup as backups
from chantiers.operations import doctor as examination
from chantiers.operations import instance_export
from chantiers.operations.demarche_file.load import Report
from chantiers.operations.demarche_file.load import load as load_file
from chantiers.operations.demarche_file.nodes import LARGEST, FileRefused
from chantiers.operations.demonstration.load import DemonstrationRefused
from chantiers.operations.demonstration.load import load as load_demonstration
from chantiers.storage.store import StorageDown, StorageFull, current_storage
from models import (
    CommentAttachment,
    DeliverableVersion,
    ImportBatch,
    PasswordLink,
    Refused,
    Role,
    User,
    db,
    forget_expired,
    purge_bin,
    sweep_imports,
)
from models import reindex as remade

LOCAL_ADDRESS = "http://127.0.0.1:5000"
#: How many lines of a list are worth reading in a terminal.
SHOWN = 200
#: What tells a mail server to hand a message over later (EX_TEMPFAIL of sysexits.h).
TRY_AGAIN_LATER = 75

Command = TypeVar("Command", bound=Callable[..., Any])


class Failure(click.ClickException):
    """What went wrong, in a sentence: no traceback teaches anybody to mend it."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def plainly(command: Command) -> Command:
    """Say what goes wrong in a command in French, with exit status 1, and keep nothing of it."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except FileRefused as refused:
            raise Failure(_problems(refused)) from None
        except Exception as error:
            raise Failure(_in_a_sentence(error)) from None
        finally:
            db.session.remove()

    return run  # type: ignore[return-value]


def _problems(refused: FileRefused) -> str:
    lines = [str(problem) for problem in refused.problems]
    if refused.left_out:
        lines.append(f"… et {refused.left_out} autres.")
    return "\n".join(["Ce fichier n’a pas été chargé :", *(f"  {line}" for line in lines)])


def _in_a_sentence(error: Exception) -> str:
    if isinstance(error, Refused):
        return say(error)
    if isinstance(error, backups.BackupRefused | DemonstrationRefused):
        return str(error)
    if isinstance(error, StorageFull):
        return f"Il n’y a plus de place pour les fichiers ({error}) : libérez-en, puis recommencez."
    if isinstance(error, StorageDown):
        return f"Les fichiers ne répondent pas ({error}) : vérifiez STORAGE_URL, puis recommencez."
    if isinstance(error, StaleDataError):
        return "Quelqu’un a modifié la même chose au même moment : rien n’a été gardé, recommencez."
    if isinstance(error, SQLAlchemyError):
        return _of_the_database(error)
    if isinstance(error, OSError):
        return f"Le disque refuse : {error.strerror or error} ({error.filename or 'fichier inconnu'})."
    return f"Une erreur inattendue a tout arrêté, et rien n’a été gardé ({type(error).__name__} : {error})."


def _of_the_database(error: SQLAlchemyError) -> str:
    words = examination.reason(error)
    if "no such table" in words or ("relation" in words and "does not exist" in words):
        return "Les tables manquent ou ne sont pas à jour : lancez d’abord « flask --app app db upgrade »."
    if isinstance(error, OperationalError):
        return f"La base ne répond pas ({words}) : vérifiez DATABASE_URL, la place et les droits, puis recommencez."
    return f"La base refuse ({words}). Rien n’a été gardé."


# The démarche ----------------------------------------------------------------------------------------------------


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
        _tell(report, dry_run=True)
        return
    is_coordinated = _coordinator_with_account() is not None
    if report.coordination is None and not is_coordinated:
        raise Failure(
            "Rien n’a été chargé, car le fichier ne dit pas qui coordonne : ajoutez « coordination », avec « nom » et "
            "« courriel », à la partie « demarche »."
        )
    if report.coordination is None or is_coordinated:
        db.session.commit()
        _tell(report, dry_run=False)
        click.echo("La coordination a déjà un compte : elle n’a pas besoin de lien.")
        return
    report.coordination.become(Role.COORDINATOR, by=None)
    token = PasswordLink.issue(report.coordination, by=None)
    db.session.commit()
    _tell(report, dry_run=False)
    _print_link(report.coordination, token)


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
    _tell(report, dry_run=dry_run)


def _content_of(file: str | None) -> bytes:
    if not file:
        raise Failure("Indiquez le fichier de la démarche : flask --app app init data/demarche.yaml")
    path = Path(file)
    if not path.is_file():
        raise Failure(f"Il n’y a pas de fichier « {file} ».")
    with path.open("rb") as opened:
        # One byte too many is enough to refuse a file that is too large.
        return opened.read(LARGEST + 1)


def _tell(report: Report, *, dry_run: bool) -> None:
    if not report.changes:
        click.echo("Rien ne changerait." if dry_run else "Rien n’a changé : tout était déjà là.")
    _list("Serait ajouté" if dry_run else "Ajouté", report.created)
    _list("Serait mis à jour" if dry_run else "Mis à jour", report.updated)
    _list(
        "Resterait comme vous l’avez écrit ici" if dry_run else "Gardé comme vous l’avez écrit ici",
        report.kept,
    )
    _list("N’est plus dans le fichier (rien n’est supprimé)", report.gone)


def _list(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title} ({len(lines)}) :")
    for line in lines[:SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > SHOWN:
        click.echo(f"  … et {len(lines) - SHOWN} autres.")


# People ----------------------------------------------------------------------------------------------------------


@click.command("link")
@click.argument("address", required=False)
@with_appcontext
@plainly
def link(address: str | None) -> None:
    """Donne à une personne un nouveau lien pour choisir son mot de passe."""
    if not address:
        raise Failure("Indiquez l’adresse de la personne : flask --app app link prenom@example.org")
    person = User.with_email(address)
    if person is None:
        raise Failure(f"Personne n’a l’adresse {address}.")
    if person.is_example:
        raise Failure(
            "C’est un compte de la démonstration : il s’ouvre d’un clic, et n’a pas de mot de passe."
        )
    token = PasswordLink.issue(person, by=None)
    db.session.commit()
    _print_link(person, token)


def _coordinator_with_account() -> User | None:
    able = select(User).where(User.role == Role.COORDINATOR, User.with_account())
    return db.session.scalar(able.limit(1))


def _print_link(person: User, token: str) -> None:
    path = current_app.url_map.bind("").build("accounts.choose_password", {"token": token})
    click.echo(
        f"\nPour que {person.name} choisisse son mot de passe (une seule fois, dans les deux semaines) :\n"
    )
    click.echo(f"  {current_app.config['PUBLIC_URL'] or LOCAL_ADDRESS}{path}\n")


# Care ------------------------------------------------------------------------------------------------------------


@click.command("version")
def print_version() -> None:
    """Dit quelle version du programme est installée."""
    click.echo(version())


@click.command("doctor")
@click.option("--repair", is_flag=True, help="Recompte les compteurs et redate les dernières nouvelles.")
@with_appcontext
@plainly
def doctor(repair: bool) -> None:
    """Examine l’instance, et dit comment réparer ce qui ne va pas."""
    if repair:
        examination.repair()
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


@click.command("purge")
@with_appcontext
@plainly
def purge() -> None:
    """Efface ce qui a passé trente jours dans la corbeille, et ce qui a expiré. À lancer chaque nuit."""
    erased = 0
    while (purged := purge_bin()).total:
        db.session.commit()
        erased += purged.total
        for key in purged.files:
            current_storage().delete(key)
    forgotten = forget_expired()
    imported = sweep_imports()
    db.session.commit()
    for key in imported:
        current_storage().delete(key)
    # A file is written before its row: only one that has waited since yesterday belongs to nobody.
    columns = (DeliverableVersion.storage_key, CommentAttachment.storage_key, ImportBatch.storage_key)
    known = {key for column in columns for key in db.session.scalars(select(column)) if key}
    db.session.rollback()
    swept = current_storage().sweep(known, timedelta(days=1))
    click.echo(
        f"Effacés. Corbeille : {erased} ; traces expirées : {forgotten} ; fichiers sans usage : {len(swept)}."
    )


@click.command("reindex")
@with_appcontext
@plainly
def reindex() -> None:
    """Refait l’index de la recherche, pendant que l’on travaille."""
    things = 0
    for number in remade():
        db.session.commit()
        things += number
    click.echo(f"L’index de la recherche est refait ({things} entrées relues).")


@click.command("backup")
@click.argument("folder", required=False)
@with_appcontext
@plainly
def backup(folder: str | None) -> None:
    """Sauvegarde la base et les fichiers dans un nouveau dossier, pendant que l’on travaille."""
    if not folder:
        raise Failure("Indiquez le dossier à créer : flask --app app backup sauvegardes/2026-03-15")
    summary = backups.make(Path(folder))
    _tell_backup(summary, f"Sauvegarde faite dans {folder}")
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
        raise Failure("Indiquez le dossier de la sauvegarde : flask --app app restore sauvegardes/2026-03-15")
    if Path(source).is_file():
        _restore_export(Path(source), Path(files) if files else None)
        return
    _tell_backup(backups.restore(Path(source)), f"Restauré depuis {source}")


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
        raise Failure("Indiquez le fichier à écrire : flask --app app export instance.json")
    if file == "-":
        for line in instance_export.lines():
            click.echo(line, nl=False)
        return
    target = Path(file)
    if target.exists():
        raise Failure(f"« {target} » existe déjà : donnez un nouveau nom.")
    with target.open("x", encoding="utf-8") as written:
        target.chmod(0o600)
        written.writelines(instance_export.lines())
    click.echo(f"Toute l’instance est dans {target}. Il contient des adresses : gardez-le pour vous.")


def _tell_backup(summary: backups.Summary, title: str) -> None:
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


# Mail -------------------------------------------------------------------------------------------------------------


@click.command("worker")
@click.option("--once", is_flag=True, help="Faire ce qui est dû, puis s’arrêter.")
def worker(once: bool) -> None:
    """Envoie les mails, jusqu’à ce qu’on l’arrête. À lancer là où le serveur ne le fait pas."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        outcome = jobs.work(app)
        click.echo(
            f"Mails envoyés : {outcome.sent} ; devenus inutiles : {outcome.dropped} ; en échec : {outcome.failed}."
        )
        return
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    jobs.run(app, over)


@click.command("receive")
@click.argument("folder", required=False)
@with_appcontext
def receive(folder: str | None) -> None:
    """Prend les réponses par mail : un message sur l’entrée, ou un dossier Maildir.

    Derrière un serveur de mails, 0 dit que c’est fait et 75 qu’il faut présenter le message plus tard.
    """
    try:
        if folder is None:
            # One byte more than is taken says that it is too much; the rest is not kept in memory.
            content = sys.stdin.buffer.read(LARGEST_MAIL + 1)
            while sys.stdin.buffer.read(1024 * 1024):
                pass
            taken = [take_mail(content)]
        else:
            taken = list(_take_folder(Path(folder)))
    except SQLAlchemyError as error:
        db.session.rollback()
        click.echo(_in_a_sentence(error), err=True)
        sys.exit(TRY_AGAIN_LATER)
    finally:
        db.session.remove()
    outcomes = Counter(str(each.outcome) for each in taken if each is not None)
    click.echo(
        f"Commentaires : {outcomes['commented']} ; refusées : {outcomes['refused']} ; "
        f"mises de côté : {outcomes['kept_aside']} ; déjà prises : {sum(each is None for each in taken)}."
    )


def _take_folder(folder: Path) -> Iterator[ReceivedMail | None]:
    """Take each new message of a Maildir, then mark it as read: killed in between, it is known by its number."""
    if not (folder / "new").is_dir():
        raise Failure(f"{folder} n’est pas un dossier Maildir : il y manque « new ».")
    box = Maildir(folder, create=False)
    for name in box.iterkeys():
        if box.get_message(name).get_subdir() != "new":
            continue
        with box.get_file(name) as file:
            yield take_mail(file.read(LARGEST_MAIL + 1))
        message = box.get_message(name)
        message.set_subdir("cur")
        message.add_flag("S")
        box[name] = message


# The demonstration -----------------------------------------------------------------------------------------------

demonstration = AppGroup("demonstration", help="Le contenu inventé, pour essayer.")


@demonstration.command("load")
@plainly
def load_example() -> None:
    """Charge la démarche et six mois de travail inventé, dans une base neuve de démonstration."""
    loaded = load_demonstration()
    db.session.commit()
    click.echo("La démonstration est prête." if loaded else "La démonstration est déjà là.")


def init_app(app: Flask) -> None:
    """Give the app its commands."""
    commands = (
        init,
        import_file,
        link,
        print_version,
        doctor,
        purge,
        reindex,
        backup,
        export,
        restore,
        worker,
        receive,
        demonstration,
    )
    for command in commands:
        app.cli.add_command(command)
