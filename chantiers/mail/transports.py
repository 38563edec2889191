"""Transports of mails: an SMTP server, or a folder that keeps them; `MAIL_URL` says which."""

import os
import smtplib
import ssl
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Protocol
from urllib.parse import unquote, urlsplit

#: Timeout of the mail server's answers, in seconds.
TIMEOUT = 20


class MailRejected(Exception):
    """Rejection of one mail by the server; `for_good` when a retry would change nothing."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason, self.for_good = reason, for_good


class MailServerDown(Exception):
    """Mail server out of reach: no mail leaves at present, all are tried again later."""


class Transport(Protocol):
    """Transport of mails, a context manager: opened for one delivery of the outbox, closed after it."""

    def __enter__(self) -> "Transport": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def send(self, message: Message, sender: str, address: str) -> None:
        """Send one mail. Raises MailRejected or MailServerDown."""

    def check(self) -> None:
        """Check that mails could leave, and send nothing. Raises MailServerDown."""


class FolderTransport:
    """Folder of .eml files (file://): a demonstration, a trial or a test writes to nobody."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> "FolderTransport":
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def check(self) -> None:
        """Check that the folder is writable. Raises MailServerDown."""
        if not os.access(self.path, os.W_OK):
            raise MailServerDown("folder")

    def send(self, message: Message, sender: str, address: str) -> None:
        """Write the file under the Message-ID: a mail sent again overwrites itself."""
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            (self.path / f"{name}.eml").write_bytes(message.as_bytes())
        except OSError as error:
            raise MailServerDown(error.strerror or "folder") from error


class SmtpTransport:
    """SMTP client: smtp:// (STARTTLS where the server offers it), smtps:// (TLS from the first byte)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or "localhost"
        self.tls = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.connection: smtplib.SMTP | None = None

    def __enter__(self) -> "SmtpTransport":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.connection is not None:
            try:
                self.connection.quit()
            except (OSError, smtplib.SMTPException):
                self.connection.close()
            self.connection = None

    def send(self, message: Message, sender: str, address: str) -> None:
        """Send one mail, on the connection of the mails before. Raises MailRejected or MailServerDown."""
        try:
            if self.connection is None:
                self.connection = self._connect()
            self.connection.send_message(message, sender, [address])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise MailRejected(str(code), for_good=code >= 500) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self._drop_connection()
            raise MailRejected(str(error.smtp_code), for_good=500 <= error.smtp_code < 600) from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop_connection()
            raise MailServerDown(type(error).__name__) from error

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises MailServerDown."""
        try:
            self.connection = self._connect()
            self.connection.noop()
        except (OSError, smtplib.SMTPException) as error:
            self._drop_connection()
            raise MailServerDown(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=context)
        if self.user:
            connection.login(self.user, self.password)
        return connection

    def _drop_connection(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def transport_for(url: str) -> Transport:
    """Return the transport that MAIL_URL names."""
    parts = urlsplit(url)
    return FolderTransport(Path(unquote(parts.path))) if parts.scheme == "file" else SmtpTransport(url)
