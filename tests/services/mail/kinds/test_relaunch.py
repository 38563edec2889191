"""Mail of a reminder (relance)."""

from models import OutgoingMail, db, relaunch
from tests.support.factories import make_task


def test_it_says_the_words_of_whoever_asks(scene, post_office, mailbox):
    task = blocked(scene)
    relaunch(task, [scene.member.id], "Une salle pour mars", "Où en est-on, **Camille** ?", by=scene.referent)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Une salle pour mars" and "Où en est-on" in mail.text
    assert "<strong>Camille</strong>" in mail.html and "Rosa Réf vous l’adresse" in mail.text
    assert mail.link("/taches/") == f"/taches/{task.id}"


def test_nothing_leaves_once_the_thing_is_settled(scene, post_office, mailbox):
    task = blocked(scene)
    relaunch(task, [scene.member.id], "Une salle pour mars", "Où en est-on ?", by=scene.referent)
    task.finish(by=scene.referent)
    post_office()
    assert not mailbox.received


def blocked(scene):
    """Make a blocked task of the member, of which no other mail speaks."""
    task = make_task(scene.objective, "Trouver une salle", by=scene.referent, people=[scene.member])
    task.block("La mairie ne répond pas", "Un contact", by=scene.referent)
    db.session.flush()
    db.session.execute(db.delete(OutgoingMail))
    return task
