"""Labels: the word for each coded value (statuses, roles, kinds, weather), sizes of files, excerpts of texts."""

from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from models import (
    ChantierRole,
    DeliverableState,
    FollowUp,
    Presence,
    Role,
    StructureKind,
    TaskStatus,
    VersionKind,
    Weather,
)

TASK_STATUSES = {
    TaskStatus.TODO: _l("À venir"),
    TaskStatus.IN_PROGRESS: _l("En cours"),
    TaskStatus.TO_VALIDATE: _l("À valider"),
    TaskStatus.BLOCKED: _l("Bloquée"),
    TaskStatus.DONE: _l("Terminée"),
    TaskStatus.ABANDONED: _l("Abandonnée"),
}
DELIVERABLE_STATES = {
    DeliverableState.EXPECTED: _l("Attendu"),
    DeliverableState.DRAFTING: _l("En rédaction"),
    DeliverableState.IN_REVIEW: _l("En relecture"),
    DeliverableState.TO_REWORK: _l("À reprendre"),
    DeliverableState.APPROVED: _l("Validé"),
    DeliverableState.PUBLISHED: _l("Publié"),
}
DELIVERABLE_TYPES = {
    "referentiel_metier": _l("Référentiel métier"),
    "parcours_formation": _l("Parcours de formation"),
    "cartographie": _l("Cartographie"),
    "recensement": _l("Recensement"),
    "grille_analyse": _l("Grille d’analyse"),
    "argumentaire": _l("Argumentaire"),
    "note_plaidoyer": _l("Note de plaidoyer"),
    "methode": _l("Méthode"),
    "autre": _l("Autre"),
}
STRUCTURE_KINDS = {
    StructureKind.UNKNOWN: _l("Non précisé"),
    StructureKind.ASSOCIATION: _l("Association"),
    StructureKind.FOUNDATION: _l("Fondation"),
    StructureKind.NETWORK: _l("Réseau"),
    StructureKind.FUNDER: _l("Financeur"),
    StructureKind.LOCAL_AUTHORITY: _l("Collectivité"),
    StructureKind.COMPANY: _l("Entreprise"),
    StructureKind.COOPERATIVE: _l("Coopérative"),
    StructureKind.OTHER: _l("Autre"),
}
ROLES = {
    Role.OBSERVER: _l("Observation"),
    Role.MEMBER: _l("Membre"),
    Role.COORDINATOR: _l("Coordination"),
}
CHANTIER_ROLES = {
    ChantierRole.PARTICIPANT: _l("Participant·e"),
    ChantierRole.REFERENT: _l("Référent·e"),
}
VERSION_KINDS = {
    VersionKind.FILE: _l("Fichier"),
    VersionKind.LINK: _l("Lien"),
    VersionKind.TEXT: _l("Texte"),
}
WEATHERS = {
    Weather.BRIGHT: _l("Ensoleillé"),
    Weather.CLEARING: _l("Éclaircies"),
    Weather.RAIN: _l("Pluie"),
    Weather.STORM: _l("Orage"),
}
PRESENCES = {
    "": _l("Rien de noté"),
    Presence.PRESENT: _l("Présente"),
    Presence.EXCUSED: _l("Excusée"),
}
FOLLOW_UPS = {
    FollowUp.NONE: _l("Sans suite pour l’instant"),
    FollowUp.OPEN: _l("Suivie"),
    FollowUp.DONE: _l("Faite"),
    FollowUp.DROPPED: _l("Suivi abandonné"),
}
STEPS = {
    "new_version": _l("Nouvelle version"),
    DeliverableState.IN_REVIEW: _l("Mis en relecture"),
    DeliverableState.APPROVED: _l("Validé"),
    DeliverableState.PUBLISHED: _l("Publié"),
}
LABELS: dict[str, dict[Any, Any]] = {
    "status": TASK_STATUSES,
    "state": DELIVERABLE_STATES,
    "type": DELIVERABLE_TYPES,
    "kind": STRUCTURE_KINDS,
    "role": ROLES,
    "chantier_role": CHANTIER_ROLES,
    "version": VERSION_KINDS,
    "weather": WEATHERS,
    "presence": PRESENCES,
    "step": STEPS,
    "follow_up": FOLLOW_UPS,
}


def label(value: str, family: str) -> str:
    """Return the label of a coded value: `"todo"|label("status")`. A value without a label shows as it is."""
    return str(LABELS[family].get(value, value))


def type_name(deliverable_type: Any) -> str:
    """Return the name of a type of deliverable: translated if it is ours, else as the instance wrote it."""
    return str(DELIVERABLE_TYPES.get(deliverable_type.key, deliverable_type.name))


def file_size(size: int | None) -> str:
    """Format a size in bytes: « 340 ko », « 2,4 Mo »."""
    if size is None:
        return ""
    units = (_("octets"), _("ko"), _("Mo"), _("Go"))
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(units) - 1:
        amount, unit = amount / 1000, unit + 1
    number = f"{amount:.0f}" if unit == 0 or amount >= 10 else f"{amount:.1f}"
    if str(get_locale()) == "fr":
        number = number.replace(".", ",")
    return f"{number}\u00a0{units[unit]}"


def excerpt(text: str, length: int = 90) -> str:
    """Truncate a text between two words."""
    if len(text) <= length:
        return text
    return text[: length + 1].rsplit(" ", 1)[0].rstrip(" ,;:.(–-") + "…"
