"""Queries of what waits for a decision: the matters by kind, and when people were last reminded of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    and_,
    func,
    or_,
    select,
)

from chantiers.rooms.coordination.filters import Period as Period
from chantiers.rooms.coordination.filters import (
    Scope,
)
from chantiers.rooms.coordination.filters import TaskFilters as TaskFilters
from chantiers.rooms.coordination.lists import IN_ORDER as IN_ORDER
from chantiers.rooms.coordination.lists import period_of as period_of
from chantiers.rooms.coordination.lists import task_numbers as task_numbers
from models import (
    SUBJECT_OF,
    Activity,
    Chantier,
    Matter,
    MatterFilter,
    ToArbitrate,
    User,
    db,
    to_arbitrate,
)

#: How many matters of each kind the first page shows, and how many the page of one kind.
MATTERS, MATTERS_ON_PAGE = 3, 40


def by_kind(matters: Sequence[ToArbitrate]) -> list[tuple[Matter, list[ToArbitrate]]]:
    """Matters under their kind, in the order of kinds; kinds without any are left out."""
    found = {kind: [matter for matter in matters if matter.kind == kind] for kind in Matter}
    return [(kind, those) for kind, those in found.items() if those]


def narrowed(scope: Scope, chantiers: Sequence[Chantier], kind: Matter | None = None) -> MatterFilter:
    """The same narrowing as the domain asks it; a chantier that is not there holds nothing."""
    asked = next((each.id for each in chantiers if each.slug == scope.chantier), 0)
    return MatterFilter(asked if scope.chantier else None, scope.structure, kind)


def relaunched(matters: Sequence[ToArbitrate]) -> dict[tuple[str, int], datetime]:
    """When people were last reminded of what these matters are about: (kind of thing, its number) → when."""
    subjects: dict[str, list[int]] = {kind: [] for kind in sorted(set(SUBJECT_OF.values()))}
    for matter in matters:
        subjects[matter.subject_type].append(matter.subject_id)
    same = or_(
        *(
            and_(Activity.subject_type == kind, Activity.subject_id.in_(numbers))
            for kind, numbers in subjects.items()
        )
    )
    query = (
        select(Activity.subject_type, Activity.subject_id, func.max(Activity.at, type_=Activity.at.type))
        .where(same, Activity.action.in_([f"{kind}.relaunched" for kind in subjects]))
        .group_by(Activity.subject_type, Activity.subject_id)
    )
    return {(kind, number): at for kind, number, at in db.session.execute(query)}


@dataclass
class Arbitration:
    """The page of what waits for a decision."""

    scope: Scope
    kind: Matter | None
    matters: Sequence[ToArbitrate]
    relaunched: dict[tuple[str, int], datetime]
    chantiers: Sequence[tuple[str, str]]
    page: int

    @property
    def by_kind(self) -> list[tuple[Matter, list[ToArbitrate]]]:
        """The matters by kind."""
        return by_kind(self.matters)

    @property
    def total(self) -> int:
        """Count of all matters."""
        return sum(found[0].total for _kind, found in self.by_kind)

    @property
    def pages(self) -> int:
        """Count of pages that the fullest kind takes."""
        most = max((found[0].total for _kind, found in self.by_kind), default=0)
        return max(1, -(-most // MATTERS_ON_PAGE))


def arbitration(user: User, silent_after: int, scope: Scope, kind: Matter | None, page: int) -> Arbitration:
    """Return a page of what waits for a decision: of one kind, or of each."""
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    within = narrowed(scope, open_ones, kind)
    offset = (page - 1) * MATTERS_ON_PAGE
    matters = to_arbitrate(user, silent_after, MATTERS_ON_PAGE, within=within, offset=offset)
    return Arbitration(
        scope=scope,
        kind=kind,
        matters=matters,
        relaunched=relaunched(matters),
        chantiers=[(each.slug, f"{each.number}. {each.title}") for each in open_ones],
        page=page,
    )
