"""The one list of the kinds of mail: each module registers what makes its letters."""

from types import ModuleType

LETTERS: tuple[ModuleType, ...] = ()
