"""Recording of the mails that wait in the outbox of the world: subject, text, and page."""

import re
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.mail.message import compose, content_of, in_language_of
from models import OutgoingMail, db
from tests.support.golden.page import describe, masked
from tests.support.golden.parsing import FastDocument


def record_mails(app: Flask, folder: Path) -> None:
    """Write each mail of the outbox as it would leave now; what nobody is to get any more is told by its reason."""
    folder.mkdir(parents=True)
    with app.test_request_context():
        mails = db.session.scalars(
            select(OutgoingMail).options(joinedload(OutgoingMail.user)).order_by(OutgoingMail.id)
        )
        for mail in mails.all():
            with db.session.no_autoflush, in_language_of(mail.user):
                text = _describe(mail)
            (folder / f"{mail.id:03} {mail.kind}.txt").write_text(text, encoding="utf-8")
        db.session.rollback()


def _describe(mail: OutgoingMail) -> str:
    found = content_of(mail)
    if found is None:
        return f"nobody gets it: {mail.reason}\n"
    message = compose(mail, *found)
    text, html = (_content(part) for part in message.get_payload())  # type: ignore[union-attr, arg-type]
    subject = make_header(decode_header(str(message["Subject"])))
    # Whatever stands in the text of a mail stays as it is, white space included.
    return masked(f"{subject}\n== text\n{text}") + describe(FastDocument(html))


def _content(part: Message) -> str:
    return re.sub(r"\r\n", "\n", part.get_payload(decode=True).decode())  # type: ignore[union-attr]
