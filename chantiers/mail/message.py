"""Messages: each mail of the outbox is composed when it leaves, from what is true then."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate, parseaddr
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, get_locale

from chantiers.web.extensions import LOCALES
from chantiers.web.links import absolute
from chantiers.web.tokens import signer
from models import OutgoingMail, User, db, now

#: Age beyond which a mail that was never tried is dropped: it speaks of another time.
TOO_LATE = timedelta(days=7)


@dataclass
class MailContent:
    """Content of a mail: its subject, and the template `<template>.html` and `.txt` with their values."""

    subject: str
    template: str
    values: dict[str, Any] = field(default_factory=dict)
    #: Mails that one click stops (List-Unsubscribe): "digest", "at_once" or "checkpoint"; None for a mail asked for.
    unsubscribe: str | None = None
    #: Reply-To, where an answer by mail becomes a comment.
    reply_to: str | None = None
    #: Called once it was sent, in the transaction that marks it as sent.
    on_sent: Callable[[], None] | None = None


#: Builder of the content of one kind; it returns None when nobody is to get the mail any more.
Builder = Callable[[OutgoingMail], MailContent | None]
BUILDERS: dict[str, Builder] = {}


def builder(kind: str) -> Callable[[Builder], Builder]:
    """Register the builder of a kind, under the key that the outbox stores."""

    def register(build: Builder) -> Builder:
        BUILDERS[kind] = build
        return build

    return register


def mail_is_configured() -> bool:
    """Tell whether mails are sent here; where they are not, people are given links to hand over."""
    return bool(current_app.config["MAIL_URL"])


# The message ----------------------------------------------------------------------------------------------------------


def content_of(mail: OutgoingMail) -> tuple[MailContent, str] | None:
    """Build the content of a mail and its address; None when nobody is to get it, and `mail` is marked with the reason.

    Rights are read again here: an account that was closed meanwhile, an invitation that was revoked, get nothing.
    """
    person = mail.user
    if mail.user_id is not None and (person is None or person.closed_at or not person.email):
        mail.drop("no_account")
        return None
    if person is not None and person.source_key is not None and person.never_came:
        # They are only named by the démarche's file: our first mail to them has to be an invitation.
        mail.drop("never_came")
        return None
    if mail.attempts == 0 and mail.due_at < now() - TOO_LATE:
        mail.drop("too_late")
        return None
    address = person.email if person else mail.address
    content = BUILDERS[mail.kind](mail)
    if content is None or not address:
        mail.drop("no_longer_due")
        return None
    return content, address


def in_language_of(person: User | None) -> Any:
    """Return a context manager in which texts are in the person's language."""
    locale = person.locale if person else ""
    return force_locale(locale if locale in LOCALES else "fr")


def compose(mail: OutgoingMail, content: MailContent, address: str) -> Message:
    """Compose the MIME message, in text and in HTML.

    The standard library's newer EmailMessage loses spaces of long French subjects; its older parts do not.
    """
    config = current_app.config
    stop = _unsubscribe_address(mail, content)
    values = {
        "stop": stop,
        "preferences": absolute("accounts.profile"),
        "answers_are_read": bool(content.reply_to),
        **content.values,
    }
    message = MIMEMultipart("alternative")
    message.attach(MIMEText(_text(content, values), "plain", "utf-8"))
    message.attach(
        MIMEText(
            render_template(f"{content.template}.html", subject=content.subject, **values), "html", "utf-8"
        )
    )
    name, sender = parseaddr(config["MAIL_FROM"])
    message["Subject"] = Header(_one_line(content.subject), "utf-8")  # type: ignore[assignment]
    message["From"] = formataddr((str(Header(name, "utf-8")) if name else "", sender))
    message["To"] = address
    message["Date"] = formatdate(now().timestamp(), usegmt=True)
    message["Message-ID"] = f"<{mail.message_id}@{sender.rpartition('@')[2] or 'localhost'}>"
    message["Content-Language"] = str(get_locale())
    message["Auto-Submitted"] = "auto-generated"
    if content.reply_to:
        message["Reply-To"] = content.reply_to
    if stop:
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


@dataclass(frozen=True)
class MailPreview:
    """Preview of a mail: its words if it left now, or the reason why nobody would get it."""

    subject: str = ""
    text: str = ""
    reason: str = ""


def preview(mail: OutgoingMail) -> MailPreview:
    """Compose a mail without sending or keeping anything of it.

    Links are left out: whoever reads the preview must not sign in, accept or answer in somebody else's place.
    """
    with db.session.no_autoflush, in_language_of(mail.user):
        found = content_of(mail)
        if found is None:
            composed = MailPreview(reason=mail.reason)
        else:
            content, _address = found
            values = {"stop": None, "answers_are_read": bool(content.reply_to), **content.values}
            text = re.sub(r"https?://\S+", "[…]", _text(content, values))
            composed = MailPreview(_one_line(content.subject), text)
    db.session.rollback()
    return composed


def _unsubscribe_address(mail: OutgoingMail, content: MailContent) -> str | None:
    if content.unsubscribe is None or mail.user_id is None:
        return None
    token = signer("unsubscribe").dumps([mail.user_id, content.unsubscribe])
    return absolute("correspondence.unsubscribe", token=token)


def _text(content: MailContent, values: dict[str, Any]) -> str:
    written = render_template(f"{content.template}.txt", subject=content.subject, **values)
    return re.sub(r"\n{3,}", "\n\n", written).strip() + "\n"


def _one_line(words: str) -> str:
    return " ".join(words.split())[:200]
