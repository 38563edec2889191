"""Forms of deliverables: promising one, changing it, adding a version, asking for changes."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, SelectField

from chantiers.language.dates import day
from chantiers.language.labels import excerpt, type_name
from chantiers.language.versions import LICENCES, USUAL_LICENCE
from chantiers.web.forms import (
    CreationForm,
    DayField,
    EditForm,
    Form,
    LineField,
    LongTextField,
    ManyField,
    bounded_int,
    options,
)
from models import Deliverable, Objective, Structure, VersionKind

NOTE_LENGTH = 2000
ADDRESS_LENGTH = 2000
#: An address that a browser follows to a site: nothing that runs, no password in it.
_SITE = re.compile(r"https?://[^\s/@?#]+\.[^\s/@?#]+([/?#]\S*)?", re.IGNORECASE)


class DeliverableFields:
    """Fields of a deliverable."""

    type_key = SelectField(_l("Type"))
    title = LineField(_l("Titre"))
    objective_id = SelectField(_l("Objectif"), coerce=bounded_int)
    expected_on = DayField(_l("Date attendue"))
    structures = ManyField(_l("Structures responsables"))
    description = LongTextField(_l("Description"))
    licence = SelectField(_l("Licence"), choices=options(LICENCES.items()), default="")

    def offer(
        self, types: Sequence[Any], objectives: Sequence[Objective], structures: Sequence[Structure]
    ) -> None:
        """Offer what there is to choose from."""
        self.type_key.choices = options((kind.key, type_name(kind)) for kind in types)
        if "objective_id" in self:  # type: ignore[operator]
            self.objective_id.choices = options((each.id, excerpt(each.text, 110)) for each in objectives)
            self.structures.choices = options((structure.id, structure.name) for structure in structures)


class DeliverableForm(DeliverableFields, CreationForm):
    """A new deliverable."""


class DeliverableEditForm(DeliverableFields, EditForm):
    """A deliverable that exists. Who is in charge changes its words; référents also its place, date and structures."""

    def keep_words_only(self) -> None:
        """Leave out what only référents, the coordination and its author decide."""
        del self.objective_id, self.expected_on, self.structures

    def keep_licence(self, licence: str) -> None:
        """Offer also a licence that came from elsewhere."""
        if licence not in LICENCES:
            self.licence.choices = options([*LICENCES.items(), (licence, licence)])


def values_of(deliverable: Deliverable, form: DeliverableEditForm) -> dict[str, Any]:
    """Return the present value of each field that the form holds."""
    values = {
        "type_key": deliverable.type_key,
        "title": deliverable.title,
        "objective_id": deliverable.objective_id,
        "expected_on": deliverable.expected_on,
        "structures": sorted(deliverable.carrier_ids),
        "description": deliverable.description,
        "licence": deliverable.licence,
    }
    return {name: value for name, value in values.items() if name in form}


def in_words(conflicts: dict[Any, tuple[Any, Any]]) -> list[tuple[str, str, str]]:
    """Return (field, this person's choice, what is saved now) of each field that two people changed, in words."""
    return [
        (str(field.label.text), _words(field, mine), _words(field, theirs))
        for field, (mine, theirs) in conflicts.items()
    ]


def _words(field: Any, value: Any) -> str:
    if isinstance(value, date):
        return day(value)
    if getattr(field, "choices", None):
        chosen = set(value) if isinstance(value, list) else {value}
        named = [str(choice.label) for choice in field.choices if choice.value in chosen]
        return ", ".join(named) or _("Rien")
    return str(value or "") or _("Rien")


class VersionForm(CreationForm):
    """A new version: a file, a link or a text, and what changed."""

    kind = RadioField(
        _l("Cette version est"),
        choices=options(
            [
                (VersionKind.FILE, _l("un fichier")),
                (VersionKind.LINK, _l("un lien")),
                (VersionKind.TEXT, _l("un texte écrit ici")),
            ]
        ),
        default=VersionKind.FILE,
    )
    file = FileField(_l("Fichier"))
    url = LineField(_l("Adresse du lien"), required=False, length=ADDRESS_LENGTH)
    text = LongTextField(_l("Texte"))
    note = LongTextField(_l("Ce qui a changé"), length=NOTE_LENGTH)
    #: The number of the latest version when the page was shown.
    seen = HiddenField(default="0")

    @property
    def seen_number(self) -> int:
        """That number; 0 where the page said nothing sensible."""
        return int(self.seen.data) if re.fullmatch(r"[0-9]{1,9}", self.seen.data or "") else 0

    def ask_for_file_again(self) -> None:
        """Say that the file has to be chosen again when the form comes back for another reason: no browser keeps it."""
        if self.file.data and not self.file.errors:
            self.file.errors = [_("Choisissez de nouveau le fichier : un navigateur ne le garde pas.")]

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for what the chosen kind needs, and for nothing else."""
        if not super().validate(extra_validators):
            return False
        missing = {
            VersionKind.FILE: (self.file, not self.file.data, _("Choisissez un fichier.")),
            VersionKind.LINK: (
                self.url,
                not _SITE.fullmatch(self.url.data or ""),
                _("Écrivez une adresse complète, qui commence par https://."),
            ),
            VersionKind.TEXT: (
                self.text,
                not self.text.data,
                _("Écrivez un texte : une version ne peut pas être vide."),
            ),
        }
        field, is_missing, words = missing[self.kind.data]
        if is_missing:
            field.errors = [*field.errors, words]
        return not is_missing


class PublishForm(Form):
    """Licence under which the reference becomes public, and the version that whoever decides has read."""

    licence = RadioField(
        _l("Licence"), choices=options((key, words) for key, words in LICENCES.items() if key)
    )
    number = HiddenField(default="")

    def start_from(self, deliverable: Deliverable) -> None:
        """Suggest the licence that was promised, or the usual one."""
        known = deliverable.licence in LICENCES and deliverable.licence
        self.licence.data = known or USUAL_LICENCE
        reference = deliverable.approved_version
        self.number.data = str(reference.number) if reference else ""


class UnpublishForm(Form):
    """Reason for withdrawing a deliverable."""

    reason = LongTextField(_l("Pourquoi le retirer"), required=True, length=NOTE_LENGTH)


class SendBackForm(Form):
    """Reason for sending back: what has to change before approval."""

    words = LongTextField(_l("Ce qui est à reprendre"), required=True, length=10_000)
    number = HiddenField()
