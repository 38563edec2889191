"""What was loaded from a démarche's file: which line it came from, and what that line said."""

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column


class Sourced:
    """Remembers its key in the file and the values last read, so that loading again tells people's edits from the file's."""

    source_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    source: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    def follow(self, key: str, values: dict[str, Any]) -> list[str]:
        """Take over the file's values, field by field, and return the names of the fields that changed.

        A field that people edited since the last load keeps their words, unless it never differed from the file.
        """
        before = self.source or {}
        changed = []
        for name, value in values.items():
            untouched = self.source is None or getattr(self, name) == before.get(name)
            if untouched and getattr(self, name) != value:
                setattr(self, name, value)
                changed.append(name)
        if self.source_key != key or self.source != values:
            self.source_key, self.source = key, values
        return changed
