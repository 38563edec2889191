"""Cast of the demonstration: its people, structures and days."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from chantiers.operations.demonstration.content_files import read_yaml
from models import (
    DEMONSTRATION_ENTRIES,
    HOME,
    Chantier,
    Deliverable,
    Meeting,
    Objective,
    Role,
    Structure,
    StructureKind,
    Task,
    User,
    db,
    fold,
)


@dataclass(frozen=True)
class StoryCalendar:
    """Calendar of the story: days by their distance from the day of the load, weekends left out."""

    today: date

    def day(self, ago: int) -> date:
        """Return the working day that many days ago; in the future when negative."""
        day = self.today - timedelta(days=ago)
        weekend = max(0, day.weekday() - 4)
        return day + timedelta(days=3 - weekend) if weekend and ago < 0 else day - timedelta(days=weekend)

    def instant(self, ago: int, share: float) -> datetime:
        """Return an instant of that working day, at a share of its hours."""
        return datetime.combine(self.day(ago), time(9), HOME) + timedelta(hours=8.5 * share)


@dataclass(frozen=True)
class StoryEvent:
    """Event of the story: what somebody did, so many days ago."""

    days: int
    act: Callable[[], object]


@dataclass
class Cast:
    """People and things of the story, by the names that the content gives them."""

    people: dict[str, User] = field(default_factory=dict)
    structures: dict[str, Structure] = field(default_factory=dict)
    chantiers: dict[int, Chantier] = field(default_factory=dict)
    objectives: dict[str, Objective] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    deliverables: dict[str, Deliverable] = field(default_factory=dict)
    #: By how many days ago they were held.
    meetings: dict[int, Meeting] = field(default_factory=dict)


def open_cast() -> Cast:
    """Create the invented structures and accounts, all marked, and add the démarche's own chantiers and objectives."""
    facts = read_yaml("people")
    cast = Cast()
    for key, person in facts["people"].items():
        cast.people[key] = _open_account(key, person, by=cast.people.get("coordination"))
    coordination = cast.people["coordination"]
    for key, structure in facts["structures"].items():
        made = Structure.create(
            structure["name"],
            by=coordination,
            kind=StructureKind(structure["kind"]),
            territory=structure["territory"],
            summary=structure["summary"].strip(),
            is_example=True,
        )
        db.session.flush()
        cast.structures[key] = made
    for key, person in facts["people"].items():
        if "structure" in person:
            cast.structures[person["structure"]].gather(cast.people[key], by=coordination)
    cast.chantiers = {chantier.number: chantier for chantier in db.session.scalars(select(Chantier))}
    for objective in db.session.scalars(select(Objective).where(Objective.source_key.is_not(None))):
        objective.chantier = db.session.get_one(Chantier, objective.chantier_id)
        cast.objectives[str(objective.source_key)] = objective
    for deliverable in db.session.scalars(select(Deliverable).options(*Deliverable.whole())).unique():
        cast.deliverables[fold(deliverable.title)] = deliverable
    return cast


def _open_account(key: str, facts: dict[str, Any], *, by: User | None) -> User:
    email = dict(DEMONSTRATION_ENTRIES).get(key, f"{key}@example.org")
    person = User.create(
        facts["name"], email=email, title=facts.get("title", ""), role=Role(facts["role"]), by=by
    )
    person.is_example = True
    db.session.flush()
    return person
