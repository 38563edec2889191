"""Mail of the digest."""

from models import OutgoingMail, db
from tests.services.mail.kinds.conftest import NEXT_MONDAY
from tests.support.factories import make_task


def test_it_tells_by_chantier_what_moved_and_marks_it_as_told(scene, post_office, mailbox, clock):
    make_task(scene.objective, "Chiffrer", by=scene.referent, people=[scene.member])
    db.session.execute(db.delete(OutgoingMail))
    db.session.commit()
    clock.travel_to(NEXT_MONDAY)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Chantiers : 1 sujet a bougé"
    assert "Habiter autrement" in mail.text and "Chiffrer" in mail.text and "/taches/" in mail.text
    clock.forward(days=7)
    post_office()
    assert len(mailbox.to(scene.member.email)) == 1


def test_nothing_leaves_where_nothing_moved_or_where_none_is_wanted(scene, post_office, mailbox, clock):
    clock.travel_to(NEXT_MONDAY)
    post_office()
    scene.member.digest = "never"
    make_task(scene.objective, "Chiffrer", by=scene.referent, people=[scene.member])
    db.session.execute(db.delete(OutgoingMail))
    OutgoingMail.post("digest", to=scene.member)
    post_office()
    assert not mailbox.received
