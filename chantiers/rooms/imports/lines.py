"""A line of a file on its way to be understood: its cells by what each is, its facts, what is wrong with it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chantiers.files.spreadsheets import Cell, as_words
from chantiers.web.forms import LINE_LENGTH, clean_text
from models import ImportOutcome


@dataclass
class Reading:
    """One line as it is understood: its facts, and what is wrong with it."""

    number: int
    cells: Sequence[Cell]
    facts: dict[str, Any] = field(default_factory=dict)
    reasons: list[Any] = field(default_factory=list)
    subject_id: int | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    def refuse(self, code: str, **particulars: Any) -> None:
        """Say why it cannot be taken."""
        self.reasons.append([code, particulars])

    @property
    def outcome(self) -> ImportOutcome:
        """What it is."""
        if self.reasons:
            return ImportOutcome.WRONG
        if self.subject_id is None:
            return ImportOutcome.NEW
        return ImportOutcome.DIFFERENT if self.after else ImportOutcome.SAME

    def as_row(self, title: str, kind: str) -> dict[str, Any]:
        """The line as it is kept until it is brought in."""
        wrong = bool(self.reasons)
        return {
            "line": self.number,
            "outcome": str(self.outcome),
            "title": title[:LINE_LENGTH],
            "cells": [as_words(cell) for cell in self.cells] if wrong else [],
            "facts": {} if wrong else self.facts,
            "reasons": self.reasons,
            "fate": "",
            "subject_type": kind if self.subject_id else "",
            "subject_id": self.subject_id,
            "before": self.before,
            "after": self.after,
        }


class Cells:
    """The cells of a line by the field that each is."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self.places: dict[str, list[int]] = defaultdict(list)
        for place, name in columns.items():
            self.places[name].append(int(place))

    def has(self, name: str) -> bool:
        """Whether any column is that field."""
        return name in self.places

    def cell(self, row: Sequence[Cell], name: str) -> Cell:
        """The one cell that is this field; an empty one where there is none."""
        for place in self.places.get(name, ()):
            if place < len(row) and as_words(row[place]).strip():
                return row[place]
        return ""

    def words(self, row: Sequence[Cell], name: str) -> str:
        """Its words; those of several columns follow each other."""
        found = (as_words(row[place]) for place in self.places.get(name, ()) if place < len(row))
        return clean_text("\n\n".join(words for words in found if words.strip()))
