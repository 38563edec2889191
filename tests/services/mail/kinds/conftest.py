"""Fixture of the people and things that mails are about."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import Chantier, Objective, OutgoingMail, User
from tests.support.factories import make_chantier, make_demarche, make_member, make_objective, make_referent

#: A Monday, and the hour of a weekly digest a week later.
NOW, NEXT_MONDAY = "2026-03-02 10:00", "2026-03-09 08:00"


@dataclass
class MailScene:
    """Chantier of these tests, with its référente, a member who has an account, and an objective."""

    chantier: Chantier
    referent: User
    member: User
    objective: Objective


@pytest.fixture
def scene(session: Session, clock: Any) -> MailScene:
    """Make the scene, with an empty outbox."""
    clock.travel_to(NOW)
    make_demarche()
    chantier = make_chantier("Habiter autrement")
    referent = make_referent(chantier, "Rosa Réf")
    member = make_member(chantier, name="Camille Là")
    for person in (referent, member):
        person.be_seen()
    made = MailScene(chantier, referent, member, make_objective(chantier))
    session.execute(delete(OutgoingMail))
    session.commit()
    return made
