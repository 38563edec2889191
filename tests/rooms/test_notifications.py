"""Notifications: whom they concern, what people follow or mute, what they have read, what digests say of it."""

import threading

import pytest

from chantiers.jobs import worker
from models import Comment, Deliverable, Following, Notification, OutgoingMail, Role, Task, Wish, db
from tests.support import factories as make

MONDAY = "2026-03-02 09:00"


@pytest.fixture
def scene(session, clock):
    """Make a chantier, its people, and a task that names one of them."""
    clock.travel_to("2026-03-01 10:00")
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.objective = make.make_objective(scene.chantier)
    scene.referent = make.make_referent(scene.chantier)
    scene.named = make.make_member(scene.chantier, name="Idris Ba")
    scene.member = make.make_member(scene.chantier, name="Zoé")
    for person in (scene.named, scene.member, scene.referent):
        person.be_seen()
    scene.task = make.make_task(scene.objective, "Trouver un lieu", by=scene.referent, people=[scene.named])
    session.commit()
    Notification.read_all(scene.named, 10**6)
    session.execute(db.delete(OutgoingMail))
    session.commit()
    return scene


def whole(kind, number):
    """Return the thing as it is now, with what its verbs touch."""
    db.session.commit()
    db.session.expire_all()
    return db.session.scalar(db.select(kind).where(kind.id == number).options(*kind.whole()))


def unread(person, subject):
    """Count how much of it they have not read, as the database says it."""
    db.session.commit()
    return Notification.unread_of(person, subject)


def test_who_is_named_and_who_leads_are_told_and_nobody_else(scene):
    scene.task.start(by=scene.named)
    assert unread(scene.referent, scene.task) == 1
    assert unread(scene.named, scene.task) == 0
    assert unread(scene.member, scene.task) == 0
    scene.task.block("Le devis", by=scene.referent)
    assert unread(scene.named, scene.task) == 1


def test_members_of_a_structure_that_carries_it_are_told(scene):
    structure = make.make_structure("Ecosolies")
    structure.gather(scene.member, by=scene.referent)
    scene.task.entrust(structure, [], [], by=scene.referent)
    scene.task.start(by=scene.referent)
    assert unread(scene.member, scene.task) == 2
    assert unread(scene.named, scene.task) == 0


def test_following_and_muting_change_who_is_told(scene):
    Following.say(scene.member, scene.task, Wish.FOLLOW)
    Following.say(scene.named, scene.chantier, Wish.MUTE)
    scene.task.start(by=scene.referent)
    assert (unread(scene.member, scene.task), unread(scene.named, scene.task)) == (1, 0)
    Following.say(scene.member, scene.task, None)
    scene.task.postpone(by=scene.referent)
    scene.task.start(by=scene.referent)
    assert unread(scene.member, scene.task) == 1


def test_what_is_undone_tells_nobody(scene):
    scene.task.start(by=scene.referent)
    db.session.rollback()
    assert unread(scene.named, scene.task) == 0


def test_the_bell_counts_subjects_and_the_page_reads_them(scene, visitor):
    scene.task.start(by=scene.referent)
    page = visitor(scene.named).get("/notifications")
    assert page.has("1 non lues") and page.has("Trouver un lieu")
    page = page.submit("Tout marquer comme lu")
    assert unread(scene.named, scene.task) == 0


def test_what_came_after_the_page_was_shown_stays_unread(scene, visitor):
    scene.task.start(by=scene.referent)
    page = visitor(scene.named).get("/notifications")
    scene.task.block("Le devis", by=scene.referent)
    page.submit("Tout marquer comme lu")
    assert unread(scene.named, scene.task) == 2


def test_one_follows_from_the_page_of_the_thing(scene, visitor):
    page = visitor(scene.member).get(f"/taches/{scene.task.id}").submit("Suivre")
    assert page.has("Vous suivez maintenant")
    assert Following.wish_of(scene.member, scene.task) == "follow"
    visitor(scene.member).get(f"/taches/{scene.task.id}").submit("Ne plus suivre")
    db.session.expire_all()
    assert Following.wish_of(scene.member, scene.task) is None


def test_the_list_costs_no_more_statements_with_many(scene, visitor):
    guest = visitor(scene.named)
    for count in (1, 60):
        for number in range(count):
            make.make_task(scene.objective, f"Tâche {number}", by=scene.referent, people=[scene.named])
        with guest.count_statements() as statements:
            guest.get("/notifications")
        assert len(statements) <= 6, statements


# Rights read again ----------------------------------------------------------------------------------------------------


def test_whoever_is_removed_follows_nothing_and_is_told_nothing_more(scene, post_office, mailbox, clock):
    Following.say(scene.named, scene.task, Wish.FOLLOW)
    Following.say(scene.named, scene.chantier, Wish.FOLLOW)
    db.session.commit()
    scene.chantier.dismiss(scene.named, by=scene.referent)
    Comment.write(scene.task, "Entre nous", by=scene.referent)
    assert unread(scene.named, scene.task) == 0
    assert db.session.scalars(db.select(Following)).all() == []
    clock.travel_to(MONDAY)
    post_office()
    assert not mailbox.to(scene.named.email)


def test_a_mere_observer_who_follows_a_chantier_hears_nothing_of_its_drafts(scene, visitor):
    observer = make.make_user("Une fondation", role=Role.OBSERVER)
    Following.say(observer, scene.chantier, Wish.FOLLOW)
    deliverable = make.make_deliverable(scene.objective, "La note", by=scene.referent)
    deliverable.add_text("Le texte", "Ce qui a changé", by=scene.referent)
    Comment.write(deliverable, "Un mot du brouillon", by=scene.referent)
    assert unread(observer, deliverable) == 0
    assert not visitor(observer).get("/notifications").has("Un mot du brouillon")
    approved = whole(Deliverable, deliverable.id)
    approved.approve(by=scene.referent)
    assert unread(observer, deliverable) == 1
    assert visitor(observer).get("/notifications").has("a validé la version 1")
    whole(Deliverable, deliverable.id).add_text("La suite", by=scene.referent)
    assert not visitor(observer).get("/notifications").has("La note")


def test_what_is_thrown_away_is_no_news(scene, visitor):
    scene.task.block("Un motif à oublier", by=scene.referent)
    assert unread(scene.named, scene.task) == 1
    scene.task.trash(by=scene.referent)
    assert unread(scene.named, scene.task) == 0
    assert not visitor(scene.named).get("/notifications").has("Un motif à oublier")


# Visits ---------------------------------------------------------------------------------------------------------------


def test_what_moved_is_told_since_the_visit_before(scene, visitor, clock):
    clock.travel_to("2026-03-20 10:00")
    scene.task.start(by=scene.referent)
    guest = visitor(scene.named)
    guest.post("/presence", status=204)
    clock.forward(minutes=30)
    guest.post("/presence", status=204)
    page = guest.get("/mon-travail")
    assert page.has("Depuis votre dernière visite (1 mars)") and page.has("a mis en cours")


# Digests --------------------------------------------------------------------------------------------------------------


def test_a_digest_says_what_is_unread_once_and_only_that(scene, post_office, mailbox, clock):
    clock.travel_to("2026-03-01 15:00")
    scene.task.block("Le devis tarde", "Un contact", by=scene.referent)
    clock.travel_to(MONDAY)
    assert post_office().sent == 1
    mail = mailbox.only(scene.named.email)
    assert mail.subject == "Chantiers : 1 sujet a bougé"
    assert "Trouver un lieu" in mail.text and "Le devis tarde" in mail.text
    assert "Ce qu’on attend de vous" in mail.text
    assert mail.header("List-Unsubscribe")
    clock.forward(days=7)
    post_office()
    assert len(mailbox.to(scene.named.email)) == 1
    scene.task.unblock(by=scene.referent)
    clock.forward(days=7)
    post_office()
    assert len(mailbox.to(scene.named.email)) == 2
    assert "Le devis tarde" not in mailbox.to(scene.named.email)[1].text


def test_what_was_read_meanwhile_is_not_mailed(scene, post_office, mailbox, clock):
    scene.task.start(by=scene.referent)
    db.session.commit()
    Notification.read(scene.named, "task", scene.task.id)
    clock.travel_to(MONDAY)
    post_office()
    assert not mailbox.to(scene.named.email)


def test_whoever_left_the_chantier_gets_nothing_of_it(scene, post_office, mailbox, clock):
    scene.task.start(by=scene.referent)
    db.session.commit()
    scene.chantier.dismiss(scene.named, by=scene.referent)
    clock.travel_to(MONDAY)
    post_office()
    assert not mailbox.to(scene.named.email)


def test_a_draft_is_not_mailed_to_a_mere_observer(scene, post_office, mailbox, clock):
    observer = make.make_user("Une fondation", role=Role.OBSERVER)
    observer.be_seen()
    deliverable = make.make_deliverable(scene.objective, "La note secrète", by=scene.referent)
    Following.say(observer, deliverable, Wish.FOLLOW)
    Following.say(observer, scene.chantier, Wish.FOLLOW)
    deliverable.add_text("Brouillon", by=scene.referent)
    clock.travel_to(MONDAY)
    post_office()
    assert not mailbox.to(observer.email)


def test_a_digest_tells_a_mere_observer_nothing_of_what_an_approved_deliverable_was_as_a_draft(
    scene, post_office, mailbox, clock
):
    observer = make.make_user("Une fondation", role=Role.OBSERVER)
    observer.be_seen()
    Following.say(observer, scene.chantier, Wish.FOLLOW)
    deliverable = make.make_deliverable(scene.objective, "La note", by=scene.referent)
    deliverable.add_text("Le texte", "Les chiffres sont à revoir", by=scene.referent)
    approved = whole(Deliverable, deliverable.id)
    approved.approve(by=scene.referent)
    Comment.write(approved, "Bravo à toutes et tous", by=scene.referent)
    clock.travel_to(MONDAY)
    post_office()
    text = mailbox.to(observer.email)[0].text
    assert "a validé la version 1" in text and "Bravo à toutes et tous" in text
    assert "Les chiffres sont à revoir" not in text and "a déposé la version" not in text


def test_one_chooses_the_day_or_nothing(scene, visitor, post_office, mailbox, clock):
    page = visitor(scene.named).get("/profil")
    page.choose("Le bilan de ce qui a bougé", "Jamais").submit("Régler mes mails")
    scene.task.start(by=scene.referent)
    clock.travel_to(MONDAY)
    post_office()
    assert not mailbox.to(scene.named.email)
    page = visitor(scene.named).get("/profil").choose("Le bilan de ce qui a bougé", "Chaque semaine")
    page.choose("Le jour du bilan de la semaine", "Mercredi").submit("Régler mes mails")
    clock.travel_to("2026-03-03 23:00")
    post_office()
    assert not mailbox.to(scene.named.email)
    clock.travel_to("2026-03-04 08:00")
    post_office()
    assert len(mailbox.to(scene.named.email)) == 1


def test_many_notifications_cost_a_digest_no_more_statements(scene, post_office, mailbox, clock, visitor):
    counted = []
    for count in (1, 30):
        for number in range(count):
            make.make_task(
                scene.objective, f"Tâche {count} {number}", by=scene.referent, people=[scene.named]
            )
        db.session.commit()
        scene.named.next_digest_at = scene.referent.next_digest_at
        db.session.execute(db.delete(OutgoingMail))
        clock.forward(days=7)
        with visitor(scene.named).count_statements() as statements:
            post_office()
        counted.append(len(statements))
    assert counted[1] <= counted[0] + 1, counted


def test_two_workers_make_one_digest_for_each(scene, make_app, mailbox, clock):
    people = []
    for number in range(20):
        person = make.make_member(scene.chantier, name=f"Membre {number}")
        person.be_seen()
        people.append(person)
    make.make_task(scene.objective, "Pour toutes et tous", by=scene.referent, people=people)
    db.session.execute(db.delete(OutgoingMail))
    db.session.commit()
    clock.travel_to(MONDAY)
    settings = {"MAIL_URL": mailbox.url, "MAIL_FROM": "a@example.org", "PUBLIC_URL": "http://localhost"}
    workers = [threading.Thread(target=worker.work, args=(make_app(**settings),)) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    for person in people:
        assert len(mailbox.to(person.email)) == 1


# Tasks that are given -------------------------------------------------------------------------------------------------


def test_a_task_given_is_mailed_after_a_quiet_while_unless_taken_back(scene, post_office, mailbox, clock):
    given = make.make_task(scene.objective, "Chiffrer", by=scene.referent, people=[scene.member])
    mistaken = make.make_task(scene.objective, "Une erreur", by=scene.referent, people=[scene.member])
    post_office()
    assert not mailbox.to(scene.member.email)
    db.session.expire_all()
    again = db.session.scalar(db.select(Task).where(Task.id == mistaken.id).options(*Task.whole()))
    again.entrust(None, [], [], by=scene.referent)
    clock.forward(minutes=16)
    post_office()
    mail = mailbox.only(scene.member.email)
    assert mail.subject == "Une tâche vous est confiée : Chiffrer"
    assert mail.link("/taches/") == f"/taches/{given.id}"


def test_the_coordination_sees_what_left_and_sends_again_what_failed(
    scene, visitor, post_office, mailbox, clock
):
    mailbox.refused = {scene.member.email: "550 no such user"}
    make.make_task(scene.objective, "Chiffrer", by=scene.referent, people=[scene.member])
    clock.forward(minutes=16)
    post_office()
    page = visitor(make.make_coordinator()).get("/gestion/mails")
    assert page.has("réponse du serveur : 550") and page.has("En échec")
    mailbox.refused = {}
    page.submit("Renvoyer")
    post_office()
    assert mailbox.only(scene.member.email)
    visitor(scene.referent).get("/gestion/mails", status=403)


def test_the_coordination_reads_beforehand_what_would_leave_and_nothing_does(
    scene, visitor, post_office, mailbox
):
    make.make_task(scene.objective, "Chiffrer", by=scene.referent, people=[scene.named])
    db.session.commit()
    coordinator = make.make_coordinator()
    page = visitor(coordinator).get("/gestion/mails").click("Lire ce qui partira Tâche confiée")
    assert page.has("Une tâche vous est confiée") and page.has("Chiffrer")
    # A link would let the coordination act in somebody else's place.
    assert not page.has("http://localhost")
    page = visitor(coordinator).get("/gestion/mails/bilans").click("Idris Ba")
    assert page.has("Chiffrer") and page.has("Rien ne part d’ici")
    assert visitor(scene.referent).get("/gestion/mails/bilans", status=403)
    assert not mailbox.received
    assert unread(scene.named, scene.task) == 0
    with visitor(scene.named).count_statements():
        assert Notification.of(scene.named) is not None
    left = db.session.scalars(db.select(OutgoingMail.state)).all()
    assert set(left) == {"waiting"}
