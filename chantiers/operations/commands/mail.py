"""Commands that send and receive mails: `worker` and `receive`."""

import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from mailbox import Maildir
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from chantiers.jobs import worker as jobs
from chantiers.mail.receiving import LARGEST as LARGEST_MAIL
from chantiers.mail.receiving import ReceivedMail
from chantiers.mail.receiving import receive as take_mail
from chantiers.operations.commands.errors import CommandFailure, in_a_sentence
from models import db

#: Exit status by which a mail server keeps a message and retries later (EX_TEMPFAIL of sysexits.h).
TRY_AGAIN_LATER = 75


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
        click.echo(in_a_sentence(error), err=True)
        sys.exit(TRY_AGAIN_LATER)
    finally:
        db.session.remove()
    outcomes = Counter(str(each.outcome) for each in taken if each is not None)
    click.echo(
        f"Commentaires : {outcomes['commented']} ; refusées : {outcomes['refused']} ; "
        f"mises de côté : {outcomes['kept_aside']} ; déjà prises : {sum(each is None for each in taken)}."
    )


def _take_folder(folder: Path) -> Iterator[ReceivedMail | None]:
    """Receive each new message of a Maildir, then mark it as read: killed in between, it is known by its Message-ID."""
    if not (folder / "new").is_dir():
        raise CommandFailure(f"{folder} n’est pas un dossier Maildir : il y manque « new ».")
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
