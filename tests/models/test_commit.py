"""Steps of a commit: their order is written down, and what is taken back is told to nobody."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import COMMIT_STEPS, Notification, Refused, SearchEntry
from models.discussion.notification import notify_recorded
from models.figures.trace import count_traces
from models.search.index import index_changed
from tests.support import factories as make


def test_people_are_told_first_and_the_figures_counted_last():
    assert list(COMMIT_STEPS) == [notify_recorded, index_changed, count_traces]


def test_nothing_else_is_done_at_commit():
    assert [each.__name__ for each in Session().dispatch.before_commit] == ["take_steps"]


def test_what_a_savepoint_takes_back_is_told_to_nobody(session):
    make.make_demarche()
    chantier = make.make_chantier()
    referent, other = make.make_referent(chantier), make.make_referent(chantier)
    objective = make.make_objective(chantier)
    session.commit()
    with pytest.raises(Refused), session.begin_nested():
        make.make_task(objective, "Une tâche reprise", by=referent)
        session.flush()
        raise Refused("later")
    make.make_task(objective, "Une tâche gardée", by=referent)
    session.commit()
    told = select(func.count()).where(Notification.user_id == other.id, Notification.subject_type == "task")
    assert session.scalar(told) == 1
    found = select(SearchEntry.title).where(SearchEntry.kind == "task")
    assert session.scalars(found).all() == ["Une tâche gardée"]


def test_who_leaves_hears_no_more_of_the_chantier_unless_a_savepoint_takes_that_back(session):
    make.make_demarche()
    chantier = make.make_chantier()
    first, second = make.make_referent(chantier), make.make_referent(chantier)
    by = make.make_coordinator()
    make.make_task(make.make_objective(chantier), by=by)
    session.commit()
    told = select(func.count()).where(Notification.user_id == second.id)
    assert session.scalar(told) == 1
    with pytest.raises(Refused), session.begin_nested():
        chantier.dismiss(second, by=by)
        raise Refused("later")
    session.commit()
    assert session.scalar(told) == 1
    chantier.dismiss(second, by=by)
    session.commit()
    assert session.scalar(told) == 0
    assert first.leads(chantier.id)
