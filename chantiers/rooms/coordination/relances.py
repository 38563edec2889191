"""Relances (reminders) as prepared: about a task, a deliverable, an objective or a whole chantier."""

from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from chantiers.language.dates import day
from chantiers.language.labels import excerpt
from chantiers.web import loaders
from models import Activity, Chantier, Deliverable, DeliverableState, Objective, Task, TaskStatus, db

#: The kinds of things as addresses name them.
KINDS = {"taches": "task", "livrables": "deliverable", "objectifs": "objective", "chantiers": "chantier"}


def subject(kind: str, thing_id: int) -> Any:
    """Return the subject of a relance, as this person may know it; none of what is in the bin."""
    return loaders.subject(current_user, KINDS[kind], thing_id)


def last_of(subject: Any) -> Activity | None:
    """When people were last reminded of it, and by whom."""
    action = f"{subject.__tablename__}.relaunched"
    return db.session.scalar(Activity.about(subject).where(Activity.action == action).limit(1))


def prepared(subject: Any) -> tuple[str, str]:
    """Return the subject of the mail and its words, to send as they are or to change."""
    if isinstance(subject, Task):
        title, facts, question = _of_task(subject)
    elif isinstance(subject, Deliverable):
        title, facts, question = _of_deliverable(subject)
    elif isinstance(subject, Objective):
        title, facts, question = _of_objective(subject)
    else:
        title, facts, question = _of_chantier(subject)
    parts = (_("Bonjour,"), facts, question, _("Merci d’avance,"), current_user.name)
    return title, "\n\n".join(part for part in parts if part)


def _of_task(task: Task) -> tuple[str, str, str]:
    name = excerpt(task.title, 120)
    if task.status == TaskStatus.BLOCKED:
        facts = _(
            "La tâche « %(title)s » est bloquée depuis le %(day)s : %(reason)s",
            title=name,
            day=day(task.status_since),
            reason=_one_line(task.blocked_reason),
        )
        if task.blocked_need:
            facts += "\n\n" + _("Il faudrait : %(need)s", need=_one_line(task.blocked_need))
        question = _(
            "Est-ce toujours le cas ? Dites-nous ce qui a changé, ou de quoi vous auriez besoin pour avancer. "
            "Si elle est repartie, changez son statut : une minute suffit."
        )
        return _("Où en est « %(title)s » ?", title=name), facts, question
    if task.is_late and task.due_on:
        facts = _("La tâche « %(title)s » était attendue pour le %(day)s.", title=name, day=day(task.due_on))
    else:
        facts = _("Nous voudrions savoir où en est la tâche « %(title)s ».", title=name)
    question = _(
        "Pouvez-vous dire où elle en est ? Si la date n’est plus la bonne, ou si quelqu’un d’autre devrait s’en "
        "charger, dites-le : nous la changerons ensemble."
    )
    return _("Où en est « %(title)s » ?", title=name), facts, question


def _of_deliverable(deliverable: Deliverable) -> tuple[str, str, str]:
    name = excerpt(deliverable.title, 120)
    if deliverable.state == DeliverableState.IN_REVIEW:
        facts = _(
            "Le livrable « %(title)s » est en relecture depuis le %(day)s.",
            title=name,
            day=day(deliverable.state_since),
        )
        question = _(
            "Reste-t-il des avis à attendre ? Vous pouvez le valider, ou dire ce qu’il faut reprendre, depuis sa page."
        )
        return _("La relecture de « %(title)s » attend une réponse", title=name), facts, question
    if deliverable.is_late and deliverable.expected_on:
        facts = _(
            "Le livrable « %(title)s » était attendu pour le %(day)s.",
            title=name,
            day=day(deliverable.expected_on),
        )
    else:
        facts = _("Nous voudrions savoir où en est le livrable « %(title)s ».", title=name)
    question = _(
        "Où en est-il ? Une version, même incomplète, aide déjà les autres. Si une autre date est plus juste, "
        "dites laquelle."
    )
    return _("Où en est « %(title)s » ?", title=name), facts, question


def _of_objective(objective: Objective) -> tuple[str, str, str]:
    facts = _(
        "L’objectif « %(title)s » n’a pas encore de tâche : personne ne sait par où commencer.",
        title=excerpt(_one_line(objective.text), 160),
    )
    question = _(
        "Quelle serait la première chose à faire ? Une ou deux tâches suffisent pour lancer le travail."
    )
    return _("Par où commencer : un objectif attend sa première tâche"), facts, question


def _of_chantier(chantier: Chantier) -> tuple[str, str, str]:
    facts = _(
        "Rien n’a été noté depuis un moment dans le chantier « %(title)s ».",
        title=excerpt(chantier.title, 120),
    )
    question = _(
        "Où en êtes-vous ? Si le travail se fait ailleurs, quelques mots suffisent pour que les autres suivent. "
        "Si quelque chose vous arrête, dites-le : nous chercherons ensemble."
    )
    return _("Des nouvelles de « %(title)s » ?", title=excerpt(chantier.title, 120)), facts, question


def _one_line(text: str) -> str:
    return " ".join(text.split())
