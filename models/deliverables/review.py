"""Reviews (relecture): a round asks people and structures their opinion of one version, until a day."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Select, String, and_, or_, select, update
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship, selectinload

from models.deliverables.version import DeliverableVersion
from models.demarche.structure import Structure
from models.ground.base import (
    HOME,
    Base,
    EnumText,
    IntId,
    LongText,
    Versioned,
    db,
    held,
    now,
    table_above,
    today,
)
from models.ground.refused import Refused
from models.journal import record
from models.mail.outgoing import OutgoingMail
from models.people.membership import ChantierMembership, StructureMember
from models.people.user import User

if TYPE_CHECKING:
    from models.deliverables.deliverable import Deliverable
    from models.deliverables.state import DeliverableLifecycle

#: How long a round lasts unless told otherwise.
USUAL_REVIEW = timedelta(days=14)


class Opinion(StrEnum):
    """Opinion of a reviewer on a version."""

    FAVORABLE = "favorable"
    WITH_RESERVATIONS = "with_reservations"
    TO_REWORK = "to_rework"


class ReviewRound(Versioned, Base):
    """Round of review: one version put before people and structures, until a day."""

    __tablename__ = "review_round"

    id: Mapped[IntId]
    deliverable_id: Mapped[int] = mapped_column(ForeignKey("deliverable.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("deliverable_version.id"))
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closes_on: Mapped[date]
    message: Mapped[LongText]
    #: When it was decided on or taken back.
    closed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]

    deliverable: Mapped["Deliverable"] = relationship(lazy="raise_on_sql")
    reviewed: Mapped[DeliverableVersion] = relationship(lazy="raise_on_sql")
    opened_by: Mapped[User | None] = relationship(lazy="raise_on_sql")
    requests: Mapped[list["ReviewRequest"]] = relationship(
        back_populates="round", lazy="raise_on_sql", order_by="ReviewRequest.id"
    )

    @classmethod
    def open(
        cls,
        deliverable: "DeliverableLifecycle",
        version: DeliverableVersion,
        people: Iterable[User],
        structures: Iterable[Structure],
        *,
        by: User,
        closes_on: date | None = None,
        message: str = "",
    ) -> "ReviewRound":
        """Ask them what they think of this version, by mail too. Raises Refused("closes_too_early")."""
        closes_on = closes_on or today() + USUAL_REVIEW
        if closes_on < today():
            raise Refused("closes_too_early")
        opened = cls(
            deliverable=deliverable,
            reviewed=version,
            opened_by=by,
            opened_at=now(),
            closes_on=closes_on,
            message=message,
            requests=[
                *(ReviewRequest(person=person, asked_at=now()) for person in people),
                *(ReviewRequest(structure=structure, asked_at=now()) for structure in structures),
            ],
        )
        db.session.add(opened)
        db.session.flush()
        asked = opened._post("review_asked", opened.requests)
        record(
            deliverable,
            "deliverable.review_asked",
            by=by,
            also_tell=asked,
            number=version.number,
            count=len(opened.requests),
        )
        return opened

    @classmethod
    def close_all(cls, deliverable_id: int) -> None:
        """End what is open on a deliverable: it was decided on, or taken back."""
        still_open = (cls.deliverable_id == deliverable_id, cls.closed_at.is_(None))
        db.session.execute(update(cls).where(*still_open).values(closed_at=now(), version=cls.version + 1))

    @classmethod
    def of(cls, deliverable: "Deliverable") -> "Select[ReviewRound]":
        """Select the rounds of a deliverable with all that was asked and answered, the latest first."""
        return (
            select(cls)
            .where(cls.deliverable_id == deliverable.id)
            .join(cls.reviewed)
            .order_by(cls.id.desc())
            .options(
                contains_eager(cls.reviewed).load_only(DeliverableVersion.number),
                joinedload(cls.opened_by),
                selectinload(cls.requests).options(
                    joinedload(ReviewRequest.person),
                    joinedload(ReviewRequest.structure),
                    joinedload(ReviewRequest.review).joinedload(Review.by),
                ),
            )
            .execution_options(populate_existing=True)
        )

    @property
    def is_open(self) -> bool:
        """Open to answers: nothing was decided yet, and its last day is not over."""
        return self.closed_at is None and self.closes_on >= today()

    @property
    def is_past(self) -> bool:
        """Overdue (« Relecture en retard »): its last day is over and nobody decided."""
        return self.closed_at is None and self.closes_on < today()

    @property
    def answered(self) -> "Sequence[ReviewRequest]":
        return [request for request in self.requests if request.review]

    @property
    def waiting(self) -> "Sequence[ReviewRequest]":
        return [request for request in self.requests if not request.review]

    @property
    def was_reminded_today(self) -> bool:
        return self.reminded_at is not None and self.reminded_at.astimezone(HOME).date() == today()

    def remind(self, *, by: User) -> int:
        """Ask again those who have not answered, at most once a day; returns how many that is.

        Raises Refused("review_over"), Refused("all_answered") or Refused("reminded_today").
        """
        if self.closed_at is not None:
            raise Refused("review_over")
        if not self.waiting:
            raise Refused("all_answered")
        if self.was_reminded_today:
            raise Refused("reminded_today")
        self.reminded_at = now()
        for request in self.waiting:
            request.reminded_at = self.reminded_at
        asked = self._post("review_reminder", self.waiting, f":{today()}")
        record(
            self.deliverable,
            "deliverable.reminded",
            by=by,
            also_tell=asked,
            number=self.reviewed.number,
            count=len(self.waiting),
        )
        return len(self.waiting)

    def _post(self, kind: str, requests: "Sequence[ReviewRequest]", suffix: str = "") -> list[int]:
        """Mail those who are asked, each once, and return them: a structure is its members who take part."""
        known: set[int] = set()
        for request, people in self._behind(requests):
            new = {user_id: at_once for user_id, at_once in people if user_id not in known}
            known |= new.keys()
            OutgoingMail.post_all(
                kind,
                [
                    (user_id, None, f"{kind}:{request.id}:{user_id}{suffix}")
                    for user_id, at_once in new.items()
                    if at_once
                ],
                request=request.id,
            )
        return sorted(known)

    def _behind(
        self, requests: "Sequence[ReviewRequest]"
    ) -> "Iterable[tuple[ReviewRequest, list[tuple[int, bool]]]]":
        members: dict[int, list[tuple[int, bool]]] = {}
        query = (
            select(StructureMember.structure_id, User.id, User.mail_at_once)
            .join(User, User.id == StructureMember.user_id)
            .join(
                ChantierMembership,
                and_(
                    ChantierMembership.user_id == User.id,
                    ChantierMembership.chantier_id == self.deliverable.chantier_id,
                ),
            )
            .where(
                StructureMember.structure_id.in_(
                    [each.structure_id for each in requests if each.structure_id]
                ),
                User.closed_at.is_(None),
            )
            .order_by(User.id)
        )
        for structure_id, user_id, at_once in db.session.execute(query):
            members.setdefault(structure_id, []).append((user_id, at_once))
        for request in requests:
            if request.person is not None:
                yield request, [(request.person.id, request.person.mail_at_once)]
            else:
                yield request, members.get(request.structure_id or 0, [])


class ReviewRequest(Base):
    """Request of a round to one person, or to one structure."""

    __tablename__ = "review_request"

    id: Mapped[IntId]
    round_id: Mapped[int] = mapped_column(ForeignKey("review_round.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"), index=True)
    asked_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]

    round: Mapped[ReviewRound] = relationship(back_populates="requests", lazy="raise_on_sql")
    person: Mapped[User | None] = relationship(lazy="raise_on_sql")
    structure: Mapped[Structure | None] = relationship(lazy="raise_on_sql")
    review: Mapped["Review | None"] = relationship(back_populates="request", lazy="raise_on_sql")

    @classmethod
    def whole(cls, request_id: int) -> "Select[ReviewRequest]":
        """Select one request, locked, with all that answering touches; none of a deliverable in the bin."""
        deliverables = table_above("deliverable")
        chantier = ReviewRound.deliverable.property.mapper.class_.chantier
        return (
            held(select(cls).where(cls.id == request_id), cls)
            .join(cls.round)
            .join(deliverables, deliverables.c.id == ReviewRound.deliverable_id)
            .where(deliverables.c.trashed_at.is_(None))
            .options(
                contains_eager(cls.round).options(
                    joinedload(ReviewRound.deliverable).joinedload(chantier),
                    joinedload(ReviewRound.reviewed).joinedload(DeliverableVersion.author),
                    joinedload(ReviewRound.opened_by),
                ),
                joinedload(cls.person),
                joinedload(cls.structure),
                joinedload(cls.review).joinedload(Review.by),
            )
        )

    @property
    def chantier_id(self) -> int:
        return self.round.deliverable.chantier_id

    @property
    def is_archived(self) -> bool:
        return self.round.deliverable.is_archived

    def is_of(self, user: User, chantier_id: int) -> bool:
        """Tell whether this person may answer: for themselves, or for a structure of theirs where they take part."""
        of_structure = self.structure_id in user.standing.structures and user.takes_part_in(chantier_id)
        return not user.is_only_observer and (self.person_id == user.id or of_structure)

    def answer(
        self, opinion: str, words: str = "", *, by: User, source: str = "page", quote: str = ""
    ) -> "Review":
        """Answer with an opinion; answering again replaces it, and that it changed is kept.

        Raises Refused("review_over"), or Refused("reason_missing") where reservations come without a word.
        """
        if not self.round.is_open:
            raise Refused("review_over")
        opinion = Opinion(opinion)
        if opinion != Opinion.FAVORABLE and not words.strip():
            raise Refused("reason_missing")
        review = self.review
        if review is None:
            review = self.review = Review(at=now())
            db.session.add(review)
        else:
            review.changed_at = now()
        review.by, review.opinion, review.words = by, opinion, words
        review.quote, review.source = quote, source
        record(
            self.round.deliverable,
            "deliverable.reviewed",
            by=by,
            number=self.round.reviewed.number,
            opinion=str(opinion),
            structure=self.structure.name if self.structure else "",
        )
        db.session.flush()
        return review

    @classmethod
    def asked_of(cls, user: User) -> "Select[ReviewRequest]":
        """Select what is asked of this person or of their structures, where they take part, and was not answered."""
        deliverables = table_above("deliverable")
        mine = or_(
            cls.person_id == user.id,
            and_(
                cls.structure_id.in_(list(user.standing.structures)),
                deliverables.c.chantier_id.in_(list(user.standing.chantiers)),
            ),
        )
        return (
            select(cls)
            .join(cls.round)
            .join(deliverables, deliverables.c.id == ReviewRound.deliverable_id)
            .outerjoin(cls.review)
            .where(
                mine,
                Review.id.is_(None),
                ReviewRound.closed_at.is_(None),
                ReviewRound.closes_on >= today(),
                deliverables.c.trashed_at.is_(None),
            )
            .order_by(ReviewRound.closes_on, cls.id)
        )


class Review(Base):
    """Review: an opinion on a version, and its words."""

    __tablename__ = "review"

    id: Mapped[IntId]
    request_id: Mapped[int] = mapped_column(ForeignKey("review_request.id"), unique=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    opinion: Mapped[Opinion] = mapped_column(EnumText(Opinion, 20))
    words: Mapped[LongText]
    #: The passage of the version that it is about.
    quote: Mapped[LongText]
    at: Mapped[datetime] = mapped_column(default=now)
    #: When it was last replaced by another answer.
    changed_at: Mapped[datetime | None]
    #: "page", or "mail" where it came from the buttons of a mail.
    source: Mapped[str] = mapped_column(String(10), default="page")

    request: Mapped[ReviewRequest] = relationship(back_populates="review", lazy="raise_on_sql")
    by: Mapped[User | None] = relationship(lazy="raise_on_sql")


def forget_reviews_of(deliverable: "Deliverable") -> None:
    """Erase the words of the reviews of a purged deliverable; who answered what stays."""
    rounds = select(ReviewRound.id).where(ReviewRound.deliverable_id == deliverable.id)
    requests = select(ReviewRequest.id).where(ReviewRequest.round_id.in_(rounds))
    db.session.execute(
        update(Review)
        .where(Review.request_id.in_(requests))
        .values(words="", quote="")
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(ReviewRound)
        .where(ReviewRound.deliverable_id == deliverable.id)
        .values(message="", version=ReviewRound.version + 1)
        .execution_options(synchronize_session=False)
    )
