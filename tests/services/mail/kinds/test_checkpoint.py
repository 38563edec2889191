"""Mail of a point d'étape."""

from datetime import date

import pytest

from models import Checkpoint, db
from tests.services.mail.kinds.conftest import NOW
from tests.support.factories import make_task

LEAVES = "2026-03-13 07:30"


@pytest.fixture
def task(scene):
    """Make a task of the member, of which a point d'étape of 20 March asks."""
    made = make_task(scene.objective, "Écrire la note", by=scene.referent, people=[scene.member])
    Checkpoint.plan("COPIL du 20 mars", date(2026, 3, 20), by=scene.referent)
    db.session.commit()
    return made


def test_each_task_has_its_three_answers(scene, task, post_office, mailbox, clock):
    clock.travel_to(LEAVES)
    post_office()
    mail = next(each for each in mailbox.to(scene.member.email) if "COPIL" in each.subject)
    assert mail.subject == "COPIL du 20 mars : où en est votre tâche ?"
    assert "Écrire la note" in mail.text and "Habiter autrement" in mail.text
    assert len({link for link in mail.links if "/point/" in link}) >= 3
    assert f"/taches/{task.id}" in mail.html


def test_who_wants_none_and_who_has_nothing_to_tell_get_none(scene, task, post_office, mailbox, clock):
    clock.travel_to(NOW)
    task.finish(by=scene.referent)
    db.session.commit()
    clock.travel_to(LEAVES)
    post_office()
    assert not [each for each in mailbox.received if "COPIL" in each.subject]
