"""Mail of an invitation."""

from models import Invitation, db
from tests.support.factories import make_referent


def test_it_says_who_invites_into_what_and_leads_to_the_answer(scene, post_office, mailbox):
    Invitation.send(scene.chantier, "zoe@example.org", "Zoé Lambert", by=scene.referent)
    post_office()
    mail = mailbox.only("zoe@example.org")
    assert mail.subject == "Rosa Réf vous invite dans le chantier « Habiter autrement »"
    assert "Bonjour Zoé Lambert" in mail.text and mail.link("/invitation/")
    assert mail.header("List-Unsubscribe") == "" and mail.header("Reply-To") == ""


def test_a_revoked_one_and_that_of_somebody_who_leads_no_more_do_not_leave(scene, post_office, mailbox):
    revoked = Invitation.send(scene.chantier, "zoe@example.org", "Zoé", by=scene.referent)
    Invitation.send(scene.chantier, "noe@example.org", "Noé", by=scene.referent)
    db.session.flush()
    revoked.revoke()
    make_referent(scene.chantier)
    scene.chantier.dismiss(scene.referent, by=None)
    post_office()
    assert not mailbox.received
