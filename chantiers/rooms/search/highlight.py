"""The words that answer, marked in what is shown: found as the index finds them, whatever their accents and endings."""

import re
import unicodedata
from collections.abc import Sequence

from markupsafe import Markup, escape

from models import Term, fold

WORD = re.compile(r"[^\W_]+")
#: What Markdown writes for the eye of machines: it says nothing in an excerpt.
SIGNS = re.compile(r"(?m)^\s{0,3}(?:#{1,6}|[-*+>]|\d+[.)])\s+|[*_`|]+|!?\[([^\]\n]*)\]\([^)\n]*\)")
#: An excerpt begins so far before the first hit, and is that long.
BEFORE, LONG = 60, 240


def marked(text: str, terms: Sequence[Term]) -> Markup:
    """The text, escaped, with its answers in <mark>."""
    text = unicodedata.normalize("NFC", text)
    pieces, done = [], 0
    for start, end in _hits(text, terms):
        pieces += [escape(text[done:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        done = end
    return Markup("").join([*pieces, escape(text[done:])])


def around(text: str, terms: Sequence[Term]) -> Markup:
    """The part of a text where it first answers, or its beginning."""
    plain = " ".join(SIGNS.sub(r"\1", unicodedata.normalize("NFC", text)).split())
    first = next(iter(_hits(plain, terms)), (0, 0))[0]
    start = plain.rfind(" ", 0, first - BEFORE) + 1 if first > BEFORE else 0
    end = start + LONG
    if end < len(plain):
        end = max(plain.rfind(" ", start, end), first + 1) if " " in plain[start:end] else end
    return (
        (Markup("… ") if start else Markup(""))
        + marked(plain[start:end], terms)
        + (Markup(" …") if end < len(plain) else Markup(""))
    )


def _hits(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    found = []
    for match in WORD.finditer(text):
        words = fold(match.group()).split()
        if any(term.is_in(word) for word in words for term in terms):
            found.append(match.span())
    return found
