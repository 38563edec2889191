"""Words and marks of deliverables: licences, what a version is called, how the history is drawn."""

from collections import Counter
from difflib import SequenceMatcher
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers import files
from chantiers.presentation import ago, excerpt, file_size
from chantiers.sentences import name_of
from models import DeliverableVersion, VersionKind

#: Licences by the name under which the world knows them, which is also how they are kept.
LICENCES = {
    "": _l("Pas encore choisie"),
    "CC BY 4.0": _l("CC BY 4.0 : réutilisation libre, en citant la source"),
    "CC BY-SA 4.0": _l("CC BY-SA 4.0 : en citant la source, et sous la même licence"),
    "CC0 1.0": _l("CC0 1.0 : domaine public, sans condition"),
    "Licence ouverte 2.0": _l("Licence ouverte 2.0 (Etalab) : en citant la source et sa date"),
    "ODbL 1.0": _l("ODbL 1.0 : base de données partagée aux mêmes conditions"),
    "Tous droits réservés": _l("Tous droits réservés"),
}
#: Where each is read whole.
LICENCE_TEXTS = {
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/deed.fr",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/deed.fr",
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/deed.fr",
    "Licence ouverte 2.0": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    "ODbL 1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
#: What is suggested where nothing was chosen: what the démarche makes is for everybody, and stays so.
USUAL_LICENCE = "CC BY-SA 4.0"
#: Beyond so many lines, finding those that differ costs more than it helps.
MOST_COMPARED = 2000
#: The same for lines that repeat themselves: how many pairs of equal lines may be looked at, each many times over.
MOST_PAIRS = 4_000_000


def licence_name(licence: str) -> str:
    """A licence in words; one that we do not know, as it was written."""
    return str(LICENCES.get(licence, licence))


def accepted_types() -> str:
    """The endings that the browser offers when it asks for a file."""
    return ",".join(f".{ending}" for ending in files.TYPES)


def type_names() -> str:
    """The kinds of file that we take, as people call them."""
    return ", ".join(ending.upper() for ending in files.TYPES if ending not in ("jpeg", "md"))


def described(version: DeliverableVersion, reference: DeliverableVersion | None) -> dict[str, Any]:
    """A version as the list of versions draws it."""
    return {
        "number": version.number,
        "author": name_of(version.author),
        "when": ago(version.at),
        "at": version.at.isoformat(),
        "note": version.note,
        "is_reference": reference is not None and version.number == reference.number,
        "kind": version.kind,
        "href": address(version),
        "label": label(version),
        "sha256": version.sha256 or "",
    }


def address(version: DeliverableVersion) -> str:
    """Where the content of a version is: its file, its link, or the page of its text."""
    if version.kind == VersionKind.LINK:
        return version.url
    endpoint = "deliverables.download" if version.kind == VersionKind.FILE else "deliverables.read"
    return url_for(endpoint, deliverable_id=version.deliverable_id, number=version.number)


def label(version: DeliverableVersion) -> str:
    """What one gets by following that address: name, type and size of a file."""
    if version.kind == VersionKind.FILE:
        kind = version.file_name.rpartition(".")[2].upper()
        return f"{version.file_name} ({kind}, {file_size(version.size)})"
    if version.kind == VersionKind.LINK:
        return excerpt(version.url.removeprefix("https://").removeprefix("http://"), 80)
    return _("Lire le texte de la version %(number)d", number=version.number)


def side_by_side(theirs: str, mine: str) -> tuple[Any, Any]:
    """Both texts as the comparison draws them: lines, those that differ marked."""
    left, right = theirs.split("\n"), mine.split("\n")
    if len(left) + len(right) > MOST_COMPARED or _pairs(left, right) > MOST_PAIRS:
        return theirs, mine
    same = SequenceMatcher(_is_blank, left, right, autojunk=False).get_matching_blocks()
    kept_left = {block.a + step for block in same for step in range(block.size)}
    kept_right = {block.b + step for block in same for step in range(block.size)}
    return (
        [(index not in kept_left and bool(line), line) for index, line in enumerate(left)],
        [(index not in kept_right and bool(line), line) for index, line in enumerate(right)],
    )


def _is_blank(line: str) -> bool:
    return not line.strip()


def _pairs(left: list[str], right: list[str]) -> int:
    """How many pairs of equal lines the comparison may look at, at worst: all of them for each line that it pairs."""
    counted, others = Counter(left), Counter(right)
    pairs = sum(count * others[line] for line, count in counted.items() if not _is_blank(line))
    return pairs * min(len(left), len(right))
