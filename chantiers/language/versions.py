"""Words and marks of deliverables: licences, what a version is called, how the history is drawn."""

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
#: What a version is made of.
KINDS = {
    VersionKind.FILE: _l("Fichier"),
    VersionKind.LINK: _l("Lien"),
    VersionKind.TEXT: _l("Texte écrit ici"),
}


def licence_name(licence: str) -> str:
    """A licence in words; one that we do not know, as it was written."""
    return str(LICENCES.get(licence, licence))


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


def with_comparison(described: dict[str, Any], version: DeliverableVersion) -> dict[str, Any]:
    """The same for those who read every version: it leads to what changed since the one before."""
    return {**described, "compare_href": compare_address(version)}


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


def compare_address(version: DeliverableVersion) -> str:
    """Where a version is compared with the one before it; nothing for the first."""
    if version.number < 2:
        return ""
    return url_for(
        "deliverables.compare",
        deliverable_id=version.deliverable_id,
        de=version.number - 1,
        a=version.number,
    )


def summary(compared: Comparison) -> str:
    """What changed between two texts, in a sentence."""
    if compared.is_same:
        return _("Les deux textes sont identiques.")
    counts = [
        (compared.added, ngettext("%(num)d ligne ajoutée", "%(num)d lignes ajoutées", compared.added)),
        (compared.removed, ngettext("%(num)d ligne retirée", "%(num)d lignes retirées", compared.removed)),
        (compared.changed, ngettext("%(num)d ligne modifiée", "%(num)d lignes modifiées", compared.changed)),
    ]
    said = ", ".join(words for count, words in counts if count)
    return f"{said}." if said else _("Seules des lignes vides diffèrent.")


def facts_compared(before: DeliverableVersion, after: DeliverableVersion) -> list[tuple[str, str, str, bool]]:
    """(fact, before, after, whether they are the same) of two versions that are not both texts."""
    facts = [
        (_("Nature"), _kind(before), _kind(after)),
        (_("Nom du fichier"), before.file_name, after.file_name),
        (_("Taille"), _size(before), _size(after)),
        (_("Empreinte SHA-256"), before.sha256 or "", after.sha256 or ""),
        (_("Adresse"), before.url, after.url),
    ]
    return [(name, one, other, one == other) for name, one, other in facts if one or other]


def facts_summary(before: DeliverableVersion, after: DeliverableVersion) -> str:
    """In a sentence, whether two versions that are not both texts hold the same."""
    kinds = {before.kind, after.kind}
    if kinds == {VersionKind.FILE}:
        if before.sha256 == after.sha256:
            return _("C’est le même fichier, octet pour octet.")
        return _("Les deux fichiers n’ont pas le même contenu.")
    if kinds == {VersionKind.LINK}:
        if before.url == after.url:
            return _("C’est la même adresse ; ce qu’on y trouve a pu changer.")
        return _("Les deux versions mènent à des adresses différentes.")
    return _(
        "Ces deux versions ne sont pas de même nature : leurs contenus ne se comparent pas ligne à ligne."
    )


def _kind(version: DeliverableVersion) -> str:
    return str(KINDS[VersionKind(version.kind)])


def _size(version: DeliverableVersion) -> str:
    """To the byte too: two files that differ by a few would look the same."""
    if version.size is None:
        return ""
    return _("%(size)s (%(bytes)s octets)", size=file_size(version.size), bytes=format_decimal(version.size))


def side_by_side(theirs: str, mine: str) -> tuple[Any, Any]:
    """Both texts as the comparison of a late save draws them: lines, those that differ marked."""
    left, right = theirs.split("\n"), mine.split("\n")
    pairs = common_pairs(left, right, Effort())
    kept_left, kept_right = {i for i, _other in pairs}, {j for _other, j in pairs}
    return (
        [(index not in kept_left and bool(line), line) for index, line in enumerate(left)],
        [(index not in kept_right and bool(line), line) for index, line in enumerate(right)],
    )
