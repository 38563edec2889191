"""Forms of a point d'étape, and of an answer to it."""

from datetime import date, timedelta
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField

from chantiers.web.forms import (
    CreationForm,
    DayField,
    EditForm,
    Form,
    LineField,
    LongTextField,
    clean_line,
    options,
)
from models import USUAL_NOTICE, CheckpointAnswer, today

#: How far ahead a new one is proposed.
AHEAD = timedelta(days=21)


class PlanFields:
    """Fields of a point d'étape."""

    name = LineField(_l("Ce qu’il prépare"), length=120)
    held_on = DayField(_l("Date"), default=lambda: today() + AHEAD)
    asks_on = DayField(_l("Jour d’envoi des mails"), default=lambda: today() + AHEAD - USUAL_NOTICE)
    words = LongTextField(_l("Mot de la coordination"), length=3000)


class Dated:
    """A form that needs its dates."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for the date itself; the day of the mails follows from it where it is left out."""
        valid: bool = super().validate(extra_validators)  # type: ignore[misc]
        field = self.held_on  # type: ignore[attr-defined]
        if valid and field.data is None:
            field.errors = [_("Donnez la date à préparer.")]
            return False
        return valid

    @property
    def day(self) -> date:
        """The date itself, once the form is valid."""
        return cast(date, self.held_on.data)  # type: ignore[attr-defined]


class PlanForm(PlanFields, Dated, CreationForm):
    """A new point d'étape."""


class PlanEditForm(PlanFields, Dated, EditForm):
    """Point d'étape that exists. Once people were asked, the day on which they are is past."""

    def keep_to_date(self) -> None:
        """Take away what can no longer change."""
        del self.asks_on


class CheckpointAnswerForm(Form):
    """Answer to a point d'étape: where a task stands."""

    answer = RadioField(
        _l("Où en est cette tâche ?"),
        choices=options(
            [
                (CheckpointAnswer.IN_PROGRESS, _l("En cours")),
                (CheckpointAnswer.DONE, _l("C’est fait")),
                (CheckpointAnswer.BLOCKED, _l("Bloquée")),
            ]
        ),
    )
    words = LongTextField(_l("Une phrase, pour les autres"), length=2000)
    need = LongTextField(_l("Si elle est bloquée, de quoi avez-vous besoin ?"), length=2000)
    seen = HiddenField(filters=[clean_line])

    def says_what_blocks(self, is_blocked: bool) -> bool:
        """Whether a task that becomes blocked comes with its sentence; the error is told otherwise."""
        if self.answer.data != CheckpointAnswer.BLOCKED or is_blocked or self.words.data:
            return True
        self.words.errors = [_("Dites en une phrase ce qui bloque : les autres en ont besoin pour aider.")]
        return False
