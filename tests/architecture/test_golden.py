"""Golden copy: it tells two pages apart where a person would, and says each difference once."""

from pathlib import Path

import pytest

from tests.support.golden.comparison import compare, weights
from tests.support.golden.page import describe, masked
from tests.support.golden.parsing import FastDocument


def page(body: str) -> str:
    """Return what is recorded of a page with this body."""
    html = f'<!doctype html><html lang="fr"><head><title>Essai</title></head><body>{body}</body></html>'
    return f"GET /essai\n200\n{describe(FastDocument(html))}"


def folder(path: Path, **bodies: str) -> Path:
    """Return a recording of these pages."""
    path.mkdir()
    for name, body in bodies.items():
        (path / f"{name}.txt").write_text(page(body), encoding="utf-8")
    (path / "sizes.txt").write_text("fr/participant 200 100\nfr/stranger 20 10\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>un mot,</p>", "<p>un mot ,</p>"),
        ("<p>un mot</p>", "<p>un\u00a0mot</p>"),
        ("<p><b>un</b><i>mot</i></p>", "<p><b>un</b> <i>mot</i></p>"),
        ("<p><svg></svg>un</p>", "<p><svg></svg> un</p>"),
        ('<p><a href="/a">un</a></p>', '<p><a href="/b">un</a></p>'),
        ('<p><a href="/a">un</a></p>', '<p><a href="/a">un </a></p>'),
        ("<pre>un\n  mot</pre>", "<pre>un mot</pre>"),
        ("<textarea>un\n mot</textarea>", "<textarea>un mot</textarea>"),
        (
            '<form method="post"><input name="a" value="1"></form>',
            '<form method="post"><input name="a"></form>',
        ),
        ('<select name="a"><option>1</option></select>', '<select name="a"></select>'),
        ('<a href="/a">a</a><button>b</button>', '<button>b</button><a href="/a">a</a>'),
        ('<p data-behaviour="menu">a</p>', '<p data-behaviour="menus">a</p>'),
        ('<p aria-label="un mot">a</p>', '<p aria-label="un  mot">a</p>'),
        ("<h2>a</h2>", "<h3>a</h3>"),
    ],
)
def test_what_a_person_would_notice_is_told(tmp_path: Path, before: str, after: str) -> None:
    assert compare(folder(tmp_path / "before", a=before), folder(tmp_path / "after", a=after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<ul><li>un</li><li>mot</li></ul>", "<ul>\n  <li>\n    un\n  </li>\n  <li>mot</li>\n</ul>"),
        ("<p>un mot</p>", "<p>\n  un\n  mot\n</p>"),
        ("<button>un</button>", "<button>\n  un\n</button>"),
        ('<p class="a b">un</p>', '<p\n  class="a  b"\n>un</p>'),
        (f'<a href="/point/{"a" * 43}">un</a>', f'<a href="/point/{"b" * 43}">un</a>'),
        (
            '<link href="/static/css/base.0123456789.css" rel="stylesheet">',
            '<link href="/static/css/base.abcdef0123.css" rel="stylesheet">',
        ),
    ],
)
def test_what_nobody_would_notice_is_not_told(tmp_path: Path, before: str, after: str) -> None:
    assert compare(folder(tmp_path / "before", a=before), folder(tmp_path / "after", a=after)) == []


def test_a_difference_is_told_once_with_its_pages(tmp_path: Path) -> None:
    before = folder(tmp_path / "before", a="<p>un</p>", b="<p>un</p>", c="<p>deux</p>", gone="")
    after = folder(tmp_path / "after", a="<p>trois</p>", b="<p>trois</p>", c="<p>deux</p>", new="")
    gone, new, words = compare(before, after)
    assert "gone.txt" in gone and "new.txt" in new
    assert words.startswith("a.txt, b.txt\n[words]") and "-un\n+trois" in words


def test_a_section_can_be_left_out(tmp_path: Path) -> None:
    before = folder(tmp_path / "before", a='<p class="a">un</p>')
    after = folder(tmp_path / "after", a='<p class="b">un</p>')
    assert len(compare(before, after)) == 1
    assert compare(before, after, frozenset({"markup"})) == []


def test_the_weight_of_a_recording_is_that_of_all_its_pages(tmp_path: Path) -> None:
    assert weights(folder(tmp_path / "one")) == (220, 110)


def test_what_is_never_twice_the_same_is_masked() -> None:
    signed = "IjFkY2M0Mzk4ZGQ5.aZ3kbw.R7xM0b0dY0V3tq1x3b6f5mC4n-Y"
    assert masked(f'value="{signed}" key={"0a" * 16} at 2026-03-12T09:00:03.120+00:00') == (
        'value="‹signed›" key=‹key› at 2026-03-12T09:00+00:00'
    )


@pytest.mark.parametrize("html", ["<p>un", "<p><b>un</p></b>", "<p>un</p></p>", "un < deux"])
def test_a_page_that_is_not_closed_is_refused(html: str) -> None:
    with pytest.raises(ValueError):
        FastDocument(html)
