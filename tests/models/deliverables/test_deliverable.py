"""Deliverables: their versions, their life, and what of them each may read."""

from datetime import date

import pytest
from sqlalchemy import select, update

from models import (
    Activity,
    ChantierStructure,
    Deliverable,
    DeliverableState,
    DeliverableVersion,
    Objective,
    ObjectiveKind,
    Refused,
    Role,
    StoredFile,
    now,
)
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_member,
    make_objective,
    make_structure,
    make_task,
    make_user,
)

FILE = StoredFile(
    key="ab/" + "0" * 30, name="grille.pdf", media_type="application/pdf", size=12, sha256="f" * 64
)


@pytest.fixture
def by(session):
    return make_coordinator()


@pytest.fixture
def deliverable(session):
    return make_deliverable(make_objective(make_chantier()))


def actions(session, deliverable):
    query = select(Activity.action).where(
        Activity.subject_type == "deliverable", Activity.subject_id == deliverable.id
    )
    return list(session.scalars(query.order_by(Activity.id)))


def test_it_hangs_on_an_operational_objective(session):
    political = make_objective(make_chantier(), kind=ObjectiveKind.POLITICAL)
    with pytest.raises(Refused, match="objective_not_operational"):
        make_deliverable(political)


def test_it_is_not_hung_on_an_objective_that_went_to_the_bin_meanwhile(session, deliverable):
    home = deliverable.objective_id
    other = make_objective(deliverable.chantier)
    # As another process does: this session goes on seeing it as it was read.
    trashing = update(Objective).where(Objective.id == other.id).values(trashed_at=now())
    session.execute(trashing.execution_options(synchronize_session=False))
    with pytest.raises(Refused, match="objective_not_operational"):
        make_deliverable(other)
    with pytest.raises(Refused, match="objective_not_operational"):
        deliverable.move_to(other, by=make_coordinator())
    assert deliverable.objective_id == home


def test_its_structures_join_the_chantier(session, by, deliverable):
    structure = make_structure()
    deliverable.entrust([structure], by=by)
    session.flush()
    assert session.scalar(select(ChantierStructure.structure_id)) == structure.id
    assert "deliverable.entrusted" in actions(session, deliverable)


def test_versions_are_numbered_and_keep_what_they_are(session, by, deliverable):
    deliverable.add_text("Un premier jet", "Premier jet", by=by)
    deliverable.add_file(FILE, by=by)
    deliverable.add_link("https://example.org/grille", by=by)
    kinds = [(version.number, version.kind) for version in deliverable.versions]
    assert kinds == [(3, "link"), (2, "file"), (1, "text")]
    assert deliverable.state == DeliverableState.DRAFTING
    with pytest.raises(Refused, match="text_empty"):
        deliverable.add_text("  \n", by=by)


def test_its_life(session, by, deliverable):
    for verb in (deliverable.submit, deliverable.approve, deliverable.withdraw):
        with pytest.raises(Refused, match="no_version"):
            verb(by=by)
    deliverable.add_text("Un", by=by)
    deliverable.submit(by=by)
    with pytest.raises(Refused, match="in_review"):
        deliverable.add_text("Deux", by=by)
    with pytest.raises(Refused, match="state_already"):
        deliverable.submit(by=by)
    with pytest.raises(Refused, match="reason_missing"):
        deliverable.send_back(" ", by=by)
    deliverable.send_back("Il manque les sources.", by=by)
    assert deliverable.state == DeliverableState.TO_REWORK
    with pytest.raises(Refused, match="not_in_review"):
        deliverable.send_back("Encore", by=by)
    deliverable.add_text("Deux", by=by)
    deliverable.submit(by=by)
    deliverable.withdraw(by=by)
    assert deliverable.state == DeliverableState.DRAFTING
    deliverable.submit(by=by)
    deliverable.approve(by=by)
    assert deliverable.is_approved and deliverable.approved_version.number == 2
    with pytest.raises(Refused, match="state_already"):
        deliverable.approve(by=by)
    assert [(v.approved, v.words) for v in deliverable.verdicts] == [
        (True, ""),
        (False, "Il manque les sources."),
    ]


def test_the_reference_stays_while_the_next_one_is_written(session, by, deliverable):
    deliverable.add_text("Un", by=by)
    deliverable.approve(by=by)
    deliverable.add_text("Deux", by=by)
    assert deliverable.state == DeliverableState.DRAFTING
    assert (deliverable.latest_version.number, deliverable.approved_version.number) == (2, 1)


def test_nobody_decides_on_a_version_they_have_not_seen(session, by, deliverable):
    deliverable.add_text("Un", by=by)
    deliverable.add_text("Deux", by=by)
    for verb in (deliverable.submit, deliverable.approve, deliverable.withdraw):
        with pytest.raises(Refused, match="newer_version"):
            verb(by=by, number=1)
    with pytest.raises(Refused, match="newer_version"):
        deliverable.send_back("Non", by=by, number=1)
    deliverable.approve(by=by, number=2)


def test_editing_says_what_changed(session, by, deliverable):
    assert deliverable.edit(by=by, title=deliverable.title, licence="CC0 1.0") == ["licence"]
    deliverable.reschedule(None, by=by)
    assert actions(session, deliverable)[-1] == "deliverable.edited"


def test_it_moves_within_its_chantier_only(session, by, deliverable):
    elsewhere = make_objective(make_chantier())
    with pytest.raises(Refused, match="objective_not_operational"):
        deliverable.move_to(elsewhere, by=by)
    near = make_objective(deliverable.chantier)
    deliverable.move_to(near, by=by)
    assert deliverable.objective_id == near.id


def test_it_relies_on_tasks_of_its_chantier(session, by, deliverable):
    task = make_task(make_objective(deliverable.chantier))
    deliverable.rely_on([task], by=by)
    assert deliverable.tasks == [task]
    with pytest.raises(Refused, match="task_of_another_chantier"):
        deliverable.rely_on([make_task(make_objective(make_chantier()))], by=by)


def numbers(session, user):
    return sorted(version.number for version in session.scalars(DeliverableVersion.visible_to(user)))


def test_an_observer_reads_the_reference_alone(session, by, deliverable):
    observer, participant = make_user(role=Role.OBSERVER), make_member(deliverable.chantier)
    deliverable.add_text("Un", by=by)
    session.flush()
    assert numbers(session, observer) == []
    deliverable.approve(by=by)
    deliverable.add_text("Deux", by=by)
    deliverable.approve(by=by)
    deliverable.add_text("Trois", by=by)
    session.flush()
    assert numbers(session, observer) == [2]
    assert numbers(session, participant) == [1, 2, 3]
    deliverable.trash(by=by)
    session.flush()
    assert numbers(session, observer) == numbers(session, participant) == []


def test_a_funder_who_takes_part_reads_everything(session, by, deliverable):
    observer = make_user(role=Role.OBSERVER)
    deliverable.chantier.welcome(observer, by=by)
    deliverable.add_text("Un", by=by)
    session.flush()
    assert numbers(session, observer) == [1]


def test_late_is_told_by_the_calendar(session, by, deliverable, clock):
    clock.travel_to("2024-03-15 10:00")
    deliverable.reschedule(date(2024, 3, 14), by=by)
    session.flush()
    assert deliverable.is_late
    assert session.scalars(select(Deliverable.id).where(Deliverable.late())).all() == [deliverable.id]
    deliverable.add_text("Un", by=by)
    deliverable.approve(by=by)
    session.flush()
    assert not deliverable.is_late
    assert session.scalars(select(Deliverable.id).where(Deliverable.late())).all() == []
