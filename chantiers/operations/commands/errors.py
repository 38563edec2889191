"""Errors of commands: each is told in a French sentence, without a traceback."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from chantiers.language.refusals import say
from chantiers.operations.demarche_file.nodes import DemarcheFileRefused
from chantiers.operations.demonstration.load import DemonstrationRefused
from chantiers.operations.doctor.findings import reason
from chantiers.operations.dump import BackupRefused
from chantiers.storage.store import StorageDown, StorageFull
from models import Refused, db

Command = TypeVar("Command", bound=Callable[..., Any])


class CommandFailure(click.ClickException):
    """Failure of a command, told in a sentence: no traceback teaches anybody to mend it."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True)


def plainly(command: Command) -> Command:
    """Decorate a command: its errors are told in a French sentence, with exit status 1, and nothing is kept."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except DemarcheFileRefused as refused:
            raise CommandFailure(_problems(refused)) from None
        except Exception as error:
            raise CommandFailure(in_a_sentence(error)) from None
        finally:
            db.session.remove()

    return run  # type: ignore[return-value]


def _problems(refused: DemarcheFileRefused) -> str:
    lines = [str(problem) for problem in refused.problems]
    if refused.left_out:
        lines.append(f"… et {refused.left_out} autres.")
    return "\n".join(["Ce fichier n’a pas été chargé :", *(f"  {line}" for line in lines)])


def in_a_sentence(error: Exception) -> str:
    if isinstance(error, Refused):
        return say(error)
    if isinstance(error, BackupRefused | DemonstrationRefused):
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
    words = reason(error)
    if "no such table" in words or ("relation" in words and "does not exist" in words):
        return "Les tables manquent ou ne sont pas à jour : lancez d’abord « flask --app app db upgrade »."
    if isinstance(error, OperationalError):
        return f"La base ne répond pas ({words}) : vérifiez DATABASE_URL, la place et les droits, puis recommencez."
    return f"La base refuse ({words}). Rien n’a été gardé."
