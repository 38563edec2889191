"""Forms of objectives: their words, and whether they say why or what."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from chantiers.web.forms import CreationForm, EditForm, LongTextField, options
from models import ObjectiveKind

KINDS = {
    ObjectiveKind.OPERATIONAL: _l("Opérationnel : ce que le chantier va faire"),
    ObjectiveKind.POLITICAL: _l("Politique : ce que le chantier veut changer"),
}
#: An objective is a sentence, at most a short paragraph: it is a heading on the chantier's page.
LENGTH = 1000


class ObjectiveForm(CreationForm):
    """A new objective."""

    kind = RadioField(_l("Nature"), choices=options(KINDS.items()), default=ObjectiveKind.OPERATIONAL)
    text = LongTextField(_l("L’objectif, en une phrase"), required=True, length=LENGTH)


class ObjectiveEditForm(EditForm):
    """The words of an objective."""

    text = LongTextField(_l("L’objectif, en une phrase"), required=True, length=LENGTH)
