"""Roles of a person: in the whole démarche, and in one chantier."""

from enum import StrEnum


class Role(StrEnum):
    """Role of a person in the whole démarche; in one chantier, their role is that of their membership."""

    OBSERVER = "observer"
    MEMBER = "member"
    COORDINATOR = "coordinator"


class ChantierRole(StrEnum):
    """Role of a person in one chantier."""

    PARTICIPANT = "participant"
    REFERENT = "referent"
