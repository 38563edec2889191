"""Mail of a point d'étape: a person's own tasks, each with three buttons that answer without signing in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from chantiers.language.dates import short_date
from chantiers.language.journal import sentence
from chantiers.mail import checkpoint_links
from chantiers.mail.message import MailContent, builder
from chantiers.web.links import absolute
from models import (
    Activity,
    Chantier,
    Checkpoint,
    CheckpointAnswer,
    CheckpointLine,
    OutgoingMail,
    Task,
    User,
    db,
)

#: Tasks that one mail shows, the most pressing first; the page behind its link shows them all.
TASKS = 15


@dataclass
class CheckpointMailTask:
    """Task of the mail: its page, its latest news, and the address of each answer."""

    task: Task
    url: str
    news: str
    answers: dict[str, str]


@dataclass
class CheckpointMailChantier:
    """Chantier of the mail, with the person's tasks there."""

    chantier: Chantier
    tasks: list[CheckpointMailTask] = field(default_factory=list)


@builder("checkpoint")
def checkpoint(mail: OutgoingMail) -> MailContent | None:
    """Ask what is still awaited of this person; None where nothing is, or where they want no such mail."""
    person = mail.user
    found = db.session.get(Checkpoint, mail.particulars["checkpoint"])
    if person is None or found is None or not person.wants_checkpoints or not found.is_asked or found.is_past:
        return None
    query = CheckpointLine.awaited_of(person, found.id)
    count = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    tasks = [line.task for line in db.session.scalars(query.limit(TASKS))]
    if not tasks:
        return None
    subject = ngettext(
        "%(name)s : où en est votre tâche ?",
        "%(name)s : où en sont vos %(num)d tâches ?",
        count,
        name=found.name,
    )
    return MailContent(
        subject=subject,
        template="emails/checkpoint",
        values={
            "checkpoint": found,
            "name": person.name,
            "parts": parts_of(found, person, tasks),
            "count": count,
            "more": count - len(tasks),
            "all_of_them": absolute("checkpoints.from_mail", token=checkpoint_links.token(found.id, person)),
        },
        unsubscribe="checkpoint",
    )


def parts_of(found: Checkpoint, person: User, tasks: Sequence[Task]) -> list[CheckpointMailChantier]:
    """Group the tasks by chantier, with their news and their buttons."""
    news = news_of(tasks)
    parts: dict[int, CheckpointMailChantier] = {}
    for task in tasks:
        answers = {
            str(answer): absolute(
                "checkpoints.from_mail", token=checkpoint_links.token(found.id, person, task.id, str(answer))
            )
            for answer in CheckpointAnswer
        }
        part = parts.setdefault(task.chantier_id, CheckpointMailChantier(task.chantier))
        part.tasks.append(
            CheckpointMailTask(task, absolute("tasks.show", task_id=task.id), news.get(task.id, ""), answers)
        )
    return sorted(parts.values(), key=lambda part: part.chantier.number)


def news_of(tasks: Sequence[Task]) -> dict[int, str]:
    """Return the latest line of the journal of each task, in words, read in one statement."""
    same = (Activity.subject_type == "task", Activity.subject_id.in_([task.id for task in tasks]))
    latest = select(func.max(Activity.id)).where(*same).group_by(Activity.subject_id)
    lines = db.session.scalars(
        select(Activity).where(Activity.id.in_(latest)).options(joinedload(Activity.actor))
    )
    return {
        line.subject_id: f"{Markup(sentence(line, link=False)).striptags()} ({short_date(line.at)})"
        for line in lines
    }
