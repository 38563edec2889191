"""Hostile input in any field, query or address: an answer in words, the right status, nothing lost, never a 500.

The normal run takes a sample that goes through every field of every form and every value; --long takes them all.
"""

import html
import random
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import pytest

from chantiers.web.forms import clean_text
from models import Submission
from tests.architecture import hostile
from tests.architecture.addresses import address, rules
from tests.architecture.conftest import Scene
from tests.architecture.crawl import Found, Met, crawl, endpoint_of
from tests.architecture.test_route_matrix import SIGNING_OUT, assert_none, token
from tests.support.html_check import defects
from tests.support.page import Page

#: What a form may answer to somebody who has the right to send it.
ANSWERS = {200, 302, 303, 400, 404, 409, 413, 422, 429}
#: Fields in which somebody wrote: their words come back with the error.
WRITTEN = {"text", "textarea", "email", "url", "search", "date", "number", "tel"}
PEOPLE = ("coordinator", "referent", "participant")
#: For each database, how many requests a test of the normal run makes.
SAMPLE = {"sqlite": 500, "postgresql": 150}

Any_ = TypeVar("Any_")


def sample(everything: Sequence[Any_], key: Callable[[Any_], Any], count: int) -> list[Any_]:
    """Take at most `count` of them, the same ones each time, in turn from each key's."""
    lots: dict[Any, list[Any_]] = {}
    for each in everything:
        lots.setdefault(key(each), []).append(each)
    chosen: list[Any_] = []
    mixed = random.Random(2026)
    for lot in lots.values():
        mixed.shuffle(lot)
    while lots and len(chosen) < count:
        for name in list(lots):
            chosen.append(lots[name].pop())
            if not lots[name]:
                del lots[name]
    return chosen[:count]


# Forms ------------------------------------------------------------------------------------------------------------


class Attack:
    """Form with one field that holds something else."""

    def __init__(self, form: Met, field: str, what: str, values: list[Any] | None, raw: str = "") -> None:
        self.form, self.field, self.what, self.values, self.raw = form, field, what, values, raw

    def __str__(self) -> str:
        form = self.form
        return f"{form.person} on {form.page} to {form.endpoint}: {self.field} = {self.what}"

    def send(self, scene: Scene) -> Page:
        data = self.form.data(csrf_token=[token(scene, self.form.person)], **{self.field: self.values})
        options: dict[str, Any] = {"data": data}
        if self.raw:
            pairs = [(name, value) for name, value in data.items(multi=True) if isinstance(value, str)]
            body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
            options = {
                "data": f"{body}&{quote_plus(self.field)}={self.raw}",
                "content_type": "application/x-www-form-urlencoded",
            }
        return scene.person(self.form.person).visit("POST", self.form.action, None, check=False, **options)

    def lost_words(self, page: Page) -> list[str]:
        """Return what was typed and is not on the page."""
        kinds = {each.name: each for each in self.form.fields if each.kind in WRITTEN}
        shown = squash(html.unescape(page.html))
        lost = []
        for name, each in kinds.items():
            typed = (self.values or []) if name == self.field else each.values
            # A file among the words, or an identifier, is no text.
            for text in typed[:1]:
                if isinstance(text, str) and squash(clean_text(text)) not in shown:
                    lost.append(name)
        return lost


def squash(text: str) -> str:
    """Set aside case, blanks and accents written in two signs."""
    return " ".join(clean_text(text).casefold().split())


def attacks(forms: list[Met]) -> Iterator[Attack]:
    """Make every form × every field × every value."""
    for form in forms:
        fields = {each.name: each.kind for each in form.fields} | dict.fromkeys(dict(form.button), "button")
        for name, kind in fields.items():
            if name == "csrf_token":
                continue
            for what, text in hostile.TEXTS.items():
                yield Attack(form, name, what, [text])
            for what, raw in hostile.BYTES.items():
                yield Attack(form, name, what, None, raw)
            yield Attack(form, name, "missing", None)
            yield Attack(form, name, "sent twice", ["Un texte", "Un autre"])
            yield Attack(form, name, "a file where a text is due", [hostile.upload("disguised")])
            if kind == "file":
                for what in hostile.FILES:
                    yield Attack(form, name, what, [hostile.upload(what)])


def wrong_with(scene: Scene, attack: Attack) -> str | None:
    """Make the attack; a sentence when the answer is not what it must be."""
    try:
        page = attack.send(scene)
    except Exception as error:
        return f"{attack}: raises {type(error).__name__}: {str(error)[:200]}"
    if page.status not in ANSWERS:
        return f"{attack}: answers {page.status}"
    if page.status in (302, 303):
        return wrong_with_acceptance(scene, attack, page)
    if any(mark in page.html for mark in hostile.LIVE):
        return f"{attack}: the {page.status} page is alive"
    if page.status >= 400 and page.is_html:
        if '<html lang="fr"' not in page.html or not page.heading:
            return f"{attack}: the {page.status} page is not a French page"
        if not attack.raw and (lost := attack.lost_words(page)):
            return f"{attack}: the {page.status} page lost {lost}"
        if found := faults(page):
            return f"{attack}: the {page.status} page has defects: {found[:3]}"
    return None


def faults(page: Page) -> list[str]:
    """Return the defects of a page, but for the marks of a text that look like ours."""
    said = ("is left in the page", "runs a script from its address")
    return [each for each in defects(page.document) if not any(words in each for words in said)]


def wrong_with_acceptance(scene: Scene, attack: Attack, page: Page) -> str | None:
    """Check what was accepted: the page after must open and stay dead, and the world is put back."""
    location = page.headers["Location"]
    try:
        if not location.startswith("/") or location.startswith("//"):
            return f"{attack}: leads elsewhere, to {location}"
        after = scene.person(attack.form.person).visit("GET", location, None, check=False, follow=True)
        if after.status != 200 and not (after.status == 404 and attack.field == "next"):
            return f"{attack}: accepted, then {location} answers {after.status}"
        if any(mark in after.html for mark in hostile.LIVE):
            return f"{attack}: accepted, and {location} is alive"
    except Exception as error:
        return f"{attack}: accepted, then {location} raises {type(error).__name__}: {str(error)[:200]}"
    finally:
        scene.restore()
        # A browser that was signed out, or that now speaks English, is no longer the one we know.
        if attack.form.endpoint in SIGNING_OUT | {"accounts.language"}:
            scene.leave(attack.form.person)
    return None


def forms_of(scene: Scene) -> list[Met]:
    """Return each form of each page, as each kind of person meets it; the same one on several pages once."""
    met: dict[Any, Met] = {}
    for name in PEOPLE:
        for form in crawl(scene, name).forms:
            met.setdefault((form.endpoint, frozenset(form.names), form.button), form)
    scene.restore()
    return list(met.values())


def test_every_field_of_every_form_takes_anything(scene: Scene, request: pytest.FixtureRequest) -> None:
    all_of_them = list(attacks(forms_of(scene)))
    if not request.config.getoption("--long"):
        all_of_them = sample(all_of_them, lambda one: (one.form.endpoint, one.field), SAMPLE[scene.database])
    assert_none(wrong_with(scene, attack) for attack in all_of_them)


def test_the_same_form_sent_again_creates_nothing_more(scene: Scene) -> None:
    creating = [form for form in forms_of(scene) if "key" in form.names]
    assert len({form.endpoint for form in creating}) >= 9
    wrong = []
    for form in creating:
        data: dict[str, Any] = {"csrf_token": [token(scene, form.person)]}
        person = scene.person(form.person)
        if form.endpoint == "imports.new":
            data["file"] = [(BytesIO(b"Action\nPlanter"), "actions.csv")]
        first = person.visit("POST", form.action, None, check=False, data=form.data(**data))
        if first.status != 303:
            changes = {**data, **{"kind": ["text"], "text": ["Un texte"]}} if "file" in form.names else data
            first = person.visit("POST", form.action, None, check=False, data=form.data(**changes))
        before = scene.rows()
        if "file" in data:
            data["file"] = [(BytesIO(b"Action\nPlanter"), "actions.csv")]
        again = person.visit("POST", form.action, None, check=False, data=form.data(**data))
        # Whoever publishes a charter has to accept it before anything else: their second click is told so.
        if form.endpoint == "management.charter":
            scene.restore()
            continue
        if first.status != 303 or again.status != 303 or again.location != first.location:
            wrong.append(f"{form.endpoint}: {first.status} then {again.status}")
        if scene.rows() != before:
            wrong.append(f"{form.endpoint}: created twice")
        scene.restore()
    assert_none(wrong)
    assert Submission.__tablename__ in before


def test_what_is_no_form_is_understood_as_nothing(scene: Scene) -> None:
    """JSON, text, nothing at all, a form cut short: with a valid token in the header."""
    coordinator, wrong = scene.person("coordinator"), []
    headers = {"X-CSRFToken": token(scene, "coordinator")}
    bodies = [
        (b'{"title": "Un titre", "role": "coordinator"}', "application/json"),
        (b'{"title": 5, "text": {"a": 1}, "name": null}', "application/json"),
        (b"[1, 2]", "application/json"),
        (b"{", "application/json"),
        (b"title=Un+titre", "text/plain"),
        (b"", ""),
        (b'--a\r\nContent-Disposition: form-data; name="title"\r\n\r\nUn', "multipart/form-data; boundary=a"),
        (b"title=a" + b"&title=b" * 3000, "application/x-www-form-urlencoded"),
        (b"title=" + b"a" * 3_000_000, "application/x-www-form-urlencoded"),
    ]
    for rule in rules(scene.app, "POST"):
        if rule.endpoint in SIGNING_OUT:
            continue
        where = address(scene.app, rule, scene.targets.of(rule)[0])
        for body, kind in bodies:
            with scene.unkept_writes():
                wrong.append(status_of(scene, "POST", where, data=body, content_type=kind, headers=headers))
    assert coordinator is scene.person("coordinator")
    assert_none(wrong)


def status_of(
    scene: Scene, method: str, where: str, person: str = "coordinator", **options: Any
) -> str | None:
    """Make a request; a sentence when it breaks something."""
    what = f"{person}: {method} {where[:200]} {str(options)[:160] if options else ''}"
    try:
        page = scene.person(person).visit(method, where, None, check=False, **options)
    except Exception as error:
        return f"{what}: raises {type(error).__name__}: {str(error)[:200]}"
    if page.status >= 500:
        return f"{what}: answers {page.status}"
    if any(mark in page.html for mark in hostile.LIVE):
        return f"{what}: the {page.status} page is alive"
    if any("\n" in value or "evil.example" in value for _, value in page.headers):
        return f"{what}: an answer's header holds what was sent"
    return None


# Addresses --------------------------------------------------------------------------------------------------------


def queries(scene: Scene) -> list[tuple[str, str, str]]:
    """Make each page × each name of its queries × each value: (address, name, what)."""
    known: Found = crawl(scene, "coordinator")
    found = []
    for rule in rules(scene.app, "GET"):
        target = next((each for each in scene.targets.of(rule) if not each.is_hidden), None)
        if target is None or rule.endpoint == "health.show":
            continue
        where = address(scene.app, rule, target)
        names = known.queries.get(rule.endpoint, set()) | {"page", "q", "next", "before"}
        for name in sorted(names - {"csrf_token"}):
            for what in (*hostile.TEXTS, *hostile.BYTES):
                if what != "200,000 characters":
                    found.append((where, name, what))
    return found


@pytest.mark.parametrize("person", ["coordinator", "observer"])
def test_every_query_takes_anything(scene: Scene, person: str, request: pytest.FixtureRequest) -> None:
    asked = queries(scene)
    if not request.config.getoption("--long"):
        count = SAMPLE[scene.database] if person == "coordinator" else SAMPLE[scene.database] // 4
        asked = sample(asked, lambda one: (endpoint_of(scene.app, one[0]), one[1]), count)
    wrong = []
    for where, name, what in asked:
        value = hostile.BYTES.get(what) or quote(hostile.TEXTS[what], safe="")
        wrong.append(status_of(scene, "GET", f"{where}?{name}={value}", person))
    wrong.append(status_of(scene, "GET", "/chantiers?" + "&".join(["a=b"] * 5000), person))
    assert_none(wrong)


def test_every_segment_of_every_address_takes_anything(scene: Scene, request: pytest.FixtureRequest) -> None:
    asked = []
    for rule in rules(scene.app):
        target = scene.targets.of(rule)[0]
        for name in target.values:
            marks = {**target.values, name: 777_777_777 if isinstance(target.values[name], int) else "marque"}
            if name in ("token", "kind"):
                continue
            where = address(scene.app, rule, type(target)("", marks))
            for segment in hostile.SEGMENTS:
                for method in sorted({"GET", "POST"} & (rule.methods or set())):
                    asked.append(
                        (method, where.replace("777777777", segment).replace("marque", segment), str(rule))
                    )
    if not request.config.getoption("--long"):
        asked = sample(asked, lambda one: one[2], SAMPLE[scene.database])
    data = {"csrf_token": token(scene, "coordinator")}
    with scene.unkept_writes():
        wrong = [
            status_of(scene, method, where, data=data if method == "POST" else None)
            for method, where, _ in asked
        ]
    assert_none(wrong)


def test_every_header_takes_anything(scene: Scene) -> None:
    wrong = []
    pages = ("/", "/connexion", "/mon-travail", "/chantiers", "/sante", "/nulle-part", "/corbeille")
    for person in ("coordinator", "stranger"):
        for headers in hostile.HEADERS.values():
            for where in pages:
                wrong.append(status_of(scene, "GET", where, person, headers=headers))
                wrong.append(status_of(scene, "POST", where, person, headers=headers, data=b"a=b"))
    assert_none(wrong)


# What is kept -----------------------------------------------------------------------------------------------------


@pytest.mark.databases("sqlite")
def test_what_was_written_is_never_taken_for_the_page(scene: Scene) -> None:
    """Every text of every form holds a script; then everybody reads everything."""
    taken = set()
    forms = [form for form in forms_of(scene) if form.endpoint not in SIGNING_OUT | {"management.charter"}]
    for form in forms:
        texts = [each.name for each in form.fields if each.kind in {"text", "textarea", "search"}]
        changes = {name: [f"{hostile.PAYLOAD} {number}"] for number, name in enumerate(texts)}
        changes["csrf_token"] = [token(scene, form.person)]
        for address_field in {"url", "site"} & changes.keys():
            changes[address_field] = ["https://exemple.example/<script>alert(1)</script>"]
        if "kind" in form.names and "file" in form.names:
            changes["kind"] = ["text"]
        page = scene.person(form.person).visit(
            "POST", form.action, None, check=False, data=form.data(**changes)
        )
        if page.status == 303 and texts:
            taken.add(form.endpoint)
    assert len(taken) >= 10, sorted(taken)
    wrong = []
    for name in ("coordinator", "participant", "observer", "stranger"):
        for where in crawl(scene, "coordinator").addresses:
            page = scene.person(name).visit("GET", where, None, check=False)
            if any(mark in page.html for mark in hostile.LIVE):
                wrong.append(f"{name}: {where} is alive")
            elif name == "coordinator" and page.is_html and page.status == 200 and (found := faults(page)):
                wrong.append(f"{name}: {where} has defects: {found[:3]}")
    assert_none(wrong)
