"""Findings of the doctor, and the words that they share."""

from dataclasses import dataclass
from typing import Any

SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """Finding of one check: well, worth knowing, or to be repaired; `words` say how."""

    words: str
    mark: str = "bien"

    @property
    def is_wrong(self) -> bool:
        return self.mark == "À RÉPARER"


def well(words: str) -> Finding:
    return Finding(words)


def note(words: str) -> Finding:
    return Finding(words, "à savoir")


def wrong(words: str) -> Finding:
    return Finding(words, "À RÉPARER")


def reason(error: Exception) -> str:
    """Return the first line of a database error: the rest helps nobody."""
    origin = getattr(error, "orig", None) or error
    return (str(origin).strip().splitlines() or [type(error).__name__])[0][:200]


def some(things: Any) -> str:
    """Return how many there are, and the first few."""
    listed = list(things)
    shown = ", ".join(str(each) for each in listed[:SHOWN]) + ("…" if len(listed) > SHOWN else "")
    return f"{len(listed)} ({shown})"
