"""Lines of structures, as a YesWiki or a directory in a spreadsheet has them, looked at beside our own directory."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import select

from chantiers.files.spreadsheets import Cell
from chantiers.rooms.imports.columns import Table
from chantiers.rooms.imports.lines import Cells, Reading
from chantiers.rooms.imports.present import structure_names
from chantiers.rooms.imports.values import EMAIL, kind_of, markdown_of
from chantiers.web.forms import LINE_LENGTH, clean_line, clean_text
from chantiers.web.links import opens, web_address
from models import Structure, db, fold

LONGEST_SITE = 500
#: A presentation is no book; and reading HTML that was made to be slow stays quick.
LONGEST_SUMMARY = 10_000


class StructureLines:
    """The lines of a table of structures."""

    kind = "structure"

    def __init__(self, table: Table, mapping: Mapping[str, Any]) -> None:
        self.table = table
        self.cells = Cells(mapping["columns"])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each line as it is kept."""
        seen: dict[str, int] = {}
        for number, row in self.table.lines:
            reading = self._read(number, row)
            name = str(reading.facts.get("name", ""))
            if name and not reading.reasons:
                self._compare(reading, name)
                mark = str(reading.subject_id or fold(name) or name)
                if mark in seen:
                    reading.refuse("double", line=seen[mark])
                seen.setdefault(mark, number)
            yield reading.as_row(name, self.kind)

    @cached_property
    def names(self) -> dict[str, int]:
        """The number of each structure, under each of its names."""
        return structure_names()

    @cached_property
    def present(self) -> dict[int, Any]:
        """What is said of each structure that is here."""
        columns = (Structure.id, Structure.kind, Structure.site, Structure.territory, Structure.summary)
        return {row.id: row for row in db.session.execute(select(*columns))}

    def _read(self, number: int, row: Sequence[Cell]) -> Reading:
        reading = Reading(number, row)
        name = clean_line(markdown_of(self.cells.words(row, "name")[:LONGEST_SUMMARY]))
        if not name:
            reading.refuse("name_missing")
        elif len(name) > LINE_LENGTH:
            reading.refuse("title_long")
        said = self.cells.words(row, "summary")
        if len(said) > LONGEST_SUMMARY:
            reading.refuse("summary_long")
        summary = without_addresses(markdown_of(said[:LONGEST_SUMMARY]))
        site = web_address(self.cells.words(row, "site"))
        if site and (not opens(site) or len(site) > LONGEST_SITE):
            reading.refuse("site_wrong", words=site[:80])
        reading.facts = {
            "name": name[:LINE_LENGTH],
            "kind": str(kind_of(self.cells.words(row, "kind")) or "") or None,
            "site": site or None,
            "territory": without_addresses(clean_line(self.cells.words(row, "territory")))[:LINE_LENGTH]
            or None,
            "summary": summary or None,
        }
        return reading

    def _compare(self, reading: Reading, name: str) -> None:
        """It is here under that name or another of its own; what it says otherwise is told, never taken unasked."""
        number = self.names.get(fold(name)[:LINE_LENGTH])
        if number is None:
            return
        reading.subject_id, here = number, self.present[number]
        after = {
            fact: value
            for fact, value in reading.facts.items()
            if fact != "name" and value and value != clean_text(getattr(here, fact))
        }
        if after:
            reading.before, reading.after = {fact: getattr(here, fact) for fact in after}, after


def without_addresses(words: str) -> str:
    """A text without the e-mail addresses in it: everybody reads the directory."""
    return EMAIL.sub("…", words)
