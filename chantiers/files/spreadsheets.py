"""Spreadsheets that people send (XLSX, ODS, any CSV), read as tables of texts, numbers and days."""

import csv
import json
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from chantiers.files import spreadsheet_reader, types
from chantiers.files.spreadsheet_reader import LONGEST_CELL, MOST_COLUMNS, MOST_LETTERS, MOST_ROWS
from chantiers.files.types import MEBIBYTE, UploadRefused

Cell = str | float | date

#: The largest file that is read, in bytes: two thousand tasks weigh less than 1 MiB.
LIMIT = 10 * MEBIBYTE
EXTENSIONS = ("xlsx", "ods", "csv")
#: Timeout of the reader of workbooks, in seconds.
PATIENCE = 30
DELIMITERS = ";,\t|"
#: Lines of a CSV from which its delimiter is guessed.
SAMPLE = 60
#: Bytes that no text holds: it is another kind of file under that name.
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
#: First signs that make a spreadsheet take the text of a CSV for a formula (CSV injection).
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Unreadable(Exception):
    """Spreadsheet that cannot be read; `code` says why.

    Codes: unreadable, password, empty, too_many_rows, too_many_columns, too_many_letters, cell_too_long, not_text.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class SourceSheet:
    """Sheet of a spreadsheet: its name, and its rows from the very first, numbered as people see them."""

    name: str
    rows: Sequence[Sequence[Cell]]


def read(content: bytes, filename: str | None) -> tuple[str, list[SourceSheet]]:
    """Read a spreadsheet: its clean name, and the sheets that are not empty. Raises UploadRefused or Unreadable."""
    name = types.clean_name(filename)
    extension = name.rpartition(".")[2].lower()
    if extension not in EXTENSIONS:
        raise UploadRefused("extension_refused", name=name, extension=extension)
    if len(content) > LIMIT:
        raise UploadRefused("too_large", name=name, limit=LIMIT)
    if not content:
        raise UploadRefused("empty", name=name)
    if extension == "csv":
        sheets = [SourceSheet("", _csv_rows(content))]
    else:
        types.inspect(BytesIO(content), filename, LIMIT)
        sheets = _workbook(content)
    found = [sheet for sheet in sheets if next(lines(sheet), None) is not None]
    if not found:
        raise Unreadable("empty")
    return name, found


# Workbooks ------------------------------------------------------------------------------------------------------------


def _workbook(content: bytes) -> list[SourceSheet]:
    command = [sys.executable, "-I", str(Path(spreadsheet_reader.__file__))]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, check=True)
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise Unreadable("unreadable") from None
    if "problem" in found:
        raise Unreadable(found["problem"])
    sheets = [SourceSheet(each["name"], _decoded(each["rows"])) for each in found["sheets"] if "rows" in each]
    problems = [each["problem"] for each in found["sheets"] if "problem" in each]
    if problems and not any(sheet.rows for sheet in sheets):
        raise Unreadable(problems[0])
    return sheets


def _decoded(rows: list[list[Any]]) -> list[list[Cell]]:
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return date.fromisoformat(value[0])
    if isinstance(value, bool):
        return "oui" if value else "non"
    return value if isinstance(value, str) else float(value)


# CSV ------------------------------------------------------------------------------------------------------------------


def _csv_rows(content: bytes) -> list[list[Cell]]:
    text = decode(content)
    if _NO_TEXT.search(text) or text.startswith(("%PDF-", "PK\x03\x04")):
        raise Unreadable("not_text")
    named = re.match(r"sep=(.)\r?\n", text)
    body = text[named.end() :] if named else text
    delimiter = named.group(1) if named else delimiter_of(body)
    # The line that only names the delimiter is one of the file's lines all the same.
    rows: list[list[Cell]] = [[]] if named else []
    letters = 0
    try:
        for row in csv.reader(StringIO(body, newline=""), delimiter=delimiter):
            cells = _without_end([unescape_formula(cell) for cell in row])
            letters += sum(map(len, cells))
            _refuse_beyond(len(rows), cells, letters)
            rows.append(list(cells))
    except csv.Error as error:
        raise Unreadable("cell_too_long" if "field larger" in str(error) else "unreadable") from None
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def _without_end(cells: list[str]) -> list[str]:
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=-1)
    return cells[: last + 1]


def _refuse_beyond(before: int, cells: Sequence[str], letters: int) -> None:
    if before >= MOST_ROWS and cells:
        raise Unreadable("too_many_rows")
    if len(cells) > MOST_COLUMNS:
        raise Unreadable("too_many_columns")
    if letters > MOST_LETTERS:
        raise Unreadable("too_many_letters")
    if any(len(cell) > LONGEST_CELL for cell in cells):
        raise Unreadable("cell_too_long")


def decode(content: bytes) -> str:
    """Decode a text: UTF-8 or UTF-16, with or without byte order mark, else Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    start = content[:2000]
    if b"\x00" in start:
        # Every second byte of plain letters is zero; which one tells the byte order.
        return content.decode("utf-16-le" if start[1:2] == b"\x00" else "utf-16-be", "replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def delimiter_of(text: str) -> str:
    """Guess the delimiter of a CSV: the one that gives the most lines the same number of cells."""

    def regularity(delimiter: str) -> tuple[int, int]:
        try:
            rows = list(islice(csv.reader(StringIO(text, newline=""), delimiter=delimiter), SAMPLE))
        except csv.Error:
            return 0, 0
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return lines, width

    return max(DELIMITERS, key=regularity)


def starts_formula(words: str) -> bool:
    """Tell whether a spreadsheet would take this text for a formula, also after blanks."""
    return words.startswith(STARTS_FORMULA) or words.lstrip().startswith(STARTS_FORMULA)


def escape_formula(words: str) -> str:
    """Escape a text for a CSV, so that no spreadsheet takes it for a formula."""
    return f"'{words}" if starts_formula(words) else words


def unescape_formula(words: str) -> str:
    """Undo `escape_formula`."""
    return words[1:] if words[:1] == "'" and starts_formula(words[1:]) else words


# Keeping cells --------------------------------------------------------------------------------------------------------


def pack(sheets: Sequence[SourceSheet]) -> bytes:
    """Serialise sheets for storage until they are imported: the cells that were read, never the file itself."""
    packed = [[sheet.name, [[_plain(cell) for cell in row] for row in sheet.rows]] for sheet in sheets]
    return zlib.compress(
        json.dumps(packed, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    )


def unpack(content: bytes) -> list[SourceSheet]:
    """Deserialise the sheets that `pack` stored."""
    return [SourceSheet(name, _decoded(rows)) for name, rows in json.loads(zlib.decompress(content))]


def _plain(cell: Cell) -> Any:
    return [cell.isoformat()] if isinstance(cell, date) else cell


def as_words(cell: Cell) -> str:
    """Format a cell as people read it."""
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else f"{cell:.10g}".replace(".", ",")
    return cell


def lines(sheet: SourceSheet) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows of a sheet that are not empty, each with its number."""
    for number, row in enumerate(sheet.rows, 1):
        if any(cell.strip() if isinstance(cell, str) else True for cell in row):
            yield number, row
