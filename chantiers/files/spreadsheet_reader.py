"""Reader of workbooks, run in a child process with bounded memory and time (rlimits): a bomb ends only that process.

Run as a script: the workbook comes in, its cells go out as JSON. A few bytes of XML can announce a billion cells, and
no check made beforehand foresees every form of that; here the worst that happens is that this process ends.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MEMORY = 1024 * 1024 * 1024
SECONDS = 15
#: Bounds of what is read: beyond these a table is no list of tasks any more.
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS, LONGEST_CELL, MOST_LETTERS = 30, 10_000, 60, 100_000, 20_000_000


def read(content: bytes) -> dict[str, Any]:
    """Read the sheets of a workbook: their names, and their rows without the empty cells at their ends."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
    except PasswordError:
        return {"problem": "password"}
    except CalamineError:
        return {"problem": "unreadable"}
    return {"sheets": [_sheet(book, name) for name in book.sheet_names[:MOST_SHEETS]]}


def _sheet(book: CalamineWorkbook, name: str) -> dict[str, Any]:
    try:
        sheet = book.get_sheet_by_name(name)
    except CalamineError:
        # A sheet of charts has no cells.
        return {"name": name, "rows": []}
    if sheet.total_height > MOST_ROWS:
        return {"name": name, "problem": "too_many_rows"}
    rows, letters = [], 0
    for row in islice(sheet.iter_rows(), MOST_ROWS):
        cells = list(_cells(row))
        letters += sum(len(cell) for cell in cells if isinstance(cell, str))
        if len(cells) > MOST_COLUMNS:
            return {"name": name, "problem": "too_many_columns"}
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in cells):
            return {"name": name, "problem": "cell_too_long"}
        if letters > MOST_LETTERS:
            return {"name": name, "problem": "too_many_letters"}
        rows.append(cells)
    return {"name": name, "rows": rows}


def _cells(row: list[Any]) -> Iterator[Any]:
    last = max((place for place, cell in enumerate(row) if cell not in ("", None)), default=-1)
    return (_plain(cell) for cell in row[: last + 1])


def _plain(cell: Any) -> Any:
    """Convert a cell to JSON: a day stands in a list, which tells it from a text that looks like one."""
    if isinstance(cell, datetime):
        return [cell.date().isoformat()]
    if isinstance(cell, date):
        return [cell.isoformat()]
    if isinstance(cell, time | timedelta):
        return str(cell)
    return "" if cell is None else cell


def bound(resource_id: int, most: int) -> None:
    """Set a limit (rlimit) on a resource, within the one that is allowed; a sandbox that forbids it has its own."""
    allowed = resource.getrlimit(resource_id)[1]
    wanted = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    with suppress(OSError):
        resource.setrlimit(resource_id, (wanted, wanted))


if __name__ == "__main__":
    bound(resource.RLIMIT_AS, MEMORY)
    bound(resource.RLIMIT_CPU, SECONDS)
    bound(resource.RLIMIT_CORE, 0)
    json.dump(read(sys.stdin.buffer.read()), sys.stdout)
