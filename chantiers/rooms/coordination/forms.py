"""Form of a relance (reminder)."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from chantiers.web.forms import CreationForm, LineField, LongTextField, ManyField, options
from models import Recipient

WORDS_LENGTH = 5000


class RelaunchForm(CreationForm):
    """Recipients and words of a relance: sent once, even when the form is sent twice."""

    people = ManyField(_l("À qui"))
    title = LineField(_l("Objet"), length=200)
    words = LongTextField(_l("Votre message"), required=True, length=WORDS_LENGTH)

    def offer(self, people: Sequence[Recipient]) -> None:
        """Offer those whom the thing concerns, by name; those in charge are chosen until told otherwise."""
        self.people.choices = options((person.id, person.name) for person in people)
        if not self.is_submitted():
            self.people.data = [person.id for person in people if person.is_in_charge]
