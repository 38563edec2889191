"""The shape of a point d'avancement: the météo, a few sentences, what is needed."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from chantiers.language.labels import WEATHERS
from chantiers.web.forms import CreationForm, EditForm, LongTextField, options


class ProgressFields:
    """What a référent says of their chantier."""

    weather = RadioField(_l("La météo du chantier"), choices=options(WEATHERS.items()))
    words = LongTextField(_l("En quelques phrases"), required=True, length=10_000)
    needs = LongTextField(_l("De quoi avez-vous besoin ?"), length=5_000)


class ProgressForm(ProgressFields, CreationForm):
    """A new point d'avancement."""


class ProgressEditForm(ProgressFields, EditForm):
    """The words of one that was told."""
