"""Main screens, as whom they are opened, and how many SQL statements each takes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import event, select

from bench.generate import Made
from models import Deliverable, Task, TaskStatus, User, UserSession, db

#: Transactions and settings are not questions.
NOT_COUNTED = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|PRAGMA|SAVEPOINT|RELEASE|SET)\b", re.IGNORECASE)
MOST_STATEMENTS = 12
#: The one screen that may take more: it tells of every chantier, and of the past.
MORE_STATEMENTS = {"coordination": 15}


def most_statements(screen: str) -> int:
    """Return the budget of a screen: how many statements it may take."""
    return MORE_STATEMENTS.get(screen, MOST_STATEMENTS)


@dataclass(frozen=True)
class Screen:
    """Page that is measured: its name, its address, and about how many things it shows."""

    name: str
    address: str
    rows: int


def screens(app: Flask, made: Made) -> list[Screen]:
    """List the main screens of a generated démarche; call it outside any application context."""
    chantier, structure = f"/chantiers/{made.slugs[0]}", f"/structures/{made.structure_slugs[0]}"
    with app.app_context():
        task = db.session.scalar(
            select(Task.id).where(Task.chantier_id == 1, Task.status == TaskStatus.BLOCKED, Task.live())
        )
        deliverable = db.session.scalar(
            select(Deliverable.id).where(Deliverable.chantier_id == 1, Deliverable.finished())
        )
    return [
        Screen("mon-travail", "/mon-travail", 40),
        Screen("chantiers", "/chantiers", 5),
        Screen("chantier", chantier, 60),
        Screen("tâches, tableau", f"{chantier}/taches", 170),
        Screen("tâches, liste de 50", f"{chantier}/taches?vue=liste", 50),
        Screen("tâches, liste de 200", f"{chantier}/taches?vue=liste&par_page=200", 200),
        Screen("tâche", f"/taches/{task}", 30),
        Screen("calendrier", f"{chantier}/calendrier", 100),
        Screen("livrables", f"{chantier}/livrables", 40),
        Screen("livrable", f"/livrables/{deliverable}", 30),
        Screen("membres", f"{chantier}/membres", 40),
        Screen("journal", f"{chantier}/journal", 50),
        Screen("structures", "/structures", 40),
        Screen("structure", structure, 40),
        Screen("recherche", "/recherche?q=cartograph+territoires", 20),
        Screen("coordination", "/coordination", 30),
        Screen("à arbitrer", "/coordination/a-arbitrer", 40),
        Screen("treize semaines", "/coordination/semaines", 60),
        Screen("structures × chantiers", "/coordination/structures", 40),
        Screen("ce qui a bougé", "/coordination/mouvements", 15),
    ]


def people(made: Made) -> dict[str, int]:
    """Return as whom screens are opened: the name we give them, and their number."""
    return {"référente": made.referent_ids[0], "coordination": made.coordinator_id}


def cookie_for(app: Flask, user_id: int) -> str:
    """Make a cookie by which this person is signed in, as Flask signs it."""
    with app.app_context():
        _session, token = UserSession.open(db.session.get_one(User, user_id), "bench")
        db.session.commit()
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"


@contextmanager
def recorded(app: Flask) -> Iterator[list[str]]:
    """Record the SQL statements that this app runs inside the block."""
    statements: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not NOT_COUNTED.match(statement):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def statements_of(app: Flask, cookie: str, address: str) -> list[str]:
    """List the statements that one page takes, in this process."""
    with recorded(app) as statements:
        answer = app.test_client(use_cookies=False).get(address, headers={"Cookie": cookie})
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    return statements
