"""Filters of a list in the words of its screen, for who opens its export a year later; in French, as all of it."""

from collections.abc import Iterable

from sqlalchemy import or_, select

from chantiers.language.labels import DELIVERABLE_TYPES, label
from chantiers.rooms.coordination.queries import Period
from chantiers.rooms.coordination.queries import TaskFilters as EveryTaskFilters
from chantiers.rooms.deliverables.list_queries import DeliverableListFilters
from chantiers.rooms.history.queries import Past
from chantiers.rooms.tasks.filters import BoardFilters as TaskFilters
from models import (
    Chantier,
    ChantierMembership,
    DeliverableType,
    Objective,
    Structure,
    Task,
    User,
    db,
    task_person,
)

UNKNOWN = "introuvable"
TASK_STATES = {
    "retard": "En retard",
    "bloquee": "Bloquée",
    "sans-pilote": "Sans pilote",
    "sans-nouvelles": "Sans nouvelles",
}
TASK_GROUPS = {"ouvertes": "Ouvertes", "comptees": "Toutes sauf abandonnées"}
TASK_MOVES = {"terminees": "Terminées", "bloquees": "Bloquées"}
SUBJECTS = {
    "taches": "Tâches",
    "livrables": "Livrables",
    "objectifs": "Objectifs",
    "membres": "Membres et structures",
}


def of_tasks(filters: TaskFilters, chantier: Chantier) -> str:
    """Describe the filters of a chantier's tasks."""
    return _joined(
        ("Mot du titre", filters.q),
        ("Objectif", filters.objectif and _name(Objective, "text", filters.objectif)),
        ("Structure", filters.structure and _name(Structure, "name", filters.structure)),
        ("Personne", filters.personne and _person(filters.personne, chantier)),
        ("Statut", filters.statut and label(filters.statut, "status")),
        ("À surveiller", TASK_STATES.get(filters.etat)),
    )


def of_every_task(filters: EveryTaskFilters, period: Period) -> str:
    """Describe the filters of all chantiers' tasks."""
    return _joined(
        ("Chantier", filters.chantier and _chantier(filters.chantier)),
        ("Structure", filters.structure and _name(Structure, "name", filters.structure)),
        ("Objectif", filters.objectif and _name(Objective, "text", filters.objectif)),
        ("Statut", TASK_GROUPS.get(filters.statut) or (filters.statut and label(filters.statut, "status"))),
        ("À surveiller", TASK_STATES.get(filters.etat)),
        (
            "Depuis",
            filters.mouvement and f"{TASK_MOVES[filters.mouvement]} depuis le {period.since:%d/%m/%Y}",
        ),
        ("Échéance à partir du", filters.du),
        ("Échéance jusqu’au", filters.au),
    )


def of_deliverables(filters: DeliverableListFilters) -> str:
    """Describe the filters of deliverables."""
    return _joined(
        ("Chantier", filters.chantier and _chantier(filters.chantier)),
        ("Type", filters.type and _type(filters.type)),
        ("État", filters.state and label(filters.state, "state")),
        ("En retard", filters.late and "oui"),
    )


def of_history(past: Past) -> str:
    """Describe the day of a page of the past, and its chantier."""
    return _joined(
        ("Jour", past.day.strftime("%d/%m/%Y")), ("Chantier", past.chantier and past.chantier.title)
    )


def of_structures(search: str, kind: str, chantier: str) -> str:
    """Describe the filters of the directory."""
    return _joined(
        ("Nom", search),
        ("Nature", kind and label(kind, "kind")),
        ("Chantier", chantier and _chantier(chantier)),
    )


def of_journal(kind: str, actor_id: int | None, chantier: Chantier) -> str:
    """Describe the filters of a journal."""
    return _joined(("Sujet", SUBJECTS.get(kind)), ("Personne", actor_id and _person(actor_id, chantier)))


def _joined(*pairs: tuple[str, object]) -> str:
    return ", ".join(_pairs(pairs))


def _pairs(pairs: Iterable[tuple[str, object]]) -> Iterable[str]:
    for term, words in pairs:
        if words:
            yield f"{term}\N{NO-BREAK SPACE}: {words}"


def _name(model: type[Objective | Structure], column: str, number: int) -> str:
    found = db.session.scalar(select(getattr(model, column)).where(model.id == number))
    return found or UNKNOWN


def _person(number: int, chantier: Chantier) -> str:
    # Somebody of this chantier, as its own filters offer: an address that counts up must not spell everybody's name.
    members = select(ChantierMembership.user_id).where(ChantierMembership.chantier_id == chantier.id)
    named = select(task_person.c.user_id).join(Task, Task.id == task_person.c.task_id)
    theirs = or_(User.id.in_(members), User.id.in_(named.where(Task.chantier_id == chantier.id)))
    return db.session.scalar(select(User.name).where(User.id == number, theirs)) or UNKNOWN


def _chantier(slug: str) -> str:
    found = db.session.scalar(select(Chantier.title).where(Chantier.slug == slug))
    return found or UNKNOWN


def _type(key: str) -> str:
    found = db.session.get(DeliverableType, key)
    return str(DELIVERABLE_TYPES.get(key, found.name)) if found else UNKNOWN
