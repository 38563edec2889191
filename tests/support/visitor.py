"""Visitor without JavaScript: reads pages, fills forms by their labels, follows links by their text.

Each page it meets is checked as HTML; each request runs apart from the test, with its own session, as in production.
"""

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, has_app_context
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.support.document import Document
from tests.support.html_check import defects, fragment_defects
from tests.support.page import Page
from tests.support.statements import Statements, engine_recorder

REDIRECTS = {301, 302, 303, 307, 308}


class Visitor:
    """Visitor: one person and their browser (their cookies)."""

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
        """Send one request, then those it redirects to when `follow`."""
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
        """Return the token of the last page, or of the sign-in page."""
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
        """Record the statements of the requests made inside the block."""
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
