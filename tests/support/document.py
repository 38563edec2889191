"""HTML page as a person meets it: its elements, their parents, the text that shows and the name of each control."""

import re
from collections.abc import Iterator
from functools import cached_property
from xml.etree.ElementTree import Element

import html5lib

#: Elements whose text nobody reads on the page.
SILENT = {"script", "style", "template", "head", "title"}
BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "button", "caption", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "label", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table",
    "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
LABELLABLE = {"button", "input", "meter", "output", "progress", "select", "textarea"}


def squash(text: str) -> str:
    """Return the text with each run of white space, non-breaking or not, written as one space."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", text).strip()


class Document:
    """Parsed page, or a fragment of one."""

    def __init__(self, html: str, *, fragment: bool = False) -> None:
        self.html = html
        parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
        self.root: Element = parser.parseFragment(html) if fragment else parser.parse(html)
        #: What the parser had to mend: ((line, column), code, particulars).
        self.parse_errors: list[tuple[tuple[int, int], str, dict[str, object]]] = parser.errors

    @cached_property
    def elements(self) -> list[Element]:
        """Every element, in the order of the page (comments left out)."""
        return [element for element in self.root.iter() if isinstance(element.tag, str)]

    @cached_property
    def parents(self) -> dict[Element, Element]:
        """The parent of each element."""
        return {child: parent for parent in self.root.iter() for child in parent}

    @cached_property
    def by_id(self) -> dict[str, Element]:
        """The first element that bears each id."""
        found: dict[str, Element] = {}
        for element in self.elements:
            if identifier := element.get("id"):
                found.setdefault(identifier, element)
        return found

    def find_all(self, *tags: str, **attributes: str) -> list[Element]:
        """Return the elements of these tags and attributes (`data_x` is `data-x`, `class_` is one class)."""
        return [
            element
            for element in self.elements
            if (not tags or element.tag in tags)
            and all(self._has(element, name, value) for name, value in attributes.items())
        ]

    @staticmethod
    def _has(element: Element, name: str, value: str) -> bool:
        if name == "class_":
            return value in element.get("class", "").split()
        return element.get(name.rstrip("_").replace("_", "-")) == value

    def ancestors(self, element: Element) -> Iterator[Element]:
        """Return the parents of an element, from the nearest."""
        while (parent := self.parents.get(element)) is not None:
            yield parent
            element = parent

    def closest(self, element: Element, *tags: str) -> Element | None:
        """Return the nearest ancestor of one of these tags."""
        return next((parent for parent in self.ancestors(element) if parent.tag in tags), None)

    def text_of(self, element: Element, *, without: Element | None = None, spoken: bool = False) -> str:
        """Return the text within an element; `spoken` omits what screen readers are not told and adds what they say."""
        return squash("".join(self._pieces(element, without, spoken)))

    def _pieces(self, element: Element, without: Element | None, spoken: bool) -> Iterator[str]:
        if element is without or element.tag in SILENT or not isinstance(element.tag, str):
            return
        if spoken and (element.get("aria-hidden") == "true" or element.get("hidden") is not None):
            return
        if spoken:
            yield element.get("aria-label", "")
            yield element.get("alt", "") if element.tag == "img" else ""
        block = element.tag in BLOCKS
        yield " " if block else ""
        yield element.text or ""
        for child in element:
            yield from self._pieces(child, without, spoken)
            yield child.tail or ""
        yield " " if block else ""

    @cached_property
    def text(self) -> str:
        """All the text of the page."""
        body = next(iter(self.find_all("body")), self.root)
        return self.text_of(body)

    @property
    def title(self) -> str:
        """The title in the window's bar."""
        title = next(iter(self.find_all("title")), None)
        return "" if title is None else squash("".join(title.itertext()))

    @property
    def heading(self) -> str:
        """The h1."""
        heading = next(iter(self.find_all("h1")), None)
        return "" if heading is None else self.text_of(heading)

    @cached_property
    def labels(self) -> dict[Element, list[Element]]:
        """The label elements of each control."""
        found: dict[Element, list[Element]] = {}
        for label in self.find_all("label"):
            target = self.by_id.get(label.get("for", "")) if label.get("for") else None
            if label.get("for") is None:
                target = next((inner for inner in label.iter() if inner.tag in LABELLABLE), None)
            if target is not None:
                found.setdefault(target, []).append(label)
        return found

    def name_of(self, element: Element) -> str:
        """Return the accessible name: what a screen reader calls this control, link or button."""
        if references := element.get("aria-labelledby"):
            named = [self.by_id[reference] for reference in references.split() if reference in self.by_id]
            return squash(" ".join(self.text_of(one) for one in named))
        if label := element.get("aria-label"):
            return squash(label)
        if element in self.labels:
            return squash(" ".join(self.text_of(label, without=element) for label in self.labels[element]))
        if element.tag == "input" and element.get("type") in {"submit", "button", "reset"}:
            return squash(element.get("value", ""))
        if element.tag in {"input", "select", "textarea"}:
            return squash(element.get("title", ""))
        return (
            self.text_of(element, spoken=True)
            or self._title_within(element)
            or squash(element.get("title", ""))
        )

    def _title_within(self, element: Element) -> str:
        """Return the title of a drawing, which names the link or button that holds it."""
        drawings = [
            inner for inner in element.iter() if isinstance(inner.tag, str) and inner.tag.endswith("}title")
        ]
        return squash(" ".join("".join(drawing.itertext()) for drawing in drawings))

    def is_out_of_reach(self, element: Element) -> bool:
        """Tell whether nobody without JavaScript can get at this element: hidden, or in a dialog nothing opens."""
        return any(self._hides(candidate) for candidate in (element, *self.ancestors(element)))

    def _hides(self, element: Element) -> bool:
        if element.get("hidden") is not None or element.tag == "template":
            return True
        if element.tag != "dialog" or element.get("open") is not None:
            return False
        openers = {button.get("popovertarget") for button in self.find_all("button")}
        return element.get("popover") is None or element.get("id") not in openers
