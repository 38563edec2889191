"""Inspection of everything that can be wrong with one page in a real browser, in as few exchanges as possible."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

from tests.support.browser import AXE, AXE_TAGS, OVERFLOW, told

#: What a first view may cost: bytes over the wire, requests, elements.
WEIGHT, REQUESTS, ELEMENTS = 150 * 1024, 25, 700
DESK, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 800}

#: Once the page has done what it does by itself: what axe finds, what the page weighs. A resource that the browser
#: keeps from an earlier page counts as if it came now: 300 bytes stand for the headers, as in `transferSize`.
READ = """async (tags) => {
    const overflow = %OVERFLOW%;
    await new Promise((done) => requestIdleCallback(done, {timeout: 500}));
    const found = await axe.run(document, {
        runOnly: {type: 'tag', values: tags}, rules: {'target-size': {enabled: true}},
        resultTypes: ['violations'], preload: false});
    const fetched = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
        violations: found.violations,
        bytes: fetched.reduce((sum, each) => sum + each.encodedBodySize + 300, 0),
        requests: fetched.length,
        elements: document.getElementsByTagName('*').length,
        overflow: overflow(),
    };
}""".replace("%OVERFLOW%", OVERFLOW)

#: Narrow and in the dark, then with everything unfolded: what sticks out, and the colours. The theme changes only them.
READ_NARROW = f"""async () => {{
    const overflow = {OVERFLOW};
    const folded = overflow();
    document.querySelectorAll('details:not([open])').forEach((each) => {{ each.open = true; }});
    const unfolded = folded.length ? [] : overflow();
    const found = await axe.run(document, {{
        runOnly: {{type: 'rule', values: ['color-contrast', 'link-in-text-block']}},
        resultTypes: ['violations'], preload: false}});
    return {{folded, unfolded, violations: found.violations}};
}}"""

#: Notes what the keyboard must reach and how each looks without the focus, then what it reaches and how that looks.
#: Of a group of radio buttons one is met.
WATCH_FOCUS = """(whole) => {
    const look = (element) => [element, element.parentElement, element.nextElementSibling, ...(element.labels || [])]
        .filter(Boolean)
        .map((each) => {
            const style = getComputedStyle(each);
            return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor,
                    style.backgroundColor, style.textDecorationLine].join();
        }).join(';');
    const stopOf = (element) => element.type !== 'radio' ? element
        : [...document.querySelectorAll('input[type=radio]')].find(
            (each) => each.name === element.name && each.form === element.form);
    const place = whole ? document.body : document.querySelector('main');
    document.activeElement?.blur();
    if (!whole) place.focus({preventScroll: true});
    const wanted = new Set([...place.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])')]
        .filter((each) => !each.disabled && each.type !== 'hidden' && each.tabIndex >= 0
                          && each.checkVisibility({visibilityProperty: true}))
        .map(stopOf));
    const calm = new Map();
    for (const each of wanted) {
        calm.set(each, look(each));
        if (each.type === 'radio') document.getElementsByName(each.name).forEach((one) => calm.set(one, look(one)));
    }
    const missed = new Set(wanted), unseen = new Set();
    document.addEventListener('focusin', ({target}) => {
        if (calm.get(target) === look(target)) unseen.add(target);
        missed.delete(stopOf(target));
    });
    window.keyboard = {missed, unseen};
    return wanted.size;
}"""
MISSED = "() => window.keyboard.missed.size"
TELL_FOCUS = """() => {
    const say = (all) => [...all].slice(0, 5).map((each) => each.outerHTML.slice(0, 140));
    return [say(window.keyboard.missed), say(window.keyboard.unseen)];
}"""
TAB = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}


class Inspector:
    """Inspector of one page after the other in the same tab. The keyboard goes through what frames them all once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.page.add_init_script(path=AXE)
        self._knows_the_frame = False
        self._protocol = page.context.new_cdp_session(page)

    def open(
        self, where: str, *, status: int = 200, keyboard: bool = True, is_long: bool = False
    ) -> list[str]:
        """Open an address, and say everything that is wrong with its page."""
        self.prepare()
        answer = self.page.goto(where, wait_until="load")
        if answer is None or answer.status != status:
            return [f"answers {answer and answer.status} instead of {status}"]
        return self.look(keyboard=keyboard, is_long=is_long)

    def prepare(self) -> None:
        """Set a wide window in the light, as each page is met first."""
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]
        self.page.emulate_media(color_scheme="light")

    def look(self, *, keyboard: bool = True, is_long: bool = False) -> list[str]:
        """List everything that is wrong with the page that is open."""
        return [
            *self._wide(is_long),
            *(self._with_the_keyboard() if keyboard else ()),
            *self._narrow(),
        ]

    def _wide(self, is_long: bool) -> Iterator[str]:
        read: dict[str, Any] = self.page.evaluate(READ, AXE_TAGS)
        yield from told(read["violations"])
        yield from (f"sticks out: {each}" for each in read["overflow"])
        if read["bytes"] > WEIGHT or (read["requests"] > REQUESTS and not is_long):
            yield f"weighs {read['bytes'] // 1024} KiB in {read['requests']} requests"
        if read["elements"] > ELEMENTS and not is_long:
            yield f"has {read['elements']} elements"

    def _with_the_keyboard(self) -> Iterator[str]:
        """List what Tab never reaches, and what does not show that it has the focus."""
        missed = self.page.evaluate(WATCH_FOCUS, not self._knows_the_frame)
        self._knows_the_frame = True
        # A date has a stop for its day, its month, its year and its calendar.
        left = 2 * missed + 20
        while missed and left > 0:
            for _ in range(missed):
                self._protocol.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **TAB})
            left -= missed
            missed = self.page.evaluate(MISSED)
        never, unseen = self.page.evaluate(TELL_FOCUS)
        yield from (f"Tab never reaches {each}" for each in never)
        yield from (f"no focus is seen on {each}" for each in unseen)

    def _narrow(self) -> Iterator[str]:
        self.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        self.page.emulate_media(color_scheme="dark")
        read: dict[str, Any] = self.page.evaluate(READ_NARROW)
        yield from (f"sticks out at 320 px: {each}" for each in read["folded"])
        yield from (f"sticks out at 320 px once unfolded: {each}" for each in read["unfolded"])
        yield from (f"in the dark, {each}" for each in told(read["violations"]))
