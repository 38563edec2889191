"""Mail of a point d'étape and its signed addresses."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from chantiers.jobs import checkpoints
from models import (
    Activity,
    ChantierRole,
    Checkpoint,
    CheckpointLine,
    Comment,
    OutgoingMail,
    Task,
    User,
    close_account,
    db,
)
from tests.rooms.checkpoints.asking import ask, came, page_of, status, task
from tests.support import factories as make


def leave(scene, clock, post_office):
    clock.travel_to("2026-03-13 07:30")
    return post_office()


# The mail -------------------------------------------------------------------------------------------------------------


def test_the_whole_answer_is_given_from_one_mail(scene, clock, post_office, mailbox, visitor):
    clock.travel_to("2026-03-13 06:30")
    post_office()
    assert not mailbox.received
    leave(scene, clock, post_office)
    post_office()
    mail = mailbox.only(scene.camille.email)
    assert mail.subject.replace("\u00a0", " ") == "COPIL du 20 mars : où en sont vos 3 tâches ?"
    # The late one first; then the date that is told; then what has none.
    where = [mail.text.index(title) for title in ("Appeler la mairie", "Écrire la note", "Trouver un local")]
    assert where == sorted(where)
    for words in ("en retard de 9 jours", "Habiter autrement", "Merci **à vous**", "est bloquée"):
        assert words in mail.text.replace("\u00a0", " ")
    assert "<strong>à vous</strong>" in mail.html and "Tenir la permanence" not in mail.text
    assert mail.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert mailbox.only(scene.idris.email).subject.startswith("COPIL")

    # The first of the three buttons of the first task; scanners that open every link change nothing.
    anybody = visitor()
    for link in (each for each in mail.links if "/point/" in each):
        anybody.get("/" + link.split("/", 3)[3])
    assert status(scene.late) == "todo"
    assert db.session.scalars(select(CheckpointLine).where(CheckpointLine.said.is_not(None))).all() == []
    address = next(link for link in mail.links if "/point/" in link).split("/", 3)[3]
    page = anybody.get(f"/{address}")
    assert page.has("Appeler la mairie")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    page.fill("Une phrase, pour les autres", "Le standard ne répond pas")
    page = page.submit("Enregistrer")
    assert page.has("Merci, c’est enregistré") and page.has("2 autres tâches vous attendent")
    assert status(scene.late) == "in_progress"
    said = db.session.scalars(select(Comment)).one()
    assert (said.body, said.source, said.author_id) == ("Le standard ne répond pas", "mail", scene.camille.id)
    # The next ones, from where the first one led.
    page = page.form(action_contains=page_of(scene, scene.camille, scene.doing, "done")).submit("C’est fait")
    assert page.has("Un·e référent·e du chantier va valider") and page.has("1 autre tâche vous attend")
    assert status(scene.doing) == "to_validate"
    blocked = anybody.get(page_of(scene, scene.camille, scene.stuck, "blocked"))
    assert blocked.has("Pas de budget")
    page = blocked.submit("Enregistrer")
    assert page.has("Plus aucune tâche n’attend votre réponse") and page.has("3 tâches déjà mises à jour")
    last = db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()
    assert (last.action, last.actor_id) == ("task.confirmed", scene.camille.id)


@pytest.mark.databases("sqlite")
def test_one_click_stops_these_mails_and_no_other(scene, clock, post_office, mailbox, visitor):
    leave(scene, clock, post_office)
    stop = mailbox.only(scene.camille.email).header("List-Unsubscribe").strip("<>").split("/", 3)[3]
    assert visitor().get(f"/{stop}").has("points d’étape")
    visitor().post(f"/{stop}", {"List-Unsubscribe": "One-Click"}, csrf=False, status=200)
    db.session.expire_all()
    person = db.session.get(User, scene.camille.id)
    assert (person.mail_checkpoints, person.mail_at_once, person.digest) == (False, True, "weekly")
    page = visitor(person).get("/profil")
    page.check("M’écrire aussi avant un comité pour me demander où en sont mes tâches (point d’étape)")
    page.submit("Régler mes mails")
    db.session.expire_all()
    assert db.session.get(User, scene.camille.id).wants_checkpoints


def test_rights_are_read_again_when_the_mail_is_made(scene, clock, post_office, mailbox):
    other = came(make.make_member(scene.chantier, name="Zoé Partie"))
    task(scene, "À Zoé", people=[other])
    silent = came(make.make_member(scene.chantier, name="Sol Silence"))
    task(scene, "À Sol", people=[silent])
    closed = came(make.make_member(scene.chantier, name="Ced Clos"))
    task(scene, "À Ced", people=[closed])
    answered = came(make.make_member(scene.chantier, name="Ana Avant"))
    told = task(scene, "À Ana", people=[answered])
    clock.travel_to("2026-03-13 07:30")
    scene.checkpoint.ask(by=None)
    clock.forward(minutes=1)
    address = closed.email
    scene.chantier.dismiss(other, by=scene.referent)
    silent.stop_mails("checkpoint")
    close_account(closed, by=scene.coordinator)
    told.finish(by=scene.referent)
    scene.stuck.trash(by=scene.referent)
    db.session.commit()
    post_office()
    assert {mail.to for mail in mailbox.received} == {scene.camille.email, scene.idris.email}
    assert address not in {mail.to for mail in mailbox.received}
    assert "Trouver un local" not in mailbox.only(scene.camille.email).text


def test_nothing_leaves_for_what_is_cancelled_or_past(scene, clock, post_office, mailbox):
    clock.travel_to("2026-03-13 07:30")
    scene.checkpoint.ask(by=None)
    scene.checkpoint.cancel(by=scene.coordinator)
    forgotten = Checkpoint.plan("Trop tard", date(2026, 3, 21), by=scene.coordinator)
    db.session.commit()
    clock.travel_to("2026-03-25 10:00")
    post_office()
    assert not mailbox.received
    assert db.session.get(Checkpoint, forgotten.id).state == "cancelled"


@pytest.mark.databases("sqlite")
def test_sixty_tasks_make_a_mail_of_fifteen_and_a_page_of_all(scene, clock, post_office, mailbox, visitor):
    for number in range(57):
        task(scene, f"Tâche de plus {number}", people=[scene.camille], due_on=date(2026, 5, 1 + number % 28))
    leave(scene, clock, post_office)
    mail = mailbox.only(scene.camille.email)
    assert "60" in mail.subject and mail.text.count("/point/") == 15 * 3 + 1
    assert "45 autres tâches vous attendent" in mail.text
    person = visitor()
    with person.count_statements() as statements:
        page = person.get("/" + [link for link in mail.links if "/point/" in link][-1].split("/", 3)[3])
    assert len(statements) <= 12, statements
    assert page.has("60 tâches à mettre à jour") and len(page.texts("li", class_="point")) == 60


def test_two_workers_ask_and_write_once(app, make_app, scene, clock, post_office, mailbox):
    for number in range(20):
        person = came(make.make_member(scene.chantier, name=f"P {number}"))
        task(scene, f"De P {number}", people=[person])
    db.session.commit()
    clock.travel_to("2026-03-13 07:30")
    workers = [threading.Thread(target=checkpoints.ask_due, args=(make_app(),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    post_office()
    assert len(mailbox.received) == len({mail.to for mail in mailbox.received}) == 22
    assert db.session.scalar(select(func.count()).where(Activity.action == "checkpoint.asked")) == 1
    assert (
        db.session.scalar(select(func.count(OutgoingMail.id)).where(OutgoingMail.kind == "checkpoint")) == 22
    )


# The addresses --------------------------------------------------------------------------------------------------------


def test_a_replay_changes_nothing_and_what_moved_on_is_said(scene, clock, visitor):
    ask(scene, clock)
    address, anybody = page_of(scene, scene.camille, scene.doing, "done"), visitor()
    for _ in range(2):
        anybody.post(address, {"answer": "done", "seen": "todo", "words": "Relue"}, status=303)
    assert len(db.session.scalars(select(Comment)).all()) == 1
    assert anybody.get(address).has("Vous avez déjà répondu")
    # Meanwhile somebody blocked it: what is typed stays, nothing is overwritten.
    page = anybody.get(page_of(scene, scene.camille, scene.late, "done"))
    db.session.get(Task, scene.late.id).block("La mairie est fermée", by=scene.referent)
    db.session.commit()
    page.fill("Une phrase, pour les autres", "J’ai eu quelqu’un")
    page = page.submit("Enregistrer", status=409)
    assert page.has("Rien n’a été enregistré") and page.has("Rosa Réf signale")
    assert page.value_of("Une phrase, pour les autres") == "J’ai eu quelqu’un"
    assert status(scene.late) == "blocked"
    page.submit("Enregistrer")
    assert status(scene.late) == "to_validate"
    # What is over is over; the words that were typed are shown.
    page = anybody.get(page_of(scene, scene.camille, scene.stuck, "in_progress"))
    db.session.get(Task, scene.stuck.id).abandon("Inutile", by=scene.referent)
    db.session.commit()
    page.fill("Une phrase, pour les autres", "Un mot qui reste")
    page = page.submit("Enregistrer", status=409)
    assert page.has("terminée ou abandonnée") and page.has("Un mot qui reste")
    assert status(scene.stuck) == "abandoned"


def test_blocked_asks_for_a_sentence(scene, clock, visitor):
    ask(scene, clock)
    page = visitor().get(page_of(scene, scene.camille, scene.late, "blocked"))
    page.fill("Si elle est bloquée, de quoi avez-vous besoin ?", "Un contact")
    page = page.submit("Enregistrer", status=422)
    assert "ce qui bloque" in page.error_of("Une phrase, pour les autres")
    assert page.value_of("Si elle est bloquée, de quoi avez-vous besoin ?") == "Un contact"
    page.fill("Une phrase, pour les autres", "Personne ne répond").submit("Enregistrer")
    assert status(scene.late) == "blocked"
    assert db.session.get(Task, scene.late.id).blocked_need == "Un contact"


def test_a_dead_address_says_so_and_changes_nothing(scene, clock, visitor):
    ask(scene, clock)
    body = {"answer": "done", "seen": "todo"}

    def is_dead(address, code, words):
        assert visitor().get(address, status=code).has(words)
        visitor().post(address, body, status=code)

    of_late = page_of(scene, scene.camille, scene.late, "done")
    visitor().get(of_late[:-4] + "AAAA", status=404)
    # A task of others, of which this person is asked nothing.
    is_dead(page_of(scene, scene.camille, scene.led, "done"), 404, "n’est plus la vôtre")
    # An address that they left; an account that is closed.
    before = scene.idris.email
    of_idris = page_of(scene, scene.idris, scene.led, "done")
    db.session.get(User, scene.idris.id).edit(by=scene.coordinator, email="autre@example.org")
    db.session.commit()
    is_dead(of_idris, 404, "ne sert plus")
    db.session.get(User, scene.idris.id).edit(by=scene.coordinator, email=before)
    db.session.commit()
    assert visitor().get(of_idris).has("Tenir la permanence")
    close_account(db.session.get(User, scene.idris.id), by=scene.coordinator)
    db.session.commit()
    is_dead(of_idris, 404, "ne sert plus")
    # Out of the chantier, then in an archived one.
    scene.chantier.dismiss(scene.camille, by=scene.referent)
    db.session.commit()
    is_dead(of_late, 404, "n’est plus la vôtre")
    scene.chantier.welcome(scene.camille, ChantierRole.PARTICIPANT, by=scene.referent)
    scene.chantier.archive(by=scene.coordinator)
    db.session.commit()
    is_dead(of_late, 404, "n’est plus la vôtre")
    scene.chantier.reopen(by=scene.coordinator)
    db.session.commit()
    # Three weeks after the date; and as soon as it is cancelled.
    clock.travel_to("2026-04-10 10:00")
    visitor().get(of_late)
    clock.travel_to("2026-04-11 10:00")
    is_dead(of_late, 410, "Ouvrir mon travail")
    clock.travel_to("2026-03-14 10:00")
    scene.checkpoint.cancel(by=scene.coordinator)
    db.session.commit()
    is_dead(of_late, 410, "a annulé")
    assert status(scene.late) == "todo"
