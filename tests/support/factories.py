"""Factories: plain functions that make things through the domain's own verbs, with sensible words."""

from itertools import count
from typing import Any

from models import (
    Chantier,
    ChantierRole,
    Deliverable,
    Demarche,
    Objective,
    ObjectiveKind,
    Role,
    Structure,
    Task,
    User,
    db,
)

_numbers = count(1)
PASSWORD = "une phrase de passe"


def make_demarche(**fields: Any) -> Demarche:
    """Make the démarche of the instance."""
    demarche = Demarche(name=fields.pop("name", "Chantiers coopératifs"), **fields)
    db.session.add(demarche)
    db.session.flush()
    return demarche


def make_user(name: str = "", role: Role = Role.MEMBER, *, password: str = "", **fields: Any) -> User:
    """Make a person at @example.org; with a password where one is given (hashing costs 50 ms)."""
    number = next(_numbers)
    user = User.create(
        name or f"Camille {number}",
        by=None,
        email=fields.pop("email", f"personne-{number}@example.org"),
        role=role,
    )
    for field, value in fields.items():
        setattr(user, field, value)
    if password:
        user.choose_password(password)
    db.session.flush()
    return user


def make_coordinator(name: str = "") -> User:
    """Make a person of the coordination."""
    return make_user(name, Role.COORDINATOR)


def make_chantier(title: str = "", *, number: int | None = None) -> Chantier:
    """Make a chantier with a number of its own."""
    number = number or next(_numbers)
    chantier = Chantier.create(number, title or f"Chantier numéro {number}", by=None)
    db.session.flush()
    return chantier


def make_member(chantier: Chantier, role: ChantierRole = ChantierRole.PARTICIPANT, name: str = "") -> User:
    """Make a person who takes part in the chantier."""
    user = make_user(name)
    chantier.welcome(user, role, by=None)
    return user


def make_referent(chantier: Chantier, name: str = "") -> User:
    """Make a référent·e of the chantier."""
    return make_member(chantier, ChantierRole.REFERENT, name)


def make_objective(
    chantier: Chantier, text: str = "", kind: ObjectiveKind = ObjectiveKind.OPERATIONAL
) -> Objective:
    """Make an objective of the chantier, operational unless told otherwise."""
    objective = Objective.create(chantier, text or f"Objectif {next(_numbers)}", kind, by=None)
    objective.chantier = chantier
    return objective


def make_task(objective: Objective, title: str = "", *, by: User | None = None, **fields: Any) -> Task:
    """Make a task under the objective."""
    return Task.create(objective, title or f"Tâche {next(_numbers)}", by=by, **fields)


def make_structure(name: str = "") -> Structure:
    """Make a structure."""
    structure = Structure.create(name or f"Structure {next(_numbers)}", by=None)
    db.session.flush()
    return structure


def make_deliverable(
    objective: Objective, title: str = "", *, by: User | None = None, **fields: Any
) -> Deliverable:
    """Make a deliverable under the objective."""
    return Deliverable.create(
        objective, fields.pop("type_key", "autre"), title or "Livrable", by=by, **fields
    )
