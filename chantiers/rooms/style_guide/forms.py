"""Forms of the style guide: one as it opens, one as it comes back refused."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, RadioField, SelectField
from wtforms.validators import InputRequired

from chantiers.rooms.style_guide.samples import MANY_NAMES
from chantiers.web.forms import DayField, Form, LineField, LongTextField, ManyField, options


class SampleForm(Form):
    """One field of each kind."""

    title = LineField(_l("Titre"))
    objective = SelectField(
        _l("Objectif"), choices=options([("1", "Élaborer un référentiel"), ("2", "Créer des parcours")])
    )
    description = LongTextField(_l("Description"))
    due_on = DayField(_l("Échéance"))
    structures = ManyField(_l("Structures contributrices"), choices=options(enumerate(MANY_NAMES, 1)))
    weather = RadioField(
        _l("Météo"),
        choices=options(
            [("bright", _l("Ensoleillé")), ("clearing", _l("Éclaircies")), ("rain", _l("Pluie"))]
        ),
        validators=[InputRequired()],
    )
    file = FileField(_l("Fichier"))
    notify = BooleanField(_l("Me prévenir des suites"))


def refused_form() -> SampleForm:
    """The same form after a refusal: what was typed is still there, with what to change."""
    form = SampleForm(prefix="refus", formdata=None)
    form.description.data = "Un premier jet, gardé tel quel."
    form.structures.data = [2, 5]
    form.title.errors = [_l("Ce champ est nécessaire.")]
    form.due_on.errors = [_l("Cette date n’est pas comprise. Écrivez-la comme ceci : 12/03/2026.")]
    return form
