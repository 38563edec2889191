"""Mail to somebody who answered a relecture by mail, and whose opinion is still awaited."""

from models import Opinion, OutgoingMail, db
from tests.services.mail.kinds.reviews import asked_of_the_member


def test_it_offers_the_three_opinions(scene, post_office, mailbox):
    asked = asked_of_the_member(scene)
    db.session.execute(db.delete(OutgoingMail))
    OutgoingMail.post("opinion_awaited", to=scene.member, request=asked.id)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Votre avis reste attendu : La note"
    assert len([link for link in mail.links if "/relecture/" in link]) == 3


def test_nothing_leaves_once_the_opinion_is_given(scene, post_office, mailbox):
    asked = asked_of_the_member(scene)
    asked.answer(Opinion.FAVORABLE, by=scene.member)
    db.session.execute(db.delete(OutgoingMail))
    OutgoingMail.post("opinion_awaited", to=scene.member, request=asked.id)
    post_office()
    assert not mailbox.received
