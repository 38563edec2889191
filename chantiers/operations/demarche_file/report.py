"""Report of a load of the démarche's file, in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask_babel import lazy_gettext as _l

from models import User

FIELDS = {
    "name": _l("nom"),
    "title": _l("titre"),
    "text": _l("texte"),
    "type_key": _l("type"),
    "email": _l("adresse"),
    "presentation": _l("présentation"),
    "dated": _l("date"),
    "bearer": _l("structure porteuse"),
    "initiative": _l("initiative"),
    "site": _l("site"),
    "contact_name": _l("nom du contact"),
    "contact_title": _l("fonction du contact"),
    "contact_structure": _l("structure du contact"),
    "contact_email": _l("adresse du contact"),
}


@dataclass
class LoadReport:
    """Report of a load, or of a dry run, in words."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    #: Where the file differs from what people wrote, which was kept.
    kept: list[str] = field(default_factory=list)
    #: Things that the file no longer names; none was removed.
    gone: list[str] = field(default_factory=list)
    #: The person whom the file names to coordinate the démarche.
    coordination: User | None = None

    @property
    def changes(self) -> bool:
        return bool(self.created or self.updated)


def shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79].rstrip() + "…"


def field_names(names: Iterable[str]) -> str:
    return ", ".join(str(FIELDS[name]) for name in names)
