"""Forms of structures: what is said of one, its people, and two records that become one."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, ValidationError

from chantiers.language.labels import STRUCTURE_KINDS
from chantiers.web.forms import (
    LINE_LENGTH,
    CreationForm,
    EditForm,
    Form,
    LineField,
    LongTextField,
    bounded_int,
    clean_line,
    options,
)
from chantiers.web.links import opens, web_address
from models import Structure, StructureKind

#: More other names than this are a paste gone wrong.
ALIASES = 50


class SiteField(LineField):
    """The address of a site: http or https, with the name of a computer."""

    def __init__(self, label: Any, **settings: Any) -> None:
        super().__init__(label, required=False, length=500, validators=[self.plausible], **settings)
        self.filters = [web_address]

    @staticmethod
    def plausible(_form: Any, field: Any) -> None:
        """Refuse what a link could not open, or should not."""
        if field.data and not opens(field.data):
            raise ValidationError(_l("Cette adresse de site n’est pas complète : https://www.exemple.org."))


class StructureFields:
    """What is said of a structure, new or known."""

    name = LineField(_l("Nom"))
    kind = SelectField(_l("Nature"), choices=options(STRUCTURE_KINDS.items()), default=StructureKind.UNKNOWN)
    site = SiteField(_l("Site"))
    territory = LineField(_l("Territoire"), required=False)
    summary = LongTextField(_l("Présentation"))
    aliases = LongTextField(_l("Autres noms"), length=10_000)

    def validate_aliases(self, field: Any) -> None:
        """One name a line, none longer than a name."""
        names = lines_of(field.data)
        if len(names) > ALIASES or any(len(name) > LINE_LENGTH for name in names):
            raise ValidationError(_l("Un nom par ligne : cinquante au plus, de 300 caractères au plus."))


class StructureForm(StructureFields, CreationForm):
    """A new structure."""


class StructureEditForm(StructureFields, EditForm):
    """A structure that is in the directory already."""


class GatherForm(Form):
    """Somebody to bring into a structure."""

    person = RadioField(
        _l("Personne"), coerce=bounded_int, validators=[InputRequired(_l("Choisissez une personne."))]
    )

    def offer(self, people: Sequence[tuple[int, str]]) -> None:
        """Offer these people."""
        self.person.choices = options(people)


class MergeForm(Form):
    """The structure that stays when two become one."""

    into = HiddenField(filters=[clean_line])


def lines_of(text: str | None) -> list[str]:
    """The lines of a text that say something."""
    return [line for line in map(clean_line, (text or "").split("\n")) if line]


def facts(form: StructureForm | StructureEditForm) -> dict[str, Any]:
    """What the form says of the structure itself, its other names left out."""
    return {
        "kind": StructureKind(form.kind.data),
        "site": form.site.data or "",
        "territory": form.territory.data or "",
        "summary": form.summary.data or "",
    }


def values_of(structure: Structure) -> dict[str, Any]:
    """The present value of each field that the form edits. `structure.aliases` must be loaded."""
    return {
        "name": structure.name,
        "kind": structure.kind,
        "site": structure.site,
        "territory": structure.territory,
        "summary": structure.summary,
        "aliases": "\n".join(alias.name for alias in structure.aliases),
    }
