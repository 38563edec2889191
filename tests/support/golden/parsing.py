"""Fast parsing of our own pages, whose every element is closed: a small part of the time that html5lib takes.

Other tests hand each page to html5lib; here a page that leaves an element open, or closes another one, is an error.
"""

import re
from html import unescape
from xml.etree.ElementTree import Element

from tests.support.document import Document

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SVG = "{http://www.w3.org/2000/svg}"
#: Elements whose first line end is not part of their text.
SKIPS_FIRST_LINE_END = {"pre", "textarea"}

TOKEN = re.compile(
    r"""(?P<text>[^<]+)
    |</(?P<closed>[a-zA-Z][\w-]*)\s*>
    |<(?P<opened>[a-zA-Z][\w-]*)(?P<attributes>(?:"[^"]*"|'[^']*'|[^"'>])*?)(?P<void>/?)>
    |<!--.*?-->|<!doctype[^>]*>""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
ATTRIBUTES = re.compile(r"""\s([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?""")
#: Elements whose text is taken as it stands.
RAW = {name: re.compile(rf"(.*?)</{name}>", re.DOTALL) for name in ("script", "style")}


class FastDocument(Document):
    """Page parsed by one regular expression, with the questions that `Document` answers."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.root = _parse(html)
        self.parse_errors = []


def _parse(html: str) -> Element:
    """Return the root of the tree. Raises ValueError where elements are not closed in order."""
    open_ = [Element("document")]
    at = 0
    while at < len(html):
        found = TOKEN.match(html, at)
        if found is None:
            raise ValueError(f"no HTML: {html[at : at + 60]!r}")
        at = found.end()
        if found["text"]:
            _add_text(open_[-1], unescape(found["text"]))
        elif found["closed"]:
            _close(open_, found["closed"])
        elif found["opened"]:
            element = _add_element(open_[-1], found)
            if raw := RAW.get(element.tag):
                end = raw.match(html, at)
                element.text, at = (end[1], end.end()) if end else ("", len(html))
            elif element.tag not in VOID and not found["void"]:
                open_.append(element)
    if len(open_) > 1:
        raise ValueError(f"<{open_[-1].tag}> is never closed")
    return open_[0]


def _add_element(parent: Element, found: re.Match[str]) -> Element:
    tag = found["opened"]
    attributes = {
        name: unescape(double or single or bare)
        for name, double, single, bare in ATTRIBUTES.findall(found["attributes"])
    }
    element = Element(SVG + tag if tag == "svg" or parent.tag.startswith(SVG) else tag, attributes)
    parent.append(element)
    return element


def _add_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    elif parent.tag in SKIPS_FIRST_LINE_END and not parent.text:
        parent.text = text.removeprefix("\r").removeprefix("\n")
    else:
        parent.text = (parent.text or "") + text


def _close(open_: list[Element], tag: str) -> None:
    closed = open_.pop()
    if closed.tag.removeprefix(SVG) != tag:
        raise ValueError(f"</{tag}> closes <{closed.tag}>")
