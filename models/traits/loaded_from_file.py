"""Things loaded from a démarche's file: the key of their line, and its last values."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column


@dataclass
class Followed:
    """Result of reading a line again: the fields that took the file's words, and those that kept people's."""

    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class Sourced:
    """Mixin that keeps the key in the file and the file's last values: people's edits are told from the file's."""

    source_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    source: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    def follow(self, key: str, values: dict[str, Any], *, remember: dict[str, Any] | None = None) -> Followed:
        """Merge the file's values, field by field (three-way: last values, new values, the present ones).

        A field that people edited since the last load keeps their words; where the file changed too, `kept` names it.
        What was made by people and is met in the file for the first time keeps every word that it already has.
        `remember` is kept beside the values for the loader, without being fields. Nothing is written when nothing
        changed.
        """
        before, followed = self.source or {}, Followed()
        for name, value in values.items():
            current = getattr(self, name)
            if current == value:
                continue
            untouched = current == before[name] if name in before else not current
            if untouched:
                setattr(self, name, value)
                followed.changed.append(name)
            elif before.get(name) != value:
                followed.kept.append(name)
        said = {**values, **(remember or {})}
        if self.source_key != key:
            self.source_key = key
        if self.source != said:
            self.source = said
        return followed
