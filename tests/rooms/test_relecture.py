"""Relecture: asking, answering from a page or a mail, reminding, and what each may read of it."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from chantiers.storage.store import current_storage
from chantiers.web.tokens import signer
from models import (
    Comment,
    Deliverable,
    DeliverableState,
    Review,
    ReviewRequest,
    ReviewRound,
    Role,
    StoredFile,
    close_account,
    db,
    today,
)
from tests.support import factories as make


@pytest.fixture
def scene(session):
    """Make a chantier whose référente asks a person and a structure."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.referent = make.make_referent(scene.chantier)
    scene.reader = make.make_member(scene.chantier, name="Idris Ba")
    scene.other = make.make_member(scene.chantier, name="Mona Autre")
    scene.observer = make.make_user("Une fondation", role=Role.OBSERVER)
    scene.elsewhere = make.make_user("Zoé Ailleurs")
    scene.structure = make.make_structure("La Passerelle")
    scene.deliverable = make.make_deliverable(
        make.make_objective(scene.chantier), "La note", by=scene.referent
    )
    # Whoever wrote it is none of those who ask or answer.
    scene.deliverable.add_text("Le premier jet", by=make.make_member(scene.chantier, name="Aya Plume"))
    scene.page = f"/livrables/{scene.deliverable.id}"
    session.commit()
    return scene


def ask(scene):
    scene.deliverable.submit(
        by=scene.referent, reviewers=([scene.reader], [scene.structure]), message="Surtout le début"
    )
    db.session.commit()
    return db.session.scalars(select(ReviewRequest).order_by(ReviewRequest.id)).all()


def token(scene, asked, opinion="to_rework"):
    return "/relecture/" + signer("relecture").dumps([asked.id, scene.reader.id, opinion])


def test_a_referent_asks_and_a_reader_answers(scene, visitor):
    referent = visitor(scene.referent)
    form = referent.get(f"{scene.page}/demander-relecture")
    assert form.has("La Passerelle") and form.has("Idris Ba")
    referent.post(
        f"{scene.page}/demander-relecture",
        {
            "people": str(scene.reader.id),
            "structures": str(scene.structure.id),
            "closes_on": str(today() + timedelta(days=9)),
            "number": "1",
        },
        status=303,
    )
    assert referent.get(scene.page).has("Avis donnés : 0 sur 2.")
    assert referent.get(scene.page).has("On attend encore")
    asked = db.session.scalars(select(ReviewRequest).order_by(ReviewRequest.id)).first()
    reader = visitor(scene.reader)
    assert reader.get(scene.page).has("Donner mon avis")
    address = f"/avis/{asked.id}"
    assert reader.get(address).has("Le premier jet")
    reader.post(address, {"opinion": "to_rework"}, status=422)
    reader.post(address, {"opinion": "to_rework", "words": "Trop court"}, status=303)
    page = visitor(scene.other).get(scene.page)
    assert page.has("Trop court") and page.has("Avis donnés : 1 sur 2.")
    assert not page.has("On attend encore")


def test_a_date_gone_by_is_refused_in_words(scene, visitor):
    form = {"people": str(scene.reader.id), "closes_on": "2020-01-01", "number": "1"}
    visitor(scene.referent).post(f"{scene.page}/demander-relecture", form, status=409)
    db.session.expire_all()
    assert db.session.get(Deliverable, scene.deliverable.id).state == DeliverableState.DRAFTING


def test_only_those_who_are_asked_answer(scene, visitor):
    asked, of_structure = ask(scene)
    visitor(scene.other).get(f"/avis/{asked.id}", status=403)
    visitor(scene.elsewhere).get(f"/avis/{of_structure.id}", status=403)
    visitor(scene.observer).get(f"/avis/{asked.id}", status=404)
    visitor(scene.reader).get("/avis/987654321", status=404)
    opened = db.session.scalars(select(ReviewRound)).one()
    visitor(scene.reader).post(f"/relectures/{opened.id}/relancer", status=403)
    visitor(scene.observer).post(f"/relectures/{opened.id}/relancer", status=404)
    assert not visitor(scene.observer).get(scene.page).has("Surtout le début")


def test_a_reminder_leaves_once_a_day(scene, visitor):
    ask(scene)
    opened = db.session.scalars(select(ReviewRound)).one()
    visitor(scene.referent).post(f"/relectures/{opened.id}/relancer", status=303)
    visitor(scene.referent).post(f"/relectures/{opened.id}/relancer", status=409)


def test_the_buttons_of_a_mail_answer_without_signing_in(scene, visitor, post_office, mailbox):
    ask(scene)
    post_office()
    mail = mailbox.only(scene.reader.email)
    assert "La note" in mail.subject and "Surtout le début" in mail.text
    address = mail.link("/relecture/")
    anybody = visitor()
    assert anybody.get(address).has("Le premier jet")
    assert db.session.scalars(select(Review)).all() == []
    assert anybody.post(address, {"opinion": "favorable"}, status=200).has("votre avis est enregistré")
    db.session.expire_all()
    review = db.session.scalars(select(Review)).one()
    assert (review.opinion, review.source, review.by_id) == ("favorable", "mail", scene.reader.id)


def test_a_link_of_a_mail_changes_nothing_once_it_is_over(scene, visitor):
    asked, _ = ask(scene)
    address = token(scene, asked)
    scene.deliverable.send_back("À revoir", by=scene.referent)
    db.session.commit()
    assert visitor().get(address).has("Cette relecture est close")
    visitor().post(address, {"opinion": "favorable"}, status=409)
    assert db.session.scalars(select(Review)).all() == []


def test_a_link_of_a_mail_is_dead_without_the_right(scene, visitor):
    asked, _ = ask(scene)
    address = token(scene, asked)
    visitor().get("/relecture/" + "x" * 43, status=404)
    close_account(scene.reader, by=scene.referent)
    db.session.commit()
    visitor().get(address, status=404)
    visitor().post(address, {"opinion": "favorable"}, status=404)


def test_a_second_round_shows_what_was_said_before(scene, visitor):
    asked = db.session.scalar(ReviewRequest.whole(ask(scene)[0].id))
    asked.answer("to_rework", "Trop court", by=scene.reader)
    scene.deliverable.send_back("À revoir", by=scene.referent)
    scene.deliverable.add_text("Le second jet", by=scene.referent)
    scene.deliverable.submit(by=scene.referent, reviewers=([scene.reader], []))
    db.session.commit()
    page = visitor(scene.reader).get(scene.page)
    assert page.has("Relecture de la version 2") and page.has("Trop court")


def test_what_is_asked_of_somebody_awaits_them_in_their_work(scene, visitor):
    ask(scene)
    assert visitor(scene.reader).get("/mon-travail").has("Relectures qu’on vous demande")
    assert not visitor(scene.other).get("/mon-travail").has("Relectures qu’on vous demande")


def test_the_file_of_a_relecture_is_read_from_the_mail_and_by_nobody_else(scene, visitor):
    stored = current_storage().save(BytesIO(b"%PDF-1.7 un texte"))
    file = StoredFile(stored.key, "note.pdf", "application/pdf", stored.size, stored.sha256)
    scene.deliverable.add_file(file, by=scene.referent)
    asked = ask(scene)[0]
    where = token(scene, asked)
    assert visitor().get(where).click("Télécharger note.pdf (PDF, 17 octets)").data == b"%PDF-1.7 un texte"
    visitor().get(
        "/relecture/" + signer("relecture").dumps([asked.id, 0, "to_rework"]) + "/fichier", status=404
    )
    scene.chantier.dismiss(scene.reader, by=scene.referent)
    close_account(scene.reader, by=make.make_coordinator())
    db.session.commit()
    visitor().get(f"{where}/fichier", status=404)


def test_a_deliverable_under_relecture_keeps_to_its_statements(scene, visitor):
    asked = ask(scene)
    for each in asked:
        db.session.refresh(each)
    Comment.write(scene.deliverable, "Un mot", by=scene.reader)
    db.session.commit()
    with visitor(scene.referent).count_statements() as statements:
        assert visitor(scene.referent).get(scene.page).has("Avis donnés")
    assert len(statements) <= 12, statements
