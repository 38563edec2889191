"""States of a deliverable, from promised to published: what it is in each, and the verbs of its relecture."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    and_,
    literal_column,
)
from sqlalchemy.orm import Mapped

from models.deliverables.review import ReviewRound
from models.deliverables.version import DeliverableVersion, Verdict
from models.demarche.structure import Structure
from models.figures.traced import Traced
from models.ground.base import now, today
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User
from models.traits.trashable import Trashable


class DeliverableState(StrEnum):
    """Attendu → En rédaction → En relecture → (À reprendre) → Validé → Publié."""

    EXPECTED = "expected"
    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    TO_REWORK = "to_rework"
    APPROVED = "approved"
    PUBLISHED = "published"


#: The states in which what was promised is there.
FINISHED = (DeliverableState.APPROVED, DeliverableState.PUBLISHED)


def is_overdue(state: str, expected_on: date | None) -> bool:
    """Tell whether what was promised for that day is not there, today."""
    return state not in FINISHED and expected_on is not None and expected_on < today()


class DeliverableLifecycle(Traced, Trashable):
    """Mixin of a deliverable that is written, reviewed, sent back or approved."""

    if TYPE_CHECKING:
        state: Mapped[str]
        state_since: Mapped[datetime]
        expected_on: Mapped[date | None]
        versions: Mapped[list[DeliverableVersion]]
        verdicts: Mapped[list[Verdict]]

    @property
    def is_approved(self) -> bool:
        """Approved, and maybe published since."""
        return self.state in FINISHED

    @classmethod
    def finished(cls) -> ColumnElement[bool]:
        """Return the SQL condition of being approved, and maybe published since."""
        # Written out, as the partial index says it.
        return cls.state.in_([literal_column(f"'{state}'") for state in FINISHED])

    @classmethod
    def unfinished(cls) -> ColumnElement[bool]:
        """Return the SQL condition of being still awaited, and not in the bin."""
        return and_(~cls.finished(), cls.live())

    @property
    def is_late(self) -> bool:
        return is_overdue(self.state, self.expected_on)

    @classmethod
    def late(cls) -> ColumnElement[bool]:
        """Return the SQL condition of « En retard », today."""
        return and_(cls.unfinished(), cls.expected_on < today())

    @property
    def latest_version(self) -> DeliverableVersion | None:
        return self.versions[0] if self.versions else None

    @property
    def approved_version(self) -> DeliverableVersion | None:
        """The reference: the last version that a référent approved, while the next one is written."""
        return next((version for version in self.versions if version.approved_at), None)

    # Verbs ------------------------------------------------------------------------------------------------------------

    def submit(
        self,
        *,
        by: "User",
        number: int | None = None,
        reviewers: "tuple[Sequence[User], Sequence[Structure]]" = ((), ()),
        closes_on: date | None = None,
        message: str = "",
    ) -> None:
        """Put the latest version up for relecture, and ask `reviewers`, people and structures, what they think of it.

        Raises Refused("no_version"), Refused("state_already") or Refused("closes_too_early").

        `number` is the version that the person had before them: where a newer one came meanwhile, this verb and its
        siblings raise Refused("newer_version"), since nobody decides on what they have not seen.
        """
        version = self._latest_or_refuse(number)
        if self.state not in (DeliverableState.DRAFTING, DeliverableState.TO_REWORK):
            raise Refused("state_already", state=str(self.state))
        self._go_to(DeliverableState.IN_REVIEW)
        record(self, "deliverable.submitted", by=by, number=version.number)
        people, structures = reviewers
        if people or structures:
            ReviewRound.open(self, version, people, structures, by=by, closes_on=closes_on, message=message)

    def withdraw(self, *, by: "User", number: int | None = None) -> None:
        """Take it back from relecture, to go on writing. Raises Refused("not_in_review")."""
        version = self._latest_or_refuse(number)
        self._refuse_unless_in_review()
        self._go_to(DeliverableState.DRAFTING)
        record(self, "deliverable.withdrawn", by=by, number=version.number)

    def approve(self, *, by: "User", number: int | None = None) -> None:
        """Make the latest version the reference. Raises Refused("no_version") or Refused("state_already")."""
        version = self._latest_or_refuse(number)
        if self.is_approved:
            raise Refused("state_already", state=str(self.state))
        self._decide(version, approved=True, words="", by=by)
        self._go_to(DeliverableState.APPROVED)
        version.approved_at = now()
        record(self, "deliverable.approved", by=by, number=version.number)

    def send_back(self, words: str, *, by: "User", number: int | None = None) -> None:
        """Ask for changes, and say which. Raises Refused("reason_missing") or Refused("not_in_review")."""
        if not words.strip():
            raise Refused("reason_missing")
        version = self._latest_or_refuse(number)
        self._refuse_unless_in_review()
        self._decide(version, approved=False, words=words, by=by)
        self._go_to(DeliverableState.TO_REWORK)
        record(self, "deliverable.sent_back", by=by, number=version.number, reason=words)

    def _latest_or_refuse(self, seen: int | None) -> DeliverableVersion:
        latest = self.latest_version
        if latest is None:
            raise Refused("no_version")
        if seen is not None and seen != latest.number:
            raise Refused("newer_version", number=latest.number)
        return latest

    def _refuse_unless_in_review(self) -> None:
        if self.state != DeliverableState.IN_REVIEW:
            raise Refused("not_in_review")

    def _go_to(self, state: DeliverableState) -> None:
        if self.state == DeliverableState.IN_REVIEW:
            ReviewRound.close_all(self.id)
        with self.traced():
            self.state, self.state_since = state, now()

    def _decide(self, version: DeliverableVersion, *, approved: bool, words: str, by: "User") -> None:
        self.verdicts.insert(
            0, Verdict(version_id=version.id, approved=approved, words=words, by=by, at=now())
        )
