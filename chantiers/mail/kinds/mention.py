"""Mail to somebody who is mentioned in a comment."""

from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.language import markdown
from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.web import loaders
from chantiers.web.links import absolute
from models import Comment, Deliverable, Objective, OutgoingMail, Task, db


@builder("mention")
def mention(mail: OutgoingMail) -> MailContent | None:
    """Quote the comment that mentions the person; None where it was deleted, or they may not read it any more."""
    comment = db.session.scalar(
        select(Comment)
        .where(Comment.id == mail.particulars["comment"], Comment.deleted_at.is_(None))
        .options(joinedload(Comment.author))
    )
    person = mail.user
    if comment is None or person is None or not person.mail_at_once:
        return None
    subject = loaders.discussed(person, comment.subject_type, comment.subject_id)
    if subject is None:
        return None
    who = name_of(comment.author)
    return MailContent(
        subject=_("%(who)s vous mentionne : %(title)s", who=who, title=subject.journal_title),
        template="emails/mention",
        values={
            "who": who,
            "title": subject.journal_title,
            "body": Markup(
                markdown.render_with_mentions(comment.body, (each["name"] for each in comment.mentions))
            ),
            "text": comment.body,
            "url": f"{address_of(subject)}#commentaire-{comment.id}",
        },
        unsubscribe="at_once",
        reply_to=reply_address(comment.subject_type, comment.subject_id, person.id),
    )


def address_of(subject: Any) -> str:
    """Return the full address of the discussion of a thing."""
    if isinstance(subject, Task):
        return absolute("tasks.show", task_id=subject.id)
    if isinstance(subject, Deliverable):
        return absolute("deliverables.show", deliverable_id=subject.id)
    if isinstance(subject, Objective):
        return absolute("comments.objective_discussion", objective_id=subject.id)
    return absolute("comments.chantier_discussion", slug=subject.slug)
