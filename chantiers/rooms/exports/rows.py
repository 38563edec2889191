"""Helpers that several exports share: read a list page by page, tell the lateness and the address of a row."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from chantiers.web.links import absolute
from models import (
    today,
)

#: How many lines are asked for at a time where a list is read page by page.
PAGE = 5_000


def days_past(day: date | None, is_awaited: bool) -> int | None:
    """By how many days something awaited is late; nothing where it is not."""
    return (today() - day).days if is_awaited and day is not None and day < today() else None


def pages(read: Callable[[int], tuple[Sequence[Any], int]]) -> Iterator[Any]:
    """Iterate over all that a list shows, page after page; `read` gives a page and how many there are in all."""
    page, seen = 1, 0
    while True:
        rows, total = read(page)
        yield from rows
        seen += len(rows)
        if not rows or seen >= total:
            return
        page += 1


def addresses(endpoint: str, name: str) -> Callable[[int], str]:
    """Return a function from id to full address, for one kind: made once, for there may be a hundred thousand."""
    start = absolute(endpoint, **{name: 1}).removesuffix("1")
    return lambda number: f"{start}{number}"
