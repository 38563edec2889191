"""The words of templates in the language of the request.

What Jinja and Flask-Babel do together, without asking anew at each word which catalogue it comes from: a page has
hundreds of them.
"""

from typing import Any

from flask_babel import get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

#: The catalogue of each language, as it was first asked for.
_catalogues: dict[str, Any] = {}


@pass_eval_context
def say(place: EvalContext, text: str, /, **values: Any) -> str:
    """`text` in the language of the request; values are escaped where the template is HTML."""
    return _fill(place, _catalogue().ugettext(text), values)


@pass_eval_context
def say_number(place: EvalContext, singular: str, plural: str, num: int, /, **values: Any) -> str:
    """The one of two texts that goes with a number, which it may tell as %(num)d."""
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


#: By the names that templates call them.
WORDS = {"_": say, "gettext": say, "ngettext": say_number}
