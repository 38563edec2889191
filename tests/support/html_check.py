"""Rules for every page, whatever it shows: valid HTML, a title, labels, alternatives, headings in order.

`defects(document)` answers the list of what is wrong, in sentences; the visitor calls it on each page that it meets.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

from tests.support.document import Document, squash

SVG = "{http://www.w3.org/2000/svg}"
HARMLESS_PARSE_ERRORS: dict[str, str] = {
    # html5lib follows the standard of 2012; <hr> within <select> has been allowed since 2023.
    "unexpected-start-tag-in-select": "hr",
}
FIELDS = {"input", "select", "textarea"}
INTERACTIVE = {"a", "button", "input", "select", "summary", "textarea", "iframe", "label"}
REFERENCES = {
    "aria-controls", "aria-describedby", "aria-details", "aria-errormessage", "aria-labelledby", "aria-owns",
    "commandfor", "for", "form", "headers", "list", "popovertarget",
}  # fmt: skip
DATA_SCRIPTS = {"application/json", "application/ld+json", "speculationrules"}
#: Traces of a template that was given too little, or of a translation that was not filled.
LEFTOVERS = re.compile(
    r"\bNone\b|\bUndefined\b|%\(\w+\)[sd]|<function |<bound method |object at 0x[0-9a-f]+|\blazy_gettext\b|\bnan\b"
)

Check = Callable[[Document], Iterator[str]]


def defects(document: Document) -> list[str]:
    """List what is wrong with this page, one sentence each."""
    return [sentence for check in (*PAGE_CHECKS, *FRAGMENT_CHECKS) for sentence in check(document)]


def fragment_defects(document: Document) -> list[str]:
    """List what is wrong with this piece of a page, as htmx receives it. Its references may point outside it."""
    checks = [check for check in FRAGMENT_CHECKS if check not in {references_exist, headings_in_order}]
    return [sentence for check in checks for sentence in check(document)]


def show(element: Element) -> str:
    """Return an element as it opens, to recognise it in a message."""
    attributes = "".join(f' {name}="{value}"' for name, value in element.attrib.items())
    return f"<{element.tag.removeprefix(SVG)}{attributes}>"


def parses(document: Document) -> Iterator[str]:
    """Check that the parser had nothing to mend."""
    lines = document.html.splitlines()
    for (line, column), code, particulars in document.parse_errors:
        if code in HARMLESS_PARSE_ERRORS and particulars.get("name") == HARMLESS_PARSE_ERRORS[code]:
            continue
        excerpt = lines[line - 1][max(0, column - 60) : column + 20] if 0 < line <= len(lines) else ""
        yield f"HTML is not valid, line {line}: {code} {particulars or ''} near {excerpt.strip()!r}"


def has_a_frame(document: Document) -> Iterator[str]:
    """Check for a language, one title that says something, one h1, one main, a viewport that can be zoomed."""
    if not document.find_all("html")[0].get("lang"):
        yield "<html> has no lang"
    if not document.title:
        yield "the page has no title"
    for tag in ("h1", "main"):
        if (count := len(document.find_all(tag))) != 1:
            yield f"the page has {count} <{tag}>, not one"
    if document.find_all("h1") and not document.heading:
        yield "the h1 is empty"
    viewports = document.find_all("meta", name="viewport")
    if len(viewports) != 1:
        yield "the page has no <meta name=viewport>, or several"
    if any(
        re.search(r"user-scalable\s*=\s*(no|0)|maximum-scale", each.get("content", "")) for each in viewports
    ):
        yield "the viewport forbids zooming"


def ids_are_unique(document: Document) -> Iterator[str]:
    """Check the ids: none twice, none empty, none with a space."""
    counted = Counter(element.get("id") for element in document.elements if element.get("id") is not None)
    for identifier, count in counted.items():
        if count > 1:
            yield f"id {identifier!r} is used {count} times"
        if not identifier or re.search(r"\s", identifier):
            yield f"id {identifier!r} is empty or has a space"


def fields_are_labelled(document: Document) -> Iterator[str]:
    """Check that each field has a name, each group of choices a legend."""
    groups: dict[tuple[Element | None, str], list[Element]] = {}
    for field in document.find_all(*FIELDS):
        kind = field.get("type", "text") if field.tag == "input" else field.tag
        if kind == "hidden":
            continue
        if kind == "image" and not field.get("alt"):
            yield f"{show(field)} has no alt"
        elif kind not in {"submit", "button", "reset", "image"} and not document.name_of(field):
            yield f"{show(field)} has no label"
        if kind in {"radio", "checkbox"} and field.get("name"):
            groups.setdefault((document.closest(field, "form"), field.get("name", "")), []).append(field)
    for (_, name), fields in groups.items():
        if len(fields) > 1 and not all(_in_named_group(document, field) for field in fields):
            yield f"the choices {name!r} are in no fieldset with a legend"


def _in_named_group(document: Document, field: Element) -> bool:
    for ancestor in document.ancestors(field):
        if ancestor.tag == "fieldset" and any(
            child.tag == "legend" and document.text_of(child) for child in ancestor
        ):
            return True
        if ancestor.get("role") in {"group", "radiogroup"} and document.name_of(ancestor):
            return True
        # A table names its choices by its caption and the label of each.
        if ancestor.tag == "table" and any(child.tag == "caption" for child in ancestor):
            return True
    return False


def pictures_have_alternatives(document: Document) -> Iterator[str]:
    """Check that each img has an alt, each drawing is either hidden from screen readers or named."""
    for image in document.find_all("img"):
        if image.get("alt") is None:
            yield f"{show(image)} has no alt"
    for drawing in document.find_all(f"{SVG}svg", "svg"):
        hidden = any(each.get("aria-hidden") == "true" for each in (drawing, *document.ancestors(drawing)))
        named = document.name_of(drawing) or any(child.tag == f"{SVG}title" for child in drawing)
        if not hidden and not (drawing.get("role") == "img" and named):
            yield f'{show(drawing)} is neither aria-hidden="true" nor role="img" with a name'


def nothing_is_inline(document: Document) -> Iterator[str]:
    """Check for no style, script or handler within the page, nothing from a third party."""
    for element in document.elements:
        if element.tag == "style":
            yield "the page holds a <style>"
        if element.tag == "script" and not element.get("src") and element.get("type") not in DATA_SCRIPTS:
            yield f"{show(element)} is an inline script"
        for name, value in element.attrib.items():
            if name == "style":
                yield f"{show(element)} has an inline style"
            if name.startswith("on") or name.startswith("hx-on"):
                yield f"{show(element)} has an inline handler"
            if value.strip().lower().startswith("javascript:"):
                yield f"{show(element)} runs a script from its address"
        source = element.get("src") or (element.get("href") if element.tag == "link" else "") or ""
        loads = element.tag != "link" or element.get("rel") not in {"canonical", "alternate", "license"}
        if loads and re.match(r"(https?:)?//", source):
            yield f"{show(element)} is fetched from elsewhere"


def references_exist(document: Document) -> Iterator[str]:
    """Check that what an attribute or a link of the page points to is on the page."""
    for element in document.elements:
        for name in REFERENCES & set(element.attrib):
            for identifier in (element.get(name) or "").split() or [""]:
                if identifier not in document.by_id:
                    yield f"{show(element)}: {name} points to no element of the page"
        if element.tag == "label" and element.get("for") and element.get("for") in document.by_id:
            target = document.by_id[element.get("for", "")]
            if target.tag not in FIELDS | {"button", "meter", "output", "progress"}:
                yield f"{show(element)} labels {show(target)}, which is no field"
        href = element.get("href", "") if element.tag == "a" else ""
        if href.startswith("#") and href[1:] not in document.by_id and href != "#":
            yield f"{show(element)} leads to no element of the page"


def controls_have_names(document: Document) -> Iterator[str]:
    """Check that links lead somewhere and, like buttons, say what they do; submit buttons have a form."""
    for control in document.find_all("a", "button", "summary"):
        unseen = control.get("aria-hidden") == "true" or control.get("hidden") is not None
        if not document.name_of(control) and not unseen:
            yield f"{show(control)} has no text"
        if control.tag == "a" and control.get("href") in {None, "", "#"}:
            yield f"{show(control)} leads nowhere"
    for button in document.find_all("input", type="submit"):
        if not document.name_of(button):
            yield f"{show(button)} has no text"
    for button in document.find_all("button", "input"):
        submits = button.get("type", "submit" if button.tag == "button" else "text") == "submit"
        opens = button.get("popovertarget") or button.get("commandfor")
        if submits and not opens and button.get("form") is None and document.closest(button, "form") is None:
            yield f"{show(button)} submits no form; say type=button if a script uses it"


def nothing_interactive_is_nested(document: Document) -> Iterator[str]:
    """Check for no link in a button, no button in a link, and so on."""
    for element in document.elements:
        focusable = element.tag in INTERACTIVE - {"label"} or element.get("tabindex") is not None
        if not focusable or (element.tag == "input" and element.get("type") == "hidden"):
            continue
        outer = document.closest(element, "a", "button", "summary")
        if outer is not None:
            yield f"{show(element)} stands within {show(outer)}"


def tables_are_readable(document: Document) -> Iterator[str]:
    """Check that each table has a caption, headers, and each header says what it heads."""
    for table in document.find_all("table"):
        if table.get("role") in {"presentation", "none"}:
            continue
        captions = [child for child in table if child.tag == "caption"]
        if not (captions and document.text_of(captions[0])):
            yield f"{show(table)} has no caption"
        headers = list(table.iter("th"))
        if not headers:
            yield f"{show(table)} has no header cell"
        for header in headers:
            if header.get("scope") not in {"col", "row", "colgroup", "rowgroup"}:
                yield f"the header {document.text_of(header)!r} has no scope"


def headings_in_order(document: Document) -> Iterator[str]:
    """Check that no heading jumps a level, none is empty."""
    previous = 1
    for heading in document.find_all("h1", "h2", "h3", "h4", "h5", "h6"):
        level = int(heading.tag[1])
        if level > previous + 1:
            yield f"the heading {document.text_of(heading)!r} goes from h{previous} to h{level}"
        if not document.text_of(heading):
            yield f"{show(heading)} is empty"
        previous = level


def forms_are_protected(document: Document) -> Iterator[str]:
    """Check that forms that post carry the token, say what they send, and have a button that sends it."""
    for form in document.find_all("form"):
        method = form.get("method", "get").lower()
        owned = [
            field
            for field in document.find_all("input", "button")
            if (
                field.get("form") == form.get("id")
                if field.get("form")
                else document.closest(field, "form") is form
            )
        ]
        if method == "post" and not any(field.get("name") == "csrf_token" for field in owned):
            yield f"{show(form)} posts without csrf_token"
        if (
            any(field.get("type") == "file" for field in owned)
            and form.get("enctype") != "multipart/form-data"
        ):
            yield f"{show(form)} has a file and is not multipart/form-data"
        submits = {"submit", "image"}
        if method != "dialog" and not any(
            field.get("type", "submit" if field.tag == "button" else "text") in submits for field in owned
        ):
            yield f"{show(form)} has no button to send it without JavaScript"


def nothing_is_left_over(document: Document) -> Iterator[str]:
    """Check for no trace of a template that was given too little."""
    texts = [document.title, document.text]
    texts += [
        squash(element.get(name, ""))
        for element in document.elements
        for name in ("aria-label", "alt", "title")
    ]
    texts += [element.get(name, "") for element in document.elements for name in ("href", "src", "action")]
    for text in texts:
        if found := LEFTOVERS.search(text):
            excerpt = text[max(0, found.start() - 40) : found.end() + 40]
            yield f"{found.group()!r} is left in the page: {excerpt!r}"


PAGE_CHECKS: tuple[Check, ...] = (has_a_frame,)
FRAGMENT_CHECKS: tuple[Check, ...] = (
    parses,
    ids_are_unique,
    fields_are_labelled,
    pictures_have_alternatives,
    nothing_is_inline,
    references_exist,
    controls_have_names,
    nothing_interactive_is_nested,
    tables_are_readable,
    headings_in_order,
    forms_are_protected,
    nothing_is_left_over,
)
