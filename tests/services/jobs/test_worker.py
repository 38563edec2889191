"""Workers as processes of their own, killed in the middle: every digest leaves, and at most one leaves twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from chantiers.config import ROOT
from chantiers.jobs import worker
from models import Notification, OutgoingMail, SignInLink, User, now
from tests.support.databases import Database
from tests.support.factories import (
    make_chantier,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_task,
    make_user,
)
from tests.support.mailbox import Mailbox

InApp = Callable[[], AbstractContextManager[Session]]


def people_told(session: Session, count: int, times: int) -> list[str]:
    """Make people whose digest is due, each with so many notifications, and return their addresses."""
    make_demarche()
    chantier = make_chantier()
    referent = make_referent(chantier)
    people = [make_member(chantier, name=f"Membre {number}") for number in range(count)]
    for person in people:
        person.be_seen()
    session.flush()
    objective = make_objective(chantier)
    for number in range(times):
        make_task(objective, f"Tâche {number}", by=referent, people=people)
    session.commit()
    # Being given a task is also written at once: here only digests count.
    session.execute(delete(OutgoingMail))
    ids = [person.id for person in people]
    session.execute(update(User).values(next_digest_at=None))
    session.execute(update(User).where(User.id.in_(ids)).values(next_digest_at=now() - timedelta(hours=1)))
    told = select(func.count()).select_from(Notification).where(Notification.user_id.in_(ids))
    assert session.scalar(told) == count * times
    return [str(person.email) for person in people]


@contextmanager
def workers(database: Database, mailbox: Mailbox, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start workers, each a process of its own, that run once what is due."""
    environment = {
        **os.environ,
        **database.environment,
        "MAIL_URL": mailbox.url,
        "MAIL_FROM": "Chantiers <chantiers@example.org>",
        "PUBLIC_URL": "http://localhost",
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "worker", "--once"]
    started = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(count)
    ]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def digests_survive(in_app: InApp, database: Database, mailbox: Mailbox, *, people: int, times: int) -> None:
    """Kill one of two workers while it sends; when its lease is over two others end the work."""
    with in_app() as session:
        addresses = people_told(session, people, times)
    with workers(database, mailbox, 2) as (killed, other):
        until = time.monotonic() + 60
        while len(mailbox.received) < people // 4 and time.monotonic() < until:
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
        assert other.wait(timeout=300) == 0
    with in_app() as session:
        session.execute(update(OutgoingMail).values(leased_until=None))
    with workers(database, mailbox, 2) as both:
        assert [process.wait(timeout=300) for process in both] == [0, 0]
    received = Counter(mail.to for mail in mailbox.received)
    assert sorted(received) == sorted(addresses)
    assert sum(received.values()) <= people + 1
    assert len({mail.header("Message-ID") for mail in mailbox.received}) == people
    with in_app() as session:
        assert set(session.scalars(select(OutgoingMail.state))) == {"sent"}


def test_a_killed_worker_loses_no_digest_and_doubles_one_at_most(
    in_app: InApp, database: Database, mailbox: Mailbox
) -> None:
    digests_survive(in_app, database, mailbox, people=30, times=3)


@pytest.mark.long
def test_five_thousand_notifications_are_five_hundred_digests(
    in_app: InApp, database: Database, mailbox: Mailbox
) -> None:
    digests_survive(in_app, database, mailbox, people=500, times=10)


@pytest.mark.databases("sqlite")
def test_what_somebody_waits_for_leaves_at_once(
    in_app: InApp, make_app: Callable[..., Flask], mailbox: Mailbox
) -> None:
    app = make_app(MAIL_URL=mailbox.url, MAIL_FROM="c@example.org", PUBLIC_URL="http://localhost")
    with in_app():
        make_demarche()
        person = make_user(email="camille@example.org")
    thread = worker.WorkerThread(app)
    thread.start()
    try:
        time.sleep(0.5)
        with in_app():
            SignInLink.send(person, "sign_in")
        # Its next look is five seconds away.
        mailbox.wait_for(1, seconds=3)
    finally:
        thread.stop()
        thread.join(timeout=5)
    assert not thread.is_alive()
