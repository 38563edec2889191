"""Filters of the coordination's screens, read from the address and written back in it.

A figure and the list that it opens are narrowed by the same conditions, made here: that is why they agree.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Self, cast
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import ColumnElement, and_, exists, or_, select
from werkzeug.datastructures import MultiDict

from chantiers.web.forms import YEARS, number_of_ours
from models import (
    HOME,
    Chantier,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    DeliverableState,
    DeliverableVersion,
    Structure,
    StructureMember,
    Task,
    TaskStatus,
    User,
    deliverable_structure,
    task_structure,
    today,
)

#: How far ahead « à venir » looks.
AHEAD = timedelta(weeks=6)
#: What `etat` may ask of tasks, what `statut` may besides a status, and what may have happened to them.
TASK_STATES = ("retard", "sans-pilote", "sans-nouvelles")
TASK_GROUPS = ("ouvertes", "comptees")
TASK_MOVES = ("terminees", "bloquees")
#: The same of deliverables: a date that is past or near, several states at once, what happened.
DUE = ("retard", "bientot")
DELIVERABLE_GROUPS = ("aboutis", "attendus")
DELIVERABLE_MOVES = ("versions", "valides")
#: Nobody turns so many pages; a larger number in an address says nothing.
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Scope:
    """Filters of every screen of the room: a chantier, what a structure carries, since when."""

    chantier: str = ""
    structure: int | None = None
    #: A named period, or a day as addresses write it.
    depuis: str = ""

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Self:
        """Read the filters of an address; values that mean nothing are ignored."""
        return cls(**cls._common(args))

    @staticmethod
    def _common(args: MultiDict[str, str]) -> dict[str, Any]:
        since = args.get("depuis", "")
        return {
            "chantier": slug_of(args.get("chantier")),
            "structure": number_of_ours(args.get("structure")),
            "depuis": since if since in PERIODS or day_of(since) else "",
        }

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return any(value for name, value in vars(self).items() if name not in ("page", "depuis"))

    def query(self, **changes: Any) -> str:
        """Write the filters as a query string, with `changes`; the page is the first unless given."""
        changed = vars(self) | {"page": 1} | changes
        default = vars(type(self)()) | {"page": 1}
        return urlencode(
            {name: value for name, value in changed.items() if value and value != default.get(name)}
        )

    def of(self, slug: str) -> "Scope":
        """Narrow the scope to one chantier."""
        return Scope(slug, self.structure, self.depuis)

    def tasks(self, **parts: Any) -> str:
        """The address of the tasks of all chantiers within this scope, narrowed further."""
        return _address("coordination.tasks", TaskFilters, self, parts)

    def deliverables(self, **parts: Any) -> str:
        """The address of the deliverables of all chantiers within this scope, narrowed further."""
        return _address("coordination.deliverables", DeliverableFilters, self, parts)


def _address(endpoint: str, kind: "type[Scope]", scope: Scope, parts: dict[str, Any]) -> str:
    query = replace(kind(), chantier=scope.chantier, structure=scope.structure).query(**parts)
    return f"{url_for(endpoint)}?{query}" if query else url_for(endpoint)


# Since when -----------------------------------------------------------------------------------------------------------

#: The periods that have a name: days back from today; none for the last comité de pilotage.
PERIODS: dict[str, int | None] = {"30-jours": 30, "90-jours": 90, "dernier-copil": None}
USUAL_PERIOD = "30-jours"


@dataclass(frozen=True)
class Period:
    """Since when one looks: the word or the day of the address, and the first day that counts."""

    asked: str
    since: date

    @property
    def begins(self) -> datetime:
        """The first instant that counts."""
        return datetime.combine(self.since, time.min, HOME)

    @classmethod
    def of(cls, asked: str, last_copil: date | None) -> "Period":
        """Return the period of an address; thirty days where it asks nothing, or where no comité was held yet."""
        day = day_of(asked)
        if day is not None:
            return cls(asked, day)
        if asked == "dernier-copil" and last_copil is not None:
            return cls(asked, last_copil)
        name = asked if PERIODS.get(asked) else USUAL_PERIOD
        return cls(name, today() - timedelta(days=PERIODS[name] or 0))


def day_of(text: str | None) -> date | None:
    """Read a day as addresses write it, 2026-03-12; nothing for anything else."""
    if not text or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    if not YEARS[0] <= int(text[:4]) <= YEARS[1]:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def slug_of(text: str | None) -> str:
    """Return a chantier's name as addresses write it, or nothing."""
    return text if text and re.fullmatch(r"[a-z0-9-]{1,120}", text) else ""


# Tasks ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListFilters(Scope):
    """Filters of a list of tasks or of deliverables."""

    objectif: int | None = None
    etat: str = ""
    #: What happened to them since `depuis`.
    mouvement: str = ""
    #: Between which days they are due, both included.
    du: str = ""
    au: str = ""
    page: int = 1

    @staticmethod
    def _common(args: MultiDict[str, str]) -> dict[str, Any]:
        return Scope._common(args) | {
            "objectif": number_of_ours(args.get("objectif")),
            "du": args.get("du", "") if day_of(args.get("du")) else "",
            "au": args.get("au", "") if day_of(args.get("au")) else "",
            "page": page_of(args),
        }

    @property
    def first_day(self) -> date:
        """The day from which on they are due."""
        return day_of(self.du) or date.min

    @property
    def last_day(self) -> date:
        """The day up to which they are due."""
        return day_of(self.au) or date.max


@dataclass(frozen=True)
class TaskFilters(ListFilters):
    """Filters of the tasks of all chantiers."""

    statut: str = ""

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Self:
        """Read the filters of an address."""
        return cls(
            **cls._common(args),
            statut=one_of((*TaskStatus, *TASK_GROUPS), args.get("statut")),
            etat=one_of(TASK_STATES, args.get("etat")),
            mouvement=one_of(TASK_MOVES, args.get("mouvement")),
        )

    def conditions(self, user: User, silent_after: int, period: Period) -> list[ColumnElement[bool]]:
        """Return the SQL conditions of a task that passes, joined with its chantier."""
        found = [
            (self.chantier, Chantier.slug == self.chantier),
            (self.structure, Task.carried_by([self.structure or 0])),
            (self.objectif, Task.objective_id == self.objectif),
            (self.statut, in_status(self.statut)),
            (self.etat, in_state(self.etat, user, silent_after)),
            (self.mouvement, moved(self.mouvement, period)),
            (self.du, Task.due_on >= self.first_day),
            (self.au, Task.due_on <= self.last_day),
        ]
        asked = [condition for wanted, condition in found if wanted]
        return [Task.live(), Chantier.archived_at.is_(None), *asked]


def in_status(status: str) -> ColumnElement[bool]:
    """Return the condition of a status, or of several: those that are open, those that progress counts."""
    if status == "ouvertes":
        return Task.open_now()
    if status == "comptees":
        return Task.status != TaskStatus.ABANDONED
    return Task.status == status


def in_state(state: str, user: User, silent_after: int) -> ColumnElement[bool]:
    """Return the condition of what needs an eye. Who is silent is told of the chantiers where this person decides."""
    if state == "retard":
        return Task.late()
    if state == "sans-pilote":
        return Task.without_pilote()
    return and_(Task.silent(silent_after), steered_by(user))


def steered_by(user: User) -> ColumnElement[bool]:
    """Return the condition of a chantier where this person decides."""
    led = [number for number, role in user.standing.chantiers.items() if role == ChantierRole.REFERENT]
    return Chantier.archived_at.is_(None) if user.is_coordinator else Chantier.id.in_(led)


def moved(move: str, period: Period) -> ColumnElement[bool]:
    """Return the condition of having been finished, or blocked, in the period, and of standing so still."""
    status = TaskStatus.DONE if move == "terminees" else TaskStatus.BLOCKED
    return and_(Task.in_status(status), Task.live(), Task.status_since >= period.begins)


# Deliverables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeliverableFilters(ListFilters):
    """Filters of the deliverables of all chantiers."""

    type: str = ""
    echeance: str = ""

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Self:
        """Read the filters of an address."""
        return cls(
            **cls._common(args),
            type=args.get("type", "") if re.fullmatch(r"[a-z0-9_-]{1,40}", args.get("type", "")) else "",
            etat=one_of((*DeliverableState, *DELIVERABLE_GROUPS), args.get("etat")),
            echeance=one_of(DUE, args.get("echeance")),
            mouvement=one_of(DELIVERABLE_MOVES, args.get("mouvement")),
        )

    def known_to(self, user: User) -> Self:
        """Drop the filters on what this person may not know of drafts."""
        if user.reads_drafts:
            return self
        move = "" if self.mouvement == "versions" else self.mouvement
        return replace(self, structure=None, echeance="", du="", au="", mouvement=move)

    def conditions(self, period: Period) -> list[ColumnElement[bool]]:
        """Return the SQL conditions of a deliverable that passes, joined with its chantier."""
        found = [
            (self.chantier, Chantier.slug == self.chantier),
            (self.structure, answered_for_by(self.structure or 0)),
            (self.objectif, Deliverable.objective_id == self.objectif),
            (self.type, Deliverable.type_key == self.type),
            (self.etat, in_deliverable_state(self.etat)),
            (self.echeance, due(self.echeance)),
            (self.mouvement, versions_moved(self.mouvement, period)),
            (self.du, Deliverable.expected_on >= self.first_day),
            (self.au, Deliverable.expected_on <= self.last_day),
        ]
        asked = [condition for wanted, condition in found if wanted]
        return [Deliverable.live(), Chantier.archived_at.is_(None), *asked]


def in_deliverable_state(state: str) -> ColumnElement[bool]:
    """Return the condition of a state, or of several: those where what was promised is there, and the others."""
    if state == "aboutis":
        return Deliverable.finished()
    if state == "attendus":
        return Deliverable.unfinished()
    return Deliverable.state == state


def due(when: str) -> ColumnElement[bool]:
    """Return the condition of being awaited and late, or within six weeks."""
    if when == "retard":
        return Deliverable.late()
    return and_(Deliverable.unfinished(), Deliverable.expected_on.between(today(), today() + AHEAD))


def versions_moved(move: str, period: Period) -> ColumnElement[bool]:
    """Return the condition of having got a new version in the period, or the approval of one."""
    instant = DeliverableVersion.at if move == "versions" else DeliverableVersion.approved_at
    return Deliverable.id.in_(select(DeliverableVersion.deliverable_id).where(instant >= period.begins))


def answered_for_by(structure_id: int) -> ColumnElement[bool]:
    """Return the condition of being a deliverable for which this structure is responsible."""
    links = deliverable_structure.c
    return Deliverable.id.in_(select(links.deliverable_id).where(links.structure_id == structure_id))


# Structures -----------------------------------------------------------------------------------------------------------


def enrolled_in(scope: Scope) -> ColumnElement[bool]:
    """Return the condition of a structure that takes part in a chantier that is open: the one of the scope, or any."""
    return exists().where(
        ChantierStructure.structure_id == Structure.id,
        ChantierStructure.left_at.is_(None),
        *_open_chantier(ChantierStructure.chantier_id, scope),
    )


def has_people(structure_id: Any) -> ColumnElement[bool]:
    """Return the condition of a structure some of whose people have an account: of another, silence says nothing."""
    people = (
        select(StructureMember.structure_id)
        .join(User, User.id == StructureMember.user_id)
        .where(User.with_account())
    )
    return cast("ColumnElement[bool]", structure_id.in_(people))


def carries_in(scope: Scope, user: User) -> ColumnElement[bool]:
    """Return the condition of a structure that carries something there: an open task, as pilote or not, a deliverable.

    For which deliverables a structure is responsible is told to those who read drafts.
    """
    leads = exists().where(
        Task.pilote_id == Structure.id, Task.open_now(), *_open_chantier(Task.chantier_id, scope)
    )
    helps = exists().where(
        task_structure.c.structure_id == Structure.id,
        task_structure.c.task_id == Task.id,
        Task.open_now(),
        *_open_chantier(Task.chantier_id, scope),
    )
    if not user.reads_drafts:
        return or_(leads, helps)
    answers = exists().where(
        deliverable_structure.c.structure_id == Structure.id,
        deliverable_structure.c.deliverable_id == Deliverable.id,
        Deliverable.unfinished(),
        *_open_chantier(Deliverable.chantier_id, scope),
    )
    return or_(leads, helps, answers)


def _open_chantier(chantier_id: Any, scope: Scope) -> list[ColumnElement[bool]]:
    asked = [Chantier.slug == scope.chantier] if scope.chantier else []
    return [Chantier.id == chantier_id, Chantier.archived_at.is_(None), *asked]


def one_of(known: Any, asked: str | None) -> str:
    """Return what was asked, where it is one of the known values."""
    return asked if asked in known and asked else ""


def page_of(args: MultiDict[str, str]) -> int:
    """Return the page that was asked for."""
    return min(number_of_ours(args.get("page")) or 1, MOST_PAGES)
