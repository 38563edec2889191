"""What the coordination dashboard shows: all chantiers side by side, and what needs a decision.

What it counts is counted on tallies and on indexes made for that: no screen walks all tasks.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)

from chantiers.components.curve import Curve, curve_since
from chantiers.policy import can
from chantiers.rooms.coordination.filters import (
    DeliverableFilters,
    Scope,
    answered_for_by,
    carries_in,
    due,
    enrolled_in,
)
from chantiers.rooms.coordination.filters import Period as Period

# What the export of the list asks as the list does: it comes by this door.
from chantiers.rooms.coordination.filters import TaskFilters as TaskFilters
from chantiers.rooms.coordination.lists import IN_ORDER as IN_ORDER
from chantiers.rooms.coordination.lists import period_of as period_of
from chantiers.rooms.coordination.lists import task_numbers as task_numbers
from models import (
    FINISHED,
    HOME,
    SUBJECT_OF,
    Activity,
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    DeliverableState,
    Matter,
    MatterFilter,
    Objective,
    ObjectiveKind,
    ObjectiveTally,
    ProgressUpdate,
    Structure,
    Task,
    TaskStatus,
    ToArbitrate,
    User,
    db,
    percent,
    to_arbitrate,
    today,
)

#: How many chantiers a page of the table shows; its totals are those of all.
PAGE = 15
#: How many matters of each kind the first page shows, and how many the page of one kind.
MATTERS, MATTERS_ON_PAGE = 3, 40
#: Next deliverables told of a chantier.
NEXT = 2

STATUSES = tuple(str(status) for status in TaskStatus)
STATES = tuple(str(state) for state in DeliverableState)


class Aim(NamedTuple):
    """An operational objective with its progress."""

    id: int
    text: str
    done: int
    counted: int

    @property
    def progress(self) -> int | None:
        return percent(self.done, self.counted)


class Next(NamedTuple):
    """A deliverable that is awaited."""

    id: int
    title: str
    expected_on: date


@dataclass
class Row:
    """One chantier of the dashboard, with its figures."""

    chantier: Chantier
    referents: list[str] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    next: list[Next] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    late: int = 0
    silent: int = 0
    without_pilote: int = 0
    structures: int = 0
    #: Deliverables by state.
    states: Counter[str] = field(default_factory=Counter)
    deliverables_late: int = 0
    deliverables_due: int = 0

    @property
    def deliverables(self) -> int:
        return self.states.total()

    @property
    def deliverables_approved(self) -> int:
        """Those that are there: approved, and maybe published since."""
        return sum(self.states[state] for state in FINISHED)

    @property
    def blocked(self) -> int:
        return self.statuses[TaskStatus.BLOCKED]

    @property
    def done(self) -> int:
        return self.statuses[TaskStatus.DONE]

    @property
    def counted(self) -> int:
        """The tasks that progress is computed on: all but the abandoned ones."""
        return sum(self.statuses.values()) - self.statuses[TaskStatus.ABANDONED]

    @property
    def progress(self) -> int | None:
        return percent(self.done, self.counted)


@dataclass
class Shared:
    """The structures over all chantiers: enrolled somewhere, and carrying something."""

    enrolled: int = 0
    carrying: int = 0


@dataclass
class Dashboard:
    """The whole screen: totals over all chantiers, and the rows of one page of them."""

    scope: Scope
    #: The chantiers that the page can be narrowed to, and the structures.
    chantiers: Sequence[tuple[str, str]]
    structures: Sequence[tuple[int, str]]
    #: The chantiers that count here, and those of them that this page shows.
    every: Sequence[Row]
    rows: Sequence[Row]
    page: int
    pages: int
    shared: Shared
    matters: Sequence[ToArbitrate]
    relaunched: dict[tuple[str, int], datetime]
    #: The latest point d'avancement of each chantier that is shown, for those who read them.
    weather: dict[int, ProgressUpdate]
    show_silence: bool
    #: Since the beginning, of all chantiers or of the one that the scope names.
    curve: Curve | None

    def total(self, figure: str) -> int:
        """A figure over all chantiers."""
        return sum(getattr(row, figure) for row in self.every)

    def status_total(self, status: str) -> int:
        """How many tasks stand so, over all chantiers."""
        return sum(row.statuses[status] for row in self.every)

    def state_total(self, state: str) -> int:
        """How many deliverables stand so, whatever their type."""
        return sum(row.states[state] for row in self.every)

    @property
    def by_kind(self) -> list[tuple[Matter, list[ToArbitrate]]]:
        """The matters by kind, in the order in which one takes them."""
        return by_kind(self.matters)

    @property
    def to_arbitrate(self) -> int:
        """How many matters there are in all."""
        return sum(found[0].total for _kind, found in self.by_kind)


def by_kind(matters: Sequence[ToArbitrate]) -> list[tuple[Matter, list[ToArbitrate]]]:
    """Matters under their kind, in the order of kinds; kinds without any are left out."""
    found = {kind: [matter for matter in matters if matter.kind == kind] for kind in Matter}
    return [(kind, those) for kind, those in found.items() if those]


def dashboard(user: User, silent_after: int, scope: Scope | None = None, page: int = 1) -> Dashboard:
    """Every chantier with its figures, and what waits for a decision, in a fixed number of statements."""
    scope = scope or Scope()
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    rows = {each.id: Row(each) for each in open_ones if scope.chantier in ("", each.slug)}
    pages = max(1, -(-len(rows) // PAGE))
    page = min(page, pages)
    shown = dict(list(rows.items())[(page - 1) * PAGE : page * PAGE])
    _count_tasks(rows, scope)
    shared = _count_alerts(rows, silent_after, scope)
    _count_deliverables(rows, scope)
    structures = _names(rows)
    _add_next_deliverables(shown, scope)
    matters = to_arbitrate(user, silent_after, MATTERS, within=narrowed(scope, open_ones))
    return Dashboard(
        scope=scope,
        chantiers=[(each.slug, f"{each.number}. {each.title}") for each in open_ones],
        structures=structures,
        every=list(rows.values()),
        rows=list(shown.values()),
        page=page,
        pages=pages,
        shared=shared,
        matters=matters,
        relaunched=relaunched(matters),
        weather=ProgressUpdate.latest_by_chantier(shown) if can(user, "progress.read") else {},
        show_silence=user.is_coordinator or any(user.leads(chantier_id) for chantier_id in rows),
        curve=_curve(scope, list(rows.values())),
    )


def _curve(scope: Scope, rows: Sequence[Row]) -> Curve | None:
    """Tasks open and done since the beginning; of what one structure carries, no past is kept."""
    if scope.structure or not rows:
        return None
    began = min(row.chantier.created_at.astimezone(HOME).date() for row in rows)
    return curve_since(began, rows[0].chantier.id if scope.chantier else None)


def narrowed(scope: Scope, chantiers: Sequence[Chantier], kind: Matter | None = None) -> MatterFilter:
    """The same narrowing as the domain asks it; a chantier that is not there holds nothing."""
    asked = next((each.id for each in chantiers if each.slug == scope.chantier), 0)
    return MatterFilter(asked if scope.chantier else None, scope.structure, kind)


# Tasks ----------------------------------------------------------------------------------------------------------------


def _count_tasks(rows: dict[int, Row], scope: Scope) -> None:
    """Where tasks stand, by chantier and by objective: from the tallies, or counted where a structure narrows them."""
    tallies = [getattr(ObjectiveTally, status) for status in STATUSES]
    query = (
        select(Objective.id, Objective.chantier_id, func.substr(Objective.text, 1, 200), *tallies)
        .join(ObjectiveTally, ObjectiveTally.objective_id == Objective.id)
        .where(Objective.kind == ObjectiveKind.OPERATIONAL, Objective.live())
        .order_by(Objective.position, Objective.id)
    )
    carried = _carried(scope) if scope.structure else None
    for objective_id, chantier_id, text, *kept in db.session.execute(query):
        if chantier_id in rows:
            counts = Counter(
                dict(zip(STATUSES, kept, strict=True)) if carried is None else carried[objective_id]
            )
            row = rows[chantier_id]
            for status in STATUSES:
                row.statuses[status] += counts[status]
            counted = counts.total() - counts[TaskStatus.ABANDONED]
            row.aims.append(Aim(objective_id, text, counts[TaskStatus.DONE], counted))


def _carried(scope: Scope) -> dict[int, Counter[str]]:
    """How many tasks that a structure carries stand in each status, by objective."""
    query = (
        select(Task.objective_id, Task.status, func.count())
        .where(Task.live(), Task.carried_by([scope.structure or 0]))
        .group_by(Task.objective_id, Task.status)
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for objective_id, status, number in db.session.execute(query):
        found[objective_id][status] = number
    return found


def _count_alerts(rows: dict[int, Row], silent_after: int, scope: Scope) -> Shared:
    """Late, silent and without pilote, and the structures that take part: counted on indexes made for them."""
    carried = [Task.carried_by([scope.structure])] if scope.structure else []

    def counted(figure: str, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        # Chantier by chantier, only what counts is walked; grouped, all that is open would be.
        walked = select(func.count()).where(Task.chantier_id == Chantier.id, condition, *carried)
        return select(literal(figure), Chantier.id, walked.scalar_subquery())

    def grouped(figure: str, chantier_id: Any, *conditions: Any) -> Select[*tuple[Any, ...]]:
        return select(literal(figure), chantier_id, func.count()).where(*conditions).group_by(chantier_id)

    def shared(figure: str, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        return select(literal(figure), literal(0), func.count()).where(
            Structure.merged_into_id.is_(None), condition
        )

    figures = union_all(
        counted("late", Task.late()),
        counted("silent", Task.silent(silent_after)),
        grouped("without_pilote", Task.chantier_id, Task.without_pilote(), *carried),
        grouped("structures", ChantierStructure.chantier_id, ChantierStructure.left_at.is_(None)),
        shared("enrolled", enrolled_in(scope)),
        shared("carrying", carries_in(scope, current_user)),
    )
    over_all = Shared()
    for figure, chantier_id, number in db.session.execute(figures):
        if chantier_id in rows:
            setattr(rows[chantier_id], figure, number)
        elif not chantier_id:
            setattr(over_all, figure, number)
    for chantier_id, row in rows.items():
        if not current_user.steers(chantier_id):
            row.silent = 0
    return over_all


# Deliverables ---------------------------------------------------------------------------------------------------------


def _count_deliverables(rows: dict[int, Row], scope: Scope) -> None:
    """How many deliverables each chantier has in each state, those that are late, and those that are due soon."""
    known = DeliverableFilters(chantier=scope.chantier, structure=scope.structure).known_to(current_user)
    told = literal(current_user.reads_drafts)
    late, coming = (func.count().filter(told, due(when)) for when in ("retard", "bientot"))
    query = (
        select(Chantier.id, Deliverable.state, func.count(), late, coming)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(*known.conditions(Period.of("", None)))
        .group_by(Chantier.id, Deliverable.state)
    )
    for chantier_id, state, number, overdue, near in db.session.execute(query):
        if chantier_id in rows:
            row = rows[chantier_id]
            row.states[state] = number
            row.deliverables_late += overdue
            row.deliverables_due += near


def _add_next_deliverables(rows: dict[int, Row], scope: Scope) -> None:
    """The next deliverables of each chantier that is shown; mere observers know no date of what is not there yet."""
    if not current_user.reads_drafts:
        return
    conditions = [answered_for_by(scope.structure)] if scope.structure else []
    place = func.row_number().over(
        partition_by=Deliverable.chantier_id, order_by=(Deliverable.expected_on, Deliverable.id)
    )
    ranked = (
        select(
            Deliverable.chantier_id,
            Deliverable.id,
            Deliverable.title,
            Deliverable.expected_on.label("day"),
            place.label("place"),
        )
        .where(
            Deliverable.unfinished(),
            Deliverable.expected_on >= today(),
            Deliverable.chantier_id.in_(rows),
            *conditions,
        )
        .subquery()
    )
    query = select(ranked).where(ranked.c.place <= NEXT).order_by(ranked.c.day, ranked.c.id)
    for chantier_id, *about, _place in db.session.execute(query):
        rows[chantier_id].next.append(Next(*about))


# People, structures, reminders ----------------------------------------------------------------------------------------


def _names(rows: dict[int, Row]) -> list[tuple[int, str]]:
    """The référents of each chantier, and the structures that one may narrow by, in one statement."""
    referents = (
        select(literal(True).label("is_person"), ChantierMembership.chantier_id, User.name, User.name_key)
        .join(User, User.id == ChantierMembership.user_id)
        .where(ChantierMembership.role == ChantierRole.REFERENT, User.closed_at.is_(None))
    )
    structures = select(literal(False), Structure.id, Structure.name, Structure.name_key).where(
        Structure.merged_into_id.is_(None), enrolled_in(Scope())
    )
    offered = []
    for is_person, number, name, _key in db.session.execute(
        union_all(referents, structures).order_by("name_key")
    ):
        if not is_person:
            offered.append((number, name))
        elif number in rows:
            rows[number].referents.append(name)
    return offered


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


# A kind of matter, whole ----------------------------------------------------------------------------------------------


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
        """How many there are in all."""
        return sum(found[0].total for _kind, found in self.by_kind)

    @property
    def pages(self) -> int:
        """How many pages those of the fullest kind take."""
        most = max((found[0].total for _kind, found in self.by_kind), default=0)
        return max(1, -(-most // MATTERS_ON_PAGE))


def arbitration(user: User, silent_after: int, scope: Scope, kind: Matter | None, page: int) -> Arbitration:
    """A page of what waits for a decision: of one kind, or of each."""
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
