"""Delivery of the outbox: leases the mails that are due and sends each once, by the transport of MAIL_URL."""

from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from flask import Flask, current_app

from chantiers.mail.message import compose, content_of, in_language_of
from chantiers.mail.transports import MailRejected, MailServerDown, Transport, transport_for
from models import OutgoingMail, db

#: Mails leased at a time: a worker that dies leaves at most so many to wait for the end of its lease.
BATCH = 20


@dataclass
class DeliveryReport:
    """Counts of one delivery of the outbox: mails sent, dropped because nobody is to get them, failed."""

    sent: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.dropped + self.failed


def send_due(app: Flask) -> DeliveryReport:
    """Send every mail of the outbox that is due; each is marked at once: a worker killed here repeats one at most."""
    report = DeliveryReport()
    url = app.config["MAIL_URL"]
    if not url:
        return report
    with transport_for(url) as transport:
        while _send_batch(app, transport, report):
            pass
    return report


def _send_batch(app: Flask, transport: Transport, report: DeliveryReport) -> bool:
    """Lease and send the next batch; return False when none is left, or when the server is down."""
    with _public_context(app):
        mails = OutgoingMail.take(BATCH)
        db.session.commit()
        for position, mail in enumerate(mails):
            try:
                _send(mail, transport, report)
            except MailServerDown as down:
                for waiting in mails[position:]:
                    waiting.leased_until = None
                mail.fail(f"down {down}")
                report.failed += 1
                db.session.commit()
                app.logger.warning(
                    "the mail server does not answer", extra={"waiting": len(mails) - position}
                )
                return False
            db.session.commit()
        return bool(mails)


def _send(mail: OutgoingMail, transport: Transport, report: DeliveryReport) -> None:
    try:
        with in_language_of(mail.user):
            found = content_of(mail)
            if found is None:
                report.dropped += 1
                return
            content, address = found
            message = compose(mail, content, address)
            # No transaction stays open while the mail server answers: nobody waits behind it.
            db.session.commit()
    except Exception:
        db.session.rollback()
        current_app.logger.exception("a mail could not be written", extra={"mail": mail.id})
        mail.fail("unwritten")
        report.failed += 1
        return
    sender = parseaddr(current_app.config["MAIL_FROM"])[1]
    try:
        transport.send(message, sender, address)
    except MailRejected as refused:
        mail.fail(refused.reason, for_good=refused.for_good)
        report.failed += 1
        return
    mail.sent(content.subject)
    if content.on_sent is not None:
        content.on_sent()
    report.sent += 1


def _public_context(app: Flask) -> Any:
    """Return a request context whose links have the public address, though nobody asked for a page."""
    config = app.config
    return app.test_request_context(
        base_url=config["PUBLIC_URL"] or f"http://{config['HOST']}:{config['PORT']}"
    )
