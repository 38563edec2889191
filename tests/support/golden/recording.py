"""Recording of every page of the test world, as each of its people: small text files, the same ones each time."""

import gzip
import hashlib
import logging
import multiprocessing
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

import time_machine
from sqlalchemy import event
from sqlalchemy.orm.attributes import set_committed_value

from app import create_app
from chantiers.storage.folder import FolderStorage
from models import User
from tests.architecture.addresses import Target, address, rules
from tests.architecture.conftest import Scene, make_scene
from tests.architecture.crawl import Met, Walk, endpoint_of
from tests.architecture.test_route_matrix import SIGNING_OUT
from tests.support import databases
from tests.support.golden.mails import record_mails
from tests.support.golden.page import describe, masked
from tests.support.golden.parsing import FastDocument
from tests.support.page import Page
from tests.support.signed_links import sign_links
from tests.support.visitor import REDIRECTS

#: Who reads which language, the longest walks first. Each has a place of their own towards the chantier « ours »; every
#: text in English is met by the coordination.
READERS = (
    ("fr", "coordinator"),
    ("en", "coordinator"),
    *(("fr", name) for name in ("referent", "in_charge", "carrier", "creator", "participant", "elsewhere")),
    *(("fr", name) for name in ("observer", "newcomer", "stranger")),
    ("en", "stranger"),
)
#: When the world is made, and when it is read.
MADE = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
READ = MADE + timedelta(minutes=30)
#: Fields that a refused form is sent without.
WRITTEN = {"text", "textarea", "email", "url", "search", "date", "number", "tel", "password", "select"}
#: Refusals that do not say of what.
SAME_EVERYWHERE = {401, 403, 404, 405}

Signed = dict[str, list[str]]


def record(folder: Path, people: frozenset[str] = frozenset()) -> None:
    """Record every page, as these people or as all of them, into this folder, which is emptied first."""
    logging.disable(logging.CRITICAL)
    shutil.rmtree(folder, ignore_errors=True)
    with _world() as (scene, signed), time_machine.travel(READ, tick=False):
        with _workers(scene, signed) as pool:
            readers = [reader for reader in READERS if not people or reader[1] in people]
            sizes = list(pool.map(_record_one, repeat(folder), *zip(*readers, strict=True)))
        record_mails(scene.app, folder / "mails")
    (folder / "sizes.txt").write_text("\n".join([*sizes, ""]), encoding="utf-8")


@contextmanager
def _world() -> Iterator[tuple[Scene, Signed]]:
    """Make the world on a SQLite file of its own, and return the tokens of the links of its mails."""
    database = databases.SQLite()
    try:
        app = database.app(create_app)
        app.config["MAIL_FROM"] = "Chantiers <chantiers@example.org>"
        with time_machine.travel(MADE):
            scene = make_scene(app, database)
            with app.app_context():
                session = app.extensions["sqlalchemy"].session
                signed = sign_links(session, scene.world)
                session.commit()
        for name in app.jinja_env.list_templates(["html"]):
            # Compiled once, for every process.
            app.jinja_env.get_template(name)
        yield scene, signed
    finally:
        database.close()
        databases.close()


def _workers(scene: Scene, signed: Signed) -> ProcessPoolExecutor:
    """Return processes that share the world as it is in memory."""
    fork = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(os.cpu_count(), mp_context=fork, initializer=_begin, initargs=(scene, signed))


_stage: tuple[Scene, Signed]


def _begin(scene: Scene, signed: Signed) -> None:
    """Remember the world in a process that was just forked, without the connections that another one opened."""
    global _stage
    _stage = scene, signed
    # A file outlives a transaction: one that the form of one person throws away would be missed by others.
    FolderStorage.delete = lambda self, key: None  # type: ignore[method-assign]
    with scene.app.app_context():
        scene.app.extensions["sqlalchemy"].engine.dispose(close=False)


def _record_one(folder: Path, language: str, person: str) -> str:
    """Record what one person meets in one language, and say how much it weighs."""
    scene, signed = _stage
    with _speaking(language):
        recorder = Recorder(scene, person, folder / language / person, signed, language)
        recorder.walk()
        recorder.send_emptied()
    return f"{language}/{person} {recorder.finish()}"


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """Let everybody have chosen this language, in this process alone."""

    def choose(person: User, _context: object) -> None:
        set_committed_value(person, "locale", language)

    event.listen(User, "load", choose)
    try:
        yield
    finally:
        event.remove(User, "load", choose)


class Recorder(Walk):
    """Recorder of one walk of one person, each page of which becomes a file."""

    def __init__(self, scene: Scene, person: str, folder: Path, signed: Signed, language: str) -> None:
        super().__init__(scene, person)
        if language != "fr":
            # Every text once is enough.
            self.samples, self.states = 1, 3
        self.folder, self.signed = folder, signed
        folder.mkdir(parents=True)
        self.visitor.client.set_cookie("locale", language)
        #: What answers no page, or a page of an error that was recorded already.
        self.others: list[str] = []
        self._files: set[str | None] = set()
        self._names: Counter[str] = Counter()
        self._errors: set[tuple[int, str]] = set()
        self._bytes = self._compressed = 0

    def known_addresses(self) -> list[str]:
        app = self.scene.app
        links = [
            address(app, rule, Target("", {"token": token}))
            for rule in rules(app, "GET")
            for token in self.signed.get(rule.endpoint, ())
        ]
        return [*super().known_addresses(), *(links if self.person == "stranger" else ()), "/nulle-part"]

    def _is_worth_opening(self, here: str) -> bool:
        is_file = endpoint_of(self.scene.app, urlsplit(here).path) in self._files
        return here == "/nulle-part" or (not is_file and super()._is_worth_opening(here))

    def follows(self, here: str) -> bool:
        """Leave the combinations of filters out: one at a time is enough."""
        return "?" not in here

    def open(self, here: str) -> Page:
        page = super().open(here)
        self._keep_page("GET", here, page)
        if page.status == 200 and not page.is_html:
            # Of what answers files, one is enough.
            self._files.add(endpoint_of(self.scene.app, page.path))
        if self.person == "coordinator" and page.status == 200 and page.is_html:
            fragment = self.visitor.htmx("GET", here, None, check=False)
            if fragment.is_fragment:
                self._keep_page("htmx GET", here, fragment)
        return page

    def send_emptied(self) -> None:
        """Send each form that was met without what one writes in it, and keep nothing of what that does."""
        token = self.visitor.csrf_token()
        with self.scene.unkept_writes():
            for form in self.found.forms:
                if form.endpoint not in SIGNING_OUT:
                    self._send_emptied(form, token)

    def _send_emptied(self, form: Met, token: str) -> None:
        emptied = {field.name: [""] for field in form.fields if field.kind in WRITTEN}
        data = form.data(csrf_token=[token], **emptied)
        page = self.visitor.visit("POST", form.action, None, check=False, data=data)
        self._keep_page("POST", form.action, page)

    def _keep_page(self, method: str, here: str, page: Page) -> None:
        """Write the file of a page; of a refusal, once where it is the same everywhere."""
        error = (page.status, "" if page.status in SAME_EVERYWHERE else f"{method} {here}")
        if not page.is_html or page.status in REDIRECTS or (page.status >= 400 and error in self._errors):
            leads = f" → {page.location}" if page.status in REDIRECTS else ""
            self.others.append(f"{method} {here}: {page.status} {page.headers['Content-Type']}{leads}")
            return
        if page.status >= 400:
            self._errors.add(error)
        html = masked(page.html)
        self._bytes += len(html.encode())
        self._compressed += len(gzip.compress(html.encode(), 6))
        page.document = FastDocument(page.html)
        name = self._name(method, here)
        (self.folder / name).write_text(
            masked(f"{method} {here}\n{page.status}\n") + describe(page.document), encoding="utf-8"
        )

    def _name(self, method: str, here: str) -> str:
        name = re.sub(
            r"[^\w.=&@-]+", "_", masked(f"{method} {here.strip('/').replace('/', '.').replace('?', '@')}")
        )
        if len(name) > 150:
            name = f"{name[:140]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        self._names[name] += 1
        return f"{name}.txt" if self._names[name] == 1 else f"{name}-{self._names[name]}.txt"

    def finish(self) -> str:
        """Write what was no page, and say how many bytes the pages have."""
        (self.folder / "others.txt").write_text(
            masked("\n".join([*sorted(self.others), ""])), encoding="utf-8"
        )
        return f"{self._bytes} {self._compressed}"
