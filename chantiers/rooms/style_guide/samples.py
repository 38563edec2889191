"""Invented things to show components with; nothing here is a real organisation or person."""

from datetime import date, timedelta
from types import SimpleNamespace

from markupsafe import Markup

from chantiers.components.curve import draw_curve
from chantiers.language.text_diff import compare
from models import CurvePoint

TODAY = date(2024, 3, 12)


def _structure(number: int, name: str) -> SimpleNamespace:
    return SimpleNamespace(id=number, name=name, slug=f"exemple-{number}", is_example=True)


STRUCTURES = [
    _structure(1, "La Passerelle (exemple)"),
    _structure(2, "Coop’Rivage (exemple)"),
    _structure(3, "Terres en commun (exemple)"),
]
MANY_NAMES = [
    f"{name} (exemple)"
    for name in (
        "Ateliers du Lien",
        "Coop’Rivage",
        "Écosystème Vivant",
        "Fabrique des Possibles",
        "La Passerelle",
        "Les Communs du Val",
        "Maison des Transitions",
        "Pôle Entraide",
        "Terres en commun",
        "Vallée Solidaire",
    )
]

TITLES = (
    "Développer les compétences et métiers des acteurs de la coopération",
    "Développer des outils financiers au service de la coopération",
    "Inventer et formaliser des dispositifs d’accompagnement adaptés aux coopérations territoriales",
    "Développer les écosystèmes coopératifs territoriaux",
    "Construire un plaidoyer sur le financement et l’accompagnement des coopérations",
    "Une sixième couleur",
    "Une septième couleur",
    "Une huitième couleur",
)
CHANTIERS = [
    SimpleNamespace(number=number, hue=number, title=title, slug=f"exemple-{number}", is_archived=False)
    for number, title in enumerate(TITLES, 1)
]
STATUSES = ("todo", "in_progress", "to_validate", "done", "blocked", "abandoned")
STATES = ("expected", "drafting", "in_review", "to_rework", "approved", "published")


class SampleTask(SimpleNamespace):
    """What components read of a task."""

    def is_silent(self, after_days: int) -> bool:
        """Whether the sample says so."""
        return bool(self.silent)


def _task(
    number: int, title: str, status: str, lead: int | None = 0, due: int | None = None, silent: bool = False
) -> SampleTask:
    due_on = None if due is None else TODAY + timedelta(days=due)
    is_open = status not in ("done", "abandoned")
    return SampleTask(
        id=number,
        title=title,
        status=status,
        version=1,
        chantier=CHANTIERS[(number - 1) % 5],
        pilote=None if lead is None else STRUCTURES[lead],
        due_on=due_on,
        silent=silent,
        is_late=is_open and due_on is not None and due_on < TODAY,
        is_without_pilote=is_open and lead is None,
    )


TASKS = [
    _task(1, "Recenser les référentiels métiers existants", "done", 0, -40),
    _task(2, "Interroger dix coordinateur·rice·s de coopérations sur leur métier", "in_progress", 1, 9),
    _task(3, "Rédiger la trame du référentiel", "in_progress", 2, -6),
    _task(4, "Relire le chapitre « Animer la coopération »", "to_validate", 0, 3),
    _task(
        5, "Obtenir l’accord des organismes de formation pour citer leurs programmes", "blocked", 1, 20, True
    ),
    _task(6, "Choisir la licence du référentiel", "todo", None, 48),
    _task(7, "Préparer l’atelier de relecture collective", "todo", 2),
    _task(8, "Organiser une seconde enquête en ligne", "abandoned", 1),
]
COLUMNS = [
    {
        "status": status,
        "tasks": [task for task in TASKS if task.status == status],
        "total": sum(task.status == status for task in TASKS),
        "more": "/style" if status == "done" else None,
    }
    for status in ("todo", "in_progress", "to_validate", "blocked", "done")
]
COUNTS = {"todo": 9, "in_progress": 7, "to_validate": 3, "done": 12, "blocked": 2, "abandoned": 1}

DELIVERABLES = [
    SimpleNamespace(
        id=number,
        title=title,
        state=state,
        type=SimpleNamespace(key=key, name=key),
        chantier=CHANTIERS[number - 1],
        expected_on=TODAY + timedelta(days=days),
        is_late=days < 0,
    )
    for number, title, state, key, days in (
        (1, "Référentiel métier de la coopération territoriale", "in_review", "referentiel_metier", 30),
        (2, "État des lieux des offres de formation", "approved", "recensement", -20 + 40),
        (3, "Parcours de formation aux métiers de la coopération", "drafting", "parcours_formation", -3),
    )
]
VERSIONS = [
    SimpleNamespace(
        number=2,
        kind="file",
        href="/style",
        label="referentiel-v2.pdf (PDF, 2,1 Mo)",
        author="Camille (exemple)",
        when="8 mars 2024",
        at="2024-03-08T10:00:00",
        note="Chapitre 3 repris après l’atelier.",
        is_reference=False,
        sha256="9f2c4e6a" * 8,
    ),
    SimpleNamespace(
        number=1,
        kind="link",
        href="/style",
        label="pad.example.org",
        author="Camille (exemple)",
        when="2 février 2024",
        at="2024-02-02T10:00:00",
        note="Première trame complète.",
        is_reference=True,
        sha256="",
    ),
]
CHECKLIST = [
    SimpleNamespace(id=1, text="Lister les personnes à interroger", is_done=True),
    SimpleNamespace(id=2, text="Écrire le guide d’entretien", is_done=True),
    SimpleNamespace(id=3, text="Mener les dix entretiens", is_done=False),
]


def _told(who: str, did: str, what: str) -> Markup:
    return Markup('<strong>{}</strong> {} <a href="/style">{}</a>.').format(who, did, what)


TIMELINE = [
    {
        "icon": "blocked",
        "at": "2024-03-11T16:05:00",
        "when": "hier à 16:05",
        "hue": 1,
        "sentence": _told("Camille (exemple)", "a signalé un blocage sur", "la trame"),
    },
    {
        "icon": "done",
        "at": "2024-03-09T09:30:00",
        "when": "le 9 mars à 09:30",
        "hue": 3,
        "sentence": _told("Noé (exemple)", "a terminé", "Recenser les référentiels"),
    },
    {
        "icon": "file",
        "at": "2024-03-08T10:00:00",
        "when": "le 8 mars à 10:00",
        "hue": 5,
        "sentence": _told("Camille (exemple)", "a ajouté la version 2 du", "référentiel"),
    },
]

CURVE = draw_curve(
    [
        CurvePoint(TODAY - timedelta(weeks=20 - week), opened, done, 0)
        for week, (opened, done) in enumerate(
            zip(
                (0, 3, 6, 8, 11, 12, 12, 15, 17, 18, 18, 17, 19, 22, 21, 20, 18, 19, 17, 16, 15),
                (0, 0, 0, 1, 2, 4, 5, 5, 6, 8, 10, 12, 12, 14, 17, 19, 22, 23, 26, 28, 30),
                strict=True,
            )
        )
    ],
    TODAY - timedelta(weeks=7),
)
_MONDAY = TODAY - timedelta(days=TODAY.weekday())
WEEKS = [
    {
        "label": f"{start.day:02d}/{start.month:02d}",
        "number": f"sem. {start.isocalendar().week}",
        "is_current": start == _MONDAY,
    }
    for start in (_MONDAY + timedelta(weeks=shift) for shift in range(-6, 7))
]


def _cells(*items: tuple[int, str, str, bool]) -> list[list[dict[str, object]]]:
    cells: list[list[dict[str, object]]] = [[] for _week in WEEKS]
    for week, title, icon, is_late in items:
        day = "jeu. 14" if week == 6 else "mar. 5"
        cells[week].append({"href": "/style", "title": title, "day": day, "icon": icon, "is_late": is_late})
    return cells


CALENDAR = [
    {
        "title": "Élaborer un référentiel métier de la coopération territoriale",
        "href": "/style",
        "cells": _cells(
            (1, "Recenser les référentiels", "done", False),
            (5, "Rédiger la trame", "in_progress", True),
            (6, "Relire le chapitre 2", "to_validate", False),
            (10, "Référentiel métier", "flag", False),
        ),
    },
    {
        "title": "Créer des parcours de formation aux métiers de la coopération",
        "href": "/style",
        "cells": _cells(
            (6, "Atelier de relecture", "todo", False), (8, "Parcours de formation", "flag", False)
        ),
    },
]

_TEXT = [f"Point {number} de l’ordre du jour." for number in range(1, 11)]
#: Two texts with a line of each kind: changed, removed, added, unchanged, and folded.
COMPARED = compare(
    "\n".join([*_TEXT, "La trame est relue par deux structures.", "Elle reste interne."]),
    "\n".join([*_TEXT, "La trame est relue par trois personnes.", "Tout le monde peut la lire !"]),
)
