"""Queries of the page of the past: the figures of a day beside today's, and the curve."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from chantiers.components.curve import Curve, curve_since
from chantiers.web.addresses import address_of, page
from models import (
    HOME,
    Chantier,
    Figures,
    Objective,
    ObjectiveKind,
    User,
    db,
    figures_at_each,
    figures_by_objective,
    landmarks,
    today,
)

#: The figures of the table, in the order of its columns.
COLUMNS = ("done", "open", "blocked", "late", "without_pilote", "finished")


@dataclass(frozen=True)
class Shortcut:
    """A past day that people speak of."""

    name: str
    day: date


@dataclass(frozen=True)
class HistoryRow:
    """A chantier or an objective: then and now; None where it was not there yet, or is no more."""

    title: str
    href: str
    then: Figures | None
    now: Figures | None
    chantier: Chantier | None = None

    def changes(self) -> Iterable[tuple[str, int, int | None]]:
        """Each figure of the table: its name, what it was, and what it is today."""
        then = self.then or Figures()
        return [
            (name, getattr(then, name), getattr(self.now, name) if self.now else None) for name in COLUMNS
        ]


@dataclass(frozen=True)
class Past:
    """The whole page."""

    day: date
    chantier: Chantier | None
    chantiers: Sequence[Chantier]
    rows: Sequence[HistoryRow]
    shortcuts: Sequence[Shortcut]
    curve: Curve | None
    began: date | None
    #: Whether the day that was asked for cannot be told.
    is_refused: bool

    @property
    def then(self) -> Figures:
        return sum((row.then for row in self.rows if row.then), Figures())

    @property
    def now(self) -> Figures:
        return sum((row.now for row in self.rows if row.now), Figures())


def past(user: User, arguments: MultiDict[str, str]) -> Past:
    """Return the page that an address asks for; what it asks wrongly is told, and replaced by the first shortcut."""
    chantiers = db.session.scalars(Chantier.visible_to(user)).all()
    chantier = next((one for one in chantiers if one.slug == arguments.get("chantier")), None)
    shortcuts = _shortcuts()
    asked = arguments.get("jour", "").strip()
    day = _read(asked)
    began = min((one.created_at.astimezone(HOME).date() for one in chantiers), default=None)
    chosen = day or max(shortcuts[0].day, began or shortcuts[0].day)
    return Past(
        day=chosen,
        chantier=chantier,
        chantiers=chantiers,
        rows=_objectives(chantier, chosen) if chantier else _chantiers(chantiers, chosen),
        shortcuts=shortcuts,
        curve=_curve(began, chantier, chosen),
        began=began,
        is_refused=bool(asked) and day is None,
    )


def _read(asked: str) -> date | None:
    """Return the day of an address; None where it says none, or one that is to come."""
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return None
    return day if day <= today() else None


def _shortcuts() -> list[Shortcut]:
    """Return the days that one comes for, those on which people gathered first."""
    names = {"meeting": _("dernier COPIL"), "checkpoint": _("dernier point d’étape")}
    found: dict[str, Shortcut] = {}
    for kind, day in landmarks(most=6):
        found.setdefault(kind, Shortcut(names[kind], day))
    return [
        *found.values(),
        Shortcut(_("il y a un mois"), today() - timedelta(days=30)),
        Shortcut(_("il y a trois mois"), today() - timedelta(days=91)),
    ]


def _chantiers(chantiers: Sequence[Chantier], day: date) -> list[HistoryRow]:
    then, now = figures_at_each(day, today())
    return [
        HistoryRow(
            title=chantier.title,
            href=address_of(chantier),
            then=then.get(chantier.id),
            now=now.get(chantier.id),
            chantier=chantier,
        )
        for chantier in chantiers
        if chantier.id in then or chantier.id in now
    ]


def _objectives(chantier: Chantier, day: date) -> list[HistoryRow]:
    then, now = (figures_by_objective(each, chantier.id) for each in (day, today()))
    objectives = db.session.execute(
        select(Objective.id, Objective.text, Objective.trashed_at)
        .where(Objective.chantier_id == chantier.id, Objective.kind == ObjectiveKind.OPERATIONAL)
        .order_by(Objective.position, Objective.id)
    )
    return [
        HistoryRow(
            title=text or _("Objectif supprimé"),
            href="" if trashed_at else page("objective", objective_id),
            then=then.get(objective_id, Figures()),
            now=None if trashed_at else now.get(objective_id, Figures()),
        )
        for objective_id, text, trashed_at in objectives
        if not trashed_at or then.get(objective_id, Figures()) != Figures()
    ]


def _curve(began: date | None, chantier: Chantier | None, marked: date) -> Curve | None:
    if began is None:
        return None
    first = chantier.created_at.astimezone(HOME).date() if chantier else began
    return curve_since(first, chantier.id if chantier else None, marked)
