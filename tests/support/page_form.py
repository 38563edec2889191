"""Form of a page as a person fills it: by its labels, within what it offers."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from werkzeug.datastructures import MultiDict

if TYPE_CHECKING:
    from tests.support.page import Page

Upload = Path | tuple[str, bytes] | tuple[str, bytes, str]


class PageForm:
    """Form being filled: what was typed, beside what the server had put there."""

    def __init__(self, page: "Page", element: Element | None) -> None:
        self.page = page
        self.document = page.document
        self.element = element
        self.texts: dict[Element, str] = {}
        self.ticks: dict[Element, bool] = {}
        self.files: dict[Element, list[Upload]] = {}

    # Filling, by label -----------------------------------------------------------------------------------------

    def _find(self, field: Element | str, also_groups: bool = False) -> Element:
        if not isinstance(field, str):
            return field
        return self.page._labelled(self._elements(), field, also_groups)

    def _elements(self) -> list[Element]:
        groups = (
            []
            if self.element is None
            else [inner for inner in self.element.iter() if inner.tag == "fieldset"]
        )
        roles = [] if self.element is None else [inner for inner in self.element.iter() if inner.get("role")]
        return [*self.controls, *groups, *roles]

    @property
    def controls(self) -> list[Element]:
        """Its fields and buttons, in the order of the page, wherever they stand."""
        tags = ("input", "select", "textarea", "button")
        return [each for each in self.document.find_all(*tags) if self.page._owner(each) is self.element]

    def fill(self, field: Element | str, text: str) -> "PageForm":
        """Write in a field."""
        element = self._find(field)
        if element.tag == "select" or element.get("type") in {"checkbox", "radio", "file"}:
            raise AssertionError(
                f"{self.document.name_of(element)!r} is no text: use choose, check or attach"
            )
        self.texts[element] = text
        return self

    def choose(self, field: Element | str, option: str) -> "PageForm":
        """Choose one option of a list, or one radio button of a group."""
        element = self._find(field, also_groups=True)
        candidates = self._choices(element)
        chosen = self.page._one(candidates, option, self._text_of_choice, "choice")
        for candidate in candidates:
            self.ticks[candidate] = candidate is chosen
        return self

    def tick(self, field: Element | str, option: str, ticked: bool) -> "PageForm":
        """Tick or untick a box, or an option of a group or of a multiple list."""
        element = self._find(field, also_groups=bool(option))
        if option:
            element = self.page._one(self._choices(element), option, self._text_of_choice, "choice")
        elif element.get("type") not in {"checkbox", "radio"}:
            raise AssertionError(f"{self.document.name_of(element)!r} is no box to tick")
        self.ticks[element] = ticked
        return self

    def check(self, field: str, *options: str) -> "PageForm":
        """Tick a box, or these options of a group."""
        for option in options or ("",):
            self.tick(field, option, True)
        return self

    def attach(self, field: Element | str, files: Iterable[Upload]) -> "PageForm":
        """Give files to a field."""
        element = self._find(field)
        if element.get("type") != "file":
            raise AssertionError(f"{self.document.name_of(element)!r} takes no file")
        self.files[element] = list(files)
        return self

    def _choices(self, element: Element) -> list[Element]:
        if element.tag == "select":
            return [option for option in element.iter("option") if option.get("disabled") is None]
        return [each for each in element.iter("input") if each.get("type") in {"radio", "checkbox"}]

    def _text_of_choice(self, choice: Element) -> str:
        return self.document.text_of(choice) if choice.tag == "option" else self.document.name_of(choice)

    def value_of(self, field: Element) -> Any:
        """Return what a field holds now."""
        if field.tag == "select":
            chosen = [self.document.text_of(option) for option in self._selected(field)]
            return chosen if field.get("multiple") is not None else (chosen[0] if chosen else "")
        if field.get("type") in {"checkbox", "radio"}:
            return self._is_ticked(field)
        return self._text(field)

    # Sending, as a browser would -------------------------------------------------------------------------------

    def submit(self, button: str, status: int = 200, *, follow: bool = True, validate: bool = True) -> "Page":
        """Press one of its buttons."""
        buttons = [each for each in self.page._buttons() if self.page._owner(each) is self.element]
        pressed = self.page._one(buttons, button, self.document.name_of, "button")
        return self.send(pressed, status, follow=follow, validate=validate)

    def send(self, pressed: Element, status: int, *, follow: bool, validate: bool) -> "Page":
        """Send every field, and the button pressed, to where the form (or the button) says."""
        if self.element is None:
            raise AssertionError("these fields belong to no form")
        if validate and self.element.get("novalidate") is None and pressed.get("formnovalidate") is None:
            self._validate()
        method = (pressed.get("formmethod") or self.element.get("method") or "get").upper()
        action = pressed.get("formaction") or self.element.get("action") or self.page.address
        address = urljoin(self.page.address, action)
        fields = self.fields(pressed)
        if method == "GET":
            query = [(name, value) for name, value in fields if isinstance(value, str)]
            return self.page.visitor.visit(
                "GET", urlsplit(address).path, status, follow=follow, query_string=MultiDict(query)
            )
        multipart = (pressed.get("formenctype") or self.element.get("enctype")) == "multipart/form-data"
        kind = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
        data = MultiDict(fields)
        return self.page.visitor.visit("POST", address, status, follow=follow, data=data, content_type=kind)

    def fields(self, pressed: Element | None = None) -> list[tuple[str, Any]]:
        """Return the (name, value) pairs that would be sent."""
        return [pair for control in self.controls for pair in self._pairs(control, pressed)]

    def _pairs(self, control: Element, pressed: Element | None) -> Iterator[tuple[str, Any]]:
        name = control.get("name")
        kind = control.get("type", "submit" if control.tag == "button" else "text")
        if not name or self._is_disabled(control):
            return
        if control.tag == "select":
            yield from ((name, self._option_value(option)) for option in self._selected(control))
        elif control.tag == "button" or kind in {"submit", "image", "reset", "button"}:
            if control is pressed:
                yield name, control.get("value", "")
        elif kind in {"checkbox", "radio"}:
            if self._is_ticked(control):
                yield name, control.get("value", "on")
        elif kind == "file":
            yield from ((name, self._opened(file)) for file in self.files.get(control, [("", b"")]))
        else:
            yield name, re.sub(r"\r\n|\r|\n", "\r\n", self._text(control))

    def _text(self, control: Element) -> str:
        given = "".join(control.itertext()) if control.tag == "textarea" else control.get("value", "")
        return self.texts.get(control, given)

    def _is_ticked(self, control: Element) -> bool:
        return self.ticks.get(control, control.get("checked") is not None)

    def _selected(self, select: Element) -> list[Element]:
        options = list(select.iter("option"))
        multiple = select.get("multiple") is not None
        touched = any(option in self.ticks for option in options)
        if touched and not multiple:
            return [option for option in options if self.ticks.get(option)]
        chosen = [option for option in options if self.ticks.get(option, option.get("selected") is not None)]
        if multiple:
            return chosen
        # A browser shows, and sends, the last one selected; without any, the first that may be chosen.
        return chosen[-1:] or [option for option in options if option.get("disabled") is None][:1]

    def _option_value(self, option: Element) -> str:
        value = option.get("value")
        return self.document.text_of(option) if value is None else value

    def _is_disabled(self, control: Element) -> bool:
        if control.get("disabled") is not None:
            return True
        return any(
            each.tag == "fieldset" and each.get("disabled") is not None
            for each in self.document.ancestors(control)
        )

    @staticmethod
    def _opened(file: Upload) -> tuple[BytesIO, str] | tuple[BytesIO, str, str]:
        if isinstance(file, Path):
            return BytesIO(file.read_bytes()), file.name
        name, content, *kind = file
        return (BytesIO(content), name, kind[0]) if kind else (BytesIO(content), name)

    def _validate(self) -> None:
        """Check for what a browser refuses to send."""
        for control in self.controls:
            if self._is_disabled(control):
                continue
            name = self.document.name_of(control)
            if control.get("required") is not None and self._is_empty(control):
                raise AssertionError(
                    f"a browser would ask to fill {name!r}; use validate=False to send it all the same"
                )
            limit = control.get("maxlength")
            if limit and len(self.texts.get(control, "")) > int(limit):
                raise AssertionError(
                    f"a browser would cut {name!r} at {limit}; use validate=False to send it whole"
                )

    def _is_empty(self, control: Element) -> bool:
        kind = control.get("type")
        if kind == "file":
            return not self.files.get(control)
        if kind == "checkbox":
            return not self._is_ticked(control)
        if kind == "radio":
            same = [
                each
                for each in self.controls
                if each.get("type") == "radio" and each.get("name") == control.get("name")
            ]
            return not any(self._is_ticked(each) for each in same)
        if control.tag == "select":
            return not any(self._option_value(option) for option in self._selected(control))
        return not self._text(control)
