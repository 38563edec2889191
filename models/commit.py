"""Steps of every commit, in their order: people are notified, the search index follows, the figures are counted.

They are part of the transaction, which is kept with all of them or not at all. Each takes its locks in one order, and
the counts of a day, which everybody shares, are taken last: two commits never wait for each other.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from models.discussion.notification import notify_recorded
from models.figures.trace import UNCOUNTED, count_traces
from models.journal import UNTOLD
from models.people.membership import ENDED
from models.search.index import STALE, index_changed

#: What is done before the database is asked to commit.
COMMIT_STEPS: tuple[Callable[[Any], None], ...] = (notify_recorded, index_changed, count_traces)
#: Where the session keeps what the steps will need: it goes with the transaction that is not kept.
WAITING = (UNTOLD, ENDED, STALE, UNCOUNTED)


@event.listens_for(Session, "before_commit")
def take_steps(session: Session) -> None:
    """Take every step, once for the whole transaction: a savepoint that is released commits nothing."""
    if session.in_nested_transaction():
        return
    for step in COMMIT_STEPS:
        step(session)


@event.listens_for(Session, "after_soft_rollback")
def forget_what_waits(session: Session, previous: Any) -> None:
    """Drop what waited for a commit that is rolled back; a savepoint takes back its own rows only."""
    if not previous.nested:
        for key in WAITING:
            session.info.pop(key, None)
