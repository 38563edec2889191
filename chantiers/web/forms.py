"""Forms and fields: clean input, idempotent creation (a key per form), late saves that overwrite nobody."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any
from uuid import uuid4

from babel.support import Translations
from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict
from wtforms import (
    DateField,
    Field,
    FileField,
    HiddenField,
    PasswordField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import messages_path
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError
from wtforms.widgets import EmailInput

from models import Submission, db

LINE_LENGTH = 300
TEXT_LENGTH = 100_000
#: Dates outside these years are slips of the keyboard: no chantier is due under Charlemagne.
YEARS = (2000, 2100)

#: What an address looks like; whether it exists, only a mail can tell.
ADDRESS = r"^[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s.]+$"

#: The last two code points of each plane are no characters: no page may hold them.
_NOWHERE = "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
#: Control characters that no text needs; line breaks and tabs stay.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff" + _NOWHERE + "]"
)


def clean_text(text: str | None) -> str:
    """Clean a typed text of what breaks a database or a page: NUL, lone surrogates, carriage returns. NFC, stripped."""
    if not text:
        return ""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text).strip()


def clean_line(text: str | None) -> str:
    """Clean a typed line: as `clean_text`, with runs of blanks as one space."""
    return " ".join(clean_text(text).split())


class LineField(StringField):
    """Field for one line of text, required by default, at most 300 characters."""

    def __init__(self, label: Any, required: bool = True, length: int = LINE_LENGTH, **options: Any) -> None:
        wanted = DataRequired(_l("Ce champ est nécessaire.")) if required else Optional()
        fits = Length(max=length, message=_l("%(max)d caractères au plus."))
        super().__init__(
            label, validators=[wanted, fits, *options.pop("validators", [])], filters=[clean_line], **options
        )


class AddressField(LineField):
    """Field for an e-mail address; optional, since people may be known before their address is."""

    widget = EmailInput()

    def __init__(self, label: Any, **options: Any) -> None:
        looks_right = Regexp(ADDRESS, message=_l("Cette adresse n’est pas complète."))
        super().__init__(label, length=254, validators=[looks_right], **{"required": False, **options})

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([value.lower() for value in valuelist])


class LongTextField(TextAreaField):
    """Field for a text in Markdown, whose draft the browser keeps until the save is confirmed."""

    def __init__(self, label: Any, required: bool = False, length: int = TEXT_LENGTH, **options: Any) -> None:
        wanted = DataRequired(_l("Ce champ est nécessaire.")) if required else Optional()
        fits = Length(max=length, message=_l("%(max)d caractères au plus."))
        super().__init__(
            label, validators=[wanted, fits, *options.pop("validators", [])], filters=[clean_text], **options
        )

    @property
    def draft_key(self) -> str:
        """Key under which the browser keeps this person's draft of this field of this page."""
        return f"{current_user.id}:{request.script_root}{request.path}:{self.name}"

    @property
    def preview_address(self) -> str:
        """Address of the Markdown preview; empty for those who are not signed in."""
        return url_for("comments.preview") if current_user.is_authenticated else ""


class DayField(DateField):
    """Field for a day, as browsers send it or as people write it: 2026-03-12, 12/03/2026, 12.3.2026."""

    def __init__(self, label: Any, required: bool = False, **options: Any) -> None:
        wanted = DataRequired(_l("Ce champ est nécessaire.")) if required else Optional()
        super().__init__(
            label,
            format=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"],
            validators=[wanted, self.plausible],
            **options,
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        # Python's strptime accepts digits of any script and blanks that databases and people do not.
        if valuelist and valuelist[0] and not re.fullmatch(r"[0-9./-]{8,10}", valuelist[0].strip()):
            self.data = None
            raise ValueError(_l("Cette date n’est pas comprise. Écrivez-la comme ceci : 12/03/2026."))
        try:
            super().process_formdata([value.strip() for value in valuelist])
        except ValueError:
            raise ValueError(
                _l("Cette date n’est pas comprise. Écrivez-la comme ceci : 12/03/2026.")
            ) from None

    @staticmethod
    def plausible(form: Any, field: Any) -> None:
        """Validate the year: outside `YEARS` it can only be a slip. Raises ValidationError."""
        if field.data and not YEARS[0] <= field.data.year <= YEARS[1]:
            raise ValidationError(_l("L’année doit être comprise entre 2000 et 2100."))


class ManyField(SelectMultipleField):
    """Field for several choices, by number; a value that is not offered is refused in words."""

    def __init__(self, label: Any, **options: Any) -> None:
        super().__init__(label, coerce=bounded_int, validate_choice=True, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        # A value sent twice is one choice.
        super().process_formdata(list(dict.fromkeys(valuelist)))


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Turn (value, label) pairs into the choices of a select, radio or checkbox field."""
    return [SelectChoice(value, label) for value, label in pairs]


def bounded_int(value: Any) -> int:
    """Parse a number of at most 18 digits, which the database can hold. Raises ValueError."""
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("not a number of ours")
    return int(text)


def number_of_ours(text: str | None) -> int | None:
    """Parse a positive number of at most 18 digits; None for anything else."""
    if text and text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text) or None
    return None


def asked_number(name: str) -> int | None:
    """Parse a positive number from this parameter of the query string; None for anything else."""
    return number_of_ours(request.args.get(name))


def asked_page(most: int = 10_000) -> int:
    """Parse the page number of the query string: 1 unless it names another, up to `most`."""
    page = asked_number("page") or 1
    return page if page <= most else 1


class Messages:
    """Translations of WTForms' own messages, cached per locale; Flask-WTF would read their file at each one."""

    def gettext(self, text: str) -> str:
        """Translate a message."""
        words: str = _messages(str(get_locale())).ugettext(text)
        return words

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Translate a message in its singular or plural form."""
        words: str = _messages(str(get_locale())).ungettext(singular, plural, number)
        return words


@cache
def _messages(locale: str) -> Any:
    return Translations.load(messages_path(), [locale], domain="wtforms")


class Form(FlaskForm):
    """Base class of forms. Errors are shown with what was typed, never instead of it."""

    class Meta:
        """Settings that WTForms reads: translations, and how submitted data is wrapped."""

        def get_translations(self, _form: Any) -> Messages:
            """Return the translations of WTForms' messages."""
            return Messages()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Pass texts without control characters, and files only to file fields; passwords as they are."""
            if formdata is not _Auto:
                return formdata
            if not form.is_submitted() or not (request.form or request.files):
                return None
            secret = {each.name for each in form if isinstance(each, PasswordField)}
            readable: MultiDict[str, Any] = MultiDict(
                (name, value if name in secret else _CONTROL.sub("", value))
                for name, value in request.form.items(multi=True)
            )
            for each in form:
                if isinstance(each, FileField):
                    readable.setlist(each.name, request.files.getlist(each.name))
            return readable


class CreationForm(Form):
    """Form that creates one thing, even when it is sent twice (idempotency key)."""

    key = HiddenField(default=lambda: uuid4().hex, filters=[clean_line])


@dataclass
class Reconciliation:
    """Outcome of a late save: fields merged (only others changed them) and fields in conflict (both did)."""

    merged: list[Field] = field(default_factory=list)
    #: Field → (what this person typed, what is saved now).
    conflicts: dict[Field, tuple[Any, Any]] = field(default_factory=dict)


class EditForm(Form):
    """Form that edits a thing others may be editing too (optimistic concurrency, field by field).

    `seen` carries a fingerprint of each value as this page showed it: enough to tell, field by field, who changed what
    since, without sending every text twice.
    """

    seen = HiddenField(filters=[clean_line])

    def show(self, current: Mapping[str, Any]) -> None:
        """Store the fingerprints of the values that the page is about to show."""
        self.seen.data = json.dumps({name: fingerprint(value) for name, value in current.items()})

    def reconcile(self, current: Mapping[str, Any]) -> Reconciliation:
        """Merge what was typed with what is saved now, against what was shown (three-way), field by field.

        A field that only others changed takes their value; one that both changed, differently, is a conflict. The form
        then shows the current values, so that sending it again is a decision and not an accident.
        """
        shown = self._shown()
        result = Reconciliation()
        for name, theirs in current.items():
            typed = self[name]
            mine, base, saved = fingerprint(typed.data), shown.get(name), fingerprint(theirs)
            if saved in (mine, base):
                continue
            if mine == base:
                typed.data = theirs
                result.merged.append(typed)
            else:
                result.conflicts[typed] = (typed.data, theirs)
        self.show(current)
        return result

    def _shown(self) -> dict[str, Any]:
        try:
            shown = json.loads(self.seen.data or "{}")
        except (ValueError, RecursionError):
            return {}
        return shown if isinstance(shown, dict) else {}


def fingerprint(value: Any) -> str:
    """Hash a field's value, shortly: equal for equal values, whatever their line ends or order."""
    if value is None:
        plain = ""
    elif isinstance(value, date):
        plain = value.isoformat()
    elif isinstance(value, (list, tuple, set, frozenset)):
        plain = ",".join(sorted(str(item) for item in value))
    else:
        plain = clean_text(str(value))
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def create_once(form: CreationForm, create: Callable[[], str]) -> ResponseReturnValue:
    """Run `create`, which returns the new thing's address, and go there; the same form sent again only goes there.

    Of two at the same moment, the second waits for the unique key of the first, then redirects to its thing.
    """
    # A key is worth something on its own form and for the same words only: whoever goes back and types something else
    # creates something else.
    key = f"{current_user.id}:{request.path}:{(form.key.data or uuid4().hex)[:40]}:{_content_digest()}"
    key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    earlier = db.session.get(Submission, key)
    if earlier is None:
        submission = Submission(key=key, user_id=current_user.id)
        db.session.add(submission)
        try:
            db.session.flush()
        except IntegrityError:
            db.session.rollback()
            earlier = db.session.get(Submission, key)
        else:
            submission.location = create()
            db.session.commit()
            saved(form)
            return redirect(submission.location, 303)
    assert earlier is not None
    saved(form)
    return redirect(earlier.location, 303)


def _content_digest() -> str:
    """Hash everything that the form holds, so that the same form with other words is another submission."""
    words = [item for item in request.form.items(multi=True) if item[0] not in ("csrf_token", "key")]
    names = [(name, file.filename) for name, file in request.files.items(multi=True)]
    content = json.dumps([words, names]).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def saved(form: Form) -> None:
    """Tell the browser, on the next page, that the drafts of this form's long fields are saved."""
    keys = [item.draft_key for item in form if isinstance(item, LongTextField)]
    if keys:
        session["saved_drafts"] = session.get("saved_drafts", [])[-10:] + keys
