"""Forms of the coordination's own work: people, chantiers, the démarche and its charter."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField
from wtforms.validators import NumberRange

from chantiers.language.labels import ROLES
from chantiers.web.forms import (
    AddressField,
    CreationForm,
    EditForm,
    LineField,
    LongTextField,
    ManyField,
    options,
)
from models import HUES, Role, Structure


class PersonFields:
    """What is said of a person, whether they are new or known."""

    name = LineField(_l("Prénom et nom"))
    title = LineField(_l("Fonction"), required=False)
    email = AddressField(_l("Adresse électronique"))
    role = RadioField(_l("Rôle dans la démarche"), choices=options(ROLES.items()), default=Role.MEMBER)


class PersonForm(PersonFields, CreationForm):
    """A new person, and the structures they come from."""

    structures = ManyField(_l("Structures"))

    def offer(self, structures: list[Structure]) -> None:
        """Offer these structures."""
        self.structures.choices = options((structure.id, structure.name) for structure in structures)


class PersonEditForm(PersonFields, EditForm):
    """A person who is known already."""


class ChantierFields:
    """What is said of a chantier."""

    number = IntegerField(_l("Numéro"), validators=[NumberRange(1, 999, _l("Un nombre entre 1 et 999."))])
    title = LineField(_l("Titre"))
    summary = LongTextField(_l("Présentation"))


class ChantierForm(ChantierFields, CreationForm):
    """A new chantier."""


class ChantierEditForm(ChantierFields, EditForm):
    """A chantier that exists; its colour can change, its address stays."""

    hue = RadioField(
        _l("Couleur"), coerce=int, choices=options((hue, str(hue)) for hue in range(1, HUES + 1))
    )


class DemarcheForm(EditForm):
    """The démarche itself."""

    name = LineField(_l("Nom de la démarche"))
    presentation = LongTextField(_l("Présentation"))
    bearer = LineField(_l("Portée par"), required=False)
    initiative = LineField(_l("À l’initiative de"), required=False)
    site = LineField(_l("Site"), required=False, length=500)
    contact_name = LineField(_l("Personne à contacter"), required=False)
    contact_title = LineField(_l("Sa fonction"), required=False)
    silent_after_days = IntegerField(
        _l("« Sans nouvelles » après combien de jours"),
        validators=[NumberRange(7, 365, _l("Entre 7 et 365 jours."))],
    )


class CharterPublicationForm(CreationForm):
    """A new text of the charter, which everybody will be asked to accept."""

    text = LongTextField(_l("Texte de la charte"), required=True)


def values_of(thing: Any, form: EditForm) -> dict[str, Any]:
    """The present value of each field that the form edits."""
    return {field.name: getattr(thing, field.name) for field in form if hasattr(thing, field.name)}
