"""Review requests for the tests of the three mails of a relecture."""

from typing import Any

from sqlalchemy import select

from models import OutgoingMail, ReviewRequest, db
from tests.support.factories import make_deliverable, make_member


def asked_of_the_member(scene: Any) -> ReviewRequest:
    """Ask the member for an opinion; the mail about it waits in the outbox, alone."""
    deliverable = make_deliverable(scene.objective, "La note", by=scene.referent)
    deliverable.add_text("Le premier jet", by=make_member(scene.chantier, name="Aya Plume"))
    db.session.flush()
    db.session.execute(db.delete(OutgoingMail))
    deliverable.submit(by=scene.referent, reviewers=([scene.member], []), message="Surtout le début")
    db.session.flush()
    return db.session.scalars(ReviewRequest.whole(db.session.scalars(select(ReviewRequest.id)).one())).one()
