"""Examination of an instance: runs every check; each finding says in a sentence how to repair."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from chantiers.operations.doctor.database import database, migrations
from chantiers.operations.doctor.figures import history, last_news, tallies
from chantiers.operations.doctor.findings import Finding, note, reason, wrong
from chantiers.operations.doctor.integrity import content, files, links, order, outbox, search
from chantiers.operations.doctor.surroundings import configuration, disks, mail_server, storage
from models import db, reading


def examine() -> Iterator[Finding]:
    """Yield every finding, in order; where the database does not answer, the checks that need it are left out."""
    yield from configuration()
    yield from disks()
    yield from storage()
    yield from mail_server()
    try:
        with reading():
            found = [*database(), *migrations()]
            db.session.rollback()
    except SQLAlchemyError as error:
        yield wrong(
            f"La base ne répond pas ({reason(error)}) : vérifiez DATABASE_URL et que le serveur est en marche."
        )
        return
    yield from found
    if any(finding.is_wrong for finding in found):
        yield note("Le contenu de la base n’a pas été examiné : réparez d’abord ce qui précède.")
        return
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        content,
        tallies,
        history,
        last_news,
        order,
        links,
        search,
        files,
        outbox,
    )
    with reading():
        for check in checks:
            try:
                yield from check()
            except SQLAlchemyError as error:
                yield wrong(f"L’examen n’a pas pu se faire ({reason(error)}).")
            db.session.rollback()
