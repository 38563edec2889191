"""Forms by which somebody hands over what they hold, and closes their account."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectField
from wtforms.validators import DataRequired, Length

from chantiers.web.forms import Form, bounded_int, options

NOBODY = 0


class HandoverForm(Form):
    """To whom everything passes, and whether one leaves with it."""

    receiver = SelectField(_l("La personne qui prend la suite"), coerce=bounded_int)
    leaves = BooleanField(_l("Quitter aussi le chantier"))

    def offer(self, people: Sequence[tuple[int, str]]) -> None:
        """Offer the other members of the chantier."""
        self.receiver.choices = options([(NOBODY, _l("Choisissez une personne")), *people])


class CloseForm(Form):
    """A confirmation by whoever has just shown who they are: with their password, or by a fresh link."""

    sure = BooleanField(
        _l("Je comprends que plus personne n’entrera avec ce compte, et que cela ne se défait pas"),
        validators=[DataRequired(_l("Cochez cette case pour confirmer."))],
    )


class CloseWithPasswordForm(CloseForm):
    """The same for somebody who has a password: whoever passes by an open screen does not know it."""

    password = PasswordField(
        _l("Votre mot de passe"),
        validators=[
            DataRequired(_l("Ce champ est nécessaire.")),
            Length(max=1000, message=_l("%(max)d caractères au plus.")),
        ],
    )


def close_form(user: Any) -> CloseForm:
    """The form that this person's account asks for."""
    return CloseWithPasswordForm() if user.password_hash else CloseForm()
