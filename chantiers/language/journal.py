"""Sentences of the journal: one for each action of `models.journal.CATALOGUE`, and its icon."""

import re
from datetime import date
from textwrap import shorten
from typing import Any

from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from models import Activity, ChantierRole, Opinion, Role, TaskStatus

#: Action → sentence. %(who)s did it to %(what)s; the other names are the activity's particulars.
SENTENCES = {
    "demarche.edited": _l("%(who)s a modifié la présentation de la démarche"),
    "demarche.imported": _l(
        "%(who)s a chargé le fichier de la démarche : %(created)s ajouts, %(updated)s mises à jour"
    ),
    "demarche.exported": _l("%(who)s a exporté toute l’instance"),
    "demarche.tasks_imported": _l(
        "%(who)s a importé des tâches de « %(file)s » : %(created)s ajouts, %(updated)s mises à jour"
    ),
    "demarche.structures_imported": _l(
        "%(who)s a importé des structures de « %(file)s » : %(created)s ajouts, %(updated)s mises à jour"
    ),
    "demarche.import_undone": _l(
        "%(who)s a annulé l’import de « %(file)s » : %(undone)s lignes, %(kept)s restées"
    ),
    "charter.published": _l("%(who)s a publié la version %(number)s de la charte"),
    "chantier.created": _l("%(who)s a ouvert le chantier %(what)s"),
    "chantier.edited": _l("%(who)s a modifié la présentation du chantier %(what)s"),
    "chantier.archived": _l("%(who)s a archivé le chantier %(what)s"),
    "chantier.reopened": _l("%(who)s a rouvert le chantier %(what)s"),
    "chantier.join_asked": _l("%(who)s demande à rejoindre le chantier %(what)s"),
    "chantier.join_answered": _l(
        "%(who)s a répondu à %(person)s, qui demandait à rejoindre le chantier %(what)s"
    ),
    "chantier.join_withdrawn": _l("%(who)s ne demande plus à rejoindre le chantier %(what)s"),
    "chantier.progress_told": _l("%(who)s a écrit un point d’avancement du chantier %(what)s"),
    "chantier.progress_reworded": _l("%(who)s a corrigé un point d’avancement du chantier %(what)s"),
    "chantier.handed_over": _l("%(person)s passe la main à %(receiver)s pour le chantier %(what)s"),
    "chantier.tasks_imported": _l(
        "%(who)s a importé des tâches dans le chantier %(what)s : %(created)s ajouts, %(updated)s mises à jour"
    ),
    "chantier.import_undone": _l(
        "%(who)s a annulé un import dans le chantier %(what)s : %(undone)s tâches retirées"
    ),
    "objective.created": _l("%(who)s a ajouté l’objectif %(what)s"),
    "objective.edited": _l("%(who)s a reformulé l’objectif %(what)s"),
    "objective.moved": _l("%(who)s a changé l’ordre de l’objectif %(what)s"),
    "objective.trashed": _l("%(who)s a mis à la corbeille l’objectif %(what)s"),
    "objective.restored": _l("%(who)s a rétabli l’objectif %(what)s"),
    "task.created": _l("%(who)s a créé la tâche %(what)s"),
    "task.edited": _l("%(who)s a modifié la tâche %(what)s"),
    "task.moved": _l("%(who)s a rattaché la tâche %(what)s à l’objectif « %(objective)s »"),
    "task.rescheduled": _l("%(who)s a fixé l’échéance de la tâche %(what)s au %(to)s"),
    "task.entrusted": _l("%(who)s a confié la tâche %(what)s"),
    "task.taken": _l("%(who)s a pris la tâche %(what)s pour %(structure)s"),
    "task.started": _l("%(who)s a mis en cours la tâche %(what)s"),
    "task.postponed": _l("%(who)s a remis à plus tard la tâche %(what)s"),
    "task.confirmed": _l("%(who)s confirme où en est la tâche %(what)s : %(status)s"),
    "task.submitted": _l("%(who)s propose de valider la tâche %(what)s"),
    "task.finished": _l("%(who)s a terminé la tâche %(what)s"),
    "task.sent_back": _l("%(who)s a renvoyé en cours la tâche %(what)s"),
    "task.blocked": _l("%(who)s signale que la tâche %(what)s est bloquée : %(reason)s"),
    "task.unblocked": _l("%(who)s a débloqué la tâche %(what)s"),
    "task.abandoned": _l("%(who)s a abandonné la tâche %(what)s : %(reason)s"),
    "task.reopened": _l("%(who)s a rouvert la tâche %(what)s"),
    "task.item_added": _l("%(who)s a ajouté « %(text)s » à la tâche %(what)s"),
    "task.item_checked": _l("%(who)s a coché « %(text)s » dans la tâche %(what)s"),
    "task.item_unchecked": _l("%(who)s a décoché « %(text)s » dans la tâche %(what)s"),
    "task.item_removed": _l("%(who)s a retiré « %(text)s » de la tâche %(what)s"),
    "task.dependency_added": _l("%(who)s indique que la tâche %(what)s attend « %(blocker)s »"),
    "task.dependency_removed": _l("%(who)s indique que la tâche %(what)s n’attend plus « %(blocker)s »"),
    "task.commented": _l("%(who)s a commenté la tâche %(what)s : « %(excerpt)s »"),
    "task.help_offered": _l("%(who)s propose son aide sur la tâche %(what)s : « %(excerpt)s »"),
    "task.relaunched": _l("%(who)s a relancé les personnes en charge de la tâche %(what)s"),
    "deliverable.relaunched": _l("%(who)s a relancé les personnes en charge du livrable %(what)s"),
    "objective.relaunched": _l("%(who)s a relancé les référent·es au sujet de l’objectif %(what)s"),
    "chantier.relaunched": _l("%(who)s a relancé les référent·es du chantier %(what)s"),
    "deliverable.commented": _l("%(who)s a commenté le livrable %(what)s : « %(excerpt)s »"),
    "objective.commented": _l("%(who)s a commenté l’objectif %(what)s : « %(excerpt)s »"),
    "chantier.commented": _l("%(who)s a écrit dans la discussion du chantier %(what)s : « %(excerpt)s »"),
    "comment.edited": _l("%(who)s a modifié un commentaire de %(what)s"),
    "comment.deleted": _l("%(who)s a supprimé un commentaire de %(what)s"),
    "task.trashed": _l("%(who)s a mis à la corbeille la tâche %(what)s"),
    "task.restored": _l("%(who)s a rétabli la tâche %(what)s"),
    "deliverable.created": _l("%(who)s a annoncé le livrable %(what)s"),
    "deliverable.edited": _l("%(who)s a modifié le livrable %(what)s"),
    "deliverable.rescheduled": _l("%(who)s attend le livrable %(what)s pour le %(to)s"),
    "deliverable.entrusted": _l("%(who)s a changé les structures responsables du livrable %(what)s"),
    "deliverable.version_added": _l("%(who)s a déposé la version %(number)s du livrable %(what)s"),
    "deliverable.submitted": _l("%(who)s a mis en relecture la version %(number)s du livrable %(what)s"),
    "deliverable.review_asked": _l(
        "%(who)s demande %(count)s avis sur la version %(number)s du livrable %(what)s"
    ),
    "deliverable.reviewed": _l(
        "%(who)s a donné son avis sur la version %(number)s du livrable %(what)s : %(opinion)s"
    ),
    "deliverable.reminded": _l("%(who)s a relancé %(count)s avis attendus sur le livrable %(what)s"),
    "deliverable.withdrawn": _l("%(who)s a retiré de la relecture le livrable %(what)s"),
    "deliverable.approved": _l("%(who)s a validé la version %(number)s du livrable %(what)s"),
    "deliverable.sent_back": _l("%(who)s demande de reprendre le livrable %(what)s : %(reason)s"),
    "deliverable.published": _l("%(who)s a publié la version %(number)s du livrable %(what)s (%(licence)s)"),
    "deliverable.unpublished": _l("%(who)s a retiré de la publication le livrable %(what)s : %(reason)s"),
    "deliverable.trashed": _l("%(who)s a mis à la corbeille le livrable %(what)s"),
    "deliverable.restored": _l("%(who)s a rétabli le livrable %(what)s"),
    "checkpoint.planned": _l("%(who)s a prévu le point d’étape %(what)s, pour le %(on)s"),
    "checkpoint.edited": _l("%(who)s a modifié le point d’étape %(what)s"),
    "checkpoint.moved": _l("%(who)s a déplacé le point d’étape %(what)s au %(to)s"),
    "checkpoint.cancelled": _l("%(who)s a annulé le point d’étape %(what)s"),
    "checkpoint.asked": _l(
        "%(who)s a lancé le point d’étape %(what)s : %(people)s personnes, %(tasks)s tâches"
    ),
    "meeting.planned": _l("%(who)s a prévu le comité de pilotage du %(on)s"),
    "meeting.edited": _l("%(who)s a modifié le comité de pilotage du %(what)s"),
    "meeting.moved": _l("%(who)s a déplacé le comité de pilotage du %(from)s au %(to)s"),
    "meeting.cancelled": _l("%(who)s a annulé le comité de pilotage du %(what)s"),
    "meeting.closed": _l("%(who)s a clos le compte rendu du comité de pilotage du %(what)s"),
    "meeting.reopened": _l("%(who)s a rouvert le comité de pilotage du %(what)s"),
    "meeting.item_added": _l("%(who)s a mis « %(item)s » à l’ordre du jour du comité du %(what)s"),
    "meeting.item_edited": _l("%(who)s a reformulé « %(item)s », à l’ordre du jour du comité du %(what)s"),
    "meeting.item_removed": _l("%(who)s a retiré « %(item)s » de l’ordre du jour du comité du %(what)s"),
    "meeting.attendance_noted": _l("%(who)s a noté les présences au comité de pilotage du %(what)s"),
    "decision.taken": _l("Le comité de pilotage a décidé : %(what)s"),
    "decision.edited": _l("%(who)s a reformulé la décision %(what)s"),
    "decision.withdrawn": _l("%(who)s a retiré la décision %(what)s"),
    "decision.restored": _l("%(who)s a rétabli la décision %(what)s"),
    "decision.followed": _l("%(who)s a confié le suivi de la décision %(what)s à la tâche « %(task)s »"),
    "structure.created": _l("%(who)s a ajouté la structure %(what)s"),
    "structure.edited": _l("%(who)s a modifié la fiche de la structure %(what)s"),
    "structure.merged": _l("%(who)s a réuni la structure %(what)s à %(into)s"),
    "structure.removed": _l("%(who)s a retiré la structure %(what)s de l’annuaire"),
    "structure.enrolled": _l("%(structure)s rejoint le chantier %(what)s"),
    "structure.left": _l("%(structure)s quitte le chantier %(what)s"),
    "person.created": _l("%(who)s a ajouté %(what)s"),
    "person.edited": _l("%(who)s a modifié la fiche de %(what)s"),
    "person.role_changed": _l("%(who)s a changé le rôle de %(what)s : %(to)s"),
    "person.closed": _l("%(who)s a fermé un compte"),
    "person.joined_structure": _l("%(what)s rejoint la structure %(structure)s"),
    "person.left_structure": _l("%(what)s quitte la structure %(structure)s"),
    "member.added": _l("%(person)s rejoint le chantier %(what)s"),
    "member.role_changed": _l("%(person)s devient %(to)s du chantier %(what)s"),
    "member.removed": _l("%(person)s quitte le chantier %(what)s"),
}
#: « task.entrusted »: True when the task is given to somebody, False when it is only taken from somebody.
ENTRUSTED = {
    True: _l("%(who)s a confié la tâche %(what)s à %(names)s"),
    False: _l("%(who)s a retiré la tâche %(what)s à %(names)s"),
}
#: « deliverable.reviewed » when the opinion is that of a structure.
REVIEWED_FOR = _l(
    "%(who)s a donné l’avis de %(structure)s sur la version %(number)s du livrable %(what)s : %(opinion)s"
)
#: « chantier.handed_over » when whoever hands over leaves the chantier too.
HANDED_OVER_LEAVING = _l("%(person)s passe la main à %(receiver)s et quitte le chantier %(what)s")
OPINIONS = {
    Opinion.FAVORABLE: _l("favorable"),
    Opinion.WITH_RESERVATIONS: _l("favorable avec réserves"),
    Opinion.TO_REWORK: _l("à reprendre"),
}
#: Sentences for a date that is removed: there is none to name.
WITHOUT_DATE = {
    "task.rescheduled": _l("%(who)s a retiré l’échéance de la tâche %(what)s"),
    "deliverable.rescheduled": _l("%(who)s a retiré la date attendue du livrable %(what)s"),
}
#: Sentences without what people wrote: for what is in the bin, whose texts are no longer shown.
WITHOUT_WORDS = {
    "task.commented": _l("%(who)s a commenté la tâche %(what)s"),
    "task.help_offered": _l("%(who)s propose son aide sur la tâche %(what)s"),
    "deliverable.commented": _l("%(who)s a commenté le livrable %(what)s"),
    "objective.commented": _l("%(who)s a commenté l’objectif %(what)s"),
    "task.blocked": _l("%(who)s signale que la tâche %(what)s est bloquée"),
    "task.abandoned": _l("%(who)s a abandonné la tâche %(what)s"),
    "task.item_added": _l("%(who)s a modifié la liste de points de la tâche %(what)s"),
    "task.item_checked": _l("%(who)s a modifié la liste de points de la tâche %(what)s"),
    "task.item_unchecked": _l("%(who)s a modifié la liste de points de la tâche %(what)s"),
    "task.item_removed": _l("%(who)s a modifié la liste de points de la tâche %(what)s"),
    "task.dependency_added": _l("%(who)s a modifié ce qu’attend la tâche %(what)s"),
    "task.dependency_removed": _l("%(who)s a modifié ce qu’attend la tâche %(what)s"),
    "deliverable.sent_back": _l("%(who)s demande de reprendre le livrable %(what)s"),
    "deliverable.unpublished": _l("%(who)s a retiré de la publication le livrable %(what)s"),
}
#: Statuses of a task that somebody confirmed.
CONFIRMED = {
    TaskStatus.TODO: _l("à venir"),
    TaskStatus.IN_PROGRESS: _l("en cours"),
    TaskStatus.BLOCKED: _l("bloquée"),
    TaskStatus.TO_VALIDATE: _l("à valider"),
}
RANKS = {
    ChantierRole.PARTICIPANT: _l("participant·e"),
    ChantierRole.REFERENT: _l("référent·e"),
    Role.OBSERVER: _l("observation"),
    Role.MEMBER: _l("membre"),
    Role.COORDINATOR: _l("coordination"),
}
#: The view of the subject of an activity, where it has one, and the value that the address takes.
VIEWS = {"task": ("tasks.show", "task_id"), "deliverable": ("deliverables.show", "deliverable_id")}


def sentence(activity: Activity, in_bin: bool = False, at_home: bool = False, link: bool = True) -> Markup:
    """Write an activity as a sentence of HTML; its subject is a link where it has a page. `actor` must be loaded.

    What is in the bin is named, and no more. A chantier is not named at home, on its own pages. On the page of a thing
    itself, `link` is false: it is neither named nor linked where one is already.
    """
    particulars = dict(activity.particulars)
    words = SENTENCES[activity.action]
    if activity.action == "task.entrusted":
        words = _entrusted(particulars)
    if activity.action == "deliverable.reviewed" and particulars["structure"]:
        words = REVIEWED_FOR
    if activity.action == "chantier.handed_over" and particulars["left"]:
        words = HANDED_OVER_LEAVING
    if activity.action in WITHOUT_DATE and not particulars["to"]:
        words = WITHOUT_DATE[activity.action]
    if in_bin:
        words = WITHOUT_WORDS.get(activity.action, words)
    who = Markup("<strong>{}</strong>").format(name_of(activity.actor))
    in_words = Markup(escape(str(words))) % {
        **{name: _in_words(name, value) for name, value in particulars.items()},
        "who": who,
        "what": ""
        if (at_home and activity.subject_type == "chantier") or not link
        else _subject(activity, link=not in_bin),
    }
    # A subject that is not named leaves two blanks behind.
    return Markup(re.sub(r" +(?=[ \u00a0\u202f])", "", in_words.strip()))


def _entrusted(particulars: dict[str, Any]) -> Any:
    """Choose the sentence of « task.entrusted », and set the names in its particulars."""
    given = [*([particulars["pilote"]] if particulars["pilote"] else []), *particulars["added"]]
    names = [name or _("une personne qui a fermé son compte") for name in given or particulars["removed"]]
    particulars["names"] = ", ".join(names)
    return ENTRUSTED[bool(given)] if particulars["names"] else SENTENCES["task.entrusted"]


def name_of(person: Any) -> str:
    """Return a person's name as the journal shows it, also once their account is closed."""
    if person is None:
        return str(_("Le système"))
    return str(_("Une personne qui a fermé son compte") if person.closed_at else person.name)


def _subject(activity: Activity, link: bool) -> Markup:
    view = VIEWS.get(activity.subject_type)
    title = shorten(activity.title, 140, placeholder="…")
    if activity.subject_type == "meeting":
        return Markup(escape(str(_in_words("on", activity.title))))
    if activity.subject_type == "user" and not title:
        title = _("une personne qui a fermé son compte")
    if view and link:
        endpoint, name = view
        values: dict[str, Any] = {name: activity.subject_id}
        return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **values), title)
    return Markup(_("« {} »")).format(title) if view else Markup("{}").format(title)


def _in_words(name: str, value: Any) -> Any:
    if name == "opinion":
        return str(OPINIONS[value])
    if name == "status":
        return str(CONFIRMED[value])
    if name in ("person", "receiver") and not value:
        return _("Une personne qui a fermé son compte")
    if name in ("to", "from", "on") and isinstance(value, str):
        if value in RANKS:
            return str(RANKS[value])  # type: ignore[index]
        if len(value) == 10 and value[4] == value[7] == "-":
            return format_date(date.fromisoformat(value), "d MMMM y")
    return value


#: Icons of actions: that of the status it led to, else (below) that of the kind of thing.
ICONS = {
    "task.started": "in_progress",
    "task.confirmed": "in_progress",
    "task.submitted": "to_validate",
    "task.finished": "done",
    "task.blocked": "blocked",
    "task.unblocked": "in_progress",
    "task.abandoned": "abandoned",
    "task.rescheduled": "calendar",
    "deliverable.rescheduled": "calendar",
    "deliverable.version_added": "file",
    "deliverable.submitted": "in_review",
    "deliverable.approved": "approved",
    "deliverable.published": "published",
    "deliverable.sent_back": "to_rework",
    "chantier.join_asked": "person",
    "chantier.join_answered": "person",
    "chantier.join_withdrawn": "person",
    "chantier.progress_told": "comment",
    "chantier.handed_over": "people",
}
KIND_ICONS = {
    "deliverable": "file",
    "structure": "structure",
    "member": "person",
    "person": "person",
    "objective": "flag",
    "checkpoint": "calendar",
    "meeting": "calendar",
    "decision": "flag",
}


def icon_of(activity: Activity) -> str:
    """Return the name of the icon that stands before an activity."""
    return ICONS.get(activity.action) or KIND_ICONS.get(activity.action.partition(".")[0], "edit")
