"""Mail to somebody who is mentioned in a comment."""

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.language import markdown
from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.web import loaders
from chantiers.web.addresses import discussion_of
from models import Comment, OutgoingMail, db


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
            "url": f"{discussion_of(subject, full=True)}#commentaire-{comment.id}",
        },
        unsubscribe="at_once",
        reply_to=reply_address(comment.subject_type, comment.subject_id, person.id),
    )
