"""Mail to somebody whose answer by mail could not become a comment."""

import pytest

from chantiers.mail.kinds.reply_refused import REASONS
from models import OutgoingMail


@pytest.mark.parametrize("reason", [*REASONS, "a reason of another version"])
def test_it_says_why_and_where_to_write_instead(scene, post_office, mailbox, reason):
    OutgoingMail.post("reply_refused", to=scene.member, reason=reason)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Votre réponse n’a pas été publiée"
    assert str(REASONS.get(reason, REASONS["no_right"])) in mail.text
