"""Loaders: a chantier by its slug, a subject by its kind and number, and who reads what is said of it.

Each returns None for what the person may not know of, which `@require` answers with 404. Whoever acts without being
signed in (a mail, a job, a signed link) is told as an argument.
"""

from typing import Any

from flask_login import current_user
from sqlalchemy.orm import joinedload

from chantiers.policy import can
from models import Chantier, Deliverable, Objective, Task, User, db, held

#: The kinds of things that are followed, spoken of and asked about, by the names of their tables.
KINDS: dict[str, Any] = {
    "task": Task,
    "deliverable": Deliverable,
    "objective": Objective,
    "chantier": Chantier,
}

Subject = Task | Deliverable | Objective | Chantier


def chantier(slug: str) -> Chantier | None:
    """Load the chantier of an address, as the person signed in may know it."""
    return db.session.scalar(Chantier.visible_to(current_user).where(Chantier.slug == slug))


def chantier_to_change(slug: str) -> Chantier | None:
    """Load the chantier of an address and hold its row until the transaction ends."""
    found = Chantier.visible_to(current_user).where(Chantier.slug == slug)
    return db.session.scalar(held(found, Chantier))


def subject(person: User, kind: str, number: int, *, whole: bool = False) -> Any:
    """Load a `Subject` with its chantier, as far as `person` may know of it; None for any other kind.

    `whole` adds all that the page of a task or of a deliverable shows and their verbs touch.
    """
    model = KINDS.get(kind)
    if model is None:
        return None
    query = model.visible_to(person).where(model.id == number)
    if whole and model in (Task, Deliverable):
        query = query.options(*model.whole())
    elif model is not Chantier:
        query = query.options(joinedload(model.chantier))
    return db.session.scalar(query)


def discussed(person: User, kind: str, number: int, *, whole: bool = False) -> Any:
    """Load a `Subject` whose discussion `person` reads: a draft does not exist for mere observers."""
    found = subject(person, kind, number, whole=whole)
    return found if found is not None and reads_of(person, found) else None


def reads_of(person: User, subject: Subject) -> bool:
    """Tell whether `person` reads what happens to a thing and what is said of it: of drafts, not everybody does."""
    is_draft = isinstance(subject, Deliverable) and not subject.is_approved
    return not is_draft or can(person, "deliverable.read_draft", subject)


def reads_drafts() -> bool:
    """Tell whether the person signed in reads deliverables that are not approved."""
    return can(current_user, "deliverable.read_draft")
