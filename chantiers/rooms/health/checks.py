"""Health checks: each in a thread of its own with a timeout, so that the answer comes even when nothing else does."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TakesTooLong
from contextlib import suppress
from threading import Lock

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from chantiers.storage.store import StorageDown, StorageFull
from models import Demarche, OutgoingMail, db, reading

#: How long a monitor waits for each check.
PATIENCE = 3.0

_executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="health")
_running: dict[tuple[int, str], Future[str]] = {}
_lock = Lock()


def check_all(app: Flask) -> dict[str, str]:
    """Check every part at the same time: "ok" for each, or what is wrong in one word."""
    asked = {name: _ask(app, name, check) for name, check in CHECKS.items()}
    return {name: _hear(future) for name, future in asked.items()}


def _ask(app: Flask, name: str, check: Callable[[Flask], str]) -> Future[str]:
    """Start a check, unless the last one is still waiting: a database that hangs holds one thread, not one a minute."""
    key = (id(app), name)
    with _lock:
        running = _running.get(key)
        if running is None or running.done():
            running = _running[key] = _executor.submit(check, app)
        return running


def _hear(future: Future[str]) -> str:
    with suppress(TakesTooLong):
        return future.result(timeout=PATIENCE)
    return "slow"


def _database(app: Flask) -> str:
    """Whether a table of ours can be read."""
    with app.app_context(), reading():
        try:
            db.session.execute(select(Demarche.id).limit(1))
        except SQLAlchemyError:
            return "down"
        finally:
            with suppress(SQLAlchemyError):
                db.session.rollback()
    return "ok"


def _storage(app: Flask) -> str:
    """Whether a small file can be written, read and removed."""
    try:
        app.extensions["storage"].check()
    except StorageFull:
        return "full"
    except StorageDown:
        return "down"
    return "ok"


def _mail(app: Flask) -> str:
    """Whether mails leave, as the outbox tells; the mail server itself is not asked by whoever asks us."""
    if not app.config["MAIL_URL"]:
        return "off"
    with app.app_context(), reading():
        try:
            return "stuck" if OutgoingMail.is_stuck() else "ok"
        except SQLAlchemyError:
            return "unknown"
        finally:
            with suppress(SQLAlchemyError):
                db.session.rollback()


CHECKS: dict[str, Callable[[Flask], str]] = {"database": _database, "storage": _storage, "mail": _mail}
#: Those without which nobody is served.
NEEDED = ("database", "storage")
