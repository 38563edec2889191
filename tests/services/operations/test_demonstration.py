"""Demonstration: invented, marked, plausible, and nowhere but in its own database."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from app import create_app
from chantiers.config import ROOT
from chantiers.operations.demonstration.load import BEGINNING
from models import (
    DEMONSTRATION_ENTRIES,
    Activity,
    Chantier,
    ChantierStructure,
    Deliverable,
    DeliverableState,
    DeliverableVersion,
    Demarche,
    Objective,
    ObjectiveTally,
    Structure,
    Task,
    TaskStatus,
    User,
    VersionKind,
    db,
    now,
    task_person,
    task_structure,
)
from tests.conftest import Clock
from tests.support.factories import make_user
from tests.support.terminal import said

MakeApp = Callable[..., Flask]


def load(app: Flask, status: int = 0) -> str:
    return said(app, "demonstration", "load", status=status)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Load the demonstration once, for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("demonstration")
    app = create_app(
        {
            "SECRET_KEY": "k" * 40,
            "DEMONSTRATION": True,
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/d.sqlite3",
            "STORAGE_URL": (folder / "files").as_uri(),
            "PUBLIC_URL": "",
        }
    )
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
    assert "prête" in load(app)
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


pytestmark = pytest.mark.databases("sqlite")


def test_it_loads_once_and_quickly(make_app: MakeApp, database: object) -> None:
    app = make_app(DEMONSTRATION=True, PUBLIC_URL="")
    begun = time.monotonic()
    load(app)
    # Ten seconds are promised; a busy machine is not a fault of the content.
    assert time.monotonic() - begun < 30
    with app.app_context():
        count = db.session.scalar(select(func.count()).select_from(Activity))
    assert "déjà là" in load(app)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Activity)) == count
    assert "Tout va bien." in said(app, "doctor")


def test_everything_invented_is_marked(demonstration: Flask) -> None:
    with demonstration.app_context():
        demarche = Demarche.current()
        assert demarche is not None and demarche.is_demonstration
        invented = db.session.scalars(select(Structure).where(Structure.is_example)).all()
        assert len(invented) == 6
        assert all(structure.name.endswith("(exemple)") for structure in invented)
        people = db.session.scalars(select(User).where(User.is_example)).all()
        assert all(p.name.endswith("(exemple)") and (p.email or "").endswith("@example.org") for p in people)
        assert all(p.password_hash is None for p in db.session.scalars(select(User)))
        entries = {p.email: p.role for p in people if p.email in dict(DEMONSTRATION_ENTRIES).values()}
        assert len(entries) == 4


def test_nobody_real_does_or_carries_anything(demonstration: Flask) -> None:
    with demonstration.app_context():
        real = select(Structure.id).where(Structure.is_example.is_(False))
        people = select(User.id).where(User.is_example.is_(False))
        assert not db.session.scalars(select(Task.id).where(Task.pilote_id.in_(real))).all()
        assert not db.session.execute(
            select(task_structure).where(task_structure.c.structure_id.in_(real))
        ).all()
        assert not db.session.execute(select(task_person).where(task_person.c.user_id.in_(people))).all()
        assert not db.session.scalars(select(Activity.id).where(Activity.actor_id.in_(people))).all()
        said = select(Activity.action).where(Activity.actor_id.is_(None)).distinct()
        assert set(db.session.scalars(said)) == {"chantier.created", "demarche.imported", "person.created"}


def test_the_real_referents_stay(demonstration: Flask) -> None:
    with demonstration.app_context():
        chantiers = db.session.scalars(
            select(Chantier).order_by(Chantier.number).options(*Chantier.with_members())
        ).all()
        assert [sum(not p.is_example for p in c.referents) for c in chantiers] == [1] * 5
        assert [sum(p.is_example for p in c.referents) for c in chantiers] == [1] * 5


def test_it_shows_each_thing_that_a_newcomer_should_see(demonstration: Flask) -> None:
    with demonstration.app_context():
        tasks = db.session.scalars(select(Task).options(*Task.whole())).unique().all()
        assert 60 <= len(tasks) <= 90
        for chantier in db.session.scalars(select(Chantier)):
            mine = [task for task in tasks if task.chantier_id == chantier.id]
            assert {task.status for task in mine} >= set(TaskStatus) - {TaskStatus.TO_VALIDATE}, (
                chantier.number
            )
        assert 5 <= sum(task.is_late for task in tasks) <= 15
        assert 3 <= sum(task.is_silent(45) for task in tasks) <= 10
        assert 4 <= sum(task.is_without_pilote for task in tasks) <= 10
        assert sum(bool(task.checklist) for task in tasks) >= 20
        assert sum(bool(task.blockers) for task in tasks) >= 8
        for task in tasks:
            assert (task.status == TaskStatus.BLOCKED) == bool(task.blocked_reason)
        carried = set(db.session.scalars(select(Task.objective_id)))
        operational = select(Objective.id).where(Objective.kind == "operational")
        assert carried == set(db.session.scalars(operational))
        shares = [tally.progress or 0 for tally in db.session.scalars(select(ObjectiveTally)) if tally.total]
        assert max(shares) >= 70 and min(shares) == 0

        states = set(db.session.scalars(select(Deliverable.state)))
        assert states == set(DeliverableState)
        kinds = set(db.session.scalars(select(DeliverableVersion.kind)))
        assert kinds == set(VersionKind)
        rewritten = [
            d
            for d in db.session.scalars(select(Deliverable).options(*Deliverable.whole())).unique()
            if d.approved_version and d.approved_version is not d.latest_version
        ]
        assert rewritten


def test_each_of_the_four_has_something_to_do(demonstration: Flask) -> None:
    with demonstration.app_context():
        by_key = {key: User.with_email(email) for key, email in DEMONSTRATION_ENTRIES}
        referente, participante = by_key["referente"], by_key["participante"]
        observatrice = by_key["observatrice"]
        assert referente and participante and observatrice
        first = db.session.scalars(select(Chantier).where(Chantier.number == 1)).one()
        assert referente.leads(first.id) and not participante.leads(first.id)
        assert participante.takes_part_in(first.id) and observatrice.is_only_observer
        waiting = select(Task).where(Task.chantier_id == first.id, Task.status == TaskStatus.TO_VALIDATE)
        assert len(db.session.scalars(waiting).all()) == 2
        hers = db.session.scalars(
            select(Task).where(Task.carried_by(participante.standing.structures), Task.open_now())
        ).all()
        soon = now().date() + timedelta(days=15)
        assert sum(task.is_late for task in hers) >= 1
        assert sum(bool(task.due_on and not task.is_late and task.due_on <= soon) for task in hers) >= 3


def test_the_story_runs_to_today_and_in_order(demonstration: Flask) -> None:
    with demonstration.app_context():
        times = list(db.session.scalars(select(Activity.at).order_by(Activity.id)))
        assert times == sorted(times) and times[-1] <= now()
        assert times[0] > now() - timedelta(days=BEGINNING + 4)
        assert times[-1] > now() - timedelta(days=5)
        assert all(each.weekday() < 5 for each in times)
        assert (db.session.scalar(select(func.count()).select_from(ChantierStructure)) or 0) > 15


@pytest.mark.parametrize("day", ["2024-02-29 10:00", "2026-03-29 00:30"])
def test_it_loads_on_any_day(make_app: MakeApp, database: object, clock: Clock, day: str) -> None:
    clock.travel_to(day)
    app = make_app(DEMONSTRATION=True, PUBLIC_URL="")
    load(app)
    with app.app_context():
        assert (db.session.scalar(select(func.max(Activity.at))) or now()) <= now()


def test_it_does_not_mix_with_somebody_s_work(make_app: MakeApp, database: object) -> None:
    app = make_app(DEMONSTRATION=True, PUBLIC_URL="")
    with app.app_context():
        make_user()
        db.session.commit()
    assert "Cette base sert déjà" in load(app, status=1)


def test_it_takes_over_a_demarche_just_loaded(make_app: MakeApp, database: object) -> None:
    app = make_app(DEMONSTRATION=True, PUBLIC_URL="")
    said(app, "import", str(ROOT / "data/demarche.yaml"))
    load(app)


def test_it_is_refused_where_it_is_not_asked_for(app: Flask) -> None:
    assert "ne se charge que là où elle est demandée" in load(app, status=1)
    with app.app_context():
        assert Demarche.current() is None


def test_an_example_gets_no_password(demonstration: Flask) -> None:
    assert "s’ouvre d’un clic" in said(demonstration, "link", "coordination@example.org", status=1)


def test_no_real_organisation_is_named_in_the_content() -> None:
    content = ROOT / "chantiers/operations/demonstration/content"
    names = [
        line.strip("- ").strip()
        for line in (ROOT / "data/demarche.yaml").read_text("utf-8").split("structures:")[1].splitlines()
        if line.startswith("  - ") and "{" not in line
    ]
    assert len(names) > 30
    for path in [*content.glob("*.yaml"), *content.glob("*/*")]:
        text = path.read_text("utf-8")
        # « Actes » is a word too, and « FAIR » would be one in English.
        assert not [name for name in names if name not in ("Actes",) and name in text], path
