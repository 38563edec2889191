"""Versions of deliverables in words: licences, label and address of a version, summary of a comparison."""

from typing import Any

from flask import url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers.language.dates import ago
from chantiers.language.journal import name_of
from chantiers.language.labels import excerpt, file_size
from chantiers.language.text_diff import Comparison, Effort, common_pairs
from models import DeliverableVersion, VersionKind

#: Licences, keyed by their usual name, which is also what is stored.
LICENCES = {
    "": _l("Pas encore choisie"),
    "CC BY 4.0": _l("CC BY 4.0 : réutilisation libre, en citant la source"),
    "CC BY-SA 4.0": _l("CC BY-SA 4.0 : en citant la source, et sous la même licence"),
    "CC0 1.0": _l("CC0 1.0 : domaine public, sans condition"),
    "Licence ouverte 2.0": _l("Licence ouverte 2.0 (Etalab) : en citant la source et sa date"),
    "ODbL 1.0": _l("ODbL 1.0 : base de données partagée aux mêmes conditions"),
    "Tous droits réservés": _l("Tous droits réservés"),
}
#: Address of the text of each licence.
LICENCE_TEXTS = {
    "CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/deed.fr",
    "CC BY-SA 4.0": "https://creativecommons.org/licenses/by-sa/4.0/deed.fr",
    "CC0 1.0": "https://creativecommons.org/publicdomain/zero/1.0/deed.fr",
    "Licence ouverte 2.0": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    "ODbL 1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
#: Licence suggested by default: what the démarche makes is for everybody, and stays so (share alike).
USUAL_LICENCE = "CC BY-SA 4.0"
KINDS = {
    VersionKind.FILE: _l("Fichier"),
    VersionKind.LINK: _l("Lien"),
    VersionKind.TEXT: _l("Texte écrit ici"),
}


def licence_name(licence: str) -> str:
    """Return the words for a licence; one that is not in the list, as it was written."""
    return str(LICENCES.get(licence, licence))


def described(version: DeliverableVersion, reference: DeliverableVersion | None) -> dict[str, Any]:
    """Describe a version for the list of versions."""
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


def with_comparison(row: dict[str, Any], version: DeliverableVersion) -> dict[str, Any]:
    """Add to a described version the link to its comparison, for those who may read every version."""
    return {**row, "compare_href": compare_address(version)}


def address(version: DeliverableVersion) -> str:
    """Return the address of a version's content: its file, its link, or the page of its text."""
    if version.kind == VersionKind.LINK:
        return version.url
    endpoint = "deliverables.download" if version.kind == VersionKind.FILE else "deliverables.read"
    return url_for(endpoint, deliverable_id=version.deliverable_id, number=version.number)


def label(version: DeliverableVersion) -> str:
    """Return the words of the link to a version: for a file its name, type and size."""
    if version.kind == VersionKind.FILE:
        kind = version.file_name.rpartition(".")[2].upper()
        return f"{version.file_name} ({kind}, {file_size(version.size)})"
    if version.kind == VersionKind.LINK:
        return excerpt(version.url.removeprefix("https://").removeprefix("http://"), 80)
    return str(_("Lire le texte de la version %(number)d", number=version.number))


def compare_address(version: DeliverableVersion) -> str:
    """Return the address of the comparison with the version before; empty for the first."""
    if version.number < 2:
        return ""
    return url_for(
        "deliverables.compare",
        deliverable_id=version.deliverable_id,
        de=version.number - 1,
        a=version.number,
    )


def summary(compared: Comparison) -> str:
    """Summarise a comparison of two texts in a sentence."""
    if compared.is_same:
        return str(_("Les deux textes sont identiques."))
    counts = [
        (compared.added, ngettext("%(num)d ligne ajoutée", "%(num)d lignes ajoutées", compared.added)),
        (compared.removed, ngettext("%(num)d ligne retirée", "%(num)d lignes retirées", compared.removed)),
        (compared.changed, ngettext("%(num)d ligne modifiée", "%(num)d lignes modifiées", compared.changed)),
    ]
    changes = ", ".join(words for count, words in counts if count)
    return f"{changes}." if changes else str(_("Seules des lignes vides diffèrent."))


def facts_compared(before: DeliverableVersion, after: DeliverableVersion) -> list[tuple[str, str, str, bool]]:
    """Compare two versions that are not both texts: rows of (fact, before, after, are they the same)."""
    facts = [
        (_("Nature"), _kind(before), _kind(after)),
        (_("Nom du fichier"), before.file_name, after.file_name),
        (_("Taille"), _size(before), _size(after)),
        (_("Empreinte SHA-256"), before.sha256 or "", after.sha256 or ""),
        (_("Adresse"), before.url, after.url),
    ]
    return [(name, one, other, one == other) for name, one, other in facts if one or other]


def facts_summary(before: DeliverableVersion, after: DeliverableVersion) -> str:
    """Say in a sentence whether two versions that are not both texts hold the same."""
    kinds = {before.kind, after.kind}
    if kinds == {VersionKind.FILE}:
        if before.sha256 == after.sha256:
            return str(_("C’est le même fichier, octet pour octet."))
        return str(_("Les deux fichiers n’ont pas le même contenu."))
    if kinds == {VersionKind.LINK}:
        if before.url == after.url:
            return str(_("C’est la même adresse ; ce qu’on y trouve a pu changer."))
        return str(_("Les deux versions mènent à des adresses différentes."))
    return str(
        _("Ces deux versions ne sont pas de même nature : leurs contenus ne se comparent pas ligne à ligne.")
    )


def _kind(version: DeliverableVersion) -> str:
    return str(KINDS[VersionKind(version.kind)])


def _size(version: DeliverableVersion) -> str:
    """Format a size to the byte too: two files that differ by a few would look the same."""
    if version.size is None:
        return ""
    return str(
        _("%(size)s (%(bytes)s octets)", size=file_size(version.size), bytes=format_decimal(version.size))
    )


def side_by_side(theirs: str, mine: str) -> tuple[Any, Any]:
    """Compare both texts of a late save: for each side, (does it differ, line) pairs."""
    left, right = theirs.split("\n"), mine.split("\n")
    pairs = common_pairs(left, right, Effort())
    kept_left, kept_right = {i for i, _other in pairs}, {j for _other, j in pairs}
    return (
        [(index not in kept_left and bool(line), line) for index, line in enumerate(left)],
        [(index not in kept_right and bool(line), line) for index, line in enumerate(right)],
    )
