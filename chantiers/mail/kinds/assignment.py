"""Mail to somebody to whom, or to whose structure, a task is entrusted."""

from flask_babel import gettext as _
from sqlalchemy import select

from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.web.links import absolute
from models import OutgoingMail, Task, db


@builder("assignment")
def assignment(mail: OutgoingMail) -> MailContent | None:
    """Tell of the task; None where it was closed or entrusted to others meanwhile."""
    person = mail.user
    task = db.session.scalar(
        select(Task).where(Task.id == mail.particulars["task"], Task.live()).options(*Task.alone())
    )
    if person is None or task is None or not person.mail_at_once or not task.is_open:
        return None
    if person.id not in task.person_ids and person.standing.structures.isdisjoint(task.carrier_ids):
        return None
    if not person.takes_part_in(task.chantier_id):
        return None
    return MailContent(
        subject=_("Une tâche vous est confiée : %(title)s", title=task.title),
        template="emails/assignment",
        values={"task": task, "url": absolute("tasks.show", task_id=task.id)},
        unsubscribe="at_once",
        reply_to=reply_address("task", task.id, person.id),
    )
