"""Reminder for an opinion."""

from models import OutgoingMail, db
from tests.services.mail.kinds.reviews import asked_of_the_member


def test_it_is_the_mail_that_asked_and_says_that_it_asks_again(scene, post_office, mailbox):
    asked = asked_of_the_member(scene)
    post_office()
    OutgoingMail.post("review_reminder", to=scene.member, request=asked.id)
    post_office()
    first, again = mailbox.to(scene.member.email)
    assert again.subject == "Relance : votre avis sur « La note »"
    assert without_links(again.text) == without_links(first.text)
    assert list(again.buttons) == list(first.buttons)


def test_nothing_leaves_for_a_request_that_is_gone(scene, post_office, mailbox):
    OutgoingMail.post("review_reminder", to=scene.member, request=987654)
    db.session.flush()
    post_office()
    assert not mailbox.received


def without_links(text):
    """Return the lines of a mail that hold no signed address."""
    return [line for line in text.splitlines() if "http" not in line]
