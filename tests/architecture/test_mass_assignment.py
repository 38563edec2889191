"""Mass assignment: a form changes what it shows and nothing else, whatever fields are added to what it sends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, event

from models import Base
from tests.architecture.conftest import BOOKKEEPING, Scene
from tests.architecture.crawl import Met, crawl
from tests.architecture.test_route_matrix import SIGNING_OUT, assert_none, token

#: A password is kept under a new salt each time: what is written cannot be compared.
SALTED = {"accounts.choose_password", "accounts.change_password"}
WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", ["coordinator", "referent", "participant", "creator"])
def test_no_form_takes_more_than_it_shows(scene: Scene, name: str) -> None:
    forms = [form for form in crawl(scene, name).forms if form.endpoint not in SALTED | SIGNING_OUT]
    known: dict[str, set[str]] = {}
    for form in forms:
        known.setdefault(form.endpoint, set()).update(form.names)
    scene.restore()
    token(scene, name)
    wrong, writing = [], set()
    with time_machine.travel(datetime.now().astimezone(), tick=False), scene.unkept_writes():
        for form in forms:
            extra = intruders(known[form.endpoint])
            honest, greedy = written(scene, name, form, {}), written(scene, name, form, extra)
            if honest[1]:
                writing.add(form.endpoint)
            if honest != greedy:
                wrong.append(f"{form.endpoint} from {form.page}: {difference(honest, greedy)}")
    assert_none(wrong)
    assert len(writing) >= {"coordinator": 30, "referent": 20}.get(name, 3), sorted(writing)


def intruders(known: set[str]) -> dict[str, str]:
    """Return a value for every column that any table has and that this form does not show."""
    columns = {column.name: column for table in Base.metadata.sorted_tables for column in table.columns}
    return {name: value_for(column) for name, column in columns.items() if name not in known}


def value_for(column: "Column[Any]") -> str:
    """Return something that the column would take."""
    if column.name == "role":
        return "coordinator"
    if column.foreign_keys:
        return "2"
    kinds: tuple[tuple[type, str], ...] = (
        (Boolean, "y"),
        (DateTime, "2001-01-01"),
        (Date, "2001-01-01"),
        (Integer, "3"),
    )
    return next((value for kind, value in kinds if isinstance(column.type, kind)), "intrus")


def written(scene: Scene, name: str, form: Met, extra: dict[str, str]) -> tuple[int, list[str]]:
    """Return what this form writes with these fields in more: its answer's status, its statements and values."""
    data = form.data(csrf_token=[token(scene, name)])
    data.update(extra)
    with statements(scene) as found:
        status = scene.person(name).visit("POST", form.action, None, check=False, data=data).status
    # Names under which files are kept, and the secrets of links, are new each time.
    return status, [
        re.sub(r"[0-9a-f]{2}/[0-9a-f]{30}|[0-9a-f]{64}|[0-9a-f]{32}", "…", each) for each in found
    ]


@contextmanager
def statements(scene: Scene) -> Iterator[list[str]]:
    """Record the writes of the requests made inside."""
    found: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        match = WRITES.match(statement)
        if match and match[2] not in BOOKKEEPING:
            found.append(f"{statement} {parameters}")

    with scene.app.app_context():
        engine = scene.app.extensions["sqlalchemy"].engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def difference(honest: tuple[int, list[str]], greedy: tuple[int, list[str]]) -> str:
    """Return the first thing that is not the same."""
    if honest[0] != greedy[0]:
        return f"answers {greedy[0]} instead of {honest[0]}"
    pairs = zip([*honest[1], "nothing"], [*greedy[1], "nothing"], strict=False)
    return next((f"writes {mine} instead of {theirs}" for theirs, mine in pairs if theirs != mine), "?")
