"""What the comments room reads: the thing that is spoken of, and the comment itself with it."""

from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.policy import can
from models import Chantier, Comment, CommentAttachment, Deliverable, Objective, Task, db, held


def task(task_id: int) -> Task | None:
    """The task, with what it is part of."""
    return _one(Task.visible_to(current_user).where(Task.id == task_id).options(*Task.whole()))


def deliverable(deliverable_id: int) -> Deliverable | None:
    """The deliverable; what is said of a draft does not exist for mere observers."""
    found = _one(
        Deliverable.visible_to(current_user)
        .where(Deliverable.id == deliverable_id)
        .options(*Deliverable.whole())
    )
    return found if found is not None and tells_of(found) else None


def objective(objective_id: int) -> Objective | None:
    """The objective, with its chantier."""
    query = select(Objective).where(Objective.id == objective_id, Objective.live())
    return _one(query.options(joinedload(Objective.chantier)))


def chantier(slug: str) -> Chantier | None:
    """The chantier."""
    return _one(Chantier.visible_to(current_user).where(Chantier.slug == slug))


def subject(kind: str, subject_id: int) -> Any:
    """What can be spoken of, by its kind and number, as far as this person may know of it; None for anything else."""
    if kind == "task":
        return task(subject_id)
    if kind == "deliverable":
        return deliverable(subject_id)
    if kind == "objective":
        return objective(subject_id)
    if kind == "chantier":
        return _one(Chantier.visible_to(current_user).where(Chantier.id == subject_id))
    return None


def tells_of(subject: Any) -> bool:
    """Whether this person reads what is said of a thing."""
    return (
        not isinstance(subject, Deliverable)
        or subject.is_approved
        or can(current_user, "deliverable.read_draft")
    )


class Said(NamedTuple):
    """A comment and what it is about; the permission is about the comment."""

    comment: Comment
    subject: Any


def said(comment_id: int) -> Said | None:
    """A comment that is not deleted, with its subject; neither is found where the person may not read the other."""
    query = select(Comment).where(Comment.id == comment_id, Comment.deleted_at.is_(None))
    comment = db.session.scalar(
        held(query, Comment).options(joinedload(Comment.author), joinedload(Comment.chantier))
    )
    if comment is None:
        return None
    subject = _subject_of(comment)
    return Said(comment, subject) if subject is not None else None


def _subject_of(comment: Comment) -> Any:
    if comment.subject_type == "task":
        return task(comment.subject_id)
    if comment.subject_type == "deliverable":
        return deliverable(comment.subject_id)
    if comment.subject_type == "objective":
        return objective(comment.subject_id)
    return comment.chantier


def _one(query: Any) -> Any:
    return db.session.scalar(query)


class Attached(NamedTuple):
    """A file of a comment, and what that is about."""

    file: CommentAttachment
    subject: Any


def attached(comment_id: int, attachment_id: int) -> Attached | None:
    """A file of a comment that this person reads; of another comment it is not found."""
    found = said(comment_id)
    if found is None:
        return None
    file = db.session.scalar(
        select(CommentAttachment).where(
            CommentAttachment.id == attachment_id, CommentAttachment.comment_id == comment_id
        )
    )
    return Attached(file, found.subject) if file is not None else None
