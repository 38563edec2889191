"""What the pages of the points d'avancement read."""

from collections.abc import Sequence

from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from chantiers.web import loaders
from models import Chantier, ProgressUpdate, db, held

#: How many of the series one page shows.
PAGE = 12


def chantier(slug: str) -> Chantier | None:
    """The chantier of that address, for those who may read what its référents say."""
    if current_user.is_only_observer:
        return None
    return loaders.chantier(slug)


def update(update_id: int) -> ProgressUpdate | None:
    """One of the series, held while it is changed."""
    if current_user.is_only_observer:
        return None
    query = (
        select(ProgressUpdate)
        .where(ProgressUpdate.id == update_id)
        .options(joinedload(ProgressUpdate.chantier), joinedload(ProgressUpdate.author))
    )
    return db.session.scalar(held(query, of=ProgressUpdate))


def series(of: Chantier, page: int) -> tuple[Sequence[ProgressUpdate], int]:
    """One page of a chantier's series, the latest first, and how many there are."""
    total = db.session.scalar(select(func.count()).where(ProgressUpdate.chantier_id == of.id)) or 0
    lines = ProgressUpdate.of(of.id).offset((page - 1) * PAGE).limit(PAGE)
    return db.session.scalars(lines).all(), total
