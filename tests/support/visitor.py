"""A person without JavaScript: reads pages, fills forms by their labels, follows links by their text.

Each page it meets is checked as HTML; each request runs apart from the test, with its own session, as in production.
"""

import contextvars
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from flask import Flask, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.document import Document, squash
from tests.support.html_check import defects, fragment_defects

REDIRECTS = {301, 302, 303, 307, 308}
NOT_COUNTED = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|PRAGMA|SAVEPOINT|RELEASE|SET TRANSACTION)\b", re.IGNORECASE
)
#: What forms add to a label, and nobody says aloud.
MARKS = re.compile(r"\s*(\*|\((obligatoire|facultatif|facultative)\))$")

Upload = Path | tuple[str, bytes] | tuple[str, bytes, str]


class Statements(list[str]):
    """The SQL statements that requests ran, transactions and settings left out."""

    def __str__(self) -> str:
        return "\n".join(f"{number}. {squash(statement)}" for number, statement in enumerate(self, 1))


class Visitor:
    """One person and their browser (their cookies)."""

    def __init__(self, app: Flask, sign_in: Callable[["Visitor", Any], None] | None = None) -> None:
        self.app = app
        self.client = app.test_client()
        self.base_url: str = app.config.get("PUBLIC_URL") or "http://localhost"
        self.page: Page | None = None
        self._sign_in = sign_in
        # The same pages come from both databases: parsing and checking them once is enough, and most of a visit's time.
        self._checks = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
        self._titles: dict[str, str] = {}
        self._recorders: list[Statements] = []

    def sign_in(self, user: Any) -> "Visitor":
        """Sign in as this user, by a session of theirs on the server."""
        if self._sign_in is None:
            raise RuntimeError("this visitor was not told how people sign in")
        self._sign_in(self, user)
        return self

    # Pages -----------------------------------------------------------------------------------------------------

    def get(
        self, address: str, status: int = 200, *, follow: bool = False, check: bool = True, **options: Any
    ) -> "Page":
        """Open an address. The status is asserted; the HTML is checked unless `check=False`."""
        return self.visit("GET", address, status, follow=follow, check=check, **options)

    def post(
        self,
        address: str,
        data: Any = None,
        status: int = 303,
        *,
        follow: bool = False,
        csrf: bool = True,
        **options: Any,
    ) -> "Page":
        """Send what no form of ours would send, with a valid token unless `csrf=False`."""
        fields = MultiDict(data or {})
        if csrf and "csrf_token" not in fields:
            fields["csrf_token"] = self.csrf_token()
        return self.visit("POST", address, status, follow=follow, data=fields, **options)

    def htmx(self, method: str, address: str, status: int = 200, **options: Any) -> "Page":
        """Ask for a fragment, as htmx does."""
        headers = {"HX-Request": "true", **options.pop("headers", {})}
        return self.visit(method, address, status, headers=headers, **options)

    def visit(
        self,
        method: str,
        address: str,
        status: int | None,
        *,
        follow: bool = False,
        check: bool = True,
        **options: Any,
    ) -> "Page":
        """One request, then those it redirects to when `follow`."""
        response = self._send(method, address, **options)
        for _ in range(5):
            if not (follow and response.status_code in REDIRECTS):
                break
            if method == "POST" and response.status_code != 303:
                raise AssertionError(f"POST {address} answers {response.status_code}: redirect with 303")
            response = self._send("GET", self._local(response.headers["Location"]))
        self.page = Page(self, response)
        if status is not None and response.status_code != status:
            raise AssertionError(
                f"{method} {address} answers {response.status_code}, not {status}"
                f"{self._where(response)}\n{self.page.summary}"
            )
        if check:
            self._check(self.page)
        return self.page

    @staticmethod
    def _where(response: TestResponse) -> str:
        location = response.headers.get("Location")
        return f", and leads to {location}" if location else ""

    def _send(self, method: str, address: str, **options: Any) -> TestResponse:
        self.let_go()
        recorder = engine_recorder(self.app)
        recorder.listeners = self._recorders
        try:
            # In a context of its own the request cannot find the test's application context, nor its session.
            options.setdefault("base_url", self.base_url)
            # Read to its end and closed, as a server does: a file that is sent must not stay open.
            options.setdefault("buffered", True)
            response = contextvars.Context().run(self.client.open, address, method=method, **options)
            # The test client leaves open the temporary file through which it sent a large upload.
            response.request.environ["wsgi.input"].close()
            return response
        finally:
            recorder.listeners = []

    def let_go(self) -> None:
        """Commit what the test did and forget what it read: nothing of it may help or hinder the request."""
        if has_app_context():
            session: Session = self.app.extensions["sqlalchemy"].session()
            session.commit()
            session.expire_all()

    def _local(self, location: str) -> str:
        parts = urlsplit(location)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"

    def _check(self, page: "Page") -> None:
        if not page.is_html or page.status in REDIRECTS or not page.html or not self._checks:
            return
        found = fragment_defects(page.document) if page.is_fragment else defects(page.document)
        if page.status == 200 and not page.is_fragment:
            rule = str(page.response.request.path if page.rule is None else page.rule)
            if self._titles.setdefault(page.title, rule) != rule:
                found.append(f"its title {page.title!r} is also that of {self._titles[page.title]}")
        if found:
            raise AssertionError(f"The page {page.address} has defects:\n- " + "\n- ".join(found))

    def csrf_token(self) -> str:
        """The token of the last page, or of the sign-in page."""
        tokens = (
            self.page.document.find_all("input", name="csrf_token") if self.page and self.page.is_html else []
        )
        # Who is signed in is led away from the sign-in page; every page holds a form in its footer.
        for address in ("/connexion", "/mentions-legales"):
            if not tokens:
                response = self._send("GET", address)
                tokens = Document(response.get_data(as_text=True)).find_all("input", name="csrf_token")
        if not tokens:
            raise AssertionError("no page at hand holds a csrf_token; visit one that has a form first")
        return tokens[0].get("value", "")

    @contextmanager
    def count_statements(self) -> Iterator[Statements]:
        """The statements of the requests made inside the block."""
        statements = Statements()
        self._recorders.append(statements)
        try:
            yield statements
        finally:
            self._recorders.remove(statements)

    # The page at hand ------------------------------------------------------------------------------------------

    def _current(self) -> "Page":
        if self.page is None:
            raise AssertionError("the visitor has opened no page yet")
        return self.page

    def click(self, text: str, status: int = 200) -> "Page":
        """Follow the link of the current page that bears this text."""
        return self._current().click(text, status)


class EngineRecorder:
    """Hears the statements of an application's engine and repeats them to whoever listens."""

    def __init__(self, app: Flask) -> None:
        self.listeners: list[Statements] = []
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        event.listen(engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not NOT_COUNTED.match(statement):
            for listener in self.listeners:
                listener.append(statement)


def engine_recorder(app: Flask) -> EngineRecorder:
    """The recorder of this application, made at the first visit."""
    recorder: EngineRecorder = app.extensions.get("tests.recorder") or EngineRecorder(app)
    app.extensions["tests.recorder"] = recorder
    return recorder


class Page:
    """What the server answered, as a person reads it and acts on it."""

    def __init__(self, visitor: Visitor, response: TestResponse) -> None:
        self.visitor = visitor
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.is_html = response.mimetype == "text/html"
        self.html = response.get_data(as_text=True) if self.is_html else ""
        self.is_fragment = self.is_html and response.request.headers.get("HX-Request") == "true"
        self.is_fragment = self.is_fragment and "<!doctype" not in self.html[:50].lower()
        self._document: Document | None = None
        self._forms: dict[Element | None, Form] = {}

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

    @property
    def document(self) -> Document:
        """The page parsed."""
        if self._document is None:
            self._document = Document(self.html, fragment=self.is_fragment)
        return self._document

    @property
    def text(self) -> str:
        """What there is to read, each white space (non-breaking too) written as one space."""
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
        """What the page announces: the elements of role alert or status."""
        found = [*self.document.find_all(role="alert"), *self.document.find_all(role="status")]
        return [text for element in found if (text := self.document.text_of(element))]

    @property
    def links(self) -> list[tuple[str, str]]:
        """(text, address) of each link."""
        return [(self.document.name_of(a), a.get("href", "")) for a in self.document.find_all("a")]

    @property
    def forms(self) -> list["Form"]:
        """Every form, in the order of the page."""
        return [self._form(each) for each in self.document.find_all("form")]

    @property
    def buttons(self) -> list[str]:
        """The name of each button within reach."""
        return [self.document.name_of(button) for button in self._buttons()]

    def texts(self, *tags: str, **attributes: str) -> list[str]:
        """The text of each element of these tags and attributes (`class_="card"`, `data_x="…"`)."""
        return [self.document.text_of(element) for element in self.document.find_all(*tags, **attributes)]

    def rows(self, caption: str = "") -> list[list[str]]:
        """The cells of the table whose caption holds these words, row by row, headers included."""
        for table in self.document.find_all("table"):
            name = next((self.document.text_of(child) for child in table if child.tag == "caption"), "")
            if squash(caption) in name:
                return [
                    [self.document.text_of(cell) for cell in row if cell.tag in {"td", "th"}]
                    for row in table.iter("tr")
                ]
        raise AssertionError(f"{self.address} has no table {caption!r}")

    def has(self, text: str) -> bool:
        """Whether these words are on the page, whatever its white space."""
        return squash(text) in self.text

    def error_of(self, label: str) -> str:
        """The text tied to a field by aria-describedby: its help and its errors."""
        _, field = self._field(label)
        references = field.get("aria-describedby", "").split()
        return squash(" ".join(self.document.text_of(self.document.by_id[each]) for each in references))

    def value_of(self, label: str) -> Any:
        """What a field holds now: a text, or for a choice the text of what is chosen."""
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
        """The contrary of `check`."""
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

    def form(self, *, button: str | None = None, action_contains: str | None = None) -> "Form":
        """One form, when labels alone do not tell which: by its button, or by a part of its action."""
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

    def _form(self, element: Element | None) -> "Form":
        if element not in self._forms:
            self._forms[element] = Form(self, element)
        return self._forms[element]

    def _field(self, label: str, *, also_groups: bool = False) -> tuple["Form", Element]:
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


class Form:
    """A form being filled: what was typed, beside what the server had put there."""

    def __init__(self, page: Page, element: Element | None) -> None:
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

    def fill(self, field: Element | str, text: str) -> "Form":
        """Write in a field."""
        element = self._find(field)
        if element.tag == "select" or element.get("type") in {"checkbox", "radio", "file"}:
            raise AssertionError(
                f"{self.document.name_of(element)!r} is no text: use choose, check or attach"
            )
        self.texts[element] = text
        return self

    def choose(self, field: Element | str, option: str) -> "Form":
        """Choose one option of a list, or one radio button of a group."""
        element = self._find(field, also_groups=True)
        candidates = self._choices(element)
        chosen = self.page._one(candidates, option, self._text_of_choice, "choice")
        for candidate in candidates:
            self.ticks[candidate] = candidate is chosen
        return self

    def tick(self, field: Element | str, option: str, ticked: bool) -> "Form":
        """Tick or untick a box, or an option of a group or of a multiple list."""
        element = self._find(field, also_groups=bool(option))
        if option:
            element = self.page._one(self._choices(element), option, self._text_of_choice, "choice")
        elif element.get("type") not in {"checkbox", "radio"}:
            raise AssertionError(f"{self.document.name_of(element)!r} is no box to tick")
        self.ticks[element] = ticked
        return self

    def check(self, field: str, *options: str) -> "Form":
        """Tick a box, or these options of a group."""
        for option in options or ("",):
            self.tick(field, option, True)
        return self

    def attach(self, field: Element | str, files: Iterable[Upload]) -> "Form":
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
        """What a field holds now."""
        if field.tag == "select":
            chosen = [self.document.text_of(option) for option in self._selected(field)]
            return chosen if field.get("multiple") is not None else (chosen[0] if chosen else "")
        if field.get("type") in {"checkbox", "radio"}:
            return self._is_ticked(field)
        return self._text(field)

    # Sending, as a browser would -------------------------------------------------------------------------------

    def submit(self, button: str, status: int = 200, *, follow: bool = True, validate: bool = True) -> Page:
        """Press one of its buttons."""
        buttons = [each for each in self.page._buttons() if self.page._owner(each) is self.element]
        pressed = self.page._one(buttons, button, self.document.name_of, "button")
        return self.send(pressed, status, follow=follow, validate=validate)

    def send(self, pressed: Element, status: int, *, follow: bool, validate: bool) -> Page:
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
        """The (name, value) pairs that would be sent."""
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
        """What a browser refuses to send."""
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
