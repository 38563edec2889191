"""The way out of the outbox: to a mail server or to a folder, each mail once."""

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from chantiers.mail.message import compose, letter_of, speaking_to
from models import OutgoingMail, db

#: Seconds that a mail server may take to answer.
PATIENCE = 20


class Refused(Exception):
    """The server will not have this mail. `for_good`: asking again would change nothing."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason, self.for_good = reason, for_good


class Down(Exception):
    """Nobody answers: no mail leaves at present."""


class Way(Protocol):
    """Where mails go. It is opened for a round of mails, and closed after."""

    def __enter__(self) -> "Way": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, message: Message, sender: str, address: str) -> None:
        """Hand one over. Raises Refused or Down."""

    def check(self) -> None:
        """See whether it is there, and send nothing. Raises Down."""


class Folder:
    """Mails kept as files, so that a demonstration, a trial or a test writes to nobody."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> "Folder":
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def check(self) -> None:
        """See whether the folder takes files."""
        if not os.access(self.path, os.W_OK):
            raise Down("folder")

    def send(self, message: Message, sender: str, address: str) -> None:
        """Write it under its own number: sent again, it takes its own place."""
        number = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            (self.path / f"{number}.eml").write_bytes(message.as_bytes())
        except OSError as error:
            raise Down(error.strerror or "folder") from error


class Server:
    """A mail server: smtp:// (with STARTTLS where it is offered), smtps:// (TLS from the first byte)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or "localhost"
        self.tls = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.connection: smtplib.SMTP | None = None

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.connection is not None:
            try:
                self.connection.quit()
            except (OSError, smtplib.SMTPException):
                self.connection.close()
            self.connection = None

    def send(self, message: Message, sender: str, address: str) -> None:
        """Hand it over to the server."""
        try:
            if self.connection is None:
                self.connection = self._connect()
            self.connection.send_message(message, sender, [address])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise Refused(str(code), for_good=code >= 500) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self._forget()
            raise Refused(str(error.smtp_code), for_good=500 <= error.smtp_code < 600) from error
        except (OSError, smtplib.SMTPException) as error:
            self._forget()
            raise Down(type(error).__name__) from error

    def check(self) -> None:
        """See whether it answers and knows us, and send nothing. Raises Down."""
        try:
            self.connection = self._connect()
            self.connection.noop()
        except (OSError, smtplib.SMTPException) as error:
            self._forget()
            raise Down(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=PATIENCE, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=context)
        if self.user:
            connection.login(self.user, self.password)
        return connection

    def _forget(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def way_out(url: str) -> Way:
    """The way that MAIL_URL names."""
    parts = urlsplit(url)
    return Folder(Path(unquote(parts.path))) if parts.scheme == "file" else Server(url)


# A round --------------------------------------------------------------------------------------------------------------

#: Mails held at a time: a worker that dies leaves at most so many to wait for the end of its lease.
HELD = 20


@dataclass
class Round:
    """What came of a round of mails."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.dropped + self.failed


def send_due(app: Flask) -> Round:
    """Send every mail that is due; each is marked at once, so that a worker killed here repeats one at most."""
    outcome = Round()
    url = app.config["MAIL_URL"]
    if not url:
        return outcome
    with way_out(url) as way:
        while _send_some(app, way, outcome):
            pass
    return outcome


def _send_some(app: Flask, way: Way, outcome: Round) -> bool:
    """Send the next few; false when none is left, or when the server is down."""
    with _as_outside(app):
        mails = OutgoingMail.take(HELD)
        db.session.commit()
        for position, mail in enumerate(mails):
            try:
                _send(mail, way, outcome)
            except Down as down:
                for waiting in mails[position:]:
                    waiting.leased_until = None
                mail.fail(f"down {down}")
                outcome.failed += 1
                db.session.commit()
                app.logger.warning(
                    "the mail server does not answer", extra={"waiting": len(mails) - position}
                )
                return False
            db.session.commit()
        return bool(mails)


def _send(mail: OutgoingMail, way: Way, outcome: Round) -> None:
    try:
        with speaking_to(mail.user):
            found = letter_of(mail)
            if found is None:
                outcome.dropped += 1
                return
            letter, address = found
            message = compose(mail, letter, address)
            # What was read to write it is let go: nobody waits behind the mail server's answer.
            db.session.commit()
    except Exception:
        db.session.rollback()
        current_app.logger.exception("a mail could not be written", extra={"mail": mail.id})
        mail.fail("unwritten")
        outcome.failed += 1
        return
    sender = parseaddr(current_app.config["MAIL_FROM"])[1]
    try:
        way.send(message, sender, address)
    except Refused as refused:
        mail.fail(refused.reason, for_good=refused.for_good)
        outcome.failed += 1
        return
    mail.sent(letter.subject)
    if letter.on_sent is not None:
        letter.on_sent()
    outcome.sent += 1


def _as_outside(app: Flask) -> Any:
    """A context in which links are those of the public address, though nobody asked for a page."""
    config = app.config
    return app.test_request_context(
        base_url=config["PUBLIC_URL"] or f"http://{config['HOST']}:{config['PORT']}"
    )
