"""Tables as files: XLSX with real dates and numbers, CSV for a French spreadsheet. No word is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from chantiers.files.spreadsheets import escape_formula
from models import HOME

#: What a cell may hold.
LONGEST = 32_767
#: What XML, and with it a workbook, cannot hold: control characters, lone surrogates and two that mean nothing.
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: What a sheet's name cannot hold, and how long it may be.
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
LONGEST_NAME = 31
#: Lines of a sheet, its header set apart; a workbook holds no more.
MOST_LINES = 1_048_575
CUT = "…"


@dataclass(frozen=True)
class ExportColumn:
    """A column: its header, and how wide it shows."""

    title: str
    width: int = 16


@dataclass(frozen=True)
class ExportSheet:
    """A kind of thing: its columns, and its lines as they come."""

    name: str
    columns: Sequence[ExportColumn]
    lines: Iterable[Sequence[Any]]


def plain(value: object) -> str:
    """Clean what somebody wrote of what no cell can hold, and cut it to what one holds."""
    words = UNSAYABLE.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return words if len(words) <= LONGEST else words[: LONGEST - len(CUT)] + CUT


def as_csv(sheet: ExportSheet) -> IO[bytes]:
    """Write a table as French spreadsheets open it: UTF-8 with a BOM, semicolons, dates as people write them."""
    file = TemporaryFile()  # noqa: SIM115 (it is handed over open)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    lines = csv.writer(text, delimiter=";")
    lines.writerow([column.title for column in sheet.columns])
    for line in sheet.lines:
        lines.writerow([_in_csv(value) for value in line])
    text.flush()
    text.detach()
    file.seek(0)
    return file


def _in_csv(value: Any) -> Any:
    if value is None or value == "":
        return ""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(HOME).strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return escape_formula(plain(value))


def as_workbook(
    sheets: Iterable[ExportSheet], preface: Sequence[tuple[str, str]] = (), title: str = ""
) -> IO[bytes]:
    """Write sheets as one workbook, line by line so that a large démarche needs no large memory."""
    file = TemporaryFile()  # noqa: SIM115 (it is handed over open)
    book = Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": plain(title)[:200]})
    looks = {
        "head": book.add_format({"bold": True, "bg_color": "#E7ECF0", "bottom": 1, "valign": "top"}),
        "day": book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "left"}),
        "instant": book.add_format({"num_format": "dd/mm/yyyy hh:mm", "valign": "top", "align": "left"}),
        "words": book.add_format({"valign": "top"}),
    }
    if preface:
        _preface(book.add_worksheet("Lisez-moi"), preface, looks)
    for sheet in sheets:
        _fill(book.add_worksheet(NOT_IN_NAMES.sub(" ", plain(sheet.name))[:LONGEST_NAME]), sheet, looks)
    book.close()
    file.seek(0)
    return file


def _preface(page: Worksheet, preface: Sequence[tuple[str, str]], looks: dict[str, Any]) -> None:
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 90)
    for number, (term, words) in enumerate(preface):
        page.write_string(number, 0, plain(term), looks["head"])
        page.write_string(number, 1, plain(words), looks["words"])


def _fill(page: Worksheet, sheet: ExportSheet, looks: dict[str, Any]) -> None:
    # In constant memory a line is written as the next one begins: what concerns the whole sheet comes first.
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.title, looks["head"])
    last = 0
    for last, line in enumerate(sheet.lines, 1):
        if last > MOST_LINES:
            raise ValueError(f"{sheet.name}: more lines than a sheet holds")
        for place, value in enumerate(line):
            _write(page, last, place, value, looks)
    page.autofilter(0, 0, last, len(sheet.columns) - 1)


def _write(page: Worksheet, line: int, place: int, value: Any, looks: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        page.write_datetime(line, place, value.astimezone(HOME).replace(tzinfo=None), looks["instant"])
    elif isinstance(value, date):
        page.write_datetime(line, place, value, looks["day"])
    elif isinstance(value, int | float):
        page.write_number(line, place, value, looks["words"])
    else:
        page.write_string(line, place, plain(value), looks["words"])
