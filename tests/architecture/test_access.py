"""Default deny: what is not declared does not run, what changes something is a POST, and what is read cannot write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chantiers.policy import IN_ARCHIVE, TABLE
from chantiers.web.access import Access
from models import db
from tests.architecture import design
from tests.architecture.addresses import access_of, address, rules
from tests.architecture.conftest import Scene
from tests.support.visitor import Visitor

SAFE = {"GET", "HEAD", "OPTIONS"}


def test_each_view_declares_who_may_enter(app: Flask) -> None:
    undeclared = [str(rule) for rule in rules(app) if not isinstance(access_of(app, rule), Access)]
    assert undeclared == []


def test_a_view_that_declares_nothing_does_not_run(
    make_app: Callable[..., Flask], visitor: Callable[..., Visitor]
) -> None:
    app = make_app()
    app.add_url_rule(
        "/oubliee", "forgotten", lambda: pytest.fail("an undeclared view ran"), methods=["GET", "POST"]
    )
    visitor(app=app).get("/oubliee", 403)
    visitor(app=app).post("/oubliee", {}, 403)


def test_what_changes_something_is_a_post(app: Flask) -> None:
    methods = {method for rule in rules(app) for method in rule.methods or ()}
    assert methods <= {*SAFE, "POST"}


def test_the_code_knows_the_permissions_of_the_design() -> None:
    assert set(TABLE) == set(design.TABLE), "a new permission needs its line in tests/architecture/design.py"
    assert set(IN_ARCHIVE) == design.IN_ARCHIVE


def test_no_view_of_the_url_map_can_write_when_it_is_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each view that answers GET is replaced by one that tries to write, behind all that comes before a view."""
    refusals: list[str] = []

    def write(**_values: Any) -> str:
        try:
            db.session.execute(text("UPDATE demarche SET name = 'changée en lisant'"))
            db.session.commit()
        except DBAPIError as refused:
            db.session.rollback()
            refusals.append(str(refused.orig))
        return "lu"

    coordinator = scene.person("coordinator")
    read = [
        (rule, target)
        for rule in rules(scene.app, "GET")
        if rule.endpoint != "static"
        for target in scene.targets.of(rule)[:1]
    ]
    for rule, target in read:
        with replaced(scene.app, rule.endpoint, write):
            coordinator.visit("GET", address(scene.app, rule, target), 200, check=False)
    assert len(refusals) == len(read)
    assert all("readonly" in words or "read-only" in words for words in refusals), set(refusals)


@contextmanager
def replaced(app: Flask, endpoint: str, view: Callable[..., str]) -> Iterator[None]:
    """Put another view in the place of an endpoint's, under the same declaration."""
    real: Any = app.view_functions[endpoint]

    def stand_in(**values: Any) -> str:
        return view(**values)

    stand_in.access = real.access  # type: ignore[attr-defined]
    app.view_functions[endpoint] = stand_in
    try:
        yield
    finally:
        app.view_functions[endpoint] = real
