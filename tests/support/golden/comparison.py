"""Comparison of two recordings: the same difference is told once, with the pages that have it."""

from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice
from pathlib import Path

#: How many lines of one difference are shown, and how many of its pages.
LINES, PAGES = 40, 5

#: The lines of a page by section; those before the first section are its address and status.
Sections = dict[str, list[str]]


def compare(before: Path, after: Path, ignored: frozenset[str] = frozenset()) -> list[str]:
    """Return what differs, in paragraphs; nothing where the recordings say the same, the ignored sections apart."""
    old, new = _files(before), _files(after)
    told = [f"only in {before}: {name}" for name in sorted(old - new)]
    told += [f"only in {after}: {name}" for name in sorted(new - old)]
    found: dict[str, list[str]] = {}
    for name in sorted(old & new):
        for difference in _differences(_sections(before / name), _sections(after / name), ignored):
            found.setdefault(difference, []).append(name)
    return told + [_told(difference, names) for difference, names in found.items()]


def weights(folder: Path) -> tuple[int, int]:
    """Return how many bytes the pages of a recording have, plain and compressed."""
    lines = (folder / "sizes.txt").read_text("utf-8").splitlines()
    plain, compressed = zip(*(map(int, line.split()[1:]) for line in lines), strict=True)
    return sum(plain), sum(compressed)


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")} - {"sizes.txt"}


def _sections(path: Path) -> Sections:
    sections: Sections = {"answer": []}
    lines = sections["answer"]
    for line in path.read_text("utf-8").split("\n"):
        if line.startswith("== "):
            lines = sections.setdefault(line.removeprefix("== "), [])
        else:
            lines.append(line)
    return sections


def _differences(old: Sections, new: Sections, ignored: frozenset[str]) -> Iterator[str]:
    """Yield a text for each section that differs."""
    for name in dict.fromkeys((*old, *new)):
        was, is_ = old.get(name, []), new.get(name, [])
        if was == is_ or name in ignored:
            continue
        # Without their places, two pages that differ alike have the same text.
        lines = [
            line for line in unified_diff(was, is_, n=1, lineterm="") if not line.startswith(("---", "+++"))
        ]
        shown = ["…" if line.startswith("@@") else line for line in islice(lines, LINES)]
        more = [f"… and {len(lines) - LINES} lines more"] if len(lines) > LINES else []
        yield "\n".join([f"[{name}]", *shown, *more])


def _told(difference: str, names: list[str]) -> str:
    more = f" and {len(names) - PAGES} more" if len(names) > PAGES else ""
    return f"{', '.join(names[:PAGES])}{more}\n{difference}\n"
