"""Mail that asks for an opinion."""

from models import Opinion, db
from tests.services.mail.kinds.reviews import asked_of_the_member


def test_it_shows_the_version_and_three_buttons(scene, post_office, mailbox):
    asked_of_the_member(scene)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Votre avis sur « La note »"
    assert "Le premier jet" in mail.text and "Surtout le début" in mail.text
    assert len([link for link in mail.links if "/relecture/" in link]) == 3
    assert mail.link("/livrables/")


def test_nothing_leaves_once_the_opinion_is_given(scene, post_office, mailbox):
    asked = asked_of_the_member(scene)
    asked.answer(Opinion.FAVORABLE, by=scene.member)
    db.session.flush()
    post_office()
    assert not [mail for mail in mailbox.to(scene.member.email) if "Votre avis" in mail.subject]
