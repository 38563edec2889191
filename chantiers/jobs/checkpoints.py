"""Job of points d'étape: at the hour of each, everybody is asked about their own tasks, once."""

from flask import Flask
from sqlalchemy import select

from models import Checkpoint, db, reading


def ask_due(app: Flask) -> int:
    """Ask for the points d'étape that are due and return their number. Row locks keep two workers from the same one."""
    asked = 0
    with app.app_context():
        with reading():
            # Most of the time none is due: a read transaction holds no writer up.
            due = db.session.scalar(select(Checkpoint.due().exists()))
            db.session.rollback()
        while due and _ask_next():
            db.session.commit()
            asked += 1
        db.session.rollback()
    return asked


def _ask_next() -> bool:
    query = Checkpoint.due().order_by(Checkpoint.leaves_at, Checkpoint.id).limit(1)
    checkpoint = db.session.scalar(query.with_for_update(skip_locked=True))
    if checkpoint is None:
        return False
    if checkpoint.is_past:
        # Nothing worked for so long that its date went by: nobody is asked about the past.
        checkpoint.cancel(by=None)
    else:
        checkpoint.ask(by=None)
    return True
