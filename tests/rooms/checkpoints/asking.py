"""Helpers of the tests of points d'étape."""

from chantiers.mail import checkpoint_links
from models import (
    Task,
    db,
    now,
)
from tests.support import factories as make


def came(person):
    """Return the person with an account, as whoever was here once has one."""
    person.seen_at = now()
    return person


def task(scene, title, **fields):
    return make.make_task(scene.objective, title, by=scene.referent, **fields)


def page_of(scene, person, task=None, said=""):
    words = checkpoint_links.token(scene.checkpoint.id, person, task.id if task else 0, said)
    return f"/point/{words}"


def status(task):
    db.session.expire_all()
    return db.session.get(Task, task.id).status


def ask(scene, clock):
    clock.travel_to("2026-03-13 07:30")
    scene.checkpoint.ask(by=None)
    db.session.commit()
    clock.forward(hours=1)
