"""Forms of tasks: a new one, its words and carriers, its status, its place on the board."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired

from chantiers.language.journal import name_of
from chantiers.language.labels import TASK_STATUSES, excerpt
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
from models import Objective, Structure, Task, User


class TaskFields:
    """What is said of a task."""

    title = LineField(_l("Titre"))
    objective = SelectField(
        _l("Objectif"), coerce=bounded_int, validators=[InputRequired(_l("Choisissez un objectif."))]
    )
    description = LongTextField(_l("Description"))
    due_on = DayField(_l("Échéance"))
    pilote = SelectField(_l("Structure pilote"), coerce=bounded_int)
    contributors = ManyField(_l("Structures contributrices"))
    people = ManyField(_l("Personnes"))


class Offering:
    """Fills the choices of a task's form, and gives back what was chosen."""

    def offer(
        self: Any,
        objectives: Sequence[Objective],
        structures: tuple[Sequence[Structure], Sequence[Structure]],
        people: Sequence[User],
    ) -> None:
        """Offer these objectives, structures (those of the chantier first) and people."""
        present, others = structures
        self.offered = {line.id: line for line in (*present, *others)}
        self.offered_objectives = {line.id: line for line in objectives}
        self.offered_people = {person.id: person for person in people}
        self.objective.choices = objective_options(objectives)
        if "pilote" in self:
            here = options((line.id, line.name) for line in present)
            for choice in here:
                choice.optgroup = _("Structures du chantier")
            elsewhere = options((line.id, line.name) for line in others)
            for choice in elsewhere:
                choice.optgroup = _("Autres structures : elles rejoindront le chantier")
            self.pilote.choices = [*options([(0, _("Pas encore de pilote"))]), *here, *elsewhere]
            self.contributors.choices = options((line.id, line.name) for line in (*present, *others))
            self.people.choices = options((person.id, name_of(person)) for person in people)

    @property
    def chosen_objective(self: Any) -> Objective:
        """The objective that was chosen among those offered."""
        chosen: Objective = self.offered_objectives[self.objective.data]
        return chosen

    @property
    def chosen_pilote(self: Any) -> Structure | None:
        """The lead structure, if one was chosen."""
        chosen: Structure | None = self.offered.get(self.pilote.data)
        return chosen

    @property
    def chosen_contributors(self: Any) -> list[Structure]:
        """The contributing structures."""
        return [self.offered[number] for number in self.contributors.data or []]

    @property
    def chosen_people(self: Any) -> list[User]:
        """The people named on it."""
        return [self.offered_people[number] for number in self.people.data or []]


class TaskForm(TaskFields, Offering, CreationForm):
    """A new task."""


class QuickTaskForm(CreationForm):
    """A new task in one line: the rest can wait."""

    title = LineField(_l("Titre de la tâche"))
    objective = SelectField(
        _l("Objectif"), coerce=bounded_int, validators=[InputRequired(_l("Choisissez un objectif."))]
    )

    def offer(self, objectives: Sequence[Objective], chosen: int | None = None) -> None:
        """Offer these objectives; the one that the page is narrowed to comes chosen."""
        self.objective.choices = objective_options(objectives)
        if chosen and not self.is_submitted():
            self.objective.data = chosen


class TaskEditForm(TaskFields, Offering, EditForm):
    """A task that exists. Who may only reword it gets neither its date nor its carriers."""

    def keep_to_words(self) -> None:
        """Take away what this person may not set."""
        for name in ("due_on", "pilote", "contributors", "people"):
            del self[name]


class StatusForm(Form):
    """A move, from the status that the page showed, with its sentences where it needs any."""

    move = HiddenField()
    seen_status = HiddenField()
    reason = LongTextField(_l("Qu’est-ce qui bloque ?"), length=2000)
    need = LongTextField(_l("De quoi avez-vous besoin ?"), length=2000)


class PlaceForm(Form):
    """A place on the board: a column, and what stands above; from the column that the page showed."""

    seen_status = HiddenField()
    next = HiddenField()
    status = RadioField(_l("Colonne"), choices=options(TASK_STATUSES.items()))
    place = RadioField(
        _l("Dans cette colonne"),
        choices=options(
            [
                ("first", _l("Tout en haut")),
                ("up", _l("Une place plus haut")),
                ("down", _l("Une place plus bas")),
            ]
        ),
        default="first",
    )
    reason = LongTextField(_l("Qu’est-ce qui bloque, ou pourquoi l’abandonner ?"), length=2000)
    need = LongTextField(_l("De quoi avez-vous besoin ?"), length=2000)


class ChecklistItemForm(CreationForm):
    """A new line of the checklist."""

    text = LineField(_l("Ajouter un point"))


def objective_options(objectives: Sequence[Objective]) -> list[Any]:
    """The objectives as a select shows them: the beginning of their words."""
    return options((objective.id, excerpt(objective.text, 110)) for objective in objectives)


def values_of(task: Task) -> dict[str, Any]:
    """The present value of each field of a task."""
    return {
        "title": task.title,
        "objective": task.objective_id,
        "description": task.description,
        "due_on": task.due_on,
        "pilote": task.pilote_id or 0,
        "contributors": [structure.id for structure in task.contributors],
        "people": [person.id for person in task.people],
    }
