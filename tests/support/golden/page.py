"""Description of one page as text: what a person reads, follows, fills and reaches, and the markup behind it."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.support.document import Document
from tests.support.golden.parsing import SVG

#: Elements before and after which a line ends: white space beside them is never seen.
BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr",
    "html", "legend", "li", "main", "nav", "ol", "optgroup", "option", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTROLS = {"input", "select", "textarea", "button"}
#: Signs that stand among the words for what is no text.
DRAWING, PICTURE, FIELD = "◇", "▣", "▭"
NOT_WORDS = {"script", "style", "template", "title"}
#: States of a field that change what may be sent.
FLAGS = (
    "required",
    "disabled",
    "readonly",
    "multiple",
    "checked",
    "maxlength",
    "min",
    "max",
    "accept",
    "autofocus",
)

#: What differs from one recording to the next: (pattern, what is written instead).
MASKS = [
    (re.compile(pattern), instead)
    for pattern, instead in (
        # Signed by itsdangerous: a payload, perhaps a time, a signature.
        (r"\.?[\w-]{8,}(?:\.[\w-]{6})?\.[\w-]{27}(?![\w-])", "‹signed›"),
        (r"(?<![\w-])[\w-]{43}(?![\w-])", "‹token›"),
        (r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", "‹sha256›"),
        (r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", "‹key›"),
        (r"(/static/[\w./-]+)\.[0-9a-f]{10}(\.\w+)", r"\1\2"),
        # The world is made within a minute: its seconds are those of the machine.
        (r"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d+)?", r"\1"),
    )
]


def masked(text: str) -> str:
    """Replace what no two recordings have in common: tokens, keys, hashes of files, seconds."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def describe(document: Document) -> str:
    """Return the sections of a page, each a title (`== words`) and lines."""
    sections = {
        "title": [document.title],
        "words": words(document.root),
        "headings": [f"{each.tag} {_text(each).strip()}" for each in document.find_all(*HEADINGS)],
        "links": [f"“{_text(each)}” → {each.get('href', '')}" for each in document.find_all("a")],
        "forms": list(_forms(document)),
        "focus": list(_focus(document)),
        "behaviours": list(_behaviours(document)),
        "markup": list(_markup(document.root, 0)),
    }
    return "".join(_section(name, lines) for name, lines in sections.items())


def _section(name: str, lines: list[str]) -> str:
    on_one_line = (line.replace("\r\n", "⏎").replace("\n", "⏎") for line in lines)
    return masked("\n".join([f"== {name}", *on_one_line, ""]))


# Words ----------------------------------------------------------------------------------------------------------------


def words(element: Element) -> list[str]:
    """Return the words in order, a line for each block; any white space is one space, none stays none."""
    lines = "".join(_pieces(element)).split("\n")
    return [line for each in lines if (line := _collapse(each).strip(" "))]


def _text(element: Element) -> str:
    """Return the words of an inline element, with a space at its edges where it has one."""
    return _collapse("".join(_pieces(element, edges=False)).replace("\n", " "))


def _collapse(text: str) -> str:
    # Non-breaking spaces are words: a text that has lost one is another text.
    return re.sub(r"[ \t\r\n\f]+", " ", text)


def _pieces(element: Element, edges: bool = True) -> Iterator[str]:
    tag = element.tag
    if tag in NOT_WORDS:
        return
    if tag == SVG + "svg":
        yield DRAWING + "".join(_collapse(text) for text in element.itertext() if text.strip())
    elif tag == "img":
        yield f"{PICTURE}{element.get('alt', '')}"
    elif tag in CONTROLS and tag != "button":
        yield FIELD if element.get("type") != "hidden" else ""
    else:
        edge = "\n" if edges and tag in BLOCKS else ""
        inner = "".join(_inner(element))
        # A button is a box of its own: white space within its edges is not seen, around it it is.
        yield f"[{_collapse(inner).strip(' ')}]" if tag == "button" else f"{edge}{inner}{edge}"


def _inner(element: Element) -> Iterator[str]:
    is_kept = element.tag == "pre"
    yield _kept_lines(element.text, is_kept)
    for child in element:
        yield from _pieces(child)
        yield _kept_lines(child.tail, is_kept)


def _kept_lines(text: str | None, is_kept: bool) -> str:
    return (text or "") if is_kept else _collapse(text or "")


# Forms, focus, behaviours ---------------------------------------------------------------------------------------------


def _forms(document: Document) -> Iterator[str]:
    owners = {control: _owner(document, control) for control in document.find_all(*CONTROLS)}
    for form in (*document.find_all("form"), None):
        owned = [control for control, owner in owners.items() if owner is form]
        if form is not None:
            kind = f" {form.get('enctype')}" if form.get("enctype") else ""
            yield f"{form.get('method', 'get')} {form.get('action', '(here)')}{kind}"
        elif owned:
            yield "(outside any form)"
        for control in owned:
            yield from _control(document, control)


def _owner(document: Document, control: Element) -> Element | None:
    if identifier := control.get("form"):
        return document.by_id.get(identifier)
    return document.closest(control, "form")


def _control(document: Document, control: Element) -> Iterator[str]:
    kind = control.get("type", "") if control.tag == "input" else control.tag
    value = control.get("value", "")
    if control.tag == "textarea":
        value = control.text or ""
    flags = " ".join(f"{flag}={control.get(flag) or 'yes'}" for flag in FLAGS if flag in control.attrib)
    leads = "".join(
        f" {name}={control.get(name)}" for name in ("formaction", "formmethod") if control.get(name)
    )
    label = "" if kind == "hidden" else f" “{document.name_of(control)}”"
    yield f"  {kind or 'text'} {control.get('name', '')}{label} = {value}{leads}{' ' if flags else ''}{flags}"
    for option in control.iter("option") if control.tag == "select" else ():
        chosen = " selected" if "selected" in option.attrib else ""
        yield f"    “{_text(option).strip()}” = {option.get('value')}{chosen}"


def _focus(document: Document) -> Iterator[str]:
    """Return what Tab meets, in order."""
    for element in document.elements:
        index = element.get("tabindex")
        is_stop = (element.tag == "a" and "href" in element.attrib) or element.tag in CONTROLS | {"summary"}
        if (
            not (is_stop or index)
            or index == "-1"
            or element.get("type") == "hidden"
            or "disabled" in element.attrib
        ):
            continue
        hidden = " (hidden)" if document.is_out_of_reach(element) else ""
        at = f" tabindex={index}" if index not in (None, "0") else ""
        yield f"{element.tag} “{document.name_of(element)[:200]}”{at}{hidden}"


def _behaviours(document: Document) -> Iterator[str]:
    for element in document.elements:
        told = {name: value for name, value in element.attrib.items() if name.startswith(("data-", "hx-"))}
        if "data-behaviour" in told or any(name.startswith("hx-") for name in told):
            yield " ".join([element.tag, *(f'{name}="{told[name]}"' for name in sorted(told))])


# Markup ---------------------------------------------------------------------------------------------------------------


def _markup(element: Element, depth: int) -> Iterator[str]:
    """Return every element with its attributes, indented: only the text of a page escapes from here."""
    for child in element:
        attributes = "".join(f' {name}="{_attribute(child, name)}"' for name in sorted(child.attrib))
        yield f"{' ' * depth}{child.tag.removeprefix(SVG)}{attributes}"
        yield from _markup(child, depth + 1)


def _attribute(element: Element, name: str) -> str:
    value = element.get(name, "")
    return " ".join(value.split()) if name == "class" else value
