"""Purge of the bin: after thirty days a thing loses its words and files, and keeps its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from models.deliverables.deliverable import Deliverable
from models.deliverables.version import DeliverableVersion
from models.demarche.objective import Objective
from models.discussion.attachment import CommentAttachment
from models.discussion.comment import Comment
from models.ground.base import db
from models.imports.row import ImportedRow
from models.journal import Activity
from models.tasks.task import Task

#: Particulars of the journal in which people wrote freely. Titles stay: the journal names what it speaks of.
WORDS = frozenset({"reason", "need", "note", "text", "excerpt"})
ERASED = "…"
BATCH = 1000

Thing = TypeVar("Thing", Task, Deliverable, Objective)


@dataclass(frozen=True)
class Purged:
    """Result of a purge: how many of each, and the keys of the files to delete once that is committed."""

    tasks: int
    deliverables: int
    objectives: int
    files: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.tasks + self.deliverables + self.objectives


def purge_bin() -> Purged:
    """Erase for good the content of what spent its thirty days in the bin; the rows remain as tombstones.

    At most a thousand of each kind, so that no transaction is endless: call it until `total` is 0. The caller commits,
    and only then deletes `files` from the store: a file without a row is garbage that the sweep finds again, a row
    without its file would be a loss.
    """
    tasks, deliverables = _due(Task), _due(Deliverable)
    files = _files_of(deliverables)
    # What hangs on an objective goes before it.
    objectives = _due(Objective)
    files += _files_said_of(tasks) + _files_said_of(deliverables) + _files_said_of(objectives)
    kinds: tuple[Sequence[Task | Deliverable | Objective], ...] = (tasks, deliverables, objectives)
    for things in kinds:
        for thing in things:
            thing.purge()
        _forget_words(things)
    db.session.flush()
    return Purged(len(tasks), len(deliverables), len(objectives), files)


def _due(kind: type[Thing]) -> Sequence[Thing]:
    query = select(kind).where(kind.due_for_purge()).order_by(kind.id).limit(BATCH).with_for_update()
    return db.session.scalars(query).all()


def _files_of(deliverables: Sequence[Deliverable]) -> tuple[str, ...]:
    keys = select(DeliverableVersion.storage_key).where(
        DeliverableVersion.deliverable_id.in_([deliverable.id for deliverable in deliverables])
    )
    return tuple(key for key in db.session.scalars(keys) if key)


def _files_said_of(things: Sequence[Task] | Sequence[Deliverable] | Sequence[Objective]) -> tuple[str, ...]:
    if not things:
        return ()
    said = select(Comment.id).where(
        Comment.subject_type == things[0].__tablename__, Comment.subject_id.in_([each.id for each in things])
    )
    keys = select(CommentAttachment.storage_key).where(CommentAttachment.comment_id.in_(said))
    return tuple(db.session.scalars(keys))


def _forget_words(things: Sequence[Task | Deliverable | Objective]) -> None:
    """Erase what people wrote about things; that they did something to them, and when, stays."""
    if not things:
        return
    Comment.forget_words_of(things[0].__tablename__, [thing.id for thing in things])
    ImportedRow.forget_words_of(things[0].__tablename__, [thing.id for thing in things])
    lines = select(Activity).where(
        Activity.subject_type == things[0].__tablename__,
        Activity.subject_id.in_([thing.id for thing in things]),
    )
    for line in db.session.scalars(lines):
        if WORDS & line.particulars.keys():
            line.particulars = {
                name: ERASED if name in WORDS and value else value for name, value in line.particulars.items()
            }
