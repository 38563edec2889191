"""Forms by which somebody asks to join a chantier, and a référent says no."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from chantiers.web.forms import CreationForm, Form, LongTextField, bounded_int, options

#: A few words, not a letter.
WORDS = 2000


class AskForm(CreationForm):
    """In whose name, and why."""

    structure = SelectField(_l("Au nom de"), coerce=bounded_int)
    words = LongTextField(_l("Quelques mots"), length=WORDS)

    def offer(self, structures: Sequence[tuple[int, str]]) -> None:
        """Offer one's structures, the first one chosen; or to come in one's own name."""
        self.structure.choices = options([*structures, (0, _l("moi seulement"))])


class RefuseForm(Form):
    """A word with the refusal, or none."""

    words = LongTextField(_l("Un mot d’explication"), length=WORDS)
