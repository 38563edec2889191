"""Loader of a démarche's file: an upsert by source keys that undoes nothing of what people did. Commits nothing."""

from collections.abc import Iterable
from itertools import chain, count
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from chantiers.language.refusals import say
from chantiers.operations.demarche_file.matching import (
    add_names,
    by_source_key,
    digest,
    last_of_merges,
    match_deliverables,
    of_kind,
    person_key,
    structure_key,
    unsourced_deliverable,
)
from chantiers.operations.demarche_file.nodes import DemarcheFileRefused, Problem
from chantiers.operations.demarche_file.report import LoadReport, field_names, shortened
from chantiers.operations.demarche_file.shape import (
    ChantierEntry,
    DemarcheFile,
    ObjectiveEntry,
    PersonEntry,
    StructureEntry,
    read,
)
from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    Deliverable,
    DeliverableType,
    Demarche,
    Objective,
    ObjectiveKind,
    Refused,
    Structure,
    User,
    db,
    fold,
    only,
    record,
)
from models.traits.loaded_from_file import Sourced

#: Actions of the journal that a load keeps: one line for the whole, and those that open a chantier's own history.
KEPT_LINES = ("demarche.imported", "charter.published", "chantier.created")


def load(content: bytes) -> LoadReport:
    """Load a démarche's file into the session. Raises DemarcheFileRefused: roll the session back then."""
    types = db.session.scalars(select(DeliverableType.key).order_by(DeliverableType.position)).all()
    file = read(content, types)
    with only(*KEPT_LINES):
        report = _DemarcheLoader(file).load()
        db.session.flush()
    return report


class _DemarcheLoader:
    """Loader of one file: holds what exists by source key, what the file named so far, and the report."""

    def __init__(self, file: DemarcheFile) -> None:
        self.file = file
        self.report = LoadReport()
        self.line = file.line
        self.structures = by_source_key(Structure)
        self.chantiers = by_source_key(Chantier)
        self.objectives = by_source_key(Objective)
        self.deliverables = by_source_key(Deliverable)
        self.people = by_source_key(User)
        #: The structures of this file, under each of their names there.
        self.named: dict[str, Structure] = {}
        self.met: set[Sourced] = set()

    def load(self) -> LoadReport:
        """Load every part, in the order in which one names another."""
        try:
            demarche = self._demarche()
            for structure in self.file.structures:
                self._structure(structure)
            for chantier in self.file.chantiers:
                self._chantier(chantier)
            if self.file.coordination:
                self.report.coordination = self._person(self.file.coordination)
        except Refused as refused:
            raise DemarcheFileRefused([Problem(self.line, say(refused))]) from None
        self._report_what_is_gone()
        if self.report.changes:
            created, updated = len(self.report.created), len(self.report.updated)
            record(demarche, "demarche.imported", by=None, created=created, updated=updated)
        return self.report

    def _follow(
        self, thing: Sourced, key: str, values: dict[str, Any], what: str, *, is_new: bool, **remember: Any
    ) -> None:
        """Take over the file's values, and report which were written and which were not."""
        followed = thing.follow(key, values, remember=remember)
        self.met.add(thing)
        if is_new:
            self.report.created.append(what)
        elif followed.changed:
            self.report.updated.append(f"{what} ({field_names(followed.changed)})")
        if followed.kept:
            self.report.kept.append(f"{what} ({field_names(followed.kept)})")

    # The démarche -----------------------------------------------------------------------------------------------------

    def _demarche(self) -> Demarche:
        file, contact = self.file, self.file.coordination
        demarche = Demarche.current()
        is_new = demarche is None
        if demarche is None:
            demarche = Demarche(name=file.name)
            db.session.add(demarche)
            db.session.flush()
        said = (demarche.source or {}).get("charter", "")
        values = {
            "name": file.name,
            "presentation": file.presentation,
            "dated": file.dated,
            "bearer": file.bearer,
            "initiative": file.initiative,
            "site": file.site,
            "contact_name": contact.name if contact else "",
            "contact_title": contact.title if contact else "",
            "contact_structure": contact.structure if contact else "",
            "contact_email": contact.email if contact else "",
        }
        what = _("la démarche")
        self._follow(demarche, "demarche", values, what, is_new=is_new, charter=digest(file.charter))
        self._charter(demarche, said)
        return demarche

    def _charter(self, demarche: Demarche, said: str) -> None:
        text, current = self.file.charter, demarche.charter
        if not text or digest(text) == said or (current and current.text == text):
            return
        if current is None or digest(current.text) == said:
            number = demarche.publish_charter(text, by=None).number
            self.report.updated.append(_("la charte (version %(number)s)", number=number))
        else:
            self.report.kept.append(_("la charte"))

    # Structures -------------------------------------------------------------------------------------------------------

    def _structure(self, entry: StructureEntry) -> None:
        self.line = entry.line
        structure = self._known_structure(entry)
        if structure is not None and structure.merged_into_id is not None:
            # People made one of two: the file may go on naming both.
            self.met.add(structure)
            self._name(entry, last_of_merges(structure))
            return
        is_new = structure is None
        if structure is None:
            structure = Structure.create(entry.name, by=None)
            db.session.flush()
        self._refuse_taken_name(structure, entry)
        self._name(entry, structure)
        said = (structure.source or {}).get("aliases", [])
        aliases = [fold(alias) for alias in entry.aliases]
        self._follow(
            structure,
            structure_key(entry.name),
            {"name": entry.name},
            _("la structure « %(name)s »", name=entry.name),
            is_new=is_new,
            aliases=aliases,
        )
        new = [alias for alias in entry.aliases if fold(alias) not in said]
        if new and add_names(structure, new) and not is_new:
            self.report.updated.append(_("la structure « %(name)s » (autres noms)", name=entry.name))

    def _known_structure(self, entry: StructureEntry) -> Structure | None:
        """Find a structure by its key, else by any of its names, unless that record is another line of this file."""
        others = {structure_key(other.name) for other in self.file.structures} - {structure_key(entry.name)}
        for name in (entry.name, *entry.aliases):
            structure = self.structures.get(structure_key(name))
            if structure is not None and structure not in self.met and structure.source_key not in others:
                return structure
        for name in (entry.name, *entry.aliases):
            structure = Structure.known_as(name)
            if structure is not None and structure not in self.met and structure.source_key not in others:
                return structure
        return None

    def _refuse_taken_name(self, structure: Structure, entry: StructureEntry) -> None:
        other = Structure.known_as(entry.name) if structure.name != entry.name else None
        if other is not None and other is not structure:
            raise Refused("name_taken", name=other.name)

    def _name(self, entry: StructureEntry, structure: Structure) -> None:
        for name in (entry.name, *entry.aliases):
            self.named[fold(name)] = structure

    # Chantiers and their référents ------------------------------------------------------------------------------------

    def _chantier(self, entry: ChantierEntry) -> None:
        self.line = entry.line
        chantier = self.chantiers.get(str(entry.number)) or db.session.scalar(
            select(Chantier).where(Chantier.number == entry.number, Chantier.source_key.is_(None))
        )
        is_new = chantier is None
        if chantier is None:
            chantier = Chantier.create(entry.number, entry.title, by=None)
            db.session.flush()
        said = chantier.source or {}
        orders = {str(kind): [o.key for o in of_kind(entry, kind)] for kind in ObjectiveKind}
        referents = [(each, self._person(each)) for each in entry.referents]
        self.line = entry.line
        self._follow(
            chantier,
            str(entry.number),
            {"title": entry.title},
            _("le chantier %(number)s « %(title)s »", number=entry.number, title=entry.title),
            is_new=is_new,
            referents=[person_key(each) for each, _person in referents],
            **orders,
        )
        for each, person in referents:
            if person_key(each) not in said.get("referents", []) and person.closed_at is None:
                self._make_referent(chantier, person, self.named.get(fold(each.structure)))
        for objective in entry.objectives:
            self._objective(chantier, objective)
        for kind in ObjectiveKind:
            self._order(chantier, kind, said.get(str(kind), []), orders[str(kind)])

    def _make_referent(self, chantier: Chantier, person: User, structure: Structure | None) -> None:
        mine = select(ChantierMembership.role).filter_by(chantier_id=chantier.id, user_id=person.id)
        role = db.session.scalar(mine)
        if role == ChantierRole.REFERENT:
            return
        if role is None:
            chantier.welcome(person, ChantierRole.REFERENT, by=None)
        else:
            chantier.appoint(person, ChantierRole.REFERENT, by=None)
        if structure is not None:
            # The démarche's document names it beside its référent·e: it takes part in what that person leads.
            chantier.enrol(structure, by=None)
        self.report.created.append(
            _("%(name)s, référent·e du chantier %(number)s", name=person.name, number=chantier.number)
        )

    def _person(self, entry: PersonEntry) -> User:
        self.line = entry.line
        key = person_key(entry)
        person = User.with_email(entry.email) if entry.email else None
        person = person or self.people.get(key)
        is_new = person is None
        if person is None:
            person = User.create(entry.name, email=entry.email or None, title=entry.title, by=None)
            db.session.flush()
        if person in self.met or person.closed_at is not None:
            self.met.add(person)
            return person
        said = (person.source or {}).get("structure", "")
        values: dict[str, Any] = {"name": entry.name, "title": entry.title}
        if not person.has_account:
            # The address of an account is a way in: a file does not move it.
            values["email"] = entry.email or None
        what = entry.name if is_new else _("la fiche de %(name)s", name=entry.name)
        self._follow(
            person, person.source_key or key, values, what, is_new=is_new, structure=fold(entry.structure)
        )
        if entry.structure and fold(entry.structure) != said:
            self.named[fold(entry.structure)].gather(person, by=None)
        return person

    # Objectives and deliverables --------------------------------------------------------------------------------------

    def _objective(self, chantier: Chantier, entry: ObjectiveEntry) -> None:
        self.line = entry.line
        kind = ObjectiveKind.OPERATIONAL if entry.is_operational else ObjectiveKind.POLITICAL
        what = _("l’objectif %(key)s « %(text)s »", key=entry.key, text=shortened(entry.text))
        objective = self.objectives.get(entry.key)
        is_new = objective is None
        if objective is None:
            objective = Objective.create(chantier, entry.text, kind, by=None)
            db.session.flush()
        if (objective.chantier_id, objective.kind) != (chantier.id, kind):
            words = _(
                "la clé « %(key)s » est celle d’un objectif d’un autre chantier, ou d’une autre sorte : "
                "gardez-la où elle était, ou donnez une nouvelle clé.",
                key=entry.key,
            )
            raise DemarcheFileRefused([Problem(entry.line, words)])
        if objective.is_trashed:
            self._leave_in_bin(objective, what)
            return
        set_committed_value(objective, "chantier", chantier)
        self._follow(objective, entry.key, {"text": entry.text}, what, is_new=is_new)
        self._deliverables(objective, entry)

    def _deliverables(self, objective: Objective, entry: ObjectiveEntry) -> None:
        known = {key: each for key, each in self.deliverables.items() if each.objective_id == objective.id}
        matches = match_deliverables(entry.deliverables, list(known.values()))
        numbers = (n for n in count(1) if f"{entry.key}/{n}" not in self.deliverables)
        for line in entry.deliverables:
            self.line = line.line
            what = _("le livrable « %(title)s »", title=line.title)
            deliverable = matches.get(line) or unsourced_deliverable(objective, line.title)
            is_new = deliverable is None
            if deliverable is None:
                deliverable = Deliverable.create(objective, line.type_key, line.title, by=None)
            elif deliverable.is_trashed:
                self._leave_in_bin(deliverable, what)
                continue
            key = deliverable.source_key or f"{entry.key}/{next(numbers)}"
            values = {"type_key": line.type_key, "title": line.title}
            self._follow(deliverable, key, values, what, is_new=is_new)

    def _leave_in_bin(self, thing: Objective | Deliverable, what: str) -> None:
        self.met.add(thing)
        self.report.kept.append(_("%(what)s : c’est dans la corbeille, et y reste", what=what))

    def _order(self, chantier: Chantier, kind: ObjectiveKind, said: list[str], wanted: list[str]) -> None:
        """Put the objectives of the file in its order, unless people chose their own."""
        if said == wanted:
            return
        siblings = list(
            db.session.scalars(
                select(Objective)
                .where(Objective.chantier_id == chantier.id, Objective.kind == kind, Objective.live())
                .order_by(Objective.position, Objective.id)
            )
        )
        now_stand = [each.source_key for each in siblings if each.source_key in said]
        if now_stand != [key for key in said if key in now_stand]:
            self.report.kept.append(_("l’ordre des objectifs du chantier %(number)s", number=chantier.number))
            return
        places = {key: place for place, key in enumerate(wanted)}
        owned = iter(
            sorted((o for o in siblings if o.source_key in places), key=lambda o: places[str(o.source_key)])
        )
        ordered = [next(owned) if each.source_key in places else each for each in siblings]
        for position, each in enumerate(ordered, start=1):
            if each.position != position:
                each.position = position

    # What the file no longer names ------------------------------------------------------------------------------------

    def _report_what_is_gone(self) -> None:
        things: Iterable[Chantier | Objective | Deliverable] = chain(
            self.chantiers.values(), self.objectives.values(), self.deliverables.values()
        )
        for thing in things:
            if thing not in self.met and not getattr(thing, "is_trashed", False):
                self.report.gone.append(f"« {shortened(thing.journal_title)} »")
        for structure in self.structures.values():
            if structure not in self.met and structure.merged_into_id is None:
                self.report.gone.append(_("la structure « %(name)s »", name=structure.name))
        for person in self.people.values():
            if person not in self.met and person.closed_at is None:
                self.report.gone.append(person.name)
