"""Forms by which structures and people join a chantier, and their parts in it change."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired

from chantiers.language.labels import CHANTIER_ROLES, STRUCTURE_KINDS
from chantiers.web.forms import AddressField, CreationForm, Form, LineField, ManyField, bounded_int, options
from models import ChantierRole, StructureKind

Choices = Sequence[tuple[int, str]]


class RoleField(RadioField):
    """Participant or référent: the only two that a chantier gives, and no rank in the démarche."""

    def __init__(self, label: Any, **settings: Any) -> None:
        super().__init__(label, choices=options(CHANTIER_ROLES.items()), **settings)


class EnrolForm(Form):
    """Structures of the directory to enrol."""

    structures = ManyField(
        _l("Structures de l’annuaire"), validators=[DataRequired(_l("Choisissez au moins une structure."))]
    )

    def offer(self, structures: Choices) -> None:
        """Offer these structures."""
        self.structures.choices = options(structures)


class NewStructureForm(CreationForm):
    """A structure that the directory does not know yet."""

    name = LineField(_l("Nom de la structure"))
    kind = SelectField(_l("Nature"), choices=options(STRUCTURE_KINDS.items()), default=StructureKind.UNKNOWN)


class AddPersonForm(Form):
    """Somebody who is known, and their part in the chantier."""

    person = RadioField(
        _l("Personne"),
        coerce=bounded_int,
        validators=[InputRequired(_l("Choisissez une personne."))],
    )
    role = RoleField(_l("Son rôle dans ce chantier"), default=ChantierRole.PARTICIPANT)

    def offer(self, people: Choices) -> None:
        """Offer these people."""
        self.person.choices = options(people)


class NewPersonForm(CreationForm):
    """Somebody new: who they are, where they come from, their part in the chantier."""

    name = LineField(_l("Prénom et nom"))
    title = LineField(_l("Fonction"), required=False)
    email = AddressField(_l("Adresse électronique"))
    structure = SelectField(_l("Structure"), coerce=bounded_int, default=0)
    role = RoleField(_l("Son rôle dans ce chantier"), default=ChantierRole.PARTICIPANT)

    def offer(self, structures: Choices) -> None:
        """Offer these structures, or none."""
        self.structure.choices = options([(0, _l("Aucune pour l’instant")), *structures])


class RoleForm(Form):
    """The part of somebody who takes part already."""

    role = RoleField(_l("Rôle dans ce chantier"))
