"""How values read on a page: days, instants, names of statuses, Markdown, sentences of the journal."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date as babel_format_date
from babel.dates import format_timedelta
from flask import Flask
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers.language import markdown
from chantiers.language.catalogues import WORDS
from chantiers.language.journal import icon_of, name_of, sentence
from models import (
    HOME,
    ChantierRole,
    DeliverableState,
    FollowUp,
    Presence,
    Role,
    StructureKind,
    TaskStatus,
    VersionKind,
    Weather,
    is_overdue,
    now,
    today,
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
    """The word for a coded value: `"todo"|label("status")`. A value without a word shows as it is."""
    return str(LABELS[family].get(value, value))


def type_name(deliverable_type: Any) -> str:
    """The name of a type of deliverable: translated where it is ours, as the instance wrote it where it is not."""
    return str(DELIVERABLE_TYPES.get(deliverable_type.key, deliverable_type.name))


def calendar() -> str:
    """The locale by which dates are written: our English is that of Britain."""
    locale = str(get_locale())
    return "en_GB" if locale == "en" else locale


def day(value: date | None, form: str = "long") -> str:
    """A day in words: « 12 mars 2026 »; `short` leaves out the year when it is this one: « 12 mars »."""
    if isinstance(value, datetime):
        value = value.astimezone(HOME).date()
    return _day(value, form, calendar(), today().year) if value else ""


def short_date(value: date | None) -> str:
    """« 12 mars », or « 12 mars 2025 » of another year."""
    return day(value, "short")


@lru_cache(maxsize=4096)
def _day(value: date, form: str, locale: str, this_year: int) -> str:
    # Babel reads its pattern anew at each call: a page of two hundred dates would spend its time there.
    if form == "long":
        return babel_format_date(value, "long", locale=locale)
    return babel_format_date(value, "d MMM" if value.year == this_year else "medium", locale=locale)


def instant(value: datetime | None) -> str:
    """A moment in words, in French time: « 12 mars 2026 à 14:32 »."""
    return str(format_datetime(value, "d MMMM y, HH:mm")) if value else ""


def clock(value: datetime) -> str:
    """The time of a moment, in France: « 14:32 »."""
    return str(format_datetime(value, "HH:mm"))


def ago(value: datetime | None) -> str:
    """How long ago in words: « il y a 3 jours »."""
    if value is None:
        return ""
    seconds = (now() - value).total_seconds()
    if seconds < 60:
        return _("à l’instant")
    return str(format_timedelta(value - now(), add_direction=True, locale=get_locale()))


def days_ago(value: datetime) -> str:
    """How many days ago, in France: « aujourd’hui », « hier », « il y a 12 jours »."""
    days = (today() - value.astimezone(HOME).date()).days
    if days < 1:
        return _("aujourd’hui")
    return _("hier") if days == 1 else ngettext("il y a %(num)d jour", "il y a %(num)d jours", days)


def days_late(value: date) -> str:
    """By how much a due date is past: « en retard de 3 jours »."""
    days = (today() - value).days
    return ngettext("en retard de %(num)d jour", "en retard de %(num)d jours", days)


def file_size(size: int | None) -> str:
    """A size that people understand: « 340 ko », « 2,4 Mo »."""
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
    """The beginning of a text, cut between two words."""
    if len(text) <= length:
        return text
    return text[: length + 1].rsplit(" ", 1)[0].rstrip(" ,;:.(–-") + "…"


def said(comment: Any) -> Any:
    """The words of a comment, with those whom it calls in."""
    return markdown.render_with_mentions(comment.body, (each["name"] for each in comment.mentions))


def init_app(app: Flask) -> None:
    """Give templates their filters and their words."""
    app.jinja_env.filters.update(
        ago=ago,
        clock=clock,
        day=day,
        days_ago=days_ago,
        days_late=days_late,
        excerpt=excerpt,
        file_size=file_size,
        icon_of=icon_of,
        instant=instant,
        label=label,
        long_date=day,
        short_date=short_date,
        markdown=markdown.render,
        person_name=name_of,
        plain=markdown.plain,
        said=said,
        sentence=sentence,
        type_name=type_name,
    )
    app.jinja_env.globals.update(
        DeliverableState=DeliverableState,
        LABELS=LABELS,
        TaskStatus=TaskStatus,
        get_locale=get_locale,
        is_overdue=is_overdue,
        today=today,
        **WORDS,
    )
