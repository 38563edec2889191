"""Schema of a démarche's file: validates the whole of it, and returns plain dataclasses."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from flask_babel import gettext as _
from yaml.nodes import MappingNode, Node

from chantiers.operations.demarche_file.nodes import Problems, Record, line_of, scalar, tree
from models import fold

LINE = 300
TEXT = 5_000
PRESENTATION = 50_000
CHARTER = 100_000

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_ADDRESS = re.compile(r"[^@\s<>\"',;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")

_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class StructureEntry:
    line: int
    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class PersonEntry:
    line: int
    name: str
    title: str
    structure: str
    email: str


@dataclass(frozen=True)
class DeliverableEntry:
    line: int
    type_key: str
    title: str


@dataclass(frozen=True)
class ObjectiveEntry:
    line: int
    key: str
    text: str
    is_operational: bool
    deliverables: tuple[DeliverableEntry, ...]


@dataclass(frozen=True)
class ChantierEntry:
    line: int
    number: int
    title: str
    referents: tuple[PersonEntry, ...]
    objectives: tuple[ObjectiveEntry, ...]


@dataclass(frozen=True)
class DemarcheFile:
    """Valid file: whatever it names exists in it, once."""

    line: int
    name: str
    presentation: str
    dated: str
    bearer: str
    initiative: str
    site: str
    charter: str
    coordination: PersonEntry | None
    chantiers: tuple[ChantierEntry, ...]
    structures: tuple[StructureEntry, ...]


def read(content: bytes, types: Collection[str]) -> DemarcheFile:
    """Validate a file, given the keys of the types of deliverables. Raises DemarcheFileRefused with every problem."""
    problems = Problems()
    root = Record(tree(content), _("le fichier"), problems)
    found = _DemarcheReader(problems, types).file(root)
    problems.refuse_if_any()
    return found


class _DemarcheReader:
    """Reader of the YAML tree; remembers the line of whatever must be there once."""

    def __init__(self, problems: Problems, types: Collection[str]) -> None:
        self.problems = problems
        self.types = types
        self._lines: dict[tuple[str, str], int] = {}
        self._names: set[str] = set()
        self._identities: dict[str, str] = {}

    def file(self, root: Record) -> DemarcheFile:
        head = root.record("demarche", _("la démarche"), required=True)
        chantiers = root.items("chantiers", required=True)
        structures = self._each(root.items("structures", required=True), self._structure)
        root.done()
        # The structures come first: chantiers and coordination name them.
        return self._whole(head, tuple(self._each(chantiers, self._chantier)), tuple(structures))

    def _whole(
        self,
        head: Record | None,
        chantiers: tuple[ChantierEntry, ...],
        structures: tuple[StructureEntry, ...],
    ) -> DemarcheFile:
        if head is None:
            return DemarcheFile(1, "", "", "", "", "", "", "", None, chantiers, structures)
        coordination = head.record("coordination", _("la coordination"))
        found = DemarcheFile(
            line=head.line,
            name=head.text("nom", LINE, required=True),
            presentation=head.long_text("presentation", PRESENTATION),
            dated=head.text("date", 40),
            bearer=head.text("porteuse", LINE),
            initiative=head.text("initiative", LINE),
            site=self._site(head),
            charter=head.long_text("charte", CHARTER),
            coordination=self._person(coordination, "fonction") if coordination else None,
            chantiers=chantiers,
            structures=structures,
        )
        head.done()
        return found

    def _each(self, nodes: list[Node], reading: Callable[[Node], _Entry | None]) -> list[_Entry]:
        return [entry for entry in map(reading, nodes) if entry is not None]

    def _structure(self, node: Node) -> StructureEntry | None:
        what = _("une structure")
        if isinstance(node, MappingNode):
            record = Record(node, what, self.problems)
            name = record.text("nom", LINE, required=True)
            aliases = [
                scalar(alias, _("un autre nom"), LINE, self.problems, required=True)
                for alias in record.items("alias")
            ]
            record.done()
        else:
            name, aliases = scalar(node, what, LINE, self.problems, required=True), []
        if name and not fold(name):
            self.problems.add(
                line_of(node), _("le nom « %(name)s » n’a ni lettre ni chiffre.", name=name[:60])
            )
        own = fold(name)
        for key, spelling in {fold(each): each for each in (name, *aliases) if fold(each)}.items():
            self._once(
                "structure",
                key,
                line_of(node),
                _("la structure « %(name)s »", name=spelling[:60]),
                feminine=True,
            )
            self._names.add(key)
        others = tuple(alias for alias in aliases if fold(alias) not in ("", own))
        return StructureEntry(line_of(node), name, others) if name else None

    def _chantier(self, node: Node) -> ChantierEntry | None:
        record = Record(node, _("un chantier"), self.problems)
        number = record.number("numero", 999)
        if number is not None:
            record.what = _("le chantier %(number)s", number=number)
            self._once("chantier", str(number), record.line_of("numero"), record.what)
        people = [Record(each, _("un·e référent·e"), self.problems) for each in record.items("referents")]
        found = ChantierEntry(
            line=record.line,
            number=number or 0,
            title=record.text("titre", LINE, required=True),
            referents=tuple(self._person(each, "titre") for each in people if each.is_readable),
            objectives=(
                *self._objectives(record.items("objectifs_politiques"), is_operational=False),
                *self._objectives(record.items("objectifs_operationnels"), is_operational=True),
            ),
        )
        record.done()
        names = [fold(person.name) for person in found.referents]
        if len(set(names)) < len(names):
            self.problems.add(record.line, _("%(what)s nomme deux fois la même personne.", what=record.what))
        return found

    def _objectives(self, nodes: list[Node], *, is_operational: bool) -> list[ObjectiveEntry]:
        return self._each(nodes, lambda node: self._objective(node, is_operational))

    def _objective(self, node: Node, is_operational: bool) -> ObjectiveEntry | None:
        record = Record(node, _("un objectif"), self.problems)
        if not record.is_readable:
            return None
        key = record.text("cle", 60, required=True)
        if key and not _KEY.fullmatch(key):
            self.problems.add(
                record.line_of("cle"),
                _(
                    "la clé « %(key)s » n’est pas faite de lettres sans accent, de chiffres et de tirets.",
                    key=key[:60],
                ),
            )
        elif key:
            record.what = _("l’objectif %(key)s", key=key)
            self._once(
                "objectif", key, record.line_of("cle"), _("la clé « %(key)s »", key=key), feminine=True
            )
        text = record.text("texte", TEXT, required=True)
        nodes = record.items("livrables") if is_operational else []
        deliverables = self._each(nodes, lambda each: self._deliverable(each, key))
        record.done()
        return ObjectiveEntry(record.line, key, text, is_operational, tuple(deliverables))

    def _deliverable(self, node: Node, objective_key: str) -> DeliverableEntry | None:
        record = Record(node, _("un livrable"), self.problems)
        if not record.is_readable:
            return None
        type_key = record.text("type", 40, required=True)
        if type_key and type_key not in self.types:
            self.problems.add(
                record.line_of("type"),
                _(
                    "le type de livrable « %(type)s » n’existe pas. Types possibles : %(known)s.",
                    type=type_key,
                    known=", ".join(self.types),
                ),
            )
        title = record.text("titre", LINE, required=True)
        if title:
            self._once(
                f"livrable de {objective_key}",
                fold(title),
                record.line_of("titre"),
                _("le livrable « %(title)s »", title=title[:60]),
            )
        record.done()
        return DeliverableEntry(record.line, type_key, title)

    def _person(self, record: Record, title_field: str) -> PersonEntry:
        person = PersonEntry(
            line=record.line,
            name=record.text("nom", LINE, required=True),
            title=record.text(title_field, LINE),
            structure=record.text("structure", LINE),
            email=record.text("courriel", 254).lower(),
        )
        if person.email and not _ADDRESS.fullmatch(person.email):
            self.problems.add(
                record.line_of("courriel"),
                _("« %(email)s » n’est pas une adresse de courriel.", email=person.email[:80]),
            )
        self._one_identity(record, person)
        if person.structure and fold(person.structure) not in self._names:
            self.problems.add(
                record.line_of("structure"),
                _(
                    "« %(name)s » n’est pas dans la liste des structures : ajoutez-la, ou ajoutez ce nom à ses alias.",
                    name=person.structure[:80],
                ),
            )
        record.done()
        return person

    def _one_identity(self, record: Record, person: PersonEntry) -> None:
        """Report two people of one address, and two addresses of one name in one structure."""
        name, structure = fold(person.name), fold(person.structure)
        if person.email and self._identities.setdefault(person.email, name) != name:
            self.problems.add(
                record.line_of("courriel"),
                _(
                    "« %(email)s » est déjà l’adresse de quelqu’un d’autre dans ce fichier.",
                    email=person.email[:80],
                ),
            )
        if name and self._identities.setdefault(f"{name}|{structure}", person.email) != person.email:
            self.problems.add(
                record.line, _("%(name)s a deux adresses différentes dans ce fichier.", name=person.name[:80])
            )

    def _site(self, head: Record) -> str:
        site = head.text("site", 500)
        if site and not _is_web_address(site):
            self.problems.add(
                head.line_of("site"), _("« site » n’est pas une adresse qui commence par https://.")
            )
        return site

    def _once(self, kind: str, key: str, line: int, what: str, *, feminine: bool = False) -> None:
        first = self._lines.get((kind, key))
        if first is None:
            self._lines[kind, key] = line
            return
        if feminine:
            words = _("%(what)s est déjà écrite à la ligne %(line)s.", what=what, line=first)
        else:
            words = _("%(what)s est déjà écrit à la ligne %(line)s.", what=what, line=first)
        self.problems.add(line, words)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in text
