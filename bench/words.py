"""Vocabulary and odds of a generated démarche: its sizes, its words, and how tasks and deliverables end up."""

from collections.abc import Sequence
from datetime import timedelta

from models import DeliverableState, TaskStatus

#: How long the démarche has been at work.
PAST = timedelta(days=210)
STRUCTURES = 40
PEOPLE_PER_STRUCTURE = 2
STRUCTURES_PER_CHANTIER = 12
POLITICAL, OPERATIONAL = 2, 4
#: One deliverable for so many tasks.
TASKS_PER_DELIVERABLE = 20

DEEDS = (
    "Rédiger", "Relire", "Mettre en page", "Tester auprès de trois structures", "Présenter au comité de pilotage",
    "Recenser", "Cartographier", "Chiffrer", "Illustrer", "Faire traduire", "Partager avec les réseaux", "Préparer",
)  # fmt: skip
WORKS = (
    "la fiche métier", "le questionnaire", "la grille d’analyse", "la note de plaidoyer", "le module de formation",
    "la liste des lieux", "l’argumentaire", "le compte rendu", "le calendrier", "l’entretien", "la méthode",
)  # fmt: skip
FIELDS = (
    "du réemploi", "de la rénovation énergétique", "de l’alimentation durable", "de la mobilité", "des déchets",
    "de l’insertion", "des territoires ruraux", "de l’économie circulaire", "de la précarité", "du numérique",
)  # fmt: skip
SENTENCE = (
    "Partir de ce qui existe dans les réseaux, le dire **en mots simples**, et citer les sources. "
    "Prévoir une relecture croisée avant le comité de pilotage.\n\n"
    "- un premier jet\n- deux retours\n- une version propre\n\n"
)
OBSTACLE = "La convention avec le financeur n’est pas signée."
NEED = "Un contact à la région pour avancer."
PLACES = ("National", "Bretagne", "Occitanie", "Nouvelle-Aquitaine", "Hauts-de-France", "")

#: How a task ends up, with which weight, and the verbs that led there.
LIVES: Sequence[tuple[TaskStatus, int, tuple[tuple[str, TaskStatus], ...]]] = (
    (TaskStatus.TODO, 25, ()),
    (TaskStatus.IN_PROGRESS, 24, (("task.started", TaskStatus.IN_PROGRESS),)),
    (
        TaskStatus.TO_VALIDATE,
        6,
        (("task.started", TaskStatus.IN_PROGRESS), ("task.submitted", TaskStatus.TO_VALIDATE)),
    ),
    (
        TaskStatus.BLOCKED,
        5,
        (("task.started", TaskStatus.IN_PROGRESS), ("task.blocked", TaskStatus.BLOCKED)),
    ),
    (TaskStatus.DONE, 36, (("task.started", TaskStatus.IN_PROGRESS), ("task.finished", TaskStatus.DONE))),
    (TaskStatus.ABANDONED, 4, (("task.abandoned", TaskStatus.ABANDONED),)),
)
#: The same for deliverables.
COURSES: Sequence[tuple[DeliverableState, int, tuple[str, ...]]] = (
    (DeliverableState.EXPECTED, 35, ()),
    (DeliverableState.DRAFTING, 25, ("version_added",)),
    (DeliverableState.IN_REVIEW, 10, ("version_added", "submitted")),
    (DeliverableState.TO_REWORK, 5, ("version_added", "submitted", "sent_back")),
    (
        DeliverableState.APPROVED,
        25,
        ("version_added", "submitted", "sent_back", "version_added", "submitted", "approved"),
    ),
)
TYPES = ("referentiel_metier", "cartographie", "recensement", "argumentaire", "methode", "autre")
