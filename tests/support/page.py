"""Page as a person without JavaScript reads it: its words, its links by their text, its forms by their labels."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from werkzeug.test import TestResponse

from tests.support.document import Document, squash
from tests.support.page_form import PageForm, Upload

if TYPE_CHECKING:
    from tests.support.visitor import Visitor

#: What forms add to a label, and nobody says aloud.
MARKS = re.compile(r"\s*(\*|\((obligatoire|facultatif|facultative)\))$")


class Page:
    """Page that the server answered, as a person reads it and acts on it."""

    def __init__(self, visitor: "Visitor", response: TestResponse) -> None:
        self.visitor = visitor
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.is_html = response.mimetype == "text/html"
        self.html = response.get_data(as_text=True) if self.is_html else ""
        self.is_fragment = self.is_html and response.request.headers.get("HX-Request") == "true"
        self.is_fragment = self.is_fragment and "<!doctype" not in self.html[:50].lower()
        self._forms: dict[Element | None, PageForm] = {}

    @property
    def address(self) -> str:
        """Its path and query."""
        return self.visitor._local(self.response.request.url)

    @property
    def path(self) -> str:
        """Its path."""
        return self.response.request.path

    @property
    def rule(self) -> str | None:
        """The route that answered."""
        matched = self.visitor.app.url_map.bind("localhost").test(self.path)
        return (
            str(self.visitor.app.url_map.bind("localhost").match(self.path, return_rule=True)[0])
            if matched
            else None
        )

    @property
    def data(self) -> bytes:
        """The body, for what is not a page: a file, an export."""
        return self.response.get_data()

    @property
    def json(self) -> Any:
        """The body read as JSON."""
        return self.response.get_json()

    @property
    def location(self) -> str:
        """Where a redirect leads, as a local path."""
        return self.visitor._local(self.headers["Location"])

    @cached_property
    def document(self) -> Document:
        """The page parsed."""
        return Document(self.html, fragment=self.is_fragment)

    @property
    def text(self) -> str:
        """Text to read, each white space (non-breaking too) written as one space."""
        return self.document.text

    @property
    def title(self) -> str:
        """The title in the window's bar."""
        return self.document.title

    @property
    def heading(self) -> str:
        """The h1."""
        return self.document.heading

    @property
    def summary(self) -> str:
        """The beginning of what it says, for the message of a failed test."""
        return self.text[:600] if self.is_html else self.data[:300].decode("utf-8", "replace")

    @property
    def alerts(self) -> list[str]:
        """Elements of role alert or status: what the page announces."""
        found = [*self.document.find_all(role="alert"), *self.document.find_all(role="status")]
        return [text for element in found if (text := self.document.text_of(element))]

    @property
    def links(self) -> list[tuple[str, str]]:
        """(text, address) of each link."""
        return [(self.document.name_of(a), a.get("href", "")) for a in self.document.find_all("a")]

    @property
    def forms(self) -> list["PageForm"]:
        """Every form, in the order of the page."""
        return [self._form(each) for each in self.document.find_all("form")]

    @property
    def buttons(self) -> list[str]:
        """The name of each button within reach."""
        return [self.document.name_of(button) for button in self._buttons()]

    def texts(self, *tags: str, **attributes: str) -> list[str]:
        """Return the text of each element of these tags and attributes (`class_="card"`, `data_x="…"`)."""
        return [self.document.text_of(element) for element in self.document.find_all(*tags, **attributes)]

    def rows(self, caption: str = "") -> list[list[str]]:
        """Return the cells of the table whose caption holds these words, row by row, headers included."""
        for table in self.document.find_all("table"):
            name = next((self.document.text_of(child) for child in table if child.tag == "caption"), "")
            if squash(caption) in name:
                return [
                    [self.document.text_of(cell) for cell in row if cell.tag in {"td", "th"}]
                    for row in table.iter("tr")
                ]
        raise AssertionError(f"{self.address} has no table {caption!r}")

    def has(self, text: str) -> bool:
        """Tell whether these words are on the page, whatever its white space."""
        return squash(text) in self.text

    def error_of(self, label: str) -> str:
        """Return the text tied to a field by aria-describedby: its help and its errors."""
        _, field = self._field(label)
        references = field.get("aria-describedby", "").split()
        return squash(" ".join(self.document.text_of(self.document.by_id[each]) for each in references))

    def value_of(self, label: str) -> Any:
        """Return what a field holds now: a text, or for a choice the text of what is chosen."""
        form, field = self._field(label)
        return form.value_of(field)

    # Acting ----------------------------------------------------------------------------------------------------

    def click(self, text: str, status: int = 200) -> "Page":
        """Follow the link that bears this text (exactly, or as the only one that holds it)."""
        links = [link for link in self.document.find_all("a") if not self.document.is_out_of_reach(link)]
        link = self._one(links, text, self.document.name_of, "link")
        address = urljoin(self.address, link.get("href", ""))
        return self.visitor.get(address, status, follow=True)

    def fill(self, label: str, text: str) -> "Page":
        """Write in the field of this label."""
        form, field = self._field(label)
        form.fill(field, text)
        return self

    def choose(self, label: str, option: str) -> "Page":
        """Choose an option: in a list of this label, or among the radio buttons of this legend."""
        form, field = self._field(label, also_groups=True)
        form.choose(field, option)
        return self

    def check(self, label: str, *options: str) -> "Page":
        """Tick the box of this label; or, in the group (or multiple list) of this legend, the boxes of these labels."""
        return self._tick(label, options, True)

    def uncheck(self, label: str, *options: str) -> "Page":
        """Do the contrary of `check`."""
        return self._tick(label, options, False)

    def _tick(self, label: str, options: Iterable[str], ticked: bool) -> "Page":
        form, field = self._field(label, also_groups=bool(options))
        for option in options or [""]:
            form.tick(field, option, ticked)
        return self

    def attach(self, label: str, *files: Upload) -> "Page":
        """Give files to the field of this label: paths, or (name, content[, type])."""
        form, field = self._field(label)
        form.attach(field, files)
        return self

    def form(self, *, button: str | None = None, action_contains: str | None = None) -> "PageForm":
        """Return one form, when labels alone do not tell which: by its button, or by a part of its action."""
        forms = [form for form in self.document.find_all("form") if not self.document.is_out_of_reach(form)]
        if button is not None:
            owners = {
                self._owner(each)
                for each in self._buttons()
                if self._matches(self.document.name_of(each), button)
            }
            forms = [form for form in forms if form in owners]
        if action_contains is not None:
            forms = [form for form in forms if action_contains in form.get("action", self.path)]
        if len(forms) != 1:
            known = [(form.get("action"), form.get("method")) for form in self.document.find_all("form")]
            raise AssertionError(f"{len(forms)} forms match on {self.address}; it has: {known}")
        return self._form(forms[0])

    def submit(self, button: str, status: int = 200, *, follow: bool = True, validate: bool = True) -> "Page":
        """Press this button: send its form as a browser would and follow the 303.

        A browser refuses to send an empty required field or a text too long; so does this, unless `validate=False`.
        """
        pressed = self._one(self._buttons(), button, self.document.name_of, "button")
        owner = self._owner(pressed)
        if owner is None:
            raise AssertionError(f"the button {button!r} of {self.address} belongs to no form")
        return self._form(owner).send(pressed, status, follow=follow, validate=validate)

    # Finding ---------------------------------------------------------------------------------------------------

    def _buttons(self) -> list[Element]:
        return [
            button
            for button in self.document.find_all("button", "input")
            if button.get("type", "submit" if button.tag == "button" else "text") in {"submit", "image"}
            and not self.document.is_out_of_reach(button)
        ]

    def _owner(self, control: Element) -> Element | None:
        if identifier := control.get("form"):
            return self.document.by_id.get(identifier)
        return self.document.closest(control, "form")

    def _form(self, element: Element | None) -> "PageForm":
        if element not in self._forms:
            self._forms[element] = PageForm(self, element)
        return self._forms[element]

    def _field(self, label: str, *, also_groups: bool = False) -> tuple["PageForm", Element]:
        field = self._labelled(self.document.elements, label, also_groups)
        holder = (
            next((inner for inner in field.iter() if inner.tag == "input"), field) if also_groups else field
        )
        return self._form(self._owner(holder)), field

    def _labelled(self, elements: Iterable[Element], label: str, also_groups: bool) -> Element:
        tags = {"input", "select", "textarea"} | ({"fieldset"} if also_groups else set())
        fields = [
            element
            for element in elements
            if (element.tag in tags or (also_groups and element.get("role") in {"group", "radiogroup"}))
            and element.get("type") not in {"hidden", "submit", "image", "button"}
            and not self.document.is_out_of_reach(element)
        ]
        return self._one(fields, label, self._label_of, "field")

    def _label_of(self, field: Element) -> str:
        if field.tag == "fieldset":
            legend = next((child for child in field if child.tag == "legend"), None)
            return (
                MARKS.sub("", self.document.text_of(legend))
                if legend is not None
                else self.document.name_of(field)
            )
        return MARKS.sub("", self.document.name_of(field))

    def _one(
        self, elements: list[Element], name: str, name_of: Callable[[Element], str], kind: str
    ) -> Element:
        wanted = squash(name)
        for test in (str.__eq__, str.startswith, str.__contains__):
            found = [element for element in elements if test(name_of(element), wanted)]
            if len(found) == 1:
                return found[0]
            if found:
                raise AssertionError(
                    f"{len(found)} times the {kind} {name!r} on {self.address}; use form(…) to say which"
                )
        known = ", ".join(repr(name_of(element)) for element in elements)
        raise AssertionError(
            f"no {kind} {name!r} on {self.address} ({self.title}); there are: {known or 'none'}"
        )

    @staticmethod
    def _matches(name: str, wanted: str) -> bool:
        return name == squash(wanted) or name.startswith(squash(wanted))
