"""The shape of a comité de pilotage: its date, its agenda, who came, what was decided and who follows it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from chantiers.language.labels import PRESENCES, excerpt
from chantiers.web.forms import (
    CreationForm,
    DayField,
    EditForm,
    LineField,
    LongTextField,
    bounded_int,
    options,
)
from models import AgendaItem, Attendance, Chantier, MeetingPresence, Objective, Presence, Structure

WORDS = 20_000


class MeetingFields:
    """What is said of a session."""

    held_on = DayField(_l("Date"), required=True)
    place = LineField(_l("Lieu, ou adresse de la visioconférence"), required=False)
    opening = LongTextField(_l("Mot de la coordination"), length=WORDS)

    @property
    def day(self) -> date:
        """The date, once the form is valid."""
        return cast(date, self.held_on.data)


class MeetingForm(MeetingFields, CreationForm):
    """A new session."""


class MeetingEditForm(MeetingFields, EditForm):
    """One that exists."""


class AgendaItemForm(CreationForm):
    """A new point of the agenda."""

    title = LineField(_l("Le point à traiter"))
    note = LongTextField(_l("Ce qu’il faut savoir, ce qui est demandé"), length=WORDS)
    chantier = SelectField(_l("Chantier"), coerce=bounded_int)

    def offer(self, chantiers: Sequence[Chantier], whole: bool) -> None:
        """Offer these chantiers, and the démarche as a whole to those who speak for it."""
        every = [(0, _("Toute la démarche"))] if whole else []
        self.chantier.choices = options([*every, *chantier_choices(chantiers)])


class ItemEditForm(EditForm):
    """The words of a point of the agenda."""

    title = LineField(_l("Le point à traiter"))
    note = LongTextField(_l("Ce qu’il faut savoir, ce qui est demandé"), length=WORDS)


class AboutField(SelectField):
    """The chantier that a decision is about, or all of them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(_l("Elle concerne"), coerce=bounded_int, **settings)

    def offer(self, chantiers: Sequence[Chantier]) -> None:
        """Offer these chantiers, after the démarche as a whole."""
        self.choices = options([(0, _("Toute la démarche")), *chantier_choices(chantiers)])


class DecisionForm(CreationForm):
    """What was decided."""

    text = LongTextField(_l("Ce qui est décidé"), required=True, length=WORDS)
    item = SelectField(_l("Sur le point"), coerce=bounded_int)
    chantier = AboutField()

    def offer(self, items: Sequence[AgendaItem], chantiers: Sequence[Chantier]) -> None:
        """Offer the points of the agenda and the chantiers."""
        numbered = ((item.id, f"{number}. {item.title}") for number, item in enumerate(items, 1))
        self.item.choices = options([(0, _("Hors de l’ordre du jour")), *numbered])
        self.chantier.offer(chantiers)


class DecisionEditForm(EditForm):
    """The words of a decision, and what it is about."""

    text = LongTextField(_l("Ce qui est décidé"), required=True, length=WORDS)
    chantier = AboutField()


class FollowForm(CreationForm):
    """The task by which a decision is followed."""

    title = LineField(_l("La tâche"))
    objective = SelectField(
        _l("Objectif"), coerce=bounded_int, validators=[InputRequired(_l("Choisissez un objectif."))]
    )
    pilote = SelectField(_l("Structure pilote"), coerce=bounded_int)
    due_on = DayField(_l("Échéance"))

    def offer(self, objectives: Sequence[Objective], structures: Sequence[Structure]) -> None:
        """Offer these objectives, under their chantiers, and these structures."""
        self.objective.choices = options((each.id, excerpt(each.text, 110)) for each in objectives)
        for choice, each in zip(self.objective.choices, objectives, strict=True):
            choice.optgroup = f"{each.chantier.number}. {each.chantier.title}"
        named = ((structure.id, structure.name) for structure in structures)
        self.pilote.choices = options([(0, _("Pas encore de pilote")), *named])


def chantier_choices(chantiers: Sequence[Chantier]) -> list[tuple[int, str]]:
    """Chantiers as choices: « 3. Accompagner »."""
    return [(chantier.id, f"{chantier.number}. {chantier.title}") for chantier in chantiers]


# Who came: two fields for each structure ----------------------------------------------------------------------------


def attendance_form(structures: Sequence[Structure]) -> type[EditForm]:
    """A form with, for each structure, whether it came and who spoke for it: two people may note at once."""
    fields: dict[str, Any] = {}
    for structure in structures:
        fields[f"presence_{structure.id}"] = SelectField(
            _l("Présence de %(name)s", name=structure.name), choices=options(PRESENCES.items())
        )
        fields[f"people_{structure.id}"] = LineField(
            _l("Qui représentait %(name)s", name=structure.name), required=False
        )
    return type("AttendanceForm", (EditForm,), fields)


def noted(structures: Sequence[Structure], presences: Sequence[MeetingPresence]) -> dict[str, str]:
    """The values of that form as they are kept now."""
    kept = {each.structure_id: each for each in presences}
    values = {}
    for structure in structures:
        each = kept.get(structure.id)
        values[f"presence_{structure.id}"] = each.presence if each else ""
        values[f"people_{structure.id}"] = each.people if each else ""
    return values


def attendance(structures: Sequence[Structure], typed: Mapping[str, Any]) -> dict[int, Attendance]:
    """What the form says, by structure. Names without a choice mean that somebody was there."""
    said = {}
    for structure in structures:
        presence, people = typed[f"presence_{structure.id}"], typed[f"people_{structure.id}"] or ""
        if not presence and people:
            presence = Presence.PRESENT
        said[structure.id] = Attendance(Presence(presence) if presence else None, people)
    return said
