"""Outbox: mails to send, written in the transaction of what caused them, with retries and a lease for each worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.ground.base import Base, EnumText, IntId, db, now

if TYPE_CHECKING:
    from models.people.user import User

#: For how long a worker holds the mails that it took; one that died gives them back when that is over.
LEASE = timedelta(minutes=5)
#: After how long a mail that could not be sent is tried again, the first time, the second…; then it has failed.
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 1440)
)
#: A mail that is due leaves within seconds; after so long nobody works, or the server does not answer.
DELAY = timedelta(minutes=15)


#: Under which name a session remembers that it has mail: whoever works beside it need not wait for its next look.
POSTED = "mail_posted"


class MailState(StrEnum):
    """State of a mail in the outbox."""

    WAITING = "waiting"
    SENT = "sent"
    #: Nobody is to get it any more: rights, a closed account, something taken back.
    DROPPED = "dropped"
    FAILED = "failed"


class OutgoingMail(Base):
    """Mail of the outbox: its kind and what it is about. Its content is made when it leaves, from what is true then."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index(
            "ix_outgoing_mail_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_outgoing_mail_state_id", "state", "id"),
    )

    id: Mapped[IntId]
    kind: Mapped[str] = mapped_column(String(40))
    #: A person, or an address where there is no person yet.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    address: Mapped[str | None] = mapped_column(String(254))
    #: Two mails never bear the same: whatever asks twice for the same mail sends one.
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    particulars: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[MailState] = mapped_column(EnumText(MailState, 10), default=MailState.WAITING)
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: Not before; moved on by each attempt that fails.
    due_at: Mapped[datetime]
    #: Who works on it, until when.
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    #: When it was sent, dropped, or given up.
    settled_at: Mapped[datetime | None]
    #: One for all its attempts: should it leave twice, mailboxes know the second for the first.
    message_id: Mapped[str] = mapped_column(String(100), default=lambda: uuid4().hex)
    subject: Mapped[str] = mapped_column(String(300), default="")
    #: Why it was dropped, or what the last attempt met: a code or the server's own number, never an address.
    reason: Mapped[str] = mapped_column(String(200), default="")

    user: Mapped["User | None"] = relationship(lazy="raise_on_sql")

    @classmethod
    def post(
        cls,
        kind: str,
        *,
        to: "User | None" = None,
        address: str | None = None,
        key: str | None = None,
        due_at: datetime | None = None,
        **particulars: Any,
    ) -> None:
        """Put a mail in the outbox, for a person or for an address. Posting a key again does nothing (idempotency).

        `particulars` are plain JSON values, ids and words, never a secret.
        """
        cls.post_all(kind, [(to.id if to else None, address, key)], due_at=due_at, **particulars)

    @classmethod
    def post_all(
        cls,
        kind: str,
        recipients: Sequence[tuple[int | None, str | None, str | None]],
        *,
        due_at: datetime | None = None,
        **particulars: Any,
    ) -> None:
        """Put a mail to several recipients in the outbox, in one statement: (person's id, address, key) of each."""
        if not recipients:
            return
        # What the mails speak of must have its number first.
        db.session.flush()
        moment = now()
        rows = [
            {
                "kind": kind,
                "user_id": user_id,
                "address": address,
                "key": key,
                "particulars": particulars,
                "state": MailState.WAITING,
                "created_at": moment,
                "due_at": due_at or moment,
                "attempts": 0,
                "message_id": uuid4().hex,
                "subject": "",
                "reason": "",
            }
            for user_id, address, key in recipients
        ]
        insert = sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert
        db.session.execute(insert(cls).on_conflict_do_nothing(index_elements=["key"]), rows)
        db.session.info[POSTED] = True

    @classmethod
    def cancel(cls, key: str) -> None:
        """Take back a mail that has not left; the same key may be posted again."""
        db.session.execute(delete(cls).where(cls.key == key, cls.state == MailState.WAITING))

    # Working through it -----------------------------------------------------------------------------------------------

    @classmethod
    def take(cls, count: int) -> "Sequence[OutgoingMail]":
        """Lease the mails that are due to a worker, the oldest first; with their people.

        The caller commits before sending: two workers never hold the same mail.
        """
        moment = now()
        free = cls.leased_until.is_(None) | (cls.leased_until < moment)
        due = (
            select(cls.id)
            .where(cls.state == MailState.WAITING, cls.due_at <= moment, free)
            .order_by(cls.due_at, cls.id)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        ids = list(db.session.scalars(due))
        if not ids:
            return []
        db.session.execute(
            update(cls)
            .where(cls.id.in_(ids))
            .values(leased_until=moment + LEASE)
            .execution_options(synchronize_session=False)
        )
        mails = select(cls).where(cls.id.in_(ids)).order_by(cls.due_at, cls.id).options(joinedload(cls.user))
        return db.session.scalars(mails.execution_options(populate_existing=True)).all()

    def sent(self, subject: str) -> None:
        """Mark as sent."""
        self.subject = subject[:300]
        self._settle(MailState.SENT, "")

    def drop(self, reason: str) -> None:
        """Give up for good; `reason` is a code."""
        self._settle(MailState.DROPPED, reason)

    @classmethod
    def drop_all_of(cls, user: "User", reason: str) -> None:
        """Give up for good every mail that waits for this person; `reason` is a code."""
        dropped = {"state": MailState.DROPPED, "reason": reason, "settled_at": now(), "leased_until": None}
        waiting = (cls.user_id == user.id, cls.state == MailState.WAITING)
        db.session.execute(update(cls).where(*waiting).values(dropped))

    def fail(self, reason: str, *, for_good: bool = False) -> None:
        """Record a failed attempt and plan the retry, unless the server refused it for good or the retries are over."""
        if for_good or self.attempts >= len(PAUSES):
            self.attempts += 1
            self._settle(MailState.FAILED, reason)
            return
        self.due_at = now() + PAUSES[self.attempts]
        self.attempts += 1
        self.leased_until, self.reason = None, reason[:200]

    def try_again(self) -> None:
        """Send a mail that failed after all: somebody mended what was wrong."""
        if self.state == MailState.FAILED:
            self.state, self.attempts, self.due_at = MailState.WAITING, 0, now()
            self.leased_until = self.settled_at = None

    def _settle(self, state: MailState, reason: str) -> None:
        self.state, self.reason, self.settled_at, self.leased_until = state, reason[:200], now(), None

    @classmethod
    def is_stuck(cls) -> bool:
        """Tell whether the outbox is stuck: a mail is overdue that nobody took, or was retried again and again."""
        overdue = (cls.due_at < now() - DELAY) & (cls.leased_until.is_(None) | (cls.leased_until < now()))
        stuck = select(cls.id).where(cls.state == MailState.WAITING, overdue | (cls.attempts >= 4))
        return db.session.scalar(stuck.limit(1)) is not None

    @classmethod
    def next_due_at(cls) -> datetime | None:
        """Return when the next mail is due; None when the outbox is empty."""
        waiting = select(cls.due_at).where(cls.state == MailState.WAITING)
        return db.session.scalar(waiting.order_by(cls.due_at).limit(1))
