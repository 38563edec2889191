"""Helpers of the tests of tasks."""

from models import Task, db


def only_task() -> Task:
    """Return the one task that there is."""
    db.session.expire_all()
    return db.session.scalars(db.select(Task).options(*Task.whole())).unique().one()


def place(chantier, rest=""):
    """Return the address of the chantier's tasks."""
    return f"/chantiers/{chantier.slug}/taches{rest}"
