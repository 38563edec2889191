"""Incoming mail: an answer becomes a comment of the person and on the subject that its address is signed for."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parseaddr

from flask import current_app
from sqlalchemy.exc import IntegrityError

from chantiers.mail import reply_address
from chantiers.mail.quoting import words_of
from chantiers.policy import can
from chantiers.web import loaders
from chantiers.web.forms import TEXT_LENGTH, clean_text
from models import (
    Chantier,
    Comment,
    IncomingMail,
    MailOutcome,
    OutgoingMail,
    Refused,
    ReviewRequest,
    User,
    db,
)

#: Largest mail, in bytes. Words are small; attachments belong on the page.
LARGEST = 5 * 1024 * 1024
#: Headers that name the recipient, the surest first.
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
#: Senders that are machines, never persons.
MACHINES = ("mailer-daemon", "postmaster", "no-reply", "noreply")


@dataclass(frozen=True)
class ReceivedMail:
    """Result of one incoming mail: its outcome, the reason, and the comment that it became."""

    outcome: MailOutcome
    reason: str = ""
    comment: int | None = None


class _SetAside(Exception):
    """Mail set aside, without a word to anybody; its text is the reason."""


class _NotTaken(Exception):
    """Mail refused as a comment; its text is the reason, of which the person is told by mail."""


def receive(content: bytes) -> ReceivedMail | None:
    """Process one mail, as the mail server hands it over; None where it was processed already. Commits.

    Whatever it holds gets an outcome; only a database that does not answer raises.
    """
    message = message_from_bytes(content[:LARGEST])
    key = _key_of(message, content)
    if IncomingMail.is_known(key):
        db.session.rollback()
        return None
    person: User | None = None
    try:
        target, person = _author_of(message)
        received = ReceivedMail(MailOutcome.COMMENTED, comment=_comment(message, content, target, person).id)
    except _SetAside as reason:
        received = ReceivedMail(MailOutcome.KEPT_ASIDE, str(reason))
    except _NotTaken as refused:
        received = ReceivedMail(MailOutcome.REFUSED, str(refused))
        OutgoingMail.post("reply_refused", to=person, key=f"reply:{key}", reason=received.reason)
    db.session.add(
        IncomingMail(
            key=key,
            user_id=person.id if person else None,
            outcome=str(received.outcome),
            reason=received.reason,
            size=len(content),
            comment_id=received.comment,
        )
    )
    try:
        db.session.commit()
    except IntegrityError:
        # The mail server handed it over twice at the same moment: the other process was first.
        db.session.rollback()
        return None
    current_app.logger.info(
        "a mail came in",
        extra={
            "state": str(received.outcome),
            "code": received.reason,
            "size": len(content),
            "user": person.id if person else None,
        },
    )
    return received


def _key_of(message: Message, content: bytes) -> str:
    number = _header(message, "Message-ID").strip()
    return hashlib.sha256(number.encode("utf-8", "replace") if number else content).hexdigest()


def _header(message: Message, name: str) -> str:
    """Return a header as text; an empty string where it cannot be read."""
    try:
        return str(message.get(name, ""))
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        return ""


def _headers(message: Message, name: str) -> list[str]:
    try:
        return [str(each) for each in message.get_all(name, [])]
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):
        return []


def _author_of(message: Message) -> tuple[reply_address.ReplyTarget, User]:
    """Find the target and the author: the signed address names them, and the sender must be that person."""
    if _is_automatic(message):
        raise _SetAside("automatic")
    target = next(_targets(message), None)
    if target is None:
        raise _SetAside("no_address")
    person = db.session.get(User, target.user_id)
    if person is None or person.closed_at is not None or not person.email:
        raise _SetAside("no_account")
    senders = [address.lower() for _name, address in getaddresses(_headers(message, "From"))]
    if senders != [person.email.lower()]:
        raise _SetAside("other_sender")
    if IncomingMail.is_flooding(person):
        raise _SetAside("too_many")
    return target, person


def _targets(message: Message) -> Iterator[reply_address.ReplyTarget]:
    for name in RECIPIENTS:
        for _name, address in getaddresses(_headers(message, name)):
            found = reply_address.read(address)
            if found is not None:
                yield found


def _is_automatic(message: Message) -> bool:
    """Tell whether a machine wrote it: answering such a mail, or publishing it, begins a loop (RFC 3834)."""
    submitted = _header(message, "Auto-Submitted").strip().lower()
    precedence = _header(message, "Precedence").strip().lower()
    sender = parseaddr(_header(message, "From"))[1].lower()
    ours = parseaddr(current_app.config["MAIL_FROM"])[1].lower()
    return (
        submitted not in ("", "no")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id"))
        or _header(message, "Return-Path").strip() == "<>"
        or message.get_content_type() == "multipart/report"
        or sender in ("", ours)
        or sender.partition("@")[0] in MACHINES
    )


def _comment(message: Message, content: bytes, target: reply_address.ReplyTarget, person: User) -> Comment:
    """Write the comment, under the checks of the page. Raises _NotTaken."""
    if len(content) > LARGEST:
        raise _NotTaken("too_large")
    asked = (
        db.session.scalar(ReviewRequest.whole(target.subject_id)) if target.kind == "review_request" else None
    )
    subject = (
        asked.round.deliverable
        if asked
        else loaders.subject(person, target.kind, target.subject_id, whole=True)
    )
    if subject is None:
        raise _NotTaken("gone")
    if not Chantier.hold_open(subject.chantier_id):
        raise _NotTaken("archived")
    if not can(person, "comment.write", subject) or not loaders.reads_of(person, subject):
        raise _NotTaken("no_right")
    words = clean_text(words_of(message))
    if not words.strip():
        raise _NotTaken("empty")
    if len(words) > TEXT_LENGTH:
        raise _NotTaken("too_long")
    try:
        comment = Comment.write(subject, words, by=person, source="mail")
    except Refused as refused:
        raise _NotTaken(refused.code) from None
    db.session.flush()
    if asked is not None and asked.round.is_open and not asked.review:
        # Words are no opinion: the three buttons are offered again, once.
        OutgoingMail.post(
            "opinion_awaited", to=person, key=f"opinion_awaited:{asked.id}:{person.id}", request=asked.id
        )
    return comment
