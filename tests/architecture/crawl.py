"""Crawler of all pages that somebody can reach, which brings back the forms and the queries that it met."""

from collections import deque
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from tests.architecture.addresses import address, rules
from tests.architecture.conftest import Scene
from tests.support.page import Page
from tests.support.page_form import PageForm

#: Pages whose forms only show what forms look like.
SAMPLE_PAGES = {"/style"}


@dataclass(frozen=True)
class Field:
    """Field of a form, as the browser would send it."""

    name: str
    #: hidden, text, textarea, select, checkbox, radio, file, password, date…
    kind: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Met:
    """Form that POSTs, filled as it was met or with a word where one is required."""

    person: str
    page: str
    action: str
    endpoint: str
    fields: tuple[Field, ...]
    button: tuple[tuple[str, str], ...]
    is_multipart: bool

    @property
    def names(self) -> set[str]:
        """Its fields and its button."""
        return {field.name for field in self.fields} | {name for name, _ in self.button}

    def data(self, **changes: list[Any] | None) -> MultiDict[str, Any]:
        """Return what it sends, with other values for some fields; None omits the field. The CSRF token is apart."""
        pairs: list[tuple[str, Any]] = []
        for each in self.fields:
            if each.name in changes or each.name == "csrf_token":
                continue
            if each.kind == "file":
                pairs.append((each.name, (BytesIO(b"Un fichier d'essai."), "essai.txt")))
            else:
                pairs += [(each.name, value) for value in each.values]
        pairs += [pair for pair in self.button if pair[0] not in changes]
        pairs += [(name, value) for name, values in changes.items() for value in values or ()]
        return MultiDict(pairs)


@dataclass
class Found:
    """Findings of a walk."""

    addresses: list[str] = field(default_factory=list)
    forms: list[Met] = field(default_factory=list)
    #: The names that stand in the queries of each route's addresses.
    queries: dict[str, set[str]] = field(default_factory=dict)


_walked: dict[str, tuple[str, Found]] = {}


def crawl(scene: Scene, person: str) -> Found:
    """Collect all that this person reaches: what the URL map holds of the world, and what links lead to.

    The world is the same for each test and on each database, but for the token of its link: it is walked through once.
    """
    here = scene.world.token
    if person not in _walked:
        _walked[person] = here, Walk(scene, person).walk()
    there, found = _walked[person]
    forms = [
        replace(form, page=form.page.replace(there, here), action=form.action.replace(there, here))
        for form in found.forms
    ]
    return Found([each.replace(there, here) for each in found.addresses], forms, found.queries)


class Walk:
    """Walk of one person."""

    #: How many pages of one route are opened; of a thing's own page, every state that the world has; of each set of
    #: names in a query.
    samples, states, queries = 4, 20, 2

    def __init__(self, scene: Scene, person: str) -> None:
        self.scene, self.person = scene, person
        self.visitor = scene.person(person)
        self.found = Found()
        self.seen: set[str] = set()
        self.opened: dict[Any, int] = {}
        self.shapes: set[Any] = set()

    def walk(self) -> Found:
        waiting = deque(self.known_addresses())
        while waiting:
            here = waiting.popleft()
            if not self._is_worth_opening(here):
                continue
            page = self.open(here)
            if page.status != 200 or not page.is_html:
                continue
            self.found.addresses.append(here)
            if self.follows(here):
                waiting += [urldefrag(urljoin(here, link)).url for _, link in page.links]
            if page.path not in SAMPLE_PAGES:
                waiting += [led for form in page.forms if (led := self._keep(page, form))]
        return self.found

    def follows(self, here: str) -> bool:
        """Say whether the links of this page are followed."""
        return True

    def open(self, here: str) -> Page:
        """Open an address, whatever it answers."""
        return self.visitor.visit("GET", here, None, check=False)

    def known_addresses(self) -> list[str]:
        """Return the addresses of what the URL map holds of the world."""
        app, targets = self.scene.app, self.scene.targets
        return [
            address(app, rule, target)
            for rule in rules(app, "GET")
            for target in targets.of(rule)
            if not target.is_hidden and rule.endpoint != "static"
        ]

    def _is_worth_opening(self, here: str) -> bool:
        parts = urlsplit(here)
        where = endpoint_of(self.scene.app, parts.path)
        if parts.netloc or where is None or where == "static" or here in self.seen:
            return False
        self.seen.add(here)
        names = frozenset(parse_qs(parts.query, keep_blank_values=True))
        self.found.queries.setdefault(where, set()).update(names)
        kind = (where, names)
        self.opened[kind] = self.opened.get(kind, 0) + 1
        limit = self.queries if names else self.states if where.endswith(".show") else self.samples
        return self.opened[kind] <= limit

    def _keep(self, page: Page, form: PageForm) -> str | None:
        """Keep a form that POSTs; answer where one that GETs leads."""
        assert form.element is not None
        action = urljoin(page.address, form.element.get("action") or page.address)
        if (form.element.get("method") or "get").lower() == "get":
            where = endpoint_of(self.scene.app, urlsplit(action).path)
            names = {control.get("name", "") for control in form.controls} - {""}
            self.found.queries.setdefault(where or "", set()).update(names)
            return (
                f"{urlsplit(action).path}?{urlencode([(f.name, v) for f in _fields(form) for v in f.values])}"
            )
        fields = tuple(_fields(form))
        for button in _buttons(form):
            sent = urljoin(page.address, button.get("formaction") or action)
            where = endpoint_of(self.scene.app, urlsplit(sent).path, "POST")
            assert where is not None, f"{page.address} has a form that leads nowhere: {sent}"
            name = button.get("name")
            pressed = ((name, button.get("value", "")),) if name else ()
            shape = (where, pressed, tuple((each.name, each.kind) for each in fields))
            if shape not in self.shapes:
                self.shapes.add(shape)
                multipart = form.element.get("enctype") == "multipart/form-data"
                self.found.forms.append(
                    Met(self.person, page.address, sent, where, fields, pressed, multipart)
                )
        return None


def endpoint_of(app: Flask, path: str, method: str = "GET") -> str | None:
    """Return the endpoint that answers a path; None where none does."""
    try:
        return str(app.url_map.bind("localhost").match(path, method)[0])
    except HTTPException:
        return None


def _buttons(form: PageForm) -> list[Element]:
    return [
        each
        for each in form.controls
        if each.get("type", "submit" if each.tag == "button" else "text") in {"submit", "image"}
    ]


def _fields(form: PageForm) -> list[Field]:
    """Return the fields in the order of the page; what is required and empty gets a word that fits."""
    kinds: dict[str, str] = {}
    required: set[str] = set()
    offered: dict[str, str] = {}
    for control in form.controls:
        name = control.get("name")
        kind = control.tag if control.tag != "input" else control.get("type", "text")
        if not name or control.tag == "button" or kind in {"submit", "image"}:
            continue
        kinds.setdefault(name, kind)
        if control.get("required") is not None:
            required.add(name)
        if kind == "select":
            values = [form._option_value(option) for option in control.iter("option")]
            offered.setdefault(name, next((value for value in values if value), ""))
        elif kind in {"radio", "checkbox"}:
            offered.setdefault(name, control.get("value", "on"))
    sent: dict[str, list[str]] = {name: [] for name in kinds}
    for name, value in form.fields():
        if isinstance(value, str):
            sent[name].append(value)
    for name, values in sent.items():
        if name in required and not any(values):
            sent[name] = [offered.get(name) or _word_for(kinds[name], name)]
        elif not values and kinds[name] == "radio":
            sent[name] = [offered[name]]
    return [Field(name, kinds[name], tuple(values)) for name, values in sent.items()]


def _word_for(kind: str, name: str) -> str:
    if (kind, name) == ("textarea", "people"):
        # A list of people is read line by line.
        return "quelqu.un@example.org ; Quelqu’un"
    return {
        "email": "quelqu.un@example.org",
        "password": "une phrase de passe bien longue",
        "date": "2026-03-12",
        "number": "12",
        "url": "https://exemple.example/",
    }.get(kind, "Quelques mots")
