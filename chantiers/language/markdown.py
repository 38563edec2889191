"""Markdown to HTML: sanitised (no XSS), bounded in time, with headings that fit the page's outline."""

import hashlib
import re
import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

#: Beyond this many characters, a text is shown as it was typed: nobody waits seconds for a page, nor does the server.
LONGEST = 100_000
#: The deepest nesting of quotes and lists (a list counts twice): people go three deep, and each level costs time.
DEEPEST = 13
#: The most signs that open or close something: for each, the parser may scan the whole text.
MOST_SIGNS = 20_000

CACHE_BYTES = 8 * 1024 * 1024

#: A text stands under an h2 of its page.
TEXT_STARTS_UNDER = 2

TAGS = {
    *(
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
    ),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"class"}, "th": {"class", "scope"}}
CLASSES = {"align-left", "align-center", "align-right"}
SCHEMES = {"http", "https", "mailto"}

_BARE_URL = re.compile(r"https?://[^\s<>\"«»]+")
#: What ends a sentence ends the address too.
_AFTER_URL = ".,;:!?'’…*_~"
_SIGNS = re.compile(r"[\[\]()<>`*_~!|&\\]")
_NARROW, _WIDE = "\u202f", "\u00a0"


def render(text: str | None) -> Markup:
    """Render a text as HTML, from the cache if it is there. Any text is rendered, in bounded time."""
    if not text:
        return Markup("")
    sound = text.encode("utf-8", "replace").decode()
    digest = hashlib.blake2b(sound.encode(), digest_size=16).digest()
    html = _cache.get(digest)
    if html is None:
        html = _sanitise(_parse(sound))
        _cache.put(digest, html)
    return Markup(html)


def render_with_mentions(text: str | None, names: Iterable[str]) -> Markup:
    """Render a text with its mentions: `@[Nom]` of one of these names is marked up, any other stays as typed."""
    html = render(text)
    for name in names:
        drawn = Markup('<span class="mention">@{}</span>').format(name)
        html = Markup(str(html).replace(str(escape(f"@[{name}]")), str(drawn)))
    return html


def plain(text: str | None, length: int = 200) -> str:
    """Return the beginning of a text without its Markdown, on one line, cut between words."""
    if not text:
        return ""
    # What is far behind the cut need not be parsed.
    start = text.encode("utf-8", "replace").decode()[: 4 * length + 200]
    words = " ".join(_words_of(start))
    if len(words) <= length:
        return words
    cut = words[:length].rpartition(" ")[0] or words[: length - 1]
    return cut.rstrip(" ,;:–—-(«") + "…"


def french_spaces(text: str) -> str:
    """Replace the spaces before ; ! ? % € : » and after « with non-breaking ones. None is added."""
    text = re.sub(r" (?=[;!?%€])", _NARROW, text)
    text = re.sub(r" (?=[:»])", _WIDE, text)
    return re.sub(r"(?<=«) ", _WIDE, text)


# Parsing ---------------------------------------------------------------------------------------------------------


def _parse(text: str) -> str:
    if _is_reasonable(text):
        with suppress(_TooDeep):
            return str(_parser.render(text))
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))


def _is_reasonable(text: str) -> bool:
    return len(text) <= LONGEST and sum(1 for _ in _SIGNS.finditer(text)) <= MOST_SIGNS


class _TooDeep(Exception):
    """Nesting beyond the limit: raised, since the parser would silently drop what is deeper."""


def _watch_depth(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    if state.level > DEEPEST:
        raise _TooDeep
    return False


def _adapt(state: StateCore) -> None:
    """Fit the parsed text into our pages: headings, alignment of cells, bare links (core rule)."""
    _fit_headings(state.tokens)
    for token in state.tokens:
        if token.type in ("th_open", "td_open"):
            _align(token)
        elif token.type == "inline" and token.children:
            token.children = list(_link_bare_urls(token.children))


def _fit_headings(tokens: Sequence[Token]) -> None:
    """Shift headings to the levels below the page's own, without a gap, whatever levels were typed."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            typed = int(token.tag[1])
            above = [level for level in above if level < typed] + [typed]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, TEXT_STARTS_UNDER + len(above))}"


def _align(token: Token) -> None:
    """Turn the alignment of a cell into a class: the CSP allows no inline style."""
    style = str(token.attrs.pop("style", ""))
    if style:
        token.attrSet("class", "align-" + style.rpartition(":")[2])
    if token.type == "th_open":
        token.attrSet("scope", "col")


def _link_bare_urls(tokens: Sequence[Token]) -> Iterator[Token]:
    """Linkify the bare addresses of the text, outside links."""
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0 and "://" in token.content:
            yield from _split_at_urls(token.content)
        else:
            yield token


def _split_at_urls(text: str) -> Iterator[Token]:
    place = 0
    for found in _BARE_URL.finditer(text):
        url = _without_end_of_sentence(found.group())
        yield _text(text[place : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": url})
        yield _text(url)
        yield Token("link_close", "a", -1)
        place = found.start() + len(url)
    yield _text(text[place:])


def _without_end_of_sentence(url: str) -> str:
    bare = url.rstrip(_AFTER_URL)
    # A closing bracket belongs to the address only if the address opened it.
    while bare.endswith(")") and bare.count(")") > bare.count("("):
        bare = bare[:-1].rstrip(_AFTER_URL)
    return bare


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _words_of(text: str) -> list[str]:
    if _is_reasonable(text):
        with suppress(_TooDeep):
            return list(_words(_parser.parse(text)))
    return text.split()


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("fence", "code_block"):
            yield from token.content.split()
        elif token.type == "inline":
            parts = (" " if "break" in each.type else each.content for each in token.children or ())
            yield from "".join(parts).split()


def _alternative(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Render an image as its alternative text: loading it would tell its host who reads what."""
    return str(escape(renderer.renderInlineAsText(tokens[index].children or [], options, env)))


def _make_parser() -> MarkdownIt:
    # In a form, the key for a new line means a new line.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 2 * DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.before("table", "depth", _watch_depth)
    parser.core.ruler.push("adapt", _adapt)
    parser.add_render_rule("image", _alternative)
    return parser


_parser = _make_parser()


# Sanitising ------------------------------------------------------------------------------------------------------


def _sanitise(html: str) -> str:
    return _cleaner.clean(html)


def _keep(tag: str, attribute: str, value: str) -> str | None:
    """Filter the value of an attribute; None drops it."""
    if attribute == "href":
        return value if _leads_somewhere_safe(value) else None
    if attribute == "class":
        return value if value in CLASSES else None
    return value


def _leads_somewhere_safe(address: str) -> bool:
    """Tell whether it is a web or mail address, or a local path: never another host in disguise, never a script."""
    if any(ord(sign) <= 32 for sign in address) or "\\" in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in SCHEMES and bool(parts.netloc or parts.scheme == "mailto")
    return address.startswith(("/", "#")) and not address.startswith("//")


_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style"},
    attributes=ATTRIBUTES,
    attribute_filter=_keep,
    link_rel="noopener nofollow ugc",
    url_schemes=SCHEMES,
)


# Cache -----------------------------------------------------------------------------------------------------------


class HtmlCache:
    """LRU cache of rendered HTML, bounded in bytes, shared by threads."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.bytes = 0
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> str | None:
        """Return the HTML under the key, now the most recently used; None if it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: bytes, html: str) -> None:
        """Store the HTML, and evict the least recently used until all fit."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = html
            self.bytes += sys.getsizeof(html)
            while self.bytes > self.bound:
                _, gone = self._kept.popitem(last=False)
                self.bytes -= sys.getsizeof(gone)


_cache = HtmlCache(CACHE_BYTES)
