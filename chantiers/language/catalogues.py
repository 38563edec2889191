"""Catalogues: compiled as the application starts, and read by templates in the language of the request.

Its gettext and ngettext replace those of Jinja and Flask-Babel, which look the catalogue up anew for each text: a page
has hundreds of them.
"""

from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from chantiers.config import Misconfigured

#: Cache of catalogues, by language, filled at first use.
_catalogues: dict[str, Any] = {}


def init_app(app: Flask) -> None:
    """Tell Flask-Babel where the compiled catalogues are. Raises Misconfigured when they cannot be written."""
    sources = Path(app.config["BABEL_TRANSLATION_DIRECTORIES"])
    kept = Path(app.config["INSTANCE_DIR"]) / "translations"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compiled(sources, kept))


def compiled(sources: Path, kept: Path) -> Path:
    """Return a folder whose compiled catalogues are up to date, after making those that are not.

    They stand beside their sources; a program that may not write there keeps them with its instance.
    """
    for folder in (sources, kept):
        with suppress(OSError):
            for source in sources.glob("*/LC_MESSAGES/*.po"):
                compile_catalogue(source, folder / source.relative_to(sources).with_suffix(".mo"))
            return folder
    raise Misconfigured(
        f"Les traductions ne s’écrivent ni dans {sources}, ni dans {kept} : réglez INSTANCE_DIR sur un dossier où "
        "le programme peut écrire."
    )


def compile_catalogue(source: Path, target: Path) -> None:
    """Compile a catalogue, unless it was already compiled from the same bytes; processes may do so at once.

    The SHA-256 of the source stands at the end of the compiled file, where gettext does not look.
    """
    content = source.read_bytes()
    digest = sha256(content).digest()
    with suppress(FileNotFoundError):
        if target.read_bytes().endswith(digest):
            return
    buffer = BytesIO()
    write_mo(buffer, read_po(BytesIO(content), locale=target.parent.parent.name))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        draft.write_bytes(buffer.getvalue() + digest)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@pass_eval_context
def say(place: EvalContext, text: str, /, **values: Any) -> str:
    """Translate `text` (gettext); values are escaped where the template is HTML."""
    return _fill(place, _catalogue().ugettext(text), values)


@pass_eval_context
def say_number(place: EvalContext, singular: str, plural: str, num: int, /, **values: Any) -> str:
    """Translate in singular or plural (ngettext); the text may hold the number as %(num)d."""
    values.setdefault("num", num)
    return _fill(place, _catalogue().ungettext(singular, plural, num), values)


def _fill(place: EvalContext, words: str, values: dict[str, Any]) -> str:
    if place.autoescape:
        words = Markup(words)
    return words % values if "%" in words else words


def _catalogue() -> Any:
    locale = get_locale()
    if locale is None:
        return get_translations()
    language = locale.language
    if language not in _catalogues:
        _catalogues[language] = get_translations()
    return _catalogues[language]


#: Translation functions by the names that templates call.
WORDS = {"_": say, "gettext": say, "ngettext": say_number}
