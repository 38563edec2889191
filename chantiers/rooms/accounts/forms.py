"""Forms of the accounts room: sign-in, password, profile, mails, language, charter."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
)
from wtforms.validators import DataRequired, EqualTo, Length

from chantiers.web.forms import EditForm, Form, LineField, clean_line
from chantiers.web.sessions import local_path

WEEKDAYS = (
    _l("Lundi"),
    _l("Mardi"),
    _l("Mercredi"),
    _l("Jeudi"),
    _l("Vendredi"),
    _l("Samedi"),
    _l("Dimanche"),
)
#: Longer than any password that is taken: enough to say so in words rather than to cut it.
PASSWORD_FIELD = 1000


class SecretField(PasswordField):
    """A password: never shown again, and taken as it was typed, spaces included."""

    def __init__(self, label: Any, *validators: Any, **options: Any) -> None:
        wanted = DataRequired(_l("Ce champ est nécessaire."))
        fits = Length(max=PASSWORD_FIELD, message=_l("%(max)d caractères au plus."))
        super().__init__(label, validators=[wanted, fits, *validators], **options)


class SignInForm(Form):
    """An address and a password."""

    email = EmailField(
        _l("Adresse électronique"),
        validators=[
            DataRequired(_l("Ce champ est nécessaire.")),
            Length(max=254, message=_l("%(max)d caractères au plus.")),
        ],
        filters=[clean_line],
    )
    password = SecretField(_l("Mot de passe"))
    next = HiddenField(filters=[local_path])


class AskLinkForm(Form):
    """Address to send a link to, and what the link is for."""

    email = EmailField(
        _l("Adresse électronique"),
        validators=[
            DataRequired(_l("Ce champ est nécessaire.")),
            Length(max=254, message=_l("%(max)d caractères au plus.")),
        ],
        filters=[clean_line],
    )
    purpose = RadioField(
        _l("Pour"),
        choices=[
            SelectChoice("sign_in", _l("me connecter sans mot de passe")),
            SelectChoice("password", _l("choisir un nouveau mot de passe")),
        ],
        default="sign_in",
    )
    next = HiddenField(filters=[local_path])


class ConfirmForm(Form):
    """A button, and nothing to type."""


class ChoosePasswordForm(Form):
    """A new password, typed twice."""

    password = SecretField(_l("Nouveau mot de passe"))
    password_again = SecretField(
        _l("Le même, une seconde fois"),
        EqualTo("password", message=_l("Les deux mots de passe ne sont pas les mêmes.")),
    )


class ChangePasswordForm(ChoosePasswordForm):
    """New password with the present one: whoever passes by an open screen does not know it."""

    current_password = SecretField(_l("Mot de passe actuel"))


class ProfileForm(EditForm):
    """Profile of a person: their name and title."""

    name = LineField(_l("Nom"))
    title = LineField(_l("Fonction"), required=False)


class MailsForm(Form):
    """Choice of mails."""

    digest = RadioField(
        _l("Le bilan de ce qui a bougé"),
        choices=[
            SelectChoice("weekly", _l("Chaque semaine")),
            SelectChoice("daily", _l("Chaque jour")),
            SelectChoice("never", _l("Jamais")),
        ],
    )
    day = SelectField(
        _l("Le jour du bilan de la semaine"),
        coerce=int,
        choices=[SelectChoice(number, name) for number, name in enumerate(WEEKDAYS)],
    )
    at_once = BooleanField(
        _l("M’écrire tout de suite quand on me mentionne, me confie une tâche ou me demande un avis")
    )
    checkpoints = BooleanField(
        _l("M’écrire aussi avant un comité pour me demander où en sont mes tâches (point d’étape)")
    )


class LanguageForm(Form):
    """A language, or the browser's."""

    locale = RadioField(
        _l("Langue"),
        choices=[
            SelectChoice("", _l("Celle de mon navigateur")),
            SelectChoice("fr", "Français"),
            SelectChoice("en", "English"),
        ],
    )
    next = HiddenField(filters=[local_path])


class CharterAcceptanceForm(Form):
    """An acceptance, of the very text that was read."""

    number = HiddenField()
    next = HiddenField(filters=[local_path])
