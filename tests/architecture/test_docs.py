"""Documents: what they link to and name is there, and decisions keep to their shape."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench" / "README.md"])
STATUS = r"accepted(, supersedes \d+)?|superseded by \d+"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    lost = [each for each in targets if "://" not in each and not (page.parent / each).exists()]
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    folders = "bench|chantiers|data|deploy|docs|migrations|models|script|static|templates|tests"
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", page.read_text(encoding="utf-8"))
    assert not [each for each in named if not (ROOT / each).exists()]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_dated_and_fits_a_screen(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    number = int(page.name[:4])
    head = rf"# {number}\. .+\n\n\d{{4}}-\d\d-\d\d · ({STATUS})\n\n"
    assert re.match(head + r"## Context\n\n[^#]+## Decision\n\n[^#]+## Consequences\n\n[^#]+$", text)
    assert text.count("\n") <= 40


def test_the_index_names_every_decision_with_its_status() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for page in DECISIONS:
        title, _, facts = page.read_text(encoding="utf-8").splitlines()[:3]
        date, status = facts.split(" · ")
        number, words = re.fullmatch(r"# (\d+)\. (.+)", title).groups()
        assert f"| [{number}]({page.name}) | {words} | {date} | {status} |" in index
