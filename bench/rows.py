"""Buffer of the rows of a generated démarche: numbered as they come, written many at a time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.engine import Connection

from bench.words import DEEDS, FIELDS, PAST, WORKS
from models import CATALOGUE, Base, TaskStatus, now

#: The columns of a journal line, in the order in which the buffer keeps them.
JOURNAL = (
    "at", "actor_id", "action", "subject_type", "subject_id", "chantier_id", "title", "particulars"
)  # fmt: skip
#: How many rows of one kind wait before they are written.
BATCH = 20_000


@dataclass
class NamedRow:
    """Person or structure: its number and its name."""

    id: int
    name: str


@dataclass
class MeasuredChantier:
    """Chantier while its tasks are made."""

    id: int
    slug: str
    referent: NamedRow
    structures: list[NamedRow]
    members: list[NamedRow]
    objectives: list[int]
    began: datetime
    tasks: list[tuple[int, str]] = field(default_factory=list)
    #: The top and the bottom of each column of its board.
    tops: Counter[str] = field(default_factory=Counter)
    bottom: int = 0


class RowBuffer:
    """Rows that wait to be written, and the dice by which they are made."""

    def __init__(self, connection: Connection, random: Random) -> None:
        self.connection = connection
        self.random = random
        self.now = now().replace(microsecond=0)
        self.began = self.now - PAST
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.numbers: Counter[str] = Counter()
        self.written = 0
        #: Its lines, as JOURNAL names their columns.
        self.journal: list[tuple[datetime, int | None, str, str, int, int | None, str, dict[str, Any]]] = []

    def _moment(self, since: datetime) -> datetime:
        """Choose a moment after `since` and before now, more often soon than late."""
        seconds = (self.now - since).total_seconds()
        return since + timedelta(seconds=int(seconds * self.random.random() ** 1.5))

    def _work(self) -> str:
        """Word something to do."""
        return " ".join(self.random.choice(words) for words in (DEEDS, WORKS, FIELDS))

    def _somebody(self, place: MeasuredChantier) -> NamedRow:
        return self.random.choice(place.members) if self.random.random() < 0.7 else place.referent

    def _some(self, things: list[Any], likely: float, most: int) -> list[Any]:
        if not things or self.random.random() > likely:
            return []
        return self.random.sample(things, min(len(things), self.random.randint(1, most)))

    def _add(self, table: str, **values: Any) -> int:
        """Buffer one more row; return its number where its table has numbers."""
        self.numbers[table] += 1
        if "id" in Base.metadata.tables[table].c:
            values["id"] = self.numbers[table]
        self.rows.setdefault(table, []).append(values)
        return self.numbers[table]

    def _record(
        self,
        at: datetime,
        by: int | None,
        action: str,
        subject: tuple[str, int, int | None, str],
        **particulars: Any,
    ) -> None:
        if particulars.keys() != CATALOGUE[action].particulars:
            raise ValueError(f"{action} needs {sorted(CATALOGUE[action].particulars)}")
        self.journal.append((at, by, action, *subject, particulars))

    def _write(self) -> None:
        """Write the buffer, referenced tables first. Tallies wait for the counts of their tasks."""
        for table in Base.metadata.sorted_tables:
            rows = self.rows.get(table.name, [])
            if table.name == "objective_tally":
                continue
            for start in range(0, len(rows), BATCH):
                self.connection.execute(insert(table), rows[start : start + BATCH])
            self.written += len(rows)
            rows.clear()

    def _write_journal(self) -> None:
        for tally in self.rows["objective_tally"]:
            for status in TaskStatus:
                tally[str(status)] = self.numbers[f"{tally['objective_id']} {status}"]
        self.connection.execute(insert(Base.metadata.tables["objective_tally"]), self.rows["objective_tally"])
        self.journal.sort(key=lambda line: line[0])
        for start in range(0, len(self.journal), BATCH):
            lines = self.journal[start : start + BATCH]
            self.connection.execute(
                insert(Base.metadata.tables["activity"]),
                [dict(zip(JOURNAL, line, strict=True)) for line in lines],
            )
        self.written += len(self.journal) + len(self.rows["objective_tally"])

    def _set_sequences(self) -> None:
        """Set the sequences of PostgreSQL past the numbers that we gave."""
        if self.connection.dialect.name != "postgresql":
            return
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and table.c.id.autoincrement:
                last = f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), max(id)) FROM \"{table.name}\""
                self.connection.execute(text(last))
