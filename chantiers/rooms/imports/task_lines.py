"""Lines of tasks, looked at beside what exists: what each says, whether it is here already, why it cannot be taken."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from sqlalchemy import select

from chantiers.files.spreadsheets import Cell, as_words
from chantiers.rooms.imports.columns import Table
from chantiers.rooms.imports.lines import Cells, Reading
from chantiers.rooms.imports.present import Known, existing_tasks, structure_names
from chantiers.rooms.imports.values import day_of, names_in, status_of
from chantiers.web.forms import LINE_LENGTH, TEXT_LENGTH, clean_line, clean_text
from chantiers.web.links import absolute
from models import (
    Chantier,
    Objective,
    ObjectiveKind,
    Structure,
    StructureAlias,
    User,
    db,
    differences,
    fold,
)

#: What a workbook cuts a text to, and the sign that says so: what was cut is no new text.
CUT_AT = 32_000
#: From how many letters on the beginning of an objective is enough to know it.
BEGINNING = 12
#: How many mistaken names are compared to how many of the directory's, and how much two must be alike.
MOST_COMPARED, MOST_NAMES, ALIKE = 30, 1_000, 0.75


class TaskLines:
    """The lines of a table of tasks."""

    kind = "task"

    def __init__(self, table: Table, mapping: Mapping[str, Any]) -> None:
        self.table, self.mapping = table, mapping
        self.cells = Cells(mapping["columns"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each line as it is kept."""
        readings = [self._read(number, row) for number, row in self.table.lines]
        self._find_known(readings)
        self._find_doubles(readings)
        for reading in readings:
            yield reading.as_row(self._title(reading), self.kind)

    def _title(self, reading: Reading) -> str:
        return str(reading.facts.get("title") or clean_line(self.cells.words(reading.cells, "title")))

    # What is there ----------------------------------------------------------------------------------------------------

    @cached_property
    def chantiers(self) -> dict[int, Any]:
        """The chantiers, by their own number."""
        columns = (Chantier.id, Chantier.number, Chantier.title, Chantier.archived_at)
        return {row.number: row for row in db.session.execute(select(*columns).order_by(Chantier.number))}

    @cached_property
    def objectives(self) -> Sequence[Any]:
        """The operational objectives on which tasks can be hung, in their order."""
        columns = (Objective.id, Objective.chantier_id, Objective.position, Objective.text)
        working = select(*columns).where(Objective.kind == ObjectiveKind.OPERATIONAL, Objective.live())
        return db.session.execute(working.order_by(Objective.chantier_id, Objective.position)).all()

    @cached_property
    def structures(self) -> dict[str, int]:
        """The number of each structure, under each of its names."""
        return structure_names()

    @cached_property
    def people(self) -> dict[str, int]:
        """The number of each person by their name; 0 where several bear it."""
        found: dict[str, int] = {}
        for number, key in db.session.execute(select(User.id, User.name_key).where(User.closed_at.is_(None))):
            found[key] = 0 if key in found else number
        return found

    # One line ---------------------------------------------------------------------------------------------------------

    def _read(self, number: int, row: Sequence[Cell]) -> Reading:
        reading = Reading(number, row)
        self._read_title(reading)
        self._read_address(reading)
        self._read_objective(reading)
        self._read_plainly(reading, "due_on", day_of, "day_unknown")
        self._read_plainly(reading, "status", status_of, "status_unknown")
        self._read_texts(reading)
        self._read_carriers(reading)
        self._read_people(reading)
        return reading

    def _read_title(self, reading: Reading) -> None:
        title = clean_line(self.cells.words(reading.cells, "title"))
        if not title:
            reading.refuse("title_missing")
        elif len(title) > LINE_LENGTH:
            reading.refuse("title_long")
        else:
            reading.facts["title"] = title

    def _read_address(self, reading: Reading) -> None:
        """An address of a task of ours says which it is; any other says nothing."""
        start = self._address_of_tasks
        words = self.cells.words(reading.cells, "address")
        if words.startswith(start) and re.fullmatch(r"[0-9]{1,18}", words.removeprefix(start)):
            reading.facts["known_as"] = int(words.removeprefix(start))

    @cached_property
    def _address_of_tasks(self) -> str:
        return absolute("tasks.show", task_id=1).removesuffix("1")

    def _read_plainly(
        self, reading: Reading, name: str, understood: Callable[[Cell], Any], code: str
    ) -> None:
        cell = self.cells.cell(reading.cells, name)
        try:
            value = understood(cell)
        except (ValueError, OverflowError):
            reading.refuse(code, words=clean_line(as_words(cell))[:80])
            return
        reading.facts[name] = str(value) if value is not None else None

    def _read_texts(self, reading: Reading) -> None:
        description = self.cells.words(reading.cells, "description")
        if len(description) > TEXT_LENGTH:
            reading.refuse("text_long")
        reading.facts["description"] = description or None
        reading.facts["reason"] = self.cells.words(reading.cells, "reason") or None

    # Where it hangs ---------------------------------------------------------------------------------------------------

    def _read_objective(self, reading: Reading) -> None:
        said = clean_line(self.cells.words(reading.cells, "chantier"))
        chantier = self._chantier(said) if said else None
        words = clean_line(self.cells.words(reading.cells, "objective"))
        if said and chantier is None:
            reading.refuse("chantier_unknown", words=said[:80])
            return
        found = self._objectives_named(words, chantier) if words else self._objectives_unsaid(chantier)
        if not found:
            reading.refuse("objective_unknown" if words else "objective_missing", words=words[:80])
        elif len(found) > 1:
            reading.refuse("objective_ambiguous", words=words[:80])
        elif self._is_archived(found[0].chantier_id):
            reading.refuse("chantier_archived")
        else:
            reading.facts["objective"] = found[0].id

    def _chantier(self, words: str) -> Any:
        """« 3 », « Chantier 3 », « 3. Coopérer », or its title."""
        if numbered := re.match(r"(?:chantier\s*)?(?:n\s*[°o]\s*)?(\d{1,6})(?!\d)", words, re.IGNORECASE):
            return self.chantiers.get(int(numbered[1]))
        key = fold(words)
        return next((each for each in self.chantiers.values() if fold(each.title) == key), None)

    def _objectives_unsaid(self, chantier: Any) -> list[Any]:
        """That of the import's own choice, else the only one of the chantier."""
        here = [each for each in self.objectives if chantier and each.chantier_id == chantier.id]
        chosen = [each for each in self.objectives if each.id == self.mapping.get("objective")]
        if len(here) == 1 or (chosen and chantier and chosen[0].chantier_id != chantier.id):
            return here if len(here) == 1 else []
        return chosen

    def _objectives_named(self, words: str, chantier: Any) -> list[Any]:
        """By its words, else by their beginning, else by its rank: « 2 » of a chantier, « 3.2 » of any."""
        within = [each for each in self.objectives if chantier is None or each.chantier_id == chantier.id]
        key = fold(words)
        bare = fold(re.sub(r"^\s*(objectif\s*)?[\d.\-–)° ]+", "", words, flags=re.IGNORECASE))
        for wanted in filter(None, (key, bare)):
            if same := [each for each in within if self._keys[each.id] == wanted]:
                return same
            begun = [each for each in within if self._keys[each.id].startswith(wanted)]
            if begun and len(wanted) >= BEGINNING:
                return begun
        return self._objective_of_rank(words, chantier, within)

    def _objective_of_rank(self, words: str, chantier: Any, within: Sequence[Any]) -> list[Any]:
        ranked = re.fullmatch(r"(?:objectif\s*)?(?:(\d{1,4})\s*[.\-])?\s*(\d{1,4})", words, re.IGNORECASE)
        if ranked is None:
            return []
        if ranked[1]:
            of = self.chantiers.get(int(ranked[1]))
            within = [each for each in within if of is not None and each.chantier_id == of.id]
        elif chantier is None:
            return []
        return [each for each in within if each.position == int(ranked[2])]

    @cached_property
    def _keys(self) -> dict[int, str]:
        return {each.id: fold(each.text) for each in self.objectives}

    @cached_property
    def _archived(self) -> set[int]:
        return {each.id for each in self.chantiers.values() if each.archived_at is not None}

    def _is_archived(self, chantier_id: int) -> bool:
        return chantier_id in self._archived

    # Who carries it ---------------------------------------------------------------------------------------------------

    def _read_carriers(self, reading: Reading) -> None:
        """The pilote is one; where its cell names several, the others help."""
        leads = self._structures_in(reading, "pilote")
        others = self._structures_in(reading, "contributors")
        reading.facts["pilote"] = leads[0] if leads else None
        helping = [each for each in dict.fromkeys([*leads[1:], *others]) if each not in leads[:1]]
        said = self.cells.words(reading.cells, "contributors") or len(leads) > 1
        reading.facts["contributors"] = helping if said else None

    def _structures_in(self, reading: Reading, name: str) -> list[int | str]:
        words = self.cells.words(reading.cells, name)
        found = names_in(words, self.structures) if words else []
        for each in found:
            if isinstance(each, str) and (
                len(each) > LINE_LENGTH or not self.mapping.get("create_structures")
            ):
                reading.refuse("structure_unknown", words=each[:80], near=self._near(each))
        return found

    def _near(self, name: str) -> str:
        """The name of the directory that looks most like this one, if any does."""
        if name not in self._nearest and len(self._nearest) < MOST_COMPARED:
            close = get_close_matches(fold(name), list(self._names)[:MOST_NAMES], 1, ALIKE)
            self._nearest[name] = self._names[close[0]] if close else ""
        return self._nearest.get(name, "")

    @cached_property
    def _nearest(self) -> dict[str, str]:
        return {}

    @cached_property
    def _names(self) -> dict[str, str]:
        names = dict(db.session.execute(select(StructureAlias.name_key, StructureAlias.name)).all())
        named = select(Structure.name_key, Structure.name).where(Structure.merged_into_id.is_(None))
        return names | dict(db.session.execute(named).all())

    def _read_people(self, reading: Reading) -> None:
        words = self.cells.words(reading.cells, "people")
        found = names_in(words, self.people) if words else []
        for each in found:
            if isinstance(each, str):
                reading.refuse("person_unknown", words=each[:80])
            elif not each:
                reading.refuse("person_ambiguous", words=clean_line(words)[:80])
        reading.facts["people"] = sorted(each for each in found if isinstance(each, int)) if found else None

    # What is here already ---------------------------------------------------------------------------------------------

    def _find_known(self, readings: Sequence[Reading]) -> None:
        """Tell the lines whose task exists: by its address here, else by its title under the same objective."""
        sound = [reading for reading in readings if not reading.reasons]
        known = existing_tasks(
            {reading.facts["known_as"] for reading in sound if "known_as" in reading.facts},
            {fold(reading.facts["title"])[:LINE_LENGTH] for reading in sound},
            {reading.facts["objective"] for reading in sound},
        )
        by_title = {(each.values["objective"], each.key): each for each in known.values()}
        for reading in sound:
            task = known.get(reading.facts.pop("known_as", 0))
            if task is None:
                key = (reading.facts["objective"], fold(reading.facts["title"])[:LINE_LENGTH])
                task = by_title.get(key)
                if task is not None:
                    # Found by its title: other capitals are no other title.
                    reading.facts["title"] = task.values["title"]
            if task is not None:
                self._compare(reading, task)

    def _compare(self, reading: Reading, task: Known) -> None:
        facts, description = reading.facts, reading.facts["description"]
        if task.chantier_id != self._chantier_of[facts["objective"]]:
            reading.refuse("other_chantier")
            return
        is_cut = bool(description) and len(description) >= CUT_AT and description.endswith("…")
        if description and (is_cut or description == clean_text(task.values["description"])):
            facts["description"] = None
        reading.subject_id = task.id
        after = differences(task.values, facts)
        if after:
            reading.before, reading.after = {name: task.values[name] for name in after}, after

    @cached_property
    def _chantier_of(self) -> dict[int, int]:
        return {each.id: each.chantier_id for each in self.objectives}

    def _find_doubles(self, readings: Sequence[Reading]) -> None:
        """A line that says a task again, or would be a second one of the same title, is named with the first."""
        seen: dict[Any, int] = {}
        for reading in readings:
            if reading.reasons:
                continue
            facts = reading.facts
            mark = reading.subject_id or (facts["objective"], fold(facts["title"]))
            if mark in seen:
                reading.refuse("double", line=seen[mark])
            seen.setdefault(mark, reading.number)
