"""Matrix of every route × role × things of ours, of others and of nobody: who gets in is what the design says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from chantiers.web.access import Access
from tests.architecture.addresses import HUGE, Target, access_of, address, rules
from tests.architecture.conftest import Scene
from tests.architecture.crawl import crawl
from tests.architecture.design import Facts, Thing
from tests.support.world import World

PEOPLE = (
    "stranger",
    "closed",
    "observer",
    "observer_inside",
    "elsewhere",
    "participant",
    "in_charge",
    "carrier",
    "carrier_outside",
    "creator",
    "creator_outside",
    "referent",
    "referent_elsewhere",
    "coordinator",
)
#: Those whose rights ask the database most; they are met on both, since rights are the same words on each.
ON_BOTH = ("observer", "carrier", "referent")

#: The answers of a route to somebody who may: a page, a redirect, or words about what was sent.
LET_IN = {200, 204, 301, 302, 303, 409, 413, 422}

#: Routes that no permission guards. A new one has to be added here, once it is clear why none does.
PUBLIC = {
    "accounts.ask_link",
    "accounts.choose_password",
    "accounts.use_link",
    "invitations.answer",
    "accounts.enter_demonstration",
    "accounts.language",
    "accounts.sign_in",
    "accounts.sign_out",
    "exports.feed",
    "correspondence.stop_mails",
    "correspondence.unsubscribe",
    "checkpoints.from_mail",
    "health.show",
    "public.accessibility",
    "public.chantier",
    "public.robots",
    "public.sitemap",
    "public.eco_design",
    "public.home",
    "public.legal",
    "public.privacy",
    "publications.download",
    "publications.index",
    "publications.latest_file",
    "publications.show",
    "relecture.file_from_mail",
    "relecture.from_mail",
    "static",
    "style_guide.show",
}
#: What mailboxes post by themselves: the signed address stands for a token. The only exceptions.
SIGNED = {"correspondence.stop_mails"}
#: Routes by which each person reaches only what is theirs.
ONES_OWN = {
    "accounts.accept_charter",
    "accounts.change_password",
    "accounts.charter",
    "accounts.end_all_sessions",
    "accounts.end_session",
    "accounts.mails",
    "accounts.profile",
    "accounts.sessions",
    "comments.preview",
    "deliverables.everywhere",
    "leaving.close",
    "leaving.download",
    "leaving.my_data",
    "exports.all_deliverables",
    "exports.calendars",
    "exports.renew",
    "my_work.show",
    "notifications.be_here",
    "notifications.index",
    "notifications.read",
    "notifications.read_all",
    "notifications.wish",
    "search.index",
    "trash.index",
    "trash.restore",
}
#: After these a browser is nobody's, or somebody else's.
SIGNING_OUT = {
    "accounts.sign_out",
    "accounts.end_all_sessions",
    "accounts.end_session",
    "accounts.choose_password",
    "leaving.close",
}


@dataclass(frozen=True)
class Case:
    """Case of one request, and the answers that the design allows."""

    method: str
    rule: Rule
    target: Target
    expected: frozenset[int]

    def __str__(self) -> str:
        return f"{self.method} {self.rule} [{self.target.name or 'as it is'}]"

    @property
    def is_refused(self) -> bool:
        return not self.expected & LET_IN


class Expectations:
    """Expectations of what each route must answer to one person."""

    def __init__(self, app: Flask, facts: Facts, world: World, name: str) -> None:
        self.app, self.facts = app, facts
        self.user = world.people.get(name)
        self.is_signed_in = self.user in facts.roles

    def of(self, rule: Rule, target: Target) -> frozenset[int]:
        access = access_of(self.app, rule)
        assert access is not None
        if not access.public and not self.is_signed_in:
            return frozenset({401})
        if rule.endpoint in PUBLIC:
            return frozenset({404} if target.is_hidden else LET_IN)
        if target.is_hidden:
            # Where nothing of a thing is asked, the permission speaks before the address does.
            return frozenset({404})
        if rule.endpoint == "trash.restore":
            return self._restore(target)
        if target.is_hidden_from_observers and self.facts.is_only_observer(self.user):
            return frozenset({404})
        if access.permission is None:
            return frozenset(LET_IN)
        if self.facts.may(self.user, access.permission, self._thing(target)):
            return frozenset(LET_IN)
        # What one may not read is not found; what one may read but not change is refused.
        return frozenset({404} if access.permission == "deliverable.read_draft" else {403})

    def _thing(self, target: Target) -> Thing:
        return self.facts.things[target.subject] if target.subject else Thing()

    def _restore(self, target: Target) -> frozenset[int]:
        """Return the answers to a restoration: the bin of others does not exist."""
        assert target.subject is not None
        kind, _ = target.subject
        permission = "objective.manage" if kind == "objective" else f"{kind}.trash"
        may = self.facts.may(self.user, permission, self._thing(target))
        return frozenset(LET_IN if may else {404})


def cases(scene: Scene, name: str) -> Iterator[Case]:
    """Yield every request that this person can make of the world."""
    expectations = Expectations(scene.app, scene.facts(), scene.world, name)
    for rule in rules(scene.app):
        for method in ("GET", "POST"):
            if method in (rule.methods or ()):
                for target in scene.targets.of(rule):
                    yield Case(method, rule, target, expectations.of(rule, target))


def send(scene: Scene, name: str, case: Case, body: dict[str, Any]) -> str | None:
    """Make the request; a sentence when the answer is not what the design says."""
    person = scene.person(name)
    options: dict[str, Any] = (
        {"data": {**body, "csrf_token": token(scene, name)}} if case.method == "POST" else {}
    )
    where = address(scene.app, case.rule, case.target)
    try:
        status = person.visit(case.method, where, None, check=False, **options).status
    except Exception as error:
        return f"{case}: raises {type(error).__name__}: {error}"
    if status not in case.expected:
        return f"{case}: answers {status}, the design says {sorted(case.expected)}"
    return None


def assert_none(wrong: Iterable[str | None]) -> None:
    """Check that nothing went wrong, or tell each thing that did on a line."""
    said = [each for each in wrong if each]
    assert not said, "\n".join([f"{len(said)} answers:", *said])


def token(scene: Scene, name: str) -> str:
    """Return the CSRF token of this person's browser."""
    person = scene.person(name)
    if not hasattr(person, "house_token"):
        person.page = None
        person.house_token = person.csrf_token()  # type: ignore[attr-defined]
    return str(person.house_token)  # type: ignore[attr-defined]


def bodies(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return, for each POST route, what the form of one of its pages sends."""
    found: dict[str, dict[str, Any]] = {}
    for form in crawl(scene, "coordinator").forms:
        found.setdefault(form.endpoint, {name: form.data().getlist(name) for name in form.names - FILES})
    return found


FILES = {"file", "attached", "csrf_token"}


@pytest.mark.parametrize("name", ON_BOTH)
def test_who_gets_in_is_what_the_design_says(scene: Scene, name: str) -> None:
    compare_with_the_design(scene, name)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", [name for name in PEOPLE if name not in ON_BOTH])
def test_so_it_is_for_everybody_else(scene: Scene, name: str) -> None:
    compare_with_the_design(scene, name)


def compare_with_the_design(scene: Scene, name: str) -> None:
    """Make every request; refused ones change nothing, and the others are undone."""
    forms = bodies(scene)
    asked = list(cases(scene, name))
    assert {each.rule.endpoint for each in asked} == {rule.endpoint for rule in rules(scene.app)}
    scene.restore()
    scene.person(name)
    token(scene, name)
    before = scene.rows()
    refused = [case for case in asked if case.is_refused]
    wrong = [send(scene, name, case, forms.get(case.rule.endpoint, {})) for case in refused]
    assert_none(wrong)
    assert scene.rows() == before, "a refused request changed something"
    with scene.unkept_writes():
        wrong = [
            send(scene, name, case, forms.get(case.rule.endpoint, {}))
            for case in asked
            if not case.is_refused and case.rule.endpoint not in SIGNING_OUT
        ]
    assert_none(wrong)


def test_each_route_is_classified(app: Flask) -> None:
    views = {rule.endpoint: access_of(app, rule) for rule in rules(app)}
    assert {endpoint for endpoint, access in views.items() if access and access.public} == PUBLIC
    assert {endpoint for endpoint, access in views.items() if access == Access()} == ONES_OWN


@pytest.mark.parametrize("name", ["stranger", "participant", "coordinator"])
def test_an_id_that_no_database_holds_is_not_found(scene: Scene, name: str) -> None:
    wrong = []
    person = scene.person(name)
    token(scene, name)
    before = scene.rows()
    for where, method in too_large(scene):
        options: dict[str, Any] = {"data": {"csrf_token": token(scene, name)}} if method == "POST" else {}
        status = person.visit(method, where, None, check=False, **options).status
        # Whether there is such a thing is not said to whoever reads what they were told.
        if where.startswith("/notifications/") and where.endswith("/lu") and status == 303:
            continue
        if status not in ({404, 401} if name == "stranger" else {404, 403}):
            wrong.append(f"{method} {where}: {status}")
    assert_none(wrong)
    assert scene.rows() == before


def too_large(scene: Scene) -> Iterator[tuple[str, str]]:
    """Return each route, with each of its numbers beyond what a database holds."""
    for rule in rules(scene.app):
        target = next((each for each in scene.targets.of(rule) if not each.is_hidden), None)
        if target is None:
            continue
        numbers = [name for name, value in target.values.items() if isinstance(value, int)]
        for name in numbers:
            for huge in HUGE:
                # The route would not build such an address: the number is put where another stood.
                marked = Target("", {**target.values, name: 777_777_777})
                where = address(scene.app, rule, marked).replace("777777777", huge)
                for method in sorted({"GET", "POST"} & (rule.methods or set())):
                    yield where, method


def test_an_address_answers_only_its_own_methods(scene: Scene) -> None:
    """A POST address that is opened says so, without running."""
    wrong = []
    coordinator = scene.person("coordinator")
    by_path: dict[str, set[str]] = {}
    for rule in rules(scene.app):
        for target in scene.targets.of(rule)[:1]:
            by_path.setdefault(address(scene.app, rule, target), set()).update(rule.methods or ())
    tok = token(scene, "coordinator")
    for where, methods in by_path.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
            status = coordinator.visit(method, where, None, check=False, data={"csrf_token": tok}).status
            if status not in (405, 404):
                wrong.append(f"{method} {where}: {status}")
    assert_none(wrong)


def test_no_post_goes_without_its_token(scene: Scene) -> None:
    forms = bodies(scene)
    scene.restore()
    posts = [
        (rule, scene.targets.of(rule)[0]) for rule in rules(scene.app, "POST") if rule.endpoint not in SIGNED
    ]
    before, wrong = scene.rows(), []
    for name, expected in (("coordinator", {400}), ("referent", {400}), ("stranger", {400, 401})):
        person = scene.person(name)
        for rule, target in posts:
            for forged in ({}, {"csrf_token": "deviné"}):
                data = {**forms.get(rule.endpoint, {}), **forged}
                page = person.visit("POST", address(scene.app, rule, target), None, check=False, data=data)
                if page.status not in expected:
                    wrong.append(f"{name}: POST {rule} {forged}: {page.status}")
    assert_none(wrong)
    assert scene.rows() == before


@pytest.mark.databases("sqlite")
def test_each_post_has_a_form_on_some_page(scene: Scene) -> None:
    """All that can be done can be done without JavaScript: by a form that somebody meets."""
    met = {
        form.endpoint
        for name in ("coordinator", "referent", "participant")
        for form in crawl(scene, name).forms
    }
    met |= {form.endpoint for form in crawl(scene, "newcomer").forms} | {
        form.endpoint for form in crawl(scene, "stranger").forms
    }
    known = {rule.endpoint for rule in rules(scene.app, "POST")}
    # Only the demonstration offers its entries; a script says that somebody is here, or asks how a text will look; a
    # mail holds its own address.
    in_mails = {"accounts.ask_link", "accounts.use_link", "invitations.answer", "relecture.from_mail"}
    in_mails.add("checkpoints.from_mail")
    in_scripts = {"comments.preview", "notifications.be_here"}
    assert known - met == {"accounts.enter_demonstration", *in_scripts, *in_mails, *SIGNED}
