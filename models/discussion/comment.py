"""Comments: what people say of a task, a deliverable, an objective or a chantier, and whom they call in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.deliverables.version import StoredFile
from models.demarche.structure import Structure, StructureMember
from models.discussion.attachment import ATTACHMENTS, CommentAttachment
from models.discussion.notification import Following, Notification
from models.ground.base import Base, IntId, Versioned, db, fold, now
from models.ground.refused import Refused
from models.journal import record
from models.mail.outgoing import OutgoingMail
from models.people.membership import ChantierMembership, ChantierStructure
from models.people.user import Role, User
from models.tasks.status import TaskStatus

if TYPE_CHECKING:
    from models.demarche.chantier import Chantier
    from models.tasks.task import Task

#: How somebody is called in: @[Nom].
MENTION = re.compile(r"@\[([^\[\]\n]{1,300})\]")
#: People and structures that one comment may call in: beyond, it is a notice, not a comment.
MENTIONS = 20
#: Comments of one page, the latest.
PAGE = 50
#: People and structures proposed to whoever begins a name: a list that is read at a glance.
PROPOSALS = 8


class Proposal(NamedTuple):
    """Somebody whom a comment may call in, for whoever has begun to write a name."""

    kind: str
    name: str
    #: What tells a person from others; nothing for a structure.
    title: str = ""


class Comment(Versioned, Base):
    """What somebody said, in Markdown. Deleted, it leaves its place without its words."""

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
        """« Je peux aider », on a blocked task. Raises Refused("not_blocked") or Refused("text_empty")."""
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
        """Its beginning, on one line, for the journal and for mails."""
        return shorten(MENTION.sub(r"@\1", self.body), 160, placeholder="…")

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    # Calling in -------------------------------------------------------------------------------------------------------

    def _call_in(self) -> list[int]:
        """Find whom the text names; mail each of them once, and return those whom it did not name before."""
        known = {(each["kind"], each["id"]) for each in self.mentions}
        self.mentions = list(self._resolve())
        db.session.flush()
        fresh = [each for each in self.mentions if (each["kind"], each["id"]) not in known]
        called = self._people_of(fresh)
        OutgoingMail.post_all(
            "mention",
            [
                (user_id, None, f"mention:{self.id}:{user_id}")
                for user_id, at_once in called.items()
                if at_once
            ],
            comment=self.id,
        )
        return list(called)

    def _resolve(self) -> Iterable[dict[str, Any]]:
        """The people and structures that the text names; of namesakes, the one who takes part in the chantier."""
        names = {fold(name): name.strip() for name in MENTION.findall(self.body)[:MENTIONS]}
        if not names:
            return
        takes_part = exists().where(
            ChantierMembership.user_id == User.id, ChantierMembership.chantier_id == self.chantier_id
        )
        people = db.session.execute(
            select(User.id, User.name_key, takes_part).where(
                User.name_key.in_(names), User.closed_at.is_(None), self._may_read()
            )
        ).all()
        structures = db.session.execute(
            select(Structure.id, Structure.name_key).where(
                Structure.name_key.in_(names), Structure.merged_into_id.is_(None)
            )
        ).all()
        for key, name in names.items():
            bearers = [(user_id, member) for user_id, known_as, member in people if known_as == key]
            chosen = [each for each in bearers if each[1]] or bearers
            if len(chosen) == 1:
                yield {"kind": "person", "id": chosen[0][0], "name": name}
            elif not chosen:
                for structure_id, known_as in structures:
                    if known_as == key:
                        yield {"kind": "structure", "id": structure_id, "name": name}

    def _may_read(self) -> Any:
        """The condition of reading what the comment is about: mere observers do not read of drafts."""
        if self.subject_type != "deliverable":
            return literal(True)
        member = exists().where(ChantierMembership.user_id == User.id)
        return or_(User.role != Role.OBSERVER, member)

    def _people_of(self, mentions: Sequence[dict[str, Any]]) -> dict[int, bool]:
        """The people behind mentions, but for the author, with whether each wants mail at once.

        A structure is its members who take part in the chantier.
        """
        if not mentions:
            return {}
        named = [each["id"] for each in mentions if each["kind"] == "person"]
        structures = [each["id"] for each in mentions if each["kind"] == "structure"]
        members = (
            select(StructureMember.user_id)
            .join(ChantierMembership, ChantierMembership.user_id == StructureMember.user_id)
            .where(
                StructureMember.structure_id.in_(structures),
                ChantierMembership.chantier_id == self.chantier_id,
            )
        )
        people = select(User.id, User.mail_at_once).where(
            or_(User.id.in_(named), User.id.in_(members)),
            User.closed_at.is_(None),
            User.id != (self.author.id if self.author else 0),
        )
        return {row.id: row.mail_at_once for row in db.session.execute(people)}

    # Helping to write -------------------------------------------------------------------------------------------------

    @classmethod
    def names_called(cls, subject: Any, body: str) -> list[str]:
        """The names that a text not yet said would call in."""
        return [each["name"] for each in cls._about(subject, body)._resolve()]

    @classmethod
    def proposals(cls, subject: Any, start: str, *, by: User) -> list[Proposal]:
        """Whom one may mean by the start of a name, in two statements: people of the chantier, its structures, others.

        Before anything is typed, only those of the chantier.
        """
        typed = fold(start)[:60]
        takes_part = exists().where(
            ChantierMembership.user_id == User.id, ChantierMembership.chantier_id == subject.chantier_id
        )
        people = db.session.execute(
            select(User.name, User.title, takes_part)
            .where(
                _begins(User.name_key, typed) if typed else takes_part,
                User.with_account(),
                User.id != by.id,
                cls._about(subject)._may_read(),
            )
            .order_by(case((takes_part, 0), else_=1), User.name_key, User.id)
            .limit(PROPOSALS)
        ).all()
        structures = db.session.scalars(
            select(Structure.name)
            .join(ChantierStructure, ChantierStructure.structure_id == Structure.id)
            .where(
                ChantierStructure.chantier_id == subject.chantier_id,
                ChantierStructure.left_at.is_(None),
                Structure.merged_into_id.is_(None),
                _begins(Structure.name_key, typed),
            )
            .order_by(Structure.name_key, Structure.id)
            .limit(PROPOSALS)
        ).all()
        found = [Proposal("person", name, title) for name, title, is_here in people if is_here]
        # However many people there are, structures keep half of the list.
        found = found[: PROPOSALS - min(len(structures), PROPOSALS // 2)]
        found += [Proposal("structure", name) for name in structures[: PROPOSALS - len(found)]]
        found += [Proposal("person", name, title) for name, title, is_here in people if not is_here]
        # A name with brackets cannot be written between brackets.
        return [each for each in found if MENTION.fullmatch(f"@[{each.name}]")][:PROPOSALS]

    @classmethod
    def _about(cls, subject: Any, body: str = "") -> "Comment":
        """A comment that is never kept, to ask what it would do."""
        return cls(
            subject_type=subject.__tablename__,
            subject_id=subject.id,
            chantier_id=subject.chantier_id,
            body=body,
        )

    # Reading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def thread(cls, subject: Any, reader: User, *, before: int | None = None) -> "CommentThread":
        """The latest comments of a subject, or those before one; with what the reader was told of it. One statement."""
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
        """What was said of things that are purged goes with them."""
        gone = (cls.subject_type == kind, cls.subject_id.in_(ids))
        files = CommentAttachment.comment_id.in_(select(cls.id).where(*gone))
        db.session.execute(delete(CommentAttachment).where(files))
        blank = {"body": "", "mentions": [], "attachments": [], "version": cls.version + 1}
        db.session.execute(update(cls).where(*gone).values(blank))


def _begins(key: Any, typed: str) -> Any:
    """The condition of a name one of whose words begins so."""
    return or_(key.like(f"{typed}%"), key.like(f"% {typed}%"))


@dataclass(frozen=True)
class CommentThread:
    """What was said of a subject, the oldest first, and what the reader has not read of it."""

    comments: Sequence[Comment] = ()
    has_older: bool = False
    total: int = 0
    unread: int = 0
    #: "follow", "mute", or nothing.
    wish: str | None = None
    form: Any = field(default=None, compare=False)

    @property
    def first_id(self) -> int | None:
        """From which the older ones are counted."""
        return self.comments[0].id if self.comments else None
