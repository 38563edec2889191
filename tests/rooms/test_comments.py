"""Comments: what people say, whom they call in, and what becomes of it."""

import pytest

from models import Activity, Comment, Notification, OutgoingMail, Role, db, purge_bin
from tests.support import factories as make


@pytest.fixture
def scene(session):
    """Make a chantier with its people, a task and a deliverable."""
    make.make_demarche()
    chantier = make.make_chantier("Habiter autrement")
    scene = type("Scene", (), {})()
    scene.chantier = chantier
    scene.objective = make.make_objective(chantier)
    scene.referent = make.make_referent(chantier)
    scene.member = make.make_member(chantier, name="Idris Ba")
    scene.elsewhere = make.make_user("Zoé Ailleurs")
    scene.observer = make.make_user("Une fondation", role=Role.OBSERVER)
    scene.task = make.make_task(scene.objective, "Trouver un lieu", by=scene.referent)
    scene.deliverable = make.make_deliverable(scene.objective, "La note", by=scene.referent)
    session.commit()
    return scene


def places(scene):
    """List every page where people speak."""
    return (
        f"/taches/{scene.task.id}",
        f"/livrables/{scene.deliverable.id}",
        f"/objectifs/{scene.objective.id}/discussion",
        f"/chantiers/{scene.chantier.slug}/discussion",
    )


def only_comment():
    """Return the one comment there is."""
    db.session.expire_all()
    return db.session.scalars(db.select(Comment)).one()


def test_whoever_may_contribute_says_something_of_everything(scene, visitor):
    for page in places(scene):
        after = visitor(scene.elsewhere).get(page).fill("Votre commentaire", "Bonjour **à tous**")
        after = after.submit("Publier le commentaire")
        assert after.has("Bonjour à tous") and after.has("Zoé Ailleurs")
    assert len(db.session.scalars(db.select(Comment)).all()) == 4


def test_a_mere_observer_reads_and_says_nothing(scene, visitor):
    Comment.write(scene.task, "Un mot", by=scene.member)
    Comment.write(scene.deliverable, "Un mot du brouillon", by=scene.member)
    page = visitor(scene.observer).get(f"/taches/{scene.task.id}")
    assert page.has("Un mot") and "Publier le commentaire" not in page.buttons
    visitor(scene.observer).post(f"/taches/{scene.task.id}/commentaires", {"body": "x"}, status=403)
    assert not visitor(scene.observer).get(f"/livrables/{scene.deliverable.id}").has("Un mot du brouillon")
    visitor(scene.observer).get(f"/livrables/{scene.deliverable.id}/discussion", status=404)
    journal = visitor(scene.observer).get(f"/chantiers/{scene.chantier.slug}/journal")
    assert not journal.has("Un mot du brouillon")


def test_only_the_author_edits_and_only_they_or_a_referent_delete(scene, visitor):
    comment = Comment.write(scene.task, "Un premier mot", by=scene.member)
    edit, delete = f"/commentaires/{comment.id}/modifier", f"/commentaires/{comment.id}/supprimer"
    for stranger in (scene.elsewhere, scene.referent):
        visitor(stranger).get(edit, status=403)
        visitor(stranger).post(edit, {"body": "Autre"}, status=403)
    visitor(scene.elsewhere).post(delete, status=403)
    page = visitor(scene.member).get(edit).fill("Votre commentaire", "Un meilleur mot").submit("Enregistrer")
    assert page.has("Un meilleur mot") and page.has("modifié le")
    visitor(scene.referent).post(delete, status=303)
    page = visitor(scene.referent).get(f"/taches/{scene.task.id}")
    assert page.has("Commentaire supprimé par") and not page.has("Un meilleur mot")
    visitor(scene.member).get(edit, status=404)


def test_a_comment_too_long_or_empty_is_shown_again(scene, visitor):
    for text in ("   ", "é" * 20_001):
        page = visitor(scene.member).post(f"/taches/{scene.task.id}/commentaires", {"body": text}, status=422)
        assert page.value_of("Votre commentaire").strip() == text.strip()


def test_the_same_form_sent_twice_says_it_once(scene, visitor):
    page = visitor(scene.member).get(f"/taches/{scene.task.id}").fill("Votre commentaire", "Une fois")
    page.submit("Publier le commentaire")
    page.submit("Publier le commentaire")
    assert only_comment().body == "Une fois"


def test_whoever_is_called_in_is_told_and_mailed_once(scene, visitor, post_office, mailbox):
    body = "Qu’en dis-tu, @[idris ba] ? Et @[Personne Inconnue] ?"
    page = visitor(scene.referent).get(f"/taches/{scene.task.id}").fill("Votre commentaire", body)
    page = page.submit("Publier le commentaire")
    assert page.texts("span", class_="mention") == ["@idris ba"]
    assert page.has("@[Personne Inconnue]")
    assert Notification.unread_of(scene.member, scene.task) == 1
    post_office()
    mail = mailbox.only(scene.member.email)
    assert "Trouver un lieu" in mail.subject and "Qu’en dis-tu" in mail.text
    opened = visitor(scene.member).get(mail.link("/taches/").partition("#")[0])
    assert opened.has("1 nouveauté")
    opened.submit("1 nouveauté : marquer comme lue")
    assert Notification.unread_of(scene.member, scene.task) == 0
    visitor(scene.member).get(
        mail.header("List-Unsubscribe").strip("<>").removeprefix("http://localhost")
    ).submit("Ne plus les recevoir")
    db.session.expire_all()
    assert not scene.member.mail_at_once


def test_a_mention_taken_back_or_unreadable_is_not_mailed(scene, post_office, mailbox):
    gone = Comment.write(scene.task, "@[Idris Ba] !", by=scene.referent)
    gone.delete(subject=scene.task, by=scene.referent)
    Comment.write(scene.deliverable, "@[Une fondation] !", by=scene.referent)
    post_office()
    assert not mailbox.received


def test_a_structure_called_in_is_its_members_who_take_part(scene):
    structure = make.make_structure("Ecosolies")
    structure.gather(scene.member, by=scene.referent)
    structure.gather(scene.elsewhere, by=scene.referent)
    Comment.write(scene.task, "L’avis d’@[Écosolies] ?", by=scene.referent)
    db.session.commit()
    mails = db.session.scalars(db.select(OutgoingMail.user_id).where(OutgoingMail.kind == "mention")).all()
    assert mails == [scene.member.id]


def test_help_is_offered_on_what_is_blocked(scene, visitor):
    scene.task.block("Le devis tarde", "Un contact", by=scene.referent)
    page = visitor(scene.elsewhere).get("/mon-travail").click("Je peux aider")
    page = page.fill("Comment pouvez-vous aider ?", "Je connais l’artisan").submit("Proposer mon aide")
    assert page.has("propose son aide") and page.has("Je connais l’artisan")
    assert Notification.unread_of(scene.referent, scene.task) == 1
    late = visitor(scene.elsewhere).get(f"/taches/{scene.task.id}/aider")
    scene.task.unblock(by=scene.referent)
    late = late.fill("Comment pouvez-vous aider ?", "Trop tard ?").submit("Proposer mon aide")
    assert late.has("Trop tard ?")
    visitor(scene.observer).get(f"/taches/{scene.task.id}/aider", status=403)


def test_a_long_discussion_costs_no_more_statements(scene, visitor):
    guest = visitor(scene.member)
    for count in (1, 60):
        for number in range(count):
            Comment.write(scene.task, f"Mot {number} de @[Idris Ba]", by=scene.referent)
        with guest.count_statements() as statements:
            page = guest.get(f"/taches/{scene.task.id}")
        assert len(statements) <= 12, statements
    older = page.click("Lire les commentaires plus anciens")
    assert older.has("Mot 0")


def test_what_is_said_of_a_purged_thing_goes_with_it(scene, clock):
    clock.travel_to("2026-03-02 10:00")
    comment = Comment.write(scene.task, "Un secret", by=scene.member)
    scene.task.trash(by=scene.referent)
    db.session.commit()
    clock.forward(days=31)
    purge_bin()
    db.session.commit()
    db.session.expire_all()
    assert db.session.get(Comment, comment.id).body == ""
    assert "Un secret" not in str([line.particulars for line in db.session.scalars(db.select(Activity))])


@pytest.mark.parametrize(
    "body", ["<script>alert(1)</script>", "@[<img src=x onerror=alert(1)>]", "[x](javascript:alert(1))"]
)
def test_hostile_words_stay_words(scene, visitor, body):
    Comment.write(scene.task, body, by=scene.member)
    page = visitor(scene.referent).get(f"/taches/{scene.task.id}")
    assert "<script>alert" not in page.html and "onerror=alert(1)>" not in page.html
