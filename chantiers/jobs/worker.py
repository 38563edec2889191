"""Worker of the jobs: sends what is due, then sleeps; a thread of the embedded server, or a process of its own."""

import threading
from datetime import datetime

from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chantiers.jobs import checkpoints, digests, garbage_collection
from chantiers.mail import sending
from models import POSTED, OutgoingMail, db, now, reading

#: Pause between two runs, in seconds, at most and at least.
LONGEST, SHORTEST = 5.0, 1.0
#: Pause after the database or the mail server failed, in seconds.
AFTER_TROUBLE = 30.0


def work(app: Flask) -> sending.DeliveryReport:
    """Run every job that is due, once."""
    digests.post_due(app)
    checkpoints.ask_due(app)
    return sending.send_due(app)


def run(app: Flask, over: threading.Event, called: threading.Event | None = None) -> None:
    """Run the jobs until `over` is set; errors are logged and never end it. Setting `called` ends a pause."""
    called = called or over
    while not over.is_set():
        try:
            outcome = work(app)
            pause = AFTER_TROUBLE if outcome.failed and not outcome.sent else _until_next(app)
        except (SQLAlchemyError, OSError) as error:
            app.logger.error("the worker could not work", extra={"kind": type(error).__name__})
            pause = AFTER_TROUBLE
        garbage_collection.collect_when_due()
        called.wait(pause)
        if called is not over:
            called.clear()


def _until_next(app: Flask) -> float:
    """Return the pause until the next mail of the outbox is due, within the bounds, in seconds."""
    with app.app_context(), reading():
        due: datetime | None = OutgoingMail.next_due_at()
        db.session.rollback()
    if due is None:
        return LONGEST
    return min(max((due - now()).total_seconds(), SHORTEST), LONGEST)


class WorkerThread(threading.Thread):
    """Thread that runs the worker beside the pages of one process."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="worker", daemon=True)
        self.app, self.over, self.called = app, threading.Event(), threading.Event()

    def run(self) -> None:
        event.listen(Session, "after_commit", self._wake)
        run(self.app, self.over, self.called)

    def stop(self) -> None:
        """Stop after the present run."""
        self.over.set()
        self.called.set()

    def _wake(self, session: Session) -> None:
        # A mail was posted: whoever asked for a link to sign in is waiting for it.
        if session.info.pop(POSTED, False):
            self.called.set()
