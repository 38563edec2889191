"""Which row of a spreadsheet names its columns, and what each column is: proposed from the words people use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from flask_babel import lazy_gettext as _l

from chantiers.files.spreadsheets import Cell, SourceSheet, as_words, lines
from models import ImportKind, fold

#: Among how many rows the header is looked for, under titles and empty lines.
HEADER_WITHIN = 40
SAMPLES = 3
LONGEST_TITLE = 80

#: What a column may be, in the order in which it is offered.
FIELDS = {
    ImportKind.TASKS: {
        "title": _l("Intitulé de la tâche"),
        "chantier": _l("Chantier"),
        "objective": _l("Objectif"),
        "due_on": _l("Échéance"),
        "status": _l("Statut"),
        "pilote": _l("Structure pilote"),
        "contributors": _l("Structures contributrices"),
        "people": _l("Personnes nommées"),
        "description": _l("Description"),
        "reason": _l("Ce qui bloque, ou pourquoi abandonnée"),
        "address": _l("Adresse de la tâche ici"),
    },
    ImportKind.STRUCTURES: {
        "name": _l("Nom de la structure"),
        "kind": _l("Nature"),
        "site": _l("Site"),
        "territory": _l("Territoire"),
        "summary": _l("Présentation"),
    },
}
#: What a file cannot do without.
NEEDED = {ImportKind.TASKS: "title", ImportKind.STRUCTURES: "name"}
#: What several columns may be together: their words follow each other.
SEVERAL = frozenset({"description", "contributors", "summary", "people", "territory"})

#: The words by which people, our own exports and the fields of a YesWiki name each of them, folded.
SYNONYMS = {
    ImportKind.TASKS: {
        "title": (
            "tache|taches|action|actions|intitule|titre|libelle|intitule de la tache|"
            "nom de la tache|quoi|a faire|sujet|task|title"
        ),
        "chantier": "chantier|groupe de travail|gt|groupe",
        "objective": "objectif|objectif operationnel|objectifs|axe|sous objectif|objective",
        "due_on": (
            "echeance|date limite|date d echeance|pour le|date butoir|deadline|delai|date de fin|"
            "fin|quand|a faire pour|date prevue|due date"
        ),
        "status": "statut|etat|avancement|etat d avancement|ou en est on|progression|status",
        "pilote": (
            "pilote|structure pilote|responsable|structure responsable|porteur|porteuse|"
            "structure porteuse|structure|qui|en charge|pilotage"
        ),
        "contributors": (
            "contributeurs|contributrices|contributeur rice s|structures contributrices|structures|"
            "partenaires|partenaire|avec|contributions|structures associees|associes"
        ),
        "people": "personnes|personne|personnes nommees|noms|nom des personnes",
        "description": (
            "description|commentaire|commentaires|details|detail|precisions|notes|remarques|"
            "observations|contenu"
        ),
        "reason": "ce qui bloque|blocage|blocages|frein|freins|motif|difficultes",
        "address": "adresse|lien vers la tache",
    },
    ImportKind.STRUCTURES: {
        "name": (
            "nom|bf titre|structure|nom de la structure|titre|raison sociale|organisme|"
            "organisation|denomination|nom de l organisme"
        ),
        "kind": "nature|type|type de structure|statut juridique|forme juridique|categorie|type d organisme",
        "site": "site|site internet|site web|bf site internet|bf site|bf url|url|lien|adresse du site",
        "territory": "territoire|region|departement|commune|ville|bf ville|zone|localisation|bf territoire",
        "summary": (
            "presentation|description|bf description|resume|activites|objet|"
            "presentation de la structure|bf chapeau"
        ),
    },
}
#: Lists and boxes of a YesWiki are named after the list that offers their values: checkboxListeTypeStructure.
OF_LISTS = {
    "type": "kind",
    "categorie": "kind",
    "statut": "kind",
    "territoire": "territory",
    "region": "territory",
}
LISTS = ("liste", "checkbox", "radio", "tag")


@dataclass(frozen=True)
class FileColumn:
    """A column of the file: where it stands, its title, and a few of its cells."""

    place: int
    title: str
    samples: Sequence[str]


@dataclass(frozen=True)
class Table:
    """One sheet read under one header."""

    sheet: int
    header: int
    columns: Sequence[FileColumn]
    #: The number of each line, and its cells.
    lines: Sequence[tuple[int, Sequence[Cell]]]


def find(sheets: Sequence[SourceSheet], kind: ImportKind) -> tuple[int, int]:
    """The sheet and the row that look most like a header of that kind."""
    best = max(
        (
            (_likeness(row, kind), -place, -number)
            for place, sheet in enumerate(sheets)
            for number, row in islice(lines(sheet), HEADER_WITHIN)
        ),
        default=(0, 0, -1),
    )
    if best[0]:
        return -best[1], -best[2]
    wide = (number for number, row in lines(sheets[0]) if sum(bool(cell) for cell in row) > 1)
    return 0, next(wide, next(lines(sheets[0]))[0])


def _likeness(row: Sequence[Cell], kind: ImportKind) -> int:
    return len(set(suggest([as_words(cell) for cell in row], kind).values()))


def table(sheets: Sequence[SourceSheet], sheet: int, header: int) -> Table:
    """A sheet under the header of that number; where there is none such, under its first row."""
    numbered = dict(lines(sheets[sheet]))
    header = header if header in numbered else min(numbered)
    below = [(number, row) for number, row in numbered.items() if number > header]
    titles = [as_words(cell) for cell in numbered[header]]
    width = max([len(titles), *(len(row) for _number, row in below)])
    columns = []
    for place in range(width):
        title = " ".join(titles[place].split())[:LONGEST_TITLE] if place < len(titles) else ""
        samples = list(islice(_samples(below, place), SAMPLES))
        if title or samples:
            columns.append(FileColumn(place, title, samples))
    return Table(sheet, header, columns, below)


def _samples(below: Sequence[tuple[int, Sequence[Cell]]], place: int) -> Iterator[str]:
    seen: set[str] = set()
    for _number, row in below:
        words = " ".join(as_words(row[place]).split())[:LONGEST_TITLE] if place < len(row) else ""
        if words and words not in seen:
            seen.add(words)
            yield words


def letter(place: int) -> str:
    """How a spreadsheet names that column: A, B… Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def suggest(titles: Sequence[str], kind: ImportKind) -> dict[int, str]:
    """What each column seems to be: by its very name first, then by a word of it; each field goes to one column."""
    found: dict[int, str] = {}
    for is_alike in (_is_named, _speaks_of):
        for place, title in enumerate(titles):
            key = fold(title)
            if place in found or not key:
                continue
            field = next((name for name in FIELDS[kind] if is_alike(key, name, kind)), None)
            if field and (field not in found.values() or (field in SEVERAL and is_alike is _is_named)):
                found[place] = field
    return found


def _is_named(key: str, field: str, kind: ImportKind) -> bool:
    return key in SYNONYMS[kind][field].split("|")


def _speaks_of(key: str, field: str, kind: ImportKind) -> bool:
    if kind == ImportKind.STRUCTURES and key.startswith(LISTS):
        return any(word in key and of == field for word, of in OF_LISTS.items())
    words = f" {key} "
    return any(f" {each} " in words for each in SYNONYMS[kind][field].split("|") if len(each) > 4)
