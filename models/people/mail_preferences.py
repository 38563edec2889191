"""Mail preferences, the schedule of digests (never, daily, or weekly on a chosen day, in the morning), and visits."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from models.ground.base import HOME, now

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

#: The hour, in France, from which digests leave.
MORNING = time(7, 30)
#: A visit is over after so long without a sign of the person: the next one is another visit.
VISIT = timedelta(hours=4)


class Digest(StrEnum):
    """Frequency of the digest: the mail of what a person has not read."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"


def next_digest(how_often: str, day: int, after: datetime) -> datetime | None:
    """Return the first instant after `after` at which a digest is due; None for those who want none.

    `day` is the weekday of weekly ones, 0 for Monday. The hour is that of France, whatever the season.
    """
    if how_often == Digest.NEVER:
        return None
    here = after.astimezone(HOME)
    for days in range(9):
        date = here.date() + timedelta(days=days)
        due = datetime.combine(date, MORNING, HOME)
        if due > after and (how_often == Digest.DAILY or date.weekday() == day):
            return due
    raise ValueError(f"no weekday is number {day}")


class WantsMail:
    """Mixin of `User`: mail preferences, and the dates of visits."""

    if TYPE_CHECKING:
        mail_at_once: Mapped[bool]
        mail_checkpoints: Mapped[bool]
        digest: Mapped[Digest]
        digest_day: Mapped[int]
        next_digest_at: Mapped[datetime | None]
        seen_at: Mapped[datetime | None]
        last_visit_at: Mapped[datetime | None]

        def set_facts(self, **facts: object) -> None:
            """Write facts beside the version (`models.ground.base.Versioned`)."""

    def choose_mails(self, *, at_once: bool, digest: str, day: int, checkpoints: bool | None = None) -> None:
        """Set the mail preferences; a matter of their own, not of the journal."""
        how_often = str(Digest(digest))
        self.set_facts(
            mail_at_once=at_once,
            mail_checkpoints=self.mail_checkpoints if checkpoints is None else checkpoints,
            digest=how_often,
            digest_day=day,
            next_digest_at=next_digest(how_often, day, now()),
        )

    @property
    def wants_checkpoints(self) -> bool:
        """True when they accept mails that ask where their tasks stand: whoever wants no mail at once does not."""
        return self.mail_at_once and self.mail_checkpoints

    def stop_mails(self, which: str) -> None:
        """Unsubscribe from a kind of mail, by the link in it: "digest", "checkpoint", or "at_once"."""
        if which == "digest":
            self.set_facts(digest=str(Digest.NEVER), next_digest_at=None)
        elif which == "checkpoint":
            self.set_facts(mail_checkpoints=False)
        else:
            self.set_facts(mail_at_once=False)

    def be_seen(self) -> bool:
        """Date their presence, which after hours away begins a visit; return False where there is nothing to write."""
        moment = now()
        if self.seen_at is not None and moment - self.seen_at < timedelta(minutes=10):
            return False
        facts: dict[str, datetime | None] = {"seen_at": moment}
        if self.seen_at is None or moment - self.seen_at > VISIT:
            facts["last_visit_at"] = self.seen_at
        if self.seen_at is None and self.next_digest_at is None:
            # Mail begins with the first visit: nobody hears from us who never came.
            facts["next_digest_at"] = next_digest(self.digest, self.digest_day, moment)
        self.set_facts(**facts)
        return True
