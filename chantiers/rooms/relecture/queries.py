"""What the screens of relecture read."""

from collections.abc import Sequence
from typing import Any

from flask_login import current_user
from sqlalchemy import exists, select

from chantiers.web import loaders
from models import (
    ChantierMembership,
    ChantierStructure,
    Deliverable,
    ReviewRequest,
    ReviewRound,
    Structure,
    User,
    db,
    held,
)


def to_change(deliverable_id: int) -> Deliverable | None:
    """One deliverable with all that its verbs touch, held while it is changed."""
    query = Deliverable.visible_to(current_user).where(Deliverable.id == deliverable_id)
    whole = held(query, Deliverable).options(*Deliverable.whole())
    return db.session.scalar(whole.execution_options(populate_existing=True))


def rounds(deliverable: Deliverable) -> Sequence[ReviewRound]:
    """Every relecture of a deliverable, the latest first, with what each reviewer said."""
    return db.session.scalars(ReviewRound.of(deliverable)).all()


def review_round(round_id: int) -> ReviewRound | None:
    """The round of an address, with the deliverable that it is about; the deliverable is held."""
    deliverable_id = db.session.scalar(select(ReviewRound.deliverable_id).where(ReviewRound.id == round_id))
    deliverable = to_change(deliverable_id) if deliverable_id else None
    if deliverable is None or not loaders.reads_drafts():
        return None
    found = db.session.scalar(ReviewRound.of(deliverable).where(ReviewRound.id == round_id))
    if found is not None:
        found.deliverable = deliverable
    return found


def request_of(request_id: int) -> ReviewRequest | None:
    """One request, for those who read drafts."""
    return db.session.scalar(ReviewRequest.whole(request_id)) if loaders.reads_drafts() else None


def people(chantier_id: int) -> Sequence[Any]:
    """(id, name, whether they take part) of those who may read drafts, the participants first."""
    takes_part = exists().where(
        ChantierMembership.user_id == User.id, ChantierMembership.chantier_id == chantier_id
    )
    query = (
        select(User)
        .where(User.closed_at.is_(None), User.draft_readers())
        .order_by(takes_part.desc(), User.name_key, User.id)
    )
    return db.session.scalars(query).all()


def structures(chantier_id: int) -> Sequence[Structure]:
    """The structures of the directory, those of the chantier first."""
    enrolled = exists().where(
        ChantierStructure.structure_id == Structure.id,
        ChantierStructure.chantier_id == chantier_id,
        ChantierStructure.left_at.is_(None),
    )
    visible = Structure.visible_to(current_user).order_by(None)
    return db.session.scalars(visible.order_by(enrolled.desc(), Structure.name_key, Structure.id)).all()
