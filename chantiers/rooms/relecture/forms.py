"""The shape of a relecture: whose opinion is asked, and what each thinks."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField

from chantiers.web.forms import DayField, Form, LongTextField, ManyField, options
from models import USUAL_REVIEW, Opinion, today


class SubmitForm(Form):
    """Whose opinion is asked, until when."""

    people = ManyField(_l("Personnes"))
    structures = ManyField(_l("Structures"))
    closes_on = DayField(_l("Réponses attendues jusqu’au"), default=lambda: today() + USUAL_REVIEW)
    message = LongTextField(_l("Message"), length=10_000)
    number = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask whose opinion is wanted: without anybody it is no relecture."""
        if not super().validate(extra_validators):
            return False
        if not (self.people.data or self.structures.data):
            self.structures.errors = [_("Choisissez au moins une structure ou une personne.")]
            return False
        return True


class ReviewAnswerForm(Form):
    """What somebody thinks of a version."""

    opinion = RadioField(
        _l("Votre avis"),
        choices=options(
            [
                (Opinion.FAVORABLE, _l("Favorable : cette version peut être validée")),
                (
                    Opinion.WITH_RESERVATIONS,
                    _l("Favorable avec réserves : à condition de changer des points"),
                ),
                (Opinion.TO_REWORK, _l("À reprendre : elle ne peut pas être validée ainsi")),
            ]
        ),
    )
    words = LongTextField(_l("Vos remarques"), length=10_000)
    quote = LongTextField(_l("Le passage dont il s’agit"), length=2000)

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for a sentence where the opinion is not plainly favourable."""
        if not super().validate(extra_validators):
            return False
        if self.opinion.data != Opinion.FAVORABLE and not self.words.data:
            self.words.errors = [_("Dites en une phrase ce qu’il faudrait changer.")]
            return False
        return True
