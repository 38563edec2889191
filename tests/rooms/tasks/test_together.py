"""Concurrent work of several people in the same tasks, on both databases: nothing is lost, every figure stays true."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models import Objective, ObjectiveTally, Submission, Task, TaskStatus, User, db
from tests.support import factories as make

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def ground(in_app):
    """Make a chantier with two objectives, four tasks, four référents: their ids, and the chantier's slug."""
    with in_app() as session:
        make.make_demarche()
        chantier = make.make_chantier()
        objectives = [make.make_objective(chantier, text) for text in ("Le premier", "Le second")]
        people = [make.make_referent(chantier) for _ in range(4)]
        tasks = [make.make_task(objectives[0], by=people[0]) for _ in range(4)]
        session.flush()
        return {
            "slug": chantier.slug,
            "people": [person.id for person in people],
            "objectives": [objective.id for objective in objectives],
            "tasks": [task.id for task in tasks],
        }


@pytest.fixture
def visitors(in_app, ground, visitor):
    """Sign in the four référents."""
    with in_app() as session:
        people = [session.get(User, number) for number in ground["people"]]
    return [visitor(person) for person in people]


def at_once(deeds):
    """Do all of this at the same time, and give back what came of each."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        return [running.result() for running in [pool.submit(deed) for deed in deeds]]


def assert_figures_are_true(in_app):
    """Check that each objective's tally says what a plain count says."""
    with in_app() as session:
        for objective_id in session.scalars(db.select(Objective.id)):
            counting = db.select(Task.status, db.func.count()).where(
                Task.objective_id == objective_id, Task.live()
            )
            counted = dict(session.execute(counting.group_by(Task.status)).all())
            tally = session.get(ObjectiveTally, objective_id)
            assert {str(s): getattr(tally, s) for s in TaskStatus} == {
                str(s): counted.get(s, 0) for s in TaskStatus
            }


def test_creations_and_moves_at_once(in_app, ground, visitors):
    def deeds_of(number, person):
        def deeds():
            task = ground["tasks"][number]
            answers = []
            for turn in range(5):
                fields = {"title": f"{number}-{turn}", "objective": str(ground["objectives"][turn % 2])}
                answers.append(person.post(f"/chantiers/{ground['slug']}/taches", fields, status=None))
                column = ("in_progress", "done", "todo")[turn % 3]
                dropped = {"status": column, "after": ""}
                answers.append(person.post(f"/taches/{task}/deplacer", dropped, status=None, headers=SCRIPT))
                behind = {"status": column, "after": str(ground["tasks"][(number + 1) % 4])}
                answers.append(person.post(f"/taches/{task}/deplacer", behind, status=None, headers=SCRIPT))
            return [answer.status for answer in answers]

        return deeds

    answers = at_once([deeds_of(number, person) for number, person in enumerate(visitors)])
    for statuses in answers:
        assert statuses[0::3] == [303] * 5 and statuses[1::3] == [200] * 5
        # The card that one wanted to stand behind may have left the column meanwhile.
        assert set(statuses[2::3]) <= {200, 409}
    with in_app() as session:
        assert session.scalar(db.select(db.func.count()).select_from(Task)) == 24
    assert_figures_are_true(in_app)


def test_one_task_pulled_four_ways_at_once(in_app, ground, visitors):
    task = ground["tasks"][0]
    moves = ("start", "finish", "block", "abandon")

    def deed(person, move):
        fields = {"move": move, "seen_status": "todo", "reason": "Parce que."}
        return lambda: person.post(f"/taches/{task}/statut", fields, status=None).status

    answers = at_once([deed(person, move) for person, move in zip(visitors, moves, strict=True)])
    # One is first; the others are told that the status changed since their page.
    assert sorted(answers) == [303, 409, 409, 409]
    assert_figures_are_true(in_app)


def test_the_same_form_sent_four_times_at_once_creates_one_task(in_app, ground, visitor):
    with in_app() as session:
        person = session.get(User, ground["people"][0])
    windows = [visitor(person) for _ in range(4)]
    fields = {"title": "Une fois", "objective": str(ground["objectives"][0]), "key": "k" * 32}

    def deed(window):
        return lambda: window.post(f"/chantiers/{ground['slug']}/taches", fields, status=None).status

    assert at_once([deed(window) for window in windows]) == [303] * 4
    with in_app() as session:
        assert session.scalar(db.select(db.func.count()).where(Task.title == "Une fois")) == 1
        assert session.scalar(db.select(db.func.count()).select_from(Submission)) == 1
    assert_figures_are_true(in_app)


def test_two_tasks_never_wait_for_each_other_however_quick_their_people(in_app, ground, visitors):
    first, second = ground["tasks"][:2]

    def deed(person, task, other):
        return lambda: person.post(f"/taches/{task}/attend/{other}", {}, status=None).status

    answers = at_once([deed(visitors[0], first, second), deed(visitors[1], second, first)])
    assert sorted(answers) == [303, 409]


def test_two_tasks_swap_objectives_at_once(in_app, ground, visitors):
    one, other = ground["objectives"]
    with in_app() as session:
        task = session.scalar(db.select(Task).where(Task.id == ground["tasks"][1]).options(*Task.whole()))
        task.move_to(session.get(Objective, other), by=session.get(User, ground["people"][0]))

    def deed(person, task, objective):
        page = person.get(f"/taches/{task}/modifier").choose("Objectif", objective)
        return lambda: page.submit("Enregistrer").status

    swap = [
        deed(visitors[0], ground["tasks"][0], "Le second"),
        deed(visitors[1], ground["tasks"][1], "Le premier"),
    ]
    assert at_once(swap) == [200, 200]
    with in_app() as session:
        found = [session.get(Task, number).objective_id for number in ground["tasks"][:2]]
    assert found == [other, one]
    assert_figures_are_true(in_app)
