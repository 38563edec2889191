"""Checks of the database itself: its settings, its integrity, its migrations."""

from collections.abc import Iterator

from alembic.migration import MigrationContext
from sqlalchemy import text

from chantiers.operations.doctor.findings import Finding, note, well, wrong
from chantiers.operations.dump import head
from models import db


def database() -> Iterator[Finding]:
    """Check that the database answers, and that what it commits is durable."""
    if db.engine.dialect.name == "sqlite":
        yield from _sqlite()
    else:
        yield from _postgresql()


def _sqlite() -> Iterator[Finding]:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    found = {name: db.session.scalar(text(f"PRAGMA {name}")) for name in wanted}
    if found == wanted:
        yield well("La base SQLite répond (WAL, synchronous=FULL, clés étrangères).")
    else:
        yield wrong(
            f"La base SQLite n’a pas ses réglages ({found}) : son dossier doit permettre le mode WAL."
        )
    verdict = db.session.scalar(text("PRAGMA quick_check(1)"))
    if verdict != "ok":
        yield wrong(f"Le fichier de la base est abîmé ({verdict}) : restaurez la dernière sauvegarde.")


def _postgresql() -> Iterator[Finding]:
    version = db.session.scalar(text("SHOW server_version"))
    encoding = db.session.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        yield wrong(f"La base PostgreSQL est en {encoding} : recréez-la avec ENCODING 'UTF8'.")
    else:
        yield well(f"La base PostgreSQL {version} répond.")
    careless = [
        name for name in ("fsync", "synchronous_commit") if db.session.scalar(text(f"SHOW {name}")) == "off"
    ]
    if careless:
        yield note(f"PostgreSQL peut perdre ce qu’il confirme : remettez {' et '.join(careless)} à « on ».")


def migrations() -> Iterator[Finding]:
    """Check that the database is at this program's migration."""
    current, wanted = MigrationContext.configure(db.session.connection()).get_current_revision(), head()
    if current == wanted:
        yield well(f"Les tables sont à jour ({current}).")
    else:
        yield wrong(
            f"Les tables sont à « {current or 'rien'} » et non à « {wanted} » : lancez « flask --app app db upgrade »."
        )
