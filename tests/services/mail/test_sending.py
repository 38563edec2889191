"""Delivery of the outbox: each mail once, whatever happens to the server, the worker or the rights."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chantiers.mail import message, sending
from models import MailState, OutgoingMail, User, close_account, db
from tests.support.factories import make_user
from tests.support.mailbox import Mailbox

PostOffice = Callable[[], sending.DeliveryReport]


@pytest.fixture(autouse=True)
def trial_kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register a kind of mail of these tests alone."""

    def build(outgoing: OutgoingMail) -> message.MailContent | None:
        words = outgoing.particulars.get("words")
        return message.MailContent(str(words), "emails/layout", unsubscribe="digest") if words else None

    monkeypatch.setitem(message.BUILDERS, "trial", build)
    yield


def test_a_mail_leaves_once_with_its_subject_and_its_way_to_stop(
    session: Session, mailbox: Mailbox, post_office: PostOffice
) -> None:
    person = make_user("Camille", email="camille@example.org")
    words = "Une relecture vous attend : la note de plaidoyer « Mobilité » du chantier, très attendue déjà"
    OutgoingMail.post("trial", to=person, words=words)
    assert post_office() == sending.DeliveryReport(sent=1)
    assert post_office() == sending.DeliveryReport()
    received = mailbox.only("camille@example.org")
    assert received.subject == words
    assert received.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert received.header("List-Unsubscribe").startswith("<http://localhost/")
    assert received.header("Auto-Submitted") == "auto-generated"
    assert "<style>" in received.html and "None" not in received.html
    sent = session.scalars(select(OutgoingMail)).one()
    assert (sent.state, sent.subject) == (MailState.SENT, words)


def test_the_same_key_posted_twice_is_one_mail_and_can_be_taken_back(
    session: Session, mailbox: Mailbox, post_office: PostOffice
) -> None:
    person = make_user("Camille", email="camille@example.org")
    OutgoingMail.post("trial", to=person, key="one", words="Une fois")
    OutgoingMail.post("trial", to=person, key="one", words="Une fois")
    OutgoingMail.post("trial", to=person, key="two", words="Reprise")
    OutgoingMail.cancel("two")
    post_office()
    assert [each.subject for each in mailbox.received] == ["Une fois"]


def test_nobody_is_written_to_whose_account_is_closed_or_whom_it_no_longer_concerns(
    session: Session, mailbox: Mailbox, post_office: PostOffice
) -> None:
    make_user("Coordination", email="coordination@example.org", role="coordinator")
    person = make_user("Camille", email="camille@example.org")
    OutgoingMail.post("trial", to=person)
    assert post_office() == sending.DeliveryReport(dropped=1)
    OutgoingMail.post("trial", to=person, words="Bonjour")
    close_account(person, by=person)
    # What was waiting is taken back; what is posted even so is dropped.
    OutgoingMail.post("trial", to=person, words="Bonjour")
    assert post_office() == sending.DeliveryReport(dropped=1)
    assert not mailbox.received


def test_while_the_server_is_down_mails_wait_and_nothing_is_doubled(
    session: Session, mailbox: Mailbox, post_office: PostOffice, clock: Any
) -> None:
    clock.travel_to("2026-03-02 10:00")
    people = [make_user(f"P{number}", email=f"p{number}@example.org") for number in range(30)]
    for person in people:
        OutgoingMail.post("trial", to=person, words="Bonjour")
    mailbox.down()
    assert post_office().sent == 0
    mailbox.up()
    clock.forward(minutes=10)
    assert post_office().sent == 30
    assert len(mailbox.received) == 30
    assert len({each.header("Message-ID") for each in mailbox.received}) == 30


def test_an_address_refused_for_good_is_not_asked_again(
    session: Session, mailbox: Mailbox, post_office: PostOffice, clock: Any
) -> None:
    clock.travel_to("2026-03-02 10:00")
    mailbox.refused = {"gone@example.org": "550 no such user", "later@example.org": "451 later"}
    for name in ("gone", "later"):
        OutgoingMail.post("trial", address=f"{name}@example.org", words="Bonjour")
    assert post_office().failed == 2
    states = {each.address: each.state for each in session.scalars(select(OutgoingMail))}
    assert states == {"gone@example.org": MailState.FAILED, "later@example.org": MailState.WAITING}
    mailbox.refused = {}
    clock.forward(minutes=2)
    assert post_office().sent == 1


def test_a_letter_that_cannot_be_written_stops_no_other(
    session: Session,
    mailbox: Mailbox,
    post_office: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_outgoing: OutgoingMail) -> message.MailContent:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setitem(message.BUILDERS, "broken", broken)
    OutgoingMail.post("broken", address="a@example.org")
    OutgoingMail.post("trial", address="b@example.org", words="Bonjour")
    assert post_office() == sending.DeliveryReport(sent=1, failed=1)
    assert [each.to for each in mailbox.received] == ["b@example.org"]


def test_two_workers_send_each_mail_once(
    app: Flask,
    make_app: Callable[..., Flask],
    in_app: Callable[[], AbstractContextManager[Session]],
    mailbox: Mailbox,
) -> None:
    with in_app():
        for number in range(60):
            OutgoingMail.post("trial", address=f"p{number}@example.org", words="Bonjour")
    settings = {"MAIL_URL": mailbox.url, "MAIL_FROM": "a@example.org", "PUBLIC_URL": "http://localhost"}
    workers = [threading.Thread(target=sending.send_due, args=(make_app(**settings),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(each.to for each in mailbox.received) == sorted(f"p{n}@example.org" for n in range(60))


def test_a_worker_that_died_gives_its_mails_back_when_its_lease_is_over(
    session: Session, mailbox: Mailbox, post_office: PostOffice, clock: Any
) -> None:
    clock.travel_to("2026-03-02 10:00")
    OutgoingMail.post("trial", address="a@example.org", words="Bonjour")
    held = OutgoingMail.take(5)
    assert len(held) == 1
    db.session.commit()
    assert post_office() == sending.DeliveryReport()
    clock.forward(minutes=6)
    assert post_office() == sending.DeliveryReport(sent=1)


def test_a_folder_keeps_mails_instead_of_sending_them(
    app: Flask,
    make_app: Callable[..., Flask],
    in_app: Callable[[], AbstractContextManager[Session]],
    tmp_path: Path,
) -> None:
    with in_app():
        OutgoingMail.post("trial", address="a@example.org", words="Bonjour")
    kept = make_app(MAIL_URL=(tmp_path / "mails").as_uri())
    assert sending.send_due(kept).sent == 1
    assert [each.suffix for each in (tmp_path / "mails").iterdir()] == [".eml"]


def test_a_mail_of_last_month_is_not_sent_any_more(
    session: Session, mailbox: Mailbox, post_office: PostOffice, clock: Any
) -> None:
    clock.travel_to("2026-03-02 10:00")
    OutgoingMail.post("trial", address="a@example.org", words="Bonjour")
    clock.forward(days=8)
    assert post_office() == sending.DeliveryReport(dropped=1)


def test_the_outbox_speaks_of_its_person(session: Session) -> None:
    person = make_user("Camille", email="camille@example.org")
    OutgoingMail.post("trial", to=person, words="Bonjour")
    db.session.commit()
    (held,) = OutgoingMail.take(1)
    assert isinstance(held.user, User) and held.user.id == person.id


def test_whoever_is_only_named_by_a_file_is_not_written_to(
    session: Session, mailbox: Mailbox, post_office: PostOffice
) -> None:
    person = make_user("Une référente", email="referente@example.org")
    person.source_key = "referents/1"
    OutgoingMail.post("trial", to=person, words="Bonjour")
    assert post_office() == sending.DeliveryReport(dropped=1)
    person.be_seen()
    OutgoingMail.post("trial", to=person, words="Bonjour")
    assert post_office() == sending.DeliveryReport(sent=1)
