"""Comments: what people say of a task, a deliverable, an objective or a chantier."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from textwrap import shorten
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.deliverables.version import StoredFile
from models.demarche.chantier import Chantier
from models.discussion.attachment import ATTACHMENTS, CommentAttachment
from models.discussion.mentions import MENTION, Mentioning
from models.discussion.notification import Following, Notification
from models.ground.base import Base, IntId, Versioned, db, now
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User
from models.tasks.status import TaskStatus
from models.tasks.task import Task

#: Comments of one page, the latest.
PAGE = 50


class Comment(Versioned, Mentioning, Base):
    """Comment, in Markdown. Deleted, it leaves its place without its words."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_subject", "subject_type", "subject_id", "id"),)

    id: Mapped[IntId]
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    #: "comment", or "help" for whoever offers theirs on a blocked task.
    kind: Mapped[str] = mapped_column(String(10), default="comment")
    #: "page", or "mail" for an answer that came by mail.
    source: Mapped[str] = mapped_column(String(10), default="page")
    body: Mapped[str] = mapped_column(Text)
    #: Whom the text calls in: [{"kind": "person" or "structure", "id": …, "name": as it is written}].
    mentions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    #: What is shown of the files attached to it: [{"id": …, "name": …, "size": in bytes}].
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    author: Mapped[User | None] = relationship(lazy="raise_on_sql", foreign_keys=[author_id])
    deleted_by: Mapped[User | None] = relationship(lazy="raise_on_sql", foreign_keys=[deleted_by_id])
    chantier: Mapped["Chantier"] = relationship(lazy="raise_on_sql")

    # Writing ----------------------------------------------------------------------------------------------------------

    @classmethod
    def write(
        cls, subject: Any, body: str, *, by: User, source: str = "page", files: Sequence[StoredFile] = ()
    ) -> "Comment":
        """Say something of a task, a deliverable, an objective or a chantier, with files that the store already holds.

        Raises Refused("text_empty") or Refused("too_many_files").
        """
        if len(files) > ATTACHMENTS:
            raise Refused("too_many_files", max=ATTACHMENTS)
        comment = cls._write(subject, body, "commented", by=by, source=source)
        comment._attach(files)
        return comment

    def _attach(self, files: Sequence[StoredFile]) -> None:
        kept = [
            CommentAttachment(
                comment_id=self.id,
                storage_key=file.key,
                file_name=file.name,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
            )
            for file in files
        ]
        db.session.add_all(kept)
        db.session.flush()
        if kept:
            self.attachments = [{"id": each.id, "name": each.file_name, "size": each.size} for each in kept]

    @classmethod
    def offer_help(cls, task: "Task", words: str, *, by: User) -> "Comment":
        """Offer help on a blocked task (« Je peux aider »). Raises Refused("not_blocked") or Refused("text_empty")."""
        if task.status != TaskStatus.BLOCKED:
            raise Refused("not_blocked")
        return cls._write(task, words, "help_offered", by=by, source="page")

    @classmethod
    def _write(cls, subject: Any, body: str, what: str, *, by: User, source: str) -> "Comment":
        if not body.strip():
            raise Refused("text_empty")
        comment = cls(
            subject_type=subject.__tablename__,
            subject_id=subject.id,
            chantier_id=subject.chantier_id,
            author=by,
            kind="help" if what == "help_offered" else "comment",
            source=source,
            body=body,
            mentions=[],
            attachments=[],
            at=now(),
        )
        db.session.add(comment)
        called = comment._call_in()
        record(
            subject,
            f"{subject.__tablename__}.{what}",
            by=by,
            also_tell=called,
            excerpt=comment.excerpt,
            comment=comment.id,
        )
        return comment

    def edit(self, body: str, *, subject: Any, by: User) -> None:
        """Change one's words; whoever is newly called in is told. Raises Refused("text_empty")."""
        if not body.strip():
            raise Refused("text_empty")
        if body == self.body:
            return
        self.body, self.edited_at = body, now()
        called = self._call_in()
        record(subject, "comment.edited", by=by, also_tell=called, comment=self.id)

    def delete(self, *, subject: Any, by: User) -> None:
        """Take the words away; that somebody said something, and who took it back, stays."""
        if self.deleted_at is not None:
            raise Refused("already_deleted")
        self.body, self.mentions, self.attachments = "", [], []
        # The files themselves are left to the sweep.
        db.session.execute(delete(CommentAttachment).where(CommentAttachment.comment_id == self.id))
        self.deleted_at, self.deleted_by = now(), by
        record(subject, "comment.deleted", by=by, comment=self.id)

    @property
    def excerpt(self) -> str:
        """Excerpt: its beginning, on one line of 160 characters at most, for the journal and for mails."""
        return shorten(MENTION.sub(r"@\1", self.body), 160, placeholder="…")

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    # Reading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def thread(cls, subject: Any, reader: User, *, before: int | None = None) -> "CommentThread":
        """Read a page of comments of a subject, the latest or those before one, and what is unread. One statement."""
        anchor = select(literal(1).label("one")).subquery()
        kind = subject.__tablename__
        unread = (
            select(Notification.unread)
            .where(
                Notification.user_id == reader.id,
                Notification.subject_type == kind,
                Notification.subject_id == subject.id,
            )
            .scalar_subquery()
        )
        wish = (
            select(Following.wish)
            .where(
                Following.user_id == reader.id,
                Following.subject_type == kind,
                Following.subject_id == subject.id,
            )
            .scalar_subquery()
        )
        its_own = and_(cls.subject_type == kind, cls.subject_id == subject.id)
        total = select(func.count()).where(its_own).scalar_subquery()
        shown = and_(its_own, cls.id < before) if before else its_own
        rows = db.session.execute(
            select(unread, wish, total, cls)
            .select_from(anchor)
            .outerjoin(cls, shown)
            .order_by(cls.id.desc())
            .limit(PAGE + 1)
            .options(joinedload(cls.author), joinedload(cls.deleted_by))
        ).all()
        comments = [row[3] for row in rows if row[3] is not None]
        first = rows[0]
        return CommentThread(
            comments=comments[:PAGE][::-1],
            has_older=len(comments) > PAGE,
            total=first[2],
            unread=first[0] or 0,
            wish=first[1],
        )

    @classmethod
    def forget_words_of(cls, kind: str, ids: Sequence[int]) -> None:
        """Erase the comments of things that are purged, and forget their attached files."""
        gone = (cls.subject_type == kind, cls.subject_id.in_(ids))
        files = CommentAttachment.comment_id.in_(select(cls.id).where(*gone))
        db.session.execute(delete(CommentAttachment).where(files))
        blank = {"body": "", "mentions": [], "attachments": [], "version": cls.version + 1}
        db.session.execute(update(cls).where(*gone).values(blank))


@dataclass(frozen=True)
class CommentThread:
    """Page of the comments of a subject, the oldest first, and how much of it the reader has not read."""

    comments: Sequence[Comment] = ()
    has_older: bool = False
    total: int = 0
    unread: int = 0
    #: "follow", "mute", or nothing.
    wish: str | None = None
    form: Any = field(default=None, compare=False)

    @property
    def first_id(self) -> int | None:
        """Id of the oldest comment of the page: the next page is before it."""
        return self.comments[0].id if self.comments else None
