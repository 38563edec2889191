"""Writers: people who create tasks by the form of the page, as fast as they are answered."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

from flask import Flask
from sqlalchemy import func, select

from bench.load import Browser, Pace
from models import Objective, ObjectiveKind, Task, db

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
#: A task's own address: anything else is no creation.
CREATED = re.compile(r"/taches/\d+$")


def creating(
    port: int,
    cookie: str,
    slug: str,
    objective: int,
    mark: str,
    *,
    seconds: float = 60.0,
    times: int = 100_000,
) -> Callable[[], Pace]:
    """Open the form, then create tasks called `mark` during so long, or so many times."""
    address = f"/chantiers/{slug}/taches/nouvelle"
    reader = Browser(port, cookie, "identity")
    token = TOKEN.search(reader.get(address).body.decode())
    reader.close()
    if token is None:
        raise RuntimeError(f"{address} shows no form")

    def create() -> Pace:
        # A connection of its own: the server hangs up on those that say nothing for some seconds.
        browser = Browser(port, reader.cookie)
        pace, began = Pace(), time.perf_counter()
        last = began
        while last - began < seconds and len(pace.times) + len(pace.errors) < times:
            answer = browser.post(
                address,
                {
                    "csrf_token": token[1],
                    "key": uuid4().hex,
                    "title": f"{mark} {uuid4().hex[:6]}",
                    "objective": str(objective),
                    "description": "Écrite par la mesure.",
                    "due_on": "",
                    "pilote": "0",
                },
            )
            now = time.perf_counter()
            if answer.status == 303 and CREATED.search(answer.location):
                pace.times.append(now - last)
            else:
                pace.errors.append(f"{answer.status} {answer.location}")
            last = now
        pace.seconds = last - began
        browser.close()
        return pace

    return create


def an_objective(app: Flask) -> int:
    """Return an operational objective of the first chantier."""
    with app.app_context():
        objectives = select(Objective.id).where(
            Objective.chantier_id == 1, Objective.kind == ObjectiveKind.OPERATIONAL
        )
        return db.session.scalars(objectives.order_by(Objective.id)).first() or 0


def kept(app: Flask, mark: str) -> int:
    """Count the tasks of that name."""
    with app.app_context():
        return db.session.scalar(select(func.count(Task.id)).where(Task.title.startswith(mark))) or 0
