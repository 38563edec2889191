"""Mail of a link to sign in, or to choose a password."""

import pytest

from models import SignInLink, db


@pytest.mark.parametrize(
    ("purpose", "subject"),
    [("sign_in", "Votre lien pour vous connecter"), ("password", "Choisir un nouveau mot de passe")],
)
def test_it_leads_to_where_one_comes_in(scene, post_office, mailbox, purpose, subject):
    SignInLink.send(scene.member, purpose)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == subject and len(mail.links) >= 1
    assert mail.header("List-Unsubscribe") == ""


def test_a_link_that_another_replaced_does_not_leave(scene, post_office, mailbox):
    SignInLink.send(scene.member, "sign_in")
    SignInLink.send(scene.member, "password")
    db.session.flush()
    post_office()
    assert [mail.subject for mail in mailbox.received] == ["Choisir un nouveau mot de passe"]
