"""Pages of a small world, every one in a real browser: accessible in both themes, narrow, light, usable by keyboard."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, Route
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from chantiers.web import error_pages
from models import Chantier, Deliverable, Objective, Structure, Task, User
from tests.architecture.addresses import Target, Targets, access_of, address, rules
from tests.support.browser import Watch
from tests.support.databases import Database
from tests.support.inspection import Inspector
from tests.support.live_server import LiveServer
from tests.support.signed_links import sign_links
from tests.support.world import World, make_world

#: What is no page. Any other address that can be opened is looked at, a new one from its first day.
EXCUSED = {
    "static": "files",
    "health.show": "data, for machines",
    "comments.mentions": "data, for the list that opens under « @ »",
    "comments.download": "a file",
    "deliverables.download": "a file",
    "exports.all_deliverables": "a file",
    "exports.all_tasks": "a file",
    "exports.dashboard": "a file",
    "exports.deliverables": "a file",
    "exports.demarche": "a file",
    "exports.feed": "data, for diaries",
    "exports.history": "a file",
    "exports.journal": "a file",
    "exports.members": "a file",
    "exports.structures": "a file",
    "exports.tasks": "a file",
    "imports.wrong_lines": "a file",
    "leaving.download": "a file",
    "publications.download": "a file",
    "publications.latest_file": "leads to the file",
    "public.robots": "data, for machines",
    "public.sitemap": "data, for machines",
    "relecture.file_from_mail": "a file",
    "report.meeting_docx": "a file",
    "report.meeting_pdf": "a file",
    "report.period_docx": "a file",
    "report.period_pdf": "a file",
    "objectives.show": "leads to the objective's place on the page of its chantier",
}
#: Pages that hold other things in other states: which of the world's they are looked at with. Of the others, the first.
STATES = {
    "chantier.show": ("ours", "archived"),
    "comments.task_discussion": ("open",),
    "comments.deliverable_discussion": ("drafting",),
    "deliverables.compare": ("rewritten",),
    "deliverables.new_version": ("drafting",),
    "deliverables.publish": ("approved",),
    "deliverables.read": ("drafting 1",),
    "deliverables.send_back": ("in_review",),
    "deliverables.show": (
        "expected",
        "in_review",
        "to_rework",
        "approved",
        "rewritten",
        "published",
        "archived",
    ),
    "deliverables.unpublish": ("published",),
    "imports.name_columns": ("uploaded", "mapped"),
    "imports.preview": ("mapped",),
    "imports.show": ("done", "undone"),
    "leaving.hand_over": ("ours participant", "ours referent"),
    "relecture.answer": ("of a person",),
    "relecture.ask": ("drafting",),
    "structures.show": ("carrying", "apart"),
    "tasks.show": ("open", "blocked", "to_validate", "done", "long", "archived"),
}
#: What an address shows besides: other ways to see it, or nothing found.
VIEWS = {
    "tasks.index": ("?vue=liste", "?vue=liste&etat=bloquee", "?q=rien"),
    "deliverables.everywhere": ("?q=rien",),
    "imports.preview": ("?voir=a-creer", "?voir=differentes"),
}
#: Pages that the coordination does not open: they are in OTHERS.
CLOSED_TO_THE_COORDINATION = {"comments.edit", "joining.ask"}
#: What others than the coordination see otherwise.
OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "participant": {
        "comments.edit": ("on_task",),
        "my_work.show": ("",),
        "notifications.index": ("",),
        "chantier.show": ("ours", "theirs"),
        "chantier.members": ("ours",),
        "tasks.show": ("open", "theirs"),
        "deliverables.show": ("in_review",),
        "structures.show": ("taking",),
    },
    "observer": {
        "my_work.show": ("",),
        "coordination.dashboard": ("",),
        "chantier.show": ("ours",),
        "tasks.index": ("ours",),
        "tasks.show": ("open",),
        "deliverables.index": ("ours",),
        "deliverables.show": ("drafting", "approved"),
    },
    "in_charge": {"my_work.show": ("",), "relecture.answer": ("of a person",)},
    "referent": {
        "my_work.show": ("",),
        "chantier.show": ("theirs",),
        "joining.ask": ("theirs",),
        "leaving.close": ("",),
    },
    "newcomer": {"accounts.charter": ("",)},
}
PROXY_PAGES = Path(__file__).resolve().parents[2] / "deploy/pages"
#: Real names are long, and some of their words have no place where a line can end.
LONG_NAME = (
    ", intercommunalité-de-Saint-Barthélemy-d’Anjou-et-de-ses-environs-anticonstitutionnellement réunis"
)
#: The style guide shows every component at once.
LONG = {"style_guide.show"}
HALVES = 2


class Map:
    """Map of the addresses of the pages, by who opens them."""

    def __init__(self, app: Flask, world: World, numbers: dict[tuple[str, str], int]) -> None:
        self.app, self.world = app, world
        self.targets = Targets(world, numbers)
        known = {rule.endpoint for rule in rules(app, "GET")}
        named = {
            *EXCUSED,
            *STATES,
            *VIEWS,
            *CLOSED_TO_THE_COORDINATION,
            *LONG,
            *(name for each in OTHERS.values() for name in each),
        }
        assert named <= known, f"no such pages any more: {named - known}"
        self.pages = [rule for rule in rules(app, "GET") if rule.endpoint not in EXCUSED]

    def of_the_coordination(self) -> Iterator[tuple[str, str]]:
        """Return (endpoint, address) of each page that asks for somebody, in the states that change it."""
        assert {name for pages in OTHERS.values() for name in pages} >= CLOSED_TO_THE_COORDINATION
        for rule in self.pages:
            if not self._is_public(rule) and rule.endpoint not in CLOSED_TO_THE_COORDINATION:
                yield from self._in_states(rule, STATES.get(rule.endpoint))

    def of(self, name: str) -> Iterator[tuple[str, str]]:
        """Return the pages that this person sees otherwise."""
        wanted = OTHERS[name]
        for rule in self.pages:
            if rule.endpoint in wanted:
                yield from self._in_states(rule, wanted[rule.endpoint], views=False)

    def of_everybody(self, signed: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
        """Return the pages that ask for nobody, those of the links of mails among them."""
        for rule in self.pages:
            if not self._is_public(rule):
                continue
            if "<signed:" not in str(rule):
                yield from self._in_states(rule, None)
                continue
            assert rule.endpoint in signed, f"{rule} is opened by a signed word: sign one in `signed`"
            for token in signed[rule.endpoint]:
                yield rule.endpoint, address(self.app, rule, Target("", {"token": token}))

    def _is_public(self, rule: Rule) -> bool:
        access = access_of(self.app, rule)
        return access is not None and access.public

    def _in_states(
        self, rule: Rule, states: tuple[str, ...] | None, *, views: bool = True
    ) -> Iterator[tuple[str, str]]:
        known = {each.name: each for each in self.targets.of(rule) if not each.is_hidden}
        names = states if states is not None else tuple(known)[:1]
        assert names and set(names) <= set(known), (
            f"{rule}: the world has no {set(names) - set(known) or 'such thing'}. Make it, or excuse the address."
        )
        for name in names:
            where = address(self.app, rule, known[name])
            yield rule.endpoint, where
        if views:
            yield from ((rule.endpoint, where + query) for query in VIEWS.get(rule.endpoint, ()))


@pytest.fixture
def world(in_app: Callable[[], AbstractContextManager[Session]], database: Database) -> World:
    """Make the world, in the database that the real server reads."""
    with in_app() as session:
        world = make_world(session, database.config["STORAGE_URL"])
        lengthen(session)
        return world


def lengthen(session: Session) -> None:
    """Give things the long names that real ones have, with words that no line can cut."""
    for kind, column in (
        (Task, Task.title),
        (Deliverable, Deliverable.title),
        (Objective, Objective.text),
        (Structure, Structure.name),
        (User, User.name),
    ):
        session.execute(update(kind).values({column: column + LONG_NAME}))


@pytest.fixture
def pages(app: Flask, in_app: Callable[[], AbstractContextManager[Session]], world: World) -> Map:
    """Return where its pages are."""
    with in_app() as session:
        numbers = {
            ("chantier", slug): each for each, slug in session.execute(select(Chantier.id, Chantier.slug))
        }
        numbers |= {
            ("structure", slug): each for each, slug in session.execute(select(Structure.id, Structure.slug))
        }
    return Map(app, world, numbers)


@pytest.fixture
def signed(in_app: Callable[[], AbstractContextManager[Session]], world: World) -> dict[str, list[str]]:
    """Return the words of the links that mails hold, by endpoint."""
    with in_app() as session:
        return sign_links(session, world)


@pytest.fixture
def sign_in(
    in_app: Callable[[], AbstractContextManager[Session]], world: World, signed_in_page: Callable[..., Page]
) -> Callable[[str], Page]:
    """Sign in: `sign_in("participant")` is the browser of this person of the world."""

    def arrive(name: str) -> Page:
        with in_app() as session:
            person = session.get_one(User, world.people[name])
        return signed_in_page(person)

    return arrive


def look(inspector: Inspector, pages: Iterable[tuple[str, str]], *, keyboard: bool = True) -> list[str]:
    """Open these pages; everything that is wrong with any. The keyboard goes through each kind of page once."""
    wrong, walked = [], set()
    for endpoint, where in pages:
        walk = keyboard and endpoint not in walked
        found = inspector.open(where, keyboard=walk, is_long=endpoint in LONG)
        wrong += [f"{where}: {each}" for each in found]
        walked.add(endpoint)
    return wrong


def assert_none(wrong: list[str]) -> None:
    """Say everything that is wrong at once."""
    assert not wrong, "\n".join([f"{len(wrong)} complaints:", *wrong])


@pytest.mark.parametrize("half", range(HALVES))
def test_every_page_as_the_coordination(sign_in: Callable[[str], Page], pages: Map, half: int) -> None:
    inspector = Inspector(sign_in("coordinator"))
    assert_none(look(inspector, list(pages.of_the_coordination())[half::HALVES]))


def test_the_pages_that_others_see_otherwise(sign_in: Callable[[str], Page], pages: Map) -> None:
    assert_none(
        [
            f"{name}: {each}"
            for name in OTHERS
            for each in look(Inspector(sign_in(name)), pages.of(name), keyboard=False)
        ]
    )


def test_the_pages_of_everybody(
    open_browser: Callable[..., Page],
    make_server: Callable[..., LiveServer],
    pages: Map,
    signed: dict[str, list[str]],
) -> None:
    # Where mails leave, a link can be asked for.
    server = make_server(MAIL_URL="smtp://127.0.0.1:1", MAIL_FROM="chantiers@example.org").start()
    found = [(endpoint, server.url + where) for endpoint, where in pages.of_everybody(signed)]
    assert_none(look(Inspector(open_browser()), found))


def test_what_is_refused(
    open_browser: Callable[..., Page], sign_in: Callable[[str], Page], world: World, watch: Watch
) -> None:
    watch.expect("40[1345]|410|422")
    stranger, participant = Inspector(open_browser()), Inspector(sign_in("participant"))
    wrong = [
        f"{where}: {each}"
        for inspector, where, status in (
            (stranger, "/nulle-part", 404),
            (stranger, "/mon-travail", 401),
            (stranger, "/deconnexion", 405),
            (stranger, "/mot-de-passe/" + "a" * 43, 404),
            (stranger, "/invitation/autre", 404),
            (stranger, "/publications/livrable-withdrawn", 410),
            (participant, "/gestion", 403),
            (participant, "/nulle-part", 404),
        )
        for each in inspector.open(where, status=status, keyboard=False)
    ]
    inspector = Inspector(sign_in("coordinator"))
    inspector.prepare()
    page = inspector.page
    page.goto(f"/chantiers/{world.chantiers['ours']}/taches/nouvelle")
    form = page.locator("main form[method=post]").first
    form.evaluate("form => { form.noValidate = true; }")
    with page.expect_response(lambda answer: answer.request.is_navigation_request()) as sent:
        form.locator("button:not([type=button])").last.click()
    assert sent.value.status == 422
    page.wait_for_load_state()
    assert_none(wrong + [f"a task without a title: {each}" for each in inspector.look()])


def test_the_pages_of_a_bad_day(open_browser: Callable[..., Page], app: Flask, watch: Watch) -> None:
    """Pages shown when the database does not answer, and the one that the proxy shows by itself."""
    watch.expect("503")
    with app.test_request_context("/mon-travail"):
        shown = {"503.html": app.make_response(error_pages.bare(503)).get_data(as_text=True)}
    shown |= {f"proxy-{path.name}": path.read_text(encoding="utf-8") for path in PROXY_PAGES.glob("*.html")}
    assert len(shown) >= 3
    inspector = Inspector(open_browser())
    wrong = []
    for name, words in shown.items():
        inspector.page.route(f"**/{name}", partial(fulfil, words))
        wrong += [f"{name}: {each}" for each in inspector.open(f"/{name}", status=503)]
    assert_none(wrong)


def fulfil(words: str, route: Route) -> None:
    """Answer with this page."""
    route.fulfill(status=503, body=words, content_type="text/html; charset=utf-8")


@pytest.mark.databases("postgresql")
def test_the_main_pages_on_the_other_database(sign_in: Callable[[str], Page], pages: Map) -> None:
    main = {"my_work.show", "chantier.calendar", "coordination.dashboard", "notifications.index"}
    found = [one for one in pages.of_the_coordination() if one[0] in main]
    assert_none(look(Inspector(sign_in("referent")), found, keyboard=False))
