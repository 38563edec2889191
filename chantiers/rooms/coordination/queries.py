"""Queries of the coordination's dashboard: all chantiers side by side, and what needs a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chantiers.components.curve import Curve, curve_since
from chantiers.policy import can
from chantiers.rooms.coordination.arbitration_queries import MATTERS, by_kind, narrowed, relaunched
from chantiers.rooms.coordination.dashboard_figures import STATUSES as STATUSES
from chantiers.rooms.coordination.dashboard_figures import (
    DashboardRow,
    Shared,
    add_next_deliverables,
    count_alerts,
    count_deliverables,
    count_tasks,
    names,
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
    HOME,
    Chantier,
    Matter,
    ProgressUpdate,
    ToArbitrate,
    User,
    db,
    to_arbitrate,
)

#: How many chantiers a page of the table shows; its totals are those of all.
PAGE = 15


@dataclass
class Dashboard:
    """The whole screen: totals over all chantiers, and the rows of one page of them."""

    scope: Scope
    #: The chantiers that the page can be narrowed to, and the structures.
    chantiers: Sequence[tuple[str, str]]
    structures: Sequence[tuple[int, str]]
    #: The chantiers that count here, and those of them that this page shows.
    every: Sequence[DashboardRow]
    rows: Sequence[DashboardRow]
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
        """Return a figure over all chantiers."""
        return sum(getattr(row, figure) for row in self.every)

    def status_total(self, status: str) -> int:
        """Count tasks in this status, over all chantiers."""
        return sum(row.statuses[status] for row in self.every)

    def state_total(self, state: str) -> int:
        """Count deliverables in this state, whatever their type."""
        return sum(row.states[state] for row in self.every)

    @property
    def by_kind(self) -> list[tuple[Matter, list[ToArbitrate]]]:
        """The matters by kind, in the order in which one takes them."""
        return by_kind(self.matters)

    @property
    def to_arbitrate(self) -> int:
        """Count of all matters."""
        return sum(found[0].total for _kind, found in self.by_kind)


def dashboard(user: User, silent_after: int, scope: Scope | None = None, page: int = 1) -> Dashboard:
    """Every chantier with its figures, and what waits for a decision, in a fixed number of statements."""
    scope = scope or Scope()
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    rows = {each.id: DashboardRow(each) for each in open_ones if scope.chantier in ("", each.slug)}
    pages = max(1, -(-len(rows) // PAGE))
    page = min(page, pages)
    shown = dict(list(rows.items())[(page - 1) * PAGE : page * PAGE])
    count_tasks(rows, scope)
    shared = count_alerts(rows, silent_after, scope)
    count_deliverables(rows, scope)
    structures = names(rows)
    add_next_deliverables(shown, scope)
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


def _curve(scope: Scope, rows: Sequence[DashboardRow]) -> Curve | None:
    """Tasks open and done since the beginning; of what one structure carries, no past is kept."""
    if scope.structure or not rows:
        return None
    began = min(row.chantier.created_at.astimezone(HOME).date() for row in rows)
    return curve_since(began, rows[0].chantier.id if scope.chantier else None)
