"""Scale: what a page costs does not grow with what there is, and sixteen people may write at once."""

import pytest

from bench.generate import generate, index
from bench.load import at_once
from bench.screens import cookie_for, most_statements, people, screens, statements_of
from bench.writing import an_objective, creating, kept
from chantiers.operations.doctor import figures, integrity
from models import db

#: Enough for every section of every page to have something in it; then four and two times as much.
FEW, MANY = {"chantiers": 3, "tasks": 60}, {"chantiers": 6, "tasks": 240}


def made(app, database, **size):
    """Make a démarche of that size, alone in the database."""
    database.reset()
    with app.app_context(), db.engine.begin() as connection:
        done = generate(connection, **size)
    with app.app_context():
        index()
    return done


def counted(app, made):
    """Return (who, screen) → the statements that the page takes."""
    everybody = {
        **people(made),
        "participante": made.member_ids[0][0],
        "observatrice": made.observer_id,
    }
    return {
        (name, screen.name): statements_of(app, cookie_for(app, user_id), screen.address)
        for name, user_id in everybody.items()
        for screen in screens(app, made)
    }


def assert_flat(few, many):
    """Check that there are as many statements with little as with much, and few of them."""
    assert few.keys() == many.keys()
    grown = {
        page: f"{len(few[page])} then {len(many[page])}" for page in few if len(few[page]) != len(many[page])
    }
    assert not grown, grown
    heavy = {page: len(many[page]) for page in many if len(many[page]) > most_statements(page[1])}
    assert not heavy, heavy


def test_every_screen_takes_the_same_few_statements_whatever_there_is(app, database):
    few = counted(app, made(app, database, **FEW))
    many = counted(app, made(app, database, **MANY))
    assert_flat(few, many)


def test_what_is_made_to_measure_is_as_the_verbs_would_have_left_it(app, database):
    made(app, database, **FEW)
    with app.app_context():
        found = [*figures.tallies(), *figures.last_news(), *integrity.order(), *integrity.links()]
    assert [finding.words for finding in found if finding.mark != "bien"] == []


def test_sixteen_people_writing_at_once_are_all_served(app, database, live_server):
    work = made(app, database, chantiers=1, tasks=10)
    writers = work.member_ids[0][:16]
    objective = an_objective(app)
    deeds = [
        creating(
            live_server.port, cookie_for(app, writer), work.slugs[0], objective, "Tous ensemble", times=4
        )
        for writer in writers
    ]
    pace = at_once(deeds)
    assert pace.errors == []
    assert kept(app, "Tous ensemble") == len(writers) * 4 == 64


@pytest.mark.long
def test_a_hundred_thousand_tasks_cost_no_more_statements_than_a_thousand(app, database):
    few = counted(app, made(app, database, chantiers=5, tasks=200))
    many = counted(app, made(app, database, chantiers=50, tasks=2000))
    assert_flat(few, many)
