"""Matching of the démarche's file with the database: source keys, names and titles."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import select

from chantiers.operations.demarche_file.shape import (
    ChantierEntry,
    DeliverableEntry,
    ObjectiveEntry,
    PersonEntry,
)
from models import Deliverable, Objective, ObjectiveKind, Structure, StructureAlias, db, fold
from models.traits.loaded_from_file import Sourced

_Thing = TypeVar("_Thing", bound=Sourced)


def by_source_key(kind: type[_Thing]) -> dict[str, _Thing]:
    return {
        str(thing.source_key): thing
        for thing in db.session.scalars(select(kind).where(kind.source_key.is_not(None)))
    }


def structure_key(name: str) -> str:
    """Return the source key of a structure: its folded name, cut to the length of the column."""
    folded = fold(name)
    return folded if len(folded) <= 100 else f"{folded[:60]} {digest(folded)[:32]}"


def person_key(entry: PersonEntry) -> str:
    """Return the source key of a person: a hash, since it stays when they close their account."""
    return digest(f"{fold(entry.name)}|{fold(entry.structure)}")[:32]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest() if text else ""


def last_of_merges(structure: Structure) -> Structure:
    while structure.merged_into_id is not None:
        structure = db.session.get_one(Structure, structure.merged_into_id)
    return structure


def add_names(structure: Structure, names: list[str]) -> bool:
    present = db.session.scalars(select(StructureAlias.name).filter_by(structure_id=structure.id)).all()
    return structure.also_known_as([*present, *names])


def of_kind(entry: ChantierEntry, kind: ObjectiveKind) -> list[ObjectiveEntry]:
    return [o for o in entry.objectives if o.is_operational == (kind == ObjectiveKind.OPERATIONAL)]


def match_deliverables(
    lines: Sequence[DeliverableEntry], known: list[Deliverable]
) -> dict[DeliverableEntry, Deliverable]:
    """Match lines with deliverables: the one of that title, else a reworded one of that type, in order."""
    matches: dict[DeliverableEntry, Deliverable] = {}
    rest = list(known)
    for same in (_sourced_title, _type):
        for line in lines:
            found = next((each for each in rest if line not in matches and same(each) == same(line)), None)
            if found is not None:
                matches[line] = found
                rest.remove(found)
    return matches


def _sourced_title(thing: DeliverableEntry | Deliverable) -> str:
    """Return the title as the file last said it, folded: people may have chosen another since."""
    if isinstance(thing, Deliverable):
        return fold((thing.source or {}).get("title", thing.title))
    return fold(thing.title)


def _type(thing: DeliverableEntry | Deliverable) -> str:
    return thing.type_key


def unsourced_deliverable(objective: Objective, title: str) -> Deliverable | None:
    """Find a deliverable that people announced under the same title before the file did."""
    made = select(Deliverable).where(
        Deliverable.objective_id == objective.id, Deliverable.source_key.is_(None), Deliverable.live()
    )
    return next((each for each in db.session.scalars(made) if fold(each.title) == fold(title)), None)
