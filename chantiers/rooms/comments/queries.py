"""Queries of comments: the thing that is spoken of, and the comment itself with it."""

from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.web import loaders
from models import Comment, CommentAttachment, db, held


def task(task_id: int) -> Any:
    """Return the task, with what it is part of."""
    return subject("task", task_id)


def deliverable(deliverable_id: int) -> Any:
    """Return the deliverable; what is said of a draft does not exist for mere observers."""
    return subject("deliverable", deliverable_id)


def objective(objective_id: int) -> Any:
    """Return the objective, with its chantier."""
    return subject("objective", objective_id)


def subject(kind: str, subject_id: int) -> Any:
    """Return what can be spoken of, by kind and number, if this person may know of it; None for anything else."""
    return loaders.discussed(current_user, kind, subject_id, whole=True)


class Said(NamedTuple):
    """A comment and what it is about; the permission is about the comment."""

    comment: Comment
    subject: Any


def said(comment_id: int) -> Said | None:
    """Return a comment not deleted, with its subject; neither is found where the person may not read the other."""
    query = select(Comment).where(Comment.id == comment_id, Comment.deleted_at.is_(None))
    comment = db.session.scalar(
        held(query, Comment).options(joinedload(Comment.author), joinedload(Comment.chantier))
    )
    if comment is None:
        return None
    is_of_chantier = comment.subject_type == "chantier"
    about = comment.chantier if is_of_chantier else subject(comment.subject_type, comment.subject_id)
    return Said(comment, about) if about is not None else None


class Attached(NamedTuple):
    """A file of a comment, and what that is about."""

    file: CommentAttachment
    subject: Any


def attached(comment_id: int, attachment_id: int) -> Attached | None:
    """Return a file of a comment that this person reads; of another comment it is not found."""
    found = said(comment_id)
    if found is None:
        return None
    file = db.session.scalar(
        select(CommentAttachment).where(
            CommentAttachment.id == attachment_id, CommentAttachment.comment_id == comment_id
        )
    )
    return Attached(file, found.subject) if file is not None else None
