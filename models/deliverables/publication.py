"""Publication of a deliverable: its reference version is read by anybody, at an address that stays."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    and_,
    select,
    update,
)
from sqlalchemy.orm import Mapped

from models.deliverables.state import DeliverableLifecycle, DeliverableState
from models.deliverables.version import DeliverableVersion
from models.ground.base import db, now
from models.ground.refused import Refused
from models.ground.slugs import slugify
from models.journal import record
from models.people.user import User


class DeliverablePublication(DeliverableLifecycle):
    """Mixin of a deliverable that is put on the public pages, and withdrawn from them."""

    if TYPE_CHECKING:
        id: Mapped[int]
        title: Mapped[str]
        licence: Mapped[str]
        public_slug: Mapped[str | None]
        published_at: Mapped[datetime | None]

    @property
    def is_public(self) -> bool:
        """Public: anybody may read it."""
        return self.published_at is not None and not self.is_trashed

    @classmethod
    def public(cls) -> ColumnElement[bool]:
        """Return the SQL condition of being read by anybody."""
        return and_(cls.published_at.is_not(None), cls.live())

    def publish(self, licence: str, *, by: "User", number: int | None = None) -> DeliverableVersion:
        """Let anybody read the reference, under a licence and at an address that stays. Returns that version.

        `number` is the reference that the person had before them. Raises Refused("not_approved"),
        Refused("newer_version"), Refused("published_already") or Refused("licence_missing").
        """
        reference = self.approved_version
        if reference is None:
            raise Refused("not_approved")
        if number is not None and number != reference.number:
            raise Refused("newer_version", number=reference.number)
        if reference.published_at is not None:
            raise Refused("published_already")
        if not licence.strip():
            raise Refused("licence_missing")
        self.published_at = reference.published_at = now()
        self.licence = reference.licence = licence
        if self.public_slug is None:
            self.public_slug = slugify(self.title, taken=self._public_slug_exists)
        if self.state == DeliverableState.APPROVED:
            self._go_to(DeliverableState.PUBLISHED)
        record(self, "deliverable.published", by=by, number=reference.number, licence=licence)
        return reference

    def unpublish(self, reason: str, *, by: "User") -> None:
        """Withdraw every version of it from the public pages; its address says so, and stays its own.

        Raises Refused("not_published") or Refused("reason_missing").
        """
        if self.published_at is None:
            raise Refused("not_published")
        if not reason.strip():
            raise Refused("reason_missing")
        self._leave_the_public()
        if self.state == DeliverableState.PUBLISHED:
            self._go_to(DeliverableState.APPROVED)
        record(self, "deliverable.unpublished", by=by, reason=reason)

    def _leave_the_public(self) -> None:
        self.published_at = None
        db.session.execute(
            update(DeliverableVersion)
            .where(DeliverableVersion.deliverable_id == self.id)
            .values(published_at=None)
        )

    @classmethod
    def _public_slug_exists(cls, slug: str) -> bool:
        return db.session.scalar(select(cls.id).where(cls.public_slug == slug)) is not None
