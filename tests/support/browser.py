"""Real browser on the real server: pages that fail the test when the console, the network or the CSP complains."""

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.live_server import LiveServer

HERE = Path(__file__).resolve().parent
AXE = HERE / "vendor" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
RESULTS = HERE.parents[1] / "test-results"
FAILED = pytest.StashKey[bool]()
Theme = Literal["light", "dark"]
WIDTHS = {"desk": 1280, "phone": 375, "narrow": 320}
#: WCAG 2.1 AA, which RGAA 4.1 follows, and what axe calls good practice.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def system_chromium() -> str | None:
    """Return the Chromium of this machine; None leaves it to the one that Playwright installs."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the browser, once per worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep whether the test failed, for what looks at it afterwards."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


class Watch:
    """Complaints of a browser. A test that provokes an error says so: `watch.expect("403")`."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Let the complaints that hold this regular expression pass."""
        self.expected.append(pattern)

    def follow(self, page: Page) -> None:
        """Note each error of the console, each exception, each request that failed or went elsewhere."""
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))
        page.on("response", lambda response: self._answered(response.url, response.status))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"console {kind}: {text}")

    def _failed(self, url: str, failure: str) -> None:
        # Leaving a page interrupts what it was fetching, and a download replaces a page: neither is a failure.
        if "ERR_ABORTED" not in failure:
            self.complaints.append(f"request failed: {url} {failure}")

    def _answered(self, url: str, status: int) -> None:
        if status >= 400:
            self.complaints.append(f"answer {status}: {url}")
        if not re.match(r"(http://127\.0\.0\.1[:/]|data:|blob:)", url):
            self.complaints.append(f"fetched from elsewhere: {url}")

    def assert_quiet(self) -> None:
        """Check that nothing was complained of, but what was expected."""
        left = [each for each in self.complaints if not any(re.search(one, each) for one in self.expected)]
        if left:
            raise AssertionError("the browser complained:\n- " + "\n- ".join(left))


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Return the complaints of this test's browsers."""
    watch = Watch()
    yield watch
    watch.assert_quiet()


@pytest.fixture
def open_browser(
    request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer, watch: Watch
) -> Iterator[Callable[..., Page]]:
    """Open a page of a new, anonymous browser: `open_browser(width="phone", theme="dark", scripts=False)`."""
    pages: list[Page] = []

    def opened(
        *,
        width: str | int = "desk",
        theme: Theme = "light",
        scripts: bool = True,
        locale: str = "fr-FR",
        **options: Any,
    ) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            locale=locale,
            timezone_id="Europe/Paris",
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=scripts,
            viewport={"width": WIDTHS[width] if isinstance(width, str) else width, "height": 900},
            **options,
        )
        context.set_default_timeout(10_000)
        pages.append(context.new_page())
        watch.follow(pages[-1])
        return pages[-1]

    yield opened
    for number, page in enumerate(pages, 1):
        if request.node.stash.get(FAILED, False):
            keep_for_inspection(page, f"{request.node.name}-{number}")
        page.context.close()


def keep_for_inspection(page: Page, name: str) -> None:
    """Leave a picture of the page of a failed test, and its source, in test-results/."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / re.sub(r"[^\w.-]+", "-", name)
    page.screenshot(path=f"{path}.png", full_page=True)
    Path(f"{path}.html").write_text(f"<!-- {page.url} -->\n{page.content()}", encoding="utf-8")


@pytest.fixture
def signed_in_page(open_browser: Callable[..., Page], visitor: Callable[..., Any]) -> Callable[..., Page]:
    """Open the same, where this user has signed in: `signed_in_page(user, width="phone", theme="dark")`."""

    def opened(user: Any, **options: Any) -> Page:
        person = visitor(user)
        page = open_browser(**options)
        name = person.app.config["SESSION_COOKIE_NAME"]
        cookie = person.client.get_cookie(name)
        assert cookie is not None, f"{user} has no cookie {name}"
        page.context.add_cookies(
            [{"name": name, "value": cookie.value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}]
        )
        return page

    return opened


def axe(page: Page, *, within: str | None = None, disable: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds on this page, one sentence per rule."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate(
        """([within, tags, disabled]) => axe.run(within || document, {
            runOnly: {type: 'tag', values: tags},
            rules: Object.fromEntries(disabled.map((rule) => [rule, {enabled: false}])),
            resultTypes: ['violations'],
        })""",
        [within, AXE_TAGS, list(disable)],
    )
    return told(result["violations"])


def told(violations: list[dict[str, Any]]) -> list[str]:
    """Return one sentence per rule that axe found broken, with where."""
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n    "
        + "\n    ".join(f"{node['target']} {node['html'][:160]}" for node in violation["nodes"][:5])
        for violation in violations
    ]


OVERFLOW = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > width + 1)
        .slice(0, 10)
        .map((element) => element.outerHTML.slice(0, 120));
}"""


def overflow(page: Page) -> list[str]:
    """Return the elements that stick out of the window sideways, when the page scrolls that way."""
    return list(page.evaluate(OVERFLOW))
