"""Mail of a task that is entrusted."""

from tests.support.factories import make_structure, make_task


def test_it_names_the_task_and_leads_to_it(scene, post_office, mailbox, clock):
    task = make_task(scene.objective, "Chiffrer", by=scene.referent, people=[scene.member])
    clock.forward(minutes=16)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Une tâche vous est confiée : Chiffrer"
    assert mail.link("/taches/") == f"/taches/{task.id}" and "Chiffrer" in mail.html


def test_nobody_is_told_of_a_task_that_was_closed_or_let_go_of_meanwhile(scene, post_office, mailbox, clock):
    closed = make_task(scene.objective, "Close", by=scene.referent, people=[scene.member])
    taken_back = make_task(scene.objective, "Reprise", by=scene.referent, people=[scene.member])
    closed.finish(by=scene.referent)
    taken_back.entrust(make_structure(), [], [], by=scene.referent)
    clock.forward(minutes=16)
    post_office()
    assert not mailbox.received
