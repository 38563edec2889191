"""Editing of fields by a form: what differs is changed, named, and recorded in the journal."""

from typing import TYPE_CHECKING

from models.journal import record

if TYPE_CHECKING:
    from models.people.user import User


class Editable:
    """Mixin of a thing whose own fields are edited together, by one form."""

    if TYPE_CHECKING:
        __tablename__: str

    def edit(self, *, by: "User", **fields: object) -> list[str]:
        """Set these fields and record the edit; return the names of those that changed."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if changed:
            record(self, self._edited, by=by, fields=changed)
        return changed

    @property
    def _edited(self) -> str:
        """Action of the journal for an edit."""
        return f"{self.__tablename__}.edited"
