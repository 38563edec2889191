"""Purge: what goes after thirty days, and what stays true."""

from sqlalchemy import select

from models import (
    Activity,
    Deliverable,
    DeliverableVersion,
    Objective,
    StatusChange,
    StoredFile,
    Task,
    Verdict,
    purge_bin,
)
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_objective,
    make_task,
)

SECRET = "à effacer"
FILE = StoredFile(
    key="ab/" + "0" * 30, name=f"{SECRET}.pdf", media_type="application/pdf", size=12, sha256="f" * 64
)


def words_of(session):
    """Return all that the database still holds as text, but for the titles that the journal keeps."""
    rows = [
        *session.execute(select(Task.title, Task.description, Task.blocked_reason, Task.blocked_need)),
        *session.execute(select(StatusChange.reason, StatusChange.need)),
        *session.execute(select(Deliverable.title, Deliverable.description)),
        *session.execute(
            select(
                DeliverableVersion.note,
                DeliverableVersion.text,
                DeliverableVersion.url,
                DeliverableVersion.file_name,
            )
        ),
        *session.execute(select(Verdict.words)),
        *session.execute(select(Objective.text)),
        *session.execute(select(Activity.particulars)),
    ]
    return str(rows)


def fill_bin(by):
    """Make a task and a deliverable with words everywhere, and their objective, all in the bin."""
    objective = make_objective(make_chantier(), f"Objectif {SECRET}")
    task = make_task(objective, f"Tâche {SECRET}", description=SECRET)
    task.block(SECRET, SECRET, by=by)
    task.add_item(SECRET, by=by)
    deliverable = make_deliverable(objective, f"Livrable {SECRET}", description=SECRET)
    deliverable.add_file(FILE, SECRET, by=by)
    deliverable.submit(by=by)
    deliverable.send_back(SECRET, by=by)
    deliverable.add_text(SECRET, by=by)
    deliverable.add_link(f"https://example.org/{SECRET}", by=by)
    for thing in (task, deliverable, objective):
        thing.trash(by=by)
    return objective, task, deliverable


def test_nothing_goes_before_thirty_days(session, clock):
    by = make_coordinator()
    fill_bin(by)
    session.commit()
    clock.forward(days=29)
    assert purge_bin().total == 0
    assert SECRET in words_of(session)


def test_words_and_files_go_figures_stay(session, clock):
    by = make_coordinator()
    objective, task, deliverable = fill_bin(by)
    kept = make_task(make_objective(make_chantier()), "Une autre tâche")
    session.commit()
    changes = len(session.scalars(select(StatusChange).where(StatusChange.task_id == task.id)).all())
    clock.forward(days=31)

    purged = purge_bin()
    session.commit()

    assert (purged.tasks, purged.deliverables, purged.objectives) == (1, 1, 1)
    assert purged.files == (FILE.key,)
    assert SECRET not in words_of(session)
    assert kept.title == "Une autre tâche"
    for thing in (objective, task, deliverable):
        session.refresh(thing)
        assert thing.purged_at is not None
    assert task.status == "blocked" and task.objective_id == objective.id
    assert len(session.scalars(select(StatusChange).where(StatusChange.task_id == task.id)).all()) == changes
    versions = session.scalars(select(DeliverableVersion)).all()
    assert [(version.number, version.size) for version in versions] == [(1, 12), (2, None), (3, None)]
    lines = session.scalars(select(Activity).where(Activity.subject_type == "task")).all()
    assert f"Tâche {SECRET}" in [line.title for line in lines], "the journal stays true"


def test_a_second_purge_finds_nothing(session, clock):
    fill_bin(make_coordinator())
    session.commit()
    clock.forward(days=31)
    assert purge_bin().total == 3
    session.commit()
    assert purge_bin().total == 0


def test_what_was_purged_leaves_the_bin(session, clock):
    by = make_coordinator()
    fill_bin(by)
    session.commit()
    clock.forward(days=31)
    purge_bin()
    session.commit()
    assert session.scalars(select(Task.id).where(Task.in_bin_of(by))).all() == []
