"""Text diff: line by line, then word by word inside the lines that changed.

`difflib` over everything takes minutes on a long text that repeats itself, and its own shortcut (autojunk) loses what
is common to both. Here, lines that stand exactly once in each text anchor the comparison (patience diff); difflib only
sees what lies between two anchors, and only as long as the budget of steps lasts. Beyond, a stretch is said to have
changed as a whole: coarser, never wrong, and never slow.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

#: Budget of a whole comparison, in steps of about a tenth of a microsecond.
MOST_STEPS = 3_000_000
#: Unchanged lines that stay in sight on each side of a change, and from how many on the others are folded.
CONTEXT = 2
FEWEST_FOLDED = 4
#: The most differing lines that a page shows; reading more of them is reading both texts.
MOST_SHOWN = 1500
#: Share of common words from which two lines are the same one, changed.
ALIKE = 0.4

_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
_WORDS = re.compile(r"\w+")


class Piece(NamedTuple):
    """Piece of a line, and whether it stands on that side only."""

    text: str
    is_changed: bool


class DiffLine(NamedTuple):
    """Line of one of the texts, in pieces."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class DiffRow:
    """Row of the diff: a line of each text, side by side; None where only the other text has one."""

    before: DiffLine | None
    after: DiffLine | None
    is_same: bool = False

    @property
    def kind(self) -> str:
        """Kind of the row: same, changed, removed or added."""
        if self.is_same:
            return "same"
        if self.before and self.after:
            return "changed"
        return "removed" if self.before else "added"

    @property
    def is_blank(self) -> bool:
        """True for a row of blank lines, which come and go with the others and are not counted."""
        return not any(
            piece.text.strip() for line in (self.before, self.after) if line for piece in line.pieces
        )


class Stretch(NamedTuple):
    """Consecutive rows, in sight or folded (a hunk)."""

    rows: Sequence[DiffRow]
    is_folded: bool

    @property
    def text(self) -> str:
        """Text of a folded stretch, which is the same on both sides."""
        return "\n".join("".join(piece.text for piece in row.after.pieces) for row in self.rows if row.after)


@dataclass(frozen=True)
class Comparison:
    """Comparison of two texts, side by side."""

    rows: Sequence[DiffRow]

    @cached_property
    def _counted(self) -> Counter[str]:
        return Counter(row.kind for row in self.rows if not row.is_blank)

    @property
    def added(self) -> int:
        return self._counted["added"]

    @property
    def removed(self) -> int:
        return self._counted["removed"]

    @property
    def changed(self) -> int:
        return self._counted["changed"]

    @property
    def is_same(self) -> bool:
        """True where the texts are the same to the letter, blanks at the end of lines apart."""
        return all(row.is_same for row in self.rows)

    @cached_property
    def _shown(self) -> int:
        """Number of rows until the page is full."""
        differing = [index for index, row in enumerate(self.rows) if not row.is_same]
        return differing[MOST_SHOWN] if len(differing) > MOST_SHOWN else len(self.rows)

    @property
    def left_out(self) -> int:
        """Number of differing rows that are not shown."""
        return sum(not row.is_same for row in self.rows[self._shown :])

    @property
    def stretches(self) -> Iterator[Stretch]:
        """Rows to show, unchanged ones folded where they are many."""
        start = 0
        for is_same, found in groupby(self.rows[: self._shown], lambda row: row.is_same):
            rows = list(found)
            end = start + len(rows)
            if not is_same:
                yield Stretch(rows, False)
            else:
                yield from _folded(rows, CONTEXT if start else 0, CONTEXT if end < len(self.rows) else 0)
            start = end


def _folded(rows: Sequence[DiffRow], first: int, last: int) -> Iterator[Stretch]:
    """Split unchanged rows: those beside a change in sight, the others folded."""
    end = len(rows) - last
    if end - first < FEWEST_FOLDED:
        yield Stretch(rows, False)
        return
    if first:
        yield Stretch(rows[:first], False)
    yield Stretch(rows[first:end], True)
    if last:
        yield Stretch(rows[end:], False)


class Effort:
    """Budget of steps that bounds the time of a comparison."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.steps = steps

    def allows(self, steps: int) -> bool:
        """Spend so many steps; return False, and spend nothing, where fewer are left."""
        if steps > self.steps:
            return False
        self.steps -= steps
        return True


def compare(before: str, after: str) -> Comparison:
    """Compare two texts: their common lines, and between those what was changed, removed and added."""
    left, right, effort = lines_of(before), lines_of(after), Effort()
    rows: list[DiffRow] = []
    a = b = 0
    for i, j in [*common_pairs(left, right, effort), (len(left), len(right))]:
        rows += _differing(_numbered(left, a, i), _numbered(right, b, j), effort)
        if i < len(left):
            rows.append(DiffRow(_whole(i, left[i], False), _whole(j, right[j], False), is_same=True))
        a, b = i + 1, j + 1
    return Comparison(rows)


def lines_of(text: str) -> list[str]:
    """Split a text into lines, without the blanks at their ends, which are no difference."""
    return [line.rstrip() for line in text.strip().split("\n")] if text.strip() else []


def _numbered(lines: Sequence[str], start: int, end: int) -> list[tuple[int, str]]:
    return list(enumerate(lines[start:end], start))


def _whole(index: int, text: str, is_changed: bool) -> DiffLine:
    return DiffLine(index + 1, (Piece(text, is_changed),))


# Common lines --------------------------------------------------------------------------------------------------------


def common_pairs(left: Sequence[str], right: Sequence[str], effort: Effort) -> list[tuple[int, int]]:
    """Pair the positions of what both sequences have in common, in order."""
    pairs: list[tuple[int, int]] = []
    waiting = [(0, len(left), 0, len(right))]
    while waiting:
        a, a_end, b, b_end = waiting.pop()
        while a < a_end and b < b_end and left[a] == right[b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        while a < a_end and b < b_end and left[a_end - 1] == right[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
            pairs.append((a_end, b_end))
        if a == a_end or b == b_end or not effort.allows(a_end - a + b_end - b):
            continue
        anchors = _anchors(left[a:a_end], right[b:b_end])
        if anchors:
            # Each part begins with its anchor, which it then finds by itself.
            ends = [(a, b), *((a + i, b + j) for i, j in anchors), (a_end, b_end)]
            waiting += [(i, i_end, j, j_end) for (i, j), (i_end, j_end) in pairwise(ends)]
        else:
            pairs += [(a + i, b + j) for i, j in _blocks(left[a:a_end], right[b:b_end], effort)]
    return sorted(pairs)


def _anchors(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Pair the positions of what stands once in each, as far as it comes in the same order."""
    once, counted = _once(right), Counter(left)
    found = [
        (i, once[value])
        for i, value in enumerate(left)
        if counted[value] == 1 and value in once and value.strip()
    ]
    return _longest_rising(found)


def _once(values: Sequence[str]) -> dict[str, int]:
    counted = Counter(values)
    return {value: index for index, value in enumerate(values) if counted[value] == 1}


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep the longest part of these pairs whose second numbers rise as the first ones do (patience sorting)."""
    tops: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_i, j) in enumerate(pairs):
        rank = bisect_left(tops, j)
        before.append(last[rank - 1] if rank else -1)
        if rank == len(tops):
            tops.append(j)
            last.append(index)
        else:
            tops[rank], last[rank] = j, index
    kept: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        kept.append(pairs[index])
        index = before[index]
    return kept[::-1]


def _blocks(left: Sequence[str], right: Sequence[str], effort: Effort) -> Iterator[tuple[int, int]]:
    """Pair what difflib finds in common, where the budget allows it."""
    counted, others = Counter(left), Counter(right)
    alike = sum(count * others[value] for value, count in counted.items() if value.strip())
    # Each block that it finds may cost it another look at every line and at every pair of equal ones.
    if not effort.allows((alike + len(left)) * min(alike, len(left), len(right)) + len(left) + len(right)):
        return
    matcher = SequenceMatcher(lambda value: not value.strip(), left, right, autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        yield from ((i + step, j + step) for step in range(size))


# Differing lines -----------------------------------------------------------------------------------------------------

Numbered = Sequence[tuple[int, str]]


def _differing(left: Numbered, right: Numbered, effort: Effort) -> Iterator[DiffRow]:
    """Yield rows for lines without an equal on the other side: one changed, one removed, or one added."""
    a = b = 0
    for i, j in [*_alike(left, right, effort), (len(left), len(right))]:
        yield from (DiffRow(_whole(number, text, True), None) for number, text in left[a:i])
        yield from (DiffRow(None, _whole(number, text, True)) for number, text in right[b:j])
        if i < len(left):
            before, after = _word_by_word(left[i][1], right[j][1], effort)
            yield DiffRow(DiffLine(left[i][0] + 1, before), DiffLine(right[j][0] + 1, after))
        a, b = i + 1, j + 1


def _alike(left: Numbered, right: Numbered, effort: Effort) -> list[tuple[int, int]]:
    """Pair the lines that are the same one, changed, in order."""
    if not left or not right:
        return []
    words, others = ([frozenset(_WORDS.findall(text.lower())) for _, text in side] for side in (left, right))
    if not effort.allows(len(right) * sum(10 + len(each) for each in words)):
        both = range(min(len(left), len(right)))
        return [(i, i) for i in both if _likeness(words[i], others[i]) >= ALIKE]
    return _best_pairs([[_likeness(one, other) for other in others] for one in words])


def _likeness(words: frozenset[str], others: frozenset[str]) -> float:
    """Return the share of their words that two lines have in common (Dice coefficient)."""
    return 2 * len(words & others) / (len(words) + len(others)) if words and others else 0.0


def _best_pairs(likeness: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pair lines, in order, so that the sum of their likenesses is greatest (dynamic programming)."""
    height, width = len(likeness), len(likeness[0])
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            apart = max(best[i + 1][j], best[i][j + 1])
            together = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] >= ALIKE else 0.0
            best[i][j] = max(apart, together)
    pairs, i, j = [], 0, 0
    while i < height and j < width:
        if likeness[i][j] >= ALIKE and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _word_by_word(before: str, after: str, effort: Effort) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Split both lines into pieces, those that stand on one side only marked."""
    left, right = _TOKENS.findall(before), _TOKENS.findall(after)
    pairs = common_pairs(left, right, effort)
    return _pieces(left, {i for i, _ in pairs}), _pieces(right, {j for _, j in pairs})


def _pieces(tokens: Sequence[str], kept: set[int]) -> tuple[Piece, ...]:
    """Join tokens into pieces; a blank between two changed words changed with them."""

    def is_changed(index: int) -> bool:
        if index in kept and tokens[index].isspace():
            return 0 < index < len(tokens) - 1 and not {index - 1, index + 1} & kept
        return index not in kept

    return tuple(
        Piece("".join(tokens[index] for index in found), changed)
        for changed, found in groupby(range(len(tokens)), is_changed)
    )
