"""Incoming mail: log of the replies received, with the outcome of each; none is processed twice."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.ground.base import Base, EnumText, IntId, db, now
from models.people.user import User

#: Answers of one person in an hour that become comments: beyond, something answers by itself.
HOURLY = 30


class MailOutcome(StrEnum):
    """Outcome of a reply."""

    COMMENTED = "commented"
    #: The person was told why it could not be.
    REFUSED = "refused"
    #: Nobody was told: it is not from whom it should be, or a machine wrote it.
    KEPT_ASIDE = "kept_aside"


class IncomingMail(Base):
    """Mail that came in. Its words are in the comment that it became, and nowhere else."""

    __tablename__ = "incoming_mail"

    id: Mapped[IntId]
    #: A digest of its Message-ID, or of the whole where it has none.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    outcome: Mapped[MailOutcome] = mapped_column(EnumText(MailOutcome, 20))
    reason: Mapped[str] = mapped_column(String(40), default="")
    #: In bytes.
    size: Mapped[int]
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)

    user: Mapped[User | None] = relationship(lazy="raise_on_sql")

    @classmethod
    def is_known(cls, key: str) -> bool:
        """Tell whether this mail was processed already."""
        return db.session.scalar(select(cls.id).where(cls.key == key)) is not None

    @classmethod
    def is_flooding(cls, user: User) -> bool:
        """Tell whether more replies came from this person within the hour than a human writes (rate limit)."""
        lately = select(func.count()).where(
            cls.user_id == user.id, cls.received_at > now() - timedelta(hours=1)
        )
        return (db.session.scalar(lately) or 0) >= HOURLY
