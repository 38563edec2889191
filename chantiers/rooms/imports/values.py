"""What people write in cells, understood: days, statuses, names in a list, the HTML of a wiki."""

import html
import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from html.parser import HTMLParser

from chantiers.files.spreadsheets import Cell, as_words
from chantiers.web.forms import YEARS, clean_text
from models import StructureKind, TaskStatus, fold

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier|janv|jan|january",
            "fevrier|fevr|fev|february|feb",
            "mars|march|mar",
            "avril|avr|april|apr",
            "mai|may",
            "juin|june|jun",
            "juillet|juil|july|jul",
            "aout|august|aug",
            "septembre|sept|sep|september",
            "octobre|oct|october",
            "novembre|nov|november",
            "decembre|dec|december",
        ),
        1,
    )
    for name in names.split("|")
}
#: The day that spreadsheets count from, and between which numbers a number is a day of our years.
FIRST_DAY = date(1899, 12, 30)
SERIALS = (36_526, 73_415)

_CLOCK = re.compile(r"[ T]+\d{1,2}\s*[:h]\s*\d{0,2}(:\d{2})?(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?$", re.ASCII)
_FRENCH = re.compile(r"(\d{1,2})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{4}|\d{2})", re.ASCII)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_IN_WORDS = re.compile(r"(?:\D+ )?(\d{1,2})(?: ?er)? ([a-z]+) (\d{4}|\d{2})", re.ASCII)
_MONTH = re.compile(r"(?:fin |en |pour )?([a-z]+) (\d{4})", re.ASCII)

STATUSES = {
    word: status
    for status, words in {
        TaskStatus.TODO: "a venir|a faire|a lancer|a demarrer|a commencer|non commence|non commencee|pas commence|"
        "pas commencee|non demarre|non demarree|pas demarre|prevu|prevue|planifie|planifiee|a planifier|todo|to do|"
        "not started",
        TaskStatus.IN_PROGRESS: "en cours|commence|commencee|demarre|demarree|lance|lancee|entame|entamee|doing|"
        "in progress|started|en cours de realisation",
        TaskStatus.TO_VALIDATE: "a valider|en validation|en attente de validation|a relire|to validate|to review",
        TaskStatus.DONE: "termine|terminee|fait|faite|fini|finie|realise|realisee|acheve|achevee|clos|close|cloture|"
        "cloturee|ok|x|oui|done|valide|validee|livre|livree|complete",
        TaskStatus.BLOCKED: "bloque|bloquee|en attente|suspendu|suspendue|en pause|blocked|stand by|standby",
        TaskStatus.ABANDONED: "abandonne|abandonnee|annule|annulee|sans objet|abandoned|cancelled",
    }.items()
    for word in words.split("|")
}

#: By which words a kind of organisation is known; the first that is met counts.
KINDS = {
    "associat": StructureKind.ASSOCIATION,
    "fondation": StructureKind.FOUNDATION,
    "fonds de dotation": StructureKind.FOUNDATION,
    "reseau": StructureKind.NETWORK,
    "federation": StructureKind.NETWORK,
    "financeu": StructureKind.FUNDER,
    "collectivite": StructureKind.LOCAL_AUTHORITY,
    "commune": StructureKind.LOCAL_AUTHORITY,
    "departement": StructureKind.LOCAL_AUTHORITY,
    "region": StructureKind.LOCAL_AUTHORITY,
    "cooperat": StructureKind.COOPERATIVE,
    "scop": StructureKind.COOPERATIVE,
    "scic": StructureKind.COOPERATIVE,
    "entreprise": StructureKind.COMPANY,
    "societe": StructureKind.COMPANY,
    "autre": StructureKind.OTHER,
}

#: A cell longer than this is no list of names; and how many of its pieces one name may be made of.
LONGEST_LIST, LONGEST_RUN = 3_000, 6

EMAIL = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+\.[^\s<>()\[\],;:\".]+")


def day_of(cell: Cell) -> date | None:
    """The day that a cell says, None where it says none. Raises ValueError where it cannot be understood."""
    if isinstance(cell, date):
        return _plausible(cell)
    if isinstance(cell, float):
        return _of_serial(cell)
    words = " ".join(clean_text(cell).split())
    if not words:
        return None
    words = _CLOCK.sub("", words)
    if re.fullmatch(r"\d{5}([.,]\d+)?", words):
        return _of_serial(float(words.replace(",", ".")))
    if found := _ISO.fullmatch(words):
        year, month, day = map(int, found.groups())
        return _plausible(date(year, month, day))
    if found := _FRENCH.fullmatch(words):
        day, month, year = map(int, found.groups())
        return _plausible(date(_whole(year), month, day))
    return _plausible(_of_words(fold(words)))


def _of_serial(number: float) -> date:
    if not SERIALS[0] <= number <= SERIALS[1]:
        raise ValueError(number)
    return FIRST_DAY + timedelta(days=int(number))


def _of_words(words: str) -> date:
    """« jeudi 12 mars 2026 », « 1er avril 26 »; of « mars 2026 » the last day: by then it is due."""
    if (found := _IN_WORDS.fullmatch(words)) and found[2] in MONTHS:
        return date(_whole(int(found[3])), MONTHS[found[2]], int(found[1]))
    if (found := _MONTH.fullmatch(words)) and found[1] in MONTHS:
        year, month = int(found[2]), MONTHS[found[1]]
        if YEARS[0] <= year <= YEARS[1]:
            return date(year, month, monthrange(year, month)[1])
    raise ValueError(words)


def _whole(year: int) -> int:
    return 2000 + year if year < 100 else year


def _plausible(day: date) -> date:
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise ValueError(day)
    return day


def status_of(cell: Cell) -> TaskStatus | None:
    """Where a task stands, in words or as a share of it. Raises ValueError where it cannot be understood."""
    words = fold(as_words(cell))
    if isinstance(cell, float) or re.fullmatch(r"[\d., ]+ ?%", as_words(cell).strip()):
        return _of_share(cell)
    if not words:
        return None
    if words not in STATUSES:
        raise ValueError(words)
    return STATUSES[words]


def _of_share(cell: Cell) -> TaskStatus:
    if isinstance(cell, float):
        # A spreadsheet keeps 50 % as a half; 1 is the whole, for nobody counts one percent.
        share = cell if cell <= 1 else cell / 100
    else:
        share = float(as_words(cell).strip().rstrip("%").replace(",", ".").replace(" ", "")) / 100
    if not 0 <= share <= 1:
        raise ValueError(cell)
    return TaskStatus.TODO if share == 0 else TaskStatus.DONE if share == 1 else TaskStatus.IN_PROGRESS


def kind_of(words: str) -> StructureKind | None:
    """What kind of organisation a cell says; None where it says none that we know."""
    key = fold(words)
    return next((kind for word, kind in KINDS.items() if word in key), None)


def names_in(words: str, known: Mapping[str, int]) -> list[int | str]:
    """The names in a cell: the number of each that is known, the words of each that is not.

    They stand on lines of their own, or between semicolons, slashes or commas; a name may hold any of these itself, so
    the longest run of pieces that makes a known name wins.
    """
    found: list[int | str] = []
    for piece in re.split(r"[\n;]+", words):
        found += _names_in_piece(piece.strip(), known)
    return list(dict.fromkeys(found))


def _names_in_piece(piece: str, known: Mapping[str, int]) -> list[int | str]:
    if not fold(piece):
        return []
    if fold(piece) in known or len(piece) > LONGEST_LIST:
        return [known.get(fold(piece), piece)]
    # Pieces, and between each two of them what parts them.
    parts = re.split(r"(\s*,\s*|\s+/\s+)", piece)
    pieces = len(parts) // 2 + 1
    found: list[int | str] = []
    start = 0
    while start < pieces:
        end = next(
            (
                end
                for end in range(min(pieces, start + LONGEST_RUN), start, -1)
                if _run(parts, start, end) in known
            ),
            None,
        )
        if end is not None:
            found.append(known[_run(parts, start, end)])
        elif fold(parts[2 * start]):
            found += _two_in_one(" ".join(parts[2 * start].split()), known)
        start = end or start + 1
    return found


def _two_in_one(words: str, known: Mapping[str, int]) -> list[int | str]:
    """« Le Labo et Ecosolies » is two, if both are known: « Bois & Cie » is one."""
    keys = [fold(name) for name in re.split(r"\s+(?:et|&|\+)\s+", words)]
    return [known[key] for key in keys] if all(key in known for key in keys) else [words]


def _run(parts: list[str], start: int, end: int) -> str:
    return fold("".join(parts[2 * start : 2 * end - 1]))


# The HTML of a wiki ---------------------------------------------------------------------------------------------------


def markdown_of(words: str) -> str:
    """A text as Markdown: the HTML that wikis keep becomes marks, what could run is left out."""
    if re.search(r"<[a-zA-Z!/][^<>]*>", words):
        reader = _CellReader()
        reader.feed(words)
        reader.close()
        words = reader.text
    else:
        words = html.unescape(words)
    return re.sub(r"\n{3,}", "\n\n", clean_text(re.sub(r"[ \t]+\n", "\n", words)))


class _CellReader(HTMLParser):
    """Writes down the text of some HTML with the few marks that Markdown has for it."""

    MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
    BLOCKS = frozenset({"p", "div", "ul", "ol", "table", "tr", "blockquote", "section", "article"})
    SILENT = frozenset({"script", "style", "template", "iframe", "object"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.links: list[str] = []

    @property
    def text(self) -> str:
        """What was read."""
        return "".join(self.parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A mark before the words of a tag."""
        if tag in self.SILENT:
            self.silent += 1
        elif tag in self.BLOCKS:
            self.parts.append("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif re.fullmatch("h[1-6]", tag):
            self.parts.append("\n\n## ")
        elif tag in self.MARKS:
            self.parts.append(self.MARKS[tag])
        elif tag == "a":
            href = dict(attrs).get("href") or ""
            self.links.append(href if re.match(r"https?://[^\s()<>]+$", href) else "")
            self.parts.append("[" if self.links[-1] else "")

    def handle_endtag(self, tag: str) -> None:
        """And the one after them."""
        if tag in self.SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in self.BLOCKS or re.fullmatch("h[1-6]", tag):
            self.parts.append("\n\n")
        elif tag in self.MARKS:
            self.parts.append(self.MARKS[tag])
        elif tag == "a" and self.links:
            href = self.links.pop()
            self.parts.append(f"]({href})" if href else "")

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))
