"""Mail of a mention."""

from models import Comment, db
from tests.support.factories import make_task


def test_it_quotes_the_comment_and_leads_to_it(scene, post_office, mailbox):
    task = make_task(scene.objective, "Trouver un lieu", by=scene.referent)
    comment = Comment.write(task, "@[Camille Là], **vous** venez ?", by=scene.referent)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Rosa Réf vous mentionne : Trouver un lieu"
    assert "vous** venez" in mail.text and "<strong>vous</strong>" in mail.html
    assert mail.link("/taches/") == f"/taches/{task.id}#commentaire-{comment.id}"


def test_a_deleted_comment_and_one_on_a_thing_in_the_bin_are_not_mailed(scene, post_office, mailbox):
    task = make_task(scene.objective, "Trouver un lieu", by=scene.referent)
    deleted = Comment.write(task, "@[Camille Là] ?", by=scene.referent)
    db.session.flush()
    deleted.delete(subject=task, by=scene.referent)
    binned = make_task(scene.objective, "Jetée", by=scene.referent)
    Comment.write(binned, "@[Camille Là] !", by=scene.referent)
    binned.trash(by=scene.referent)
    post_office()
    assert not mailbox.received
