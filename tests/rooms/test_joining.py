"""Requests to join a chantier, handovers, « Mes données », and the closing of one's account."""

import io
import json
import zipfile

import pytest
from sqlalchemy import select

from chantiers.operations.doctor import figures
from chantiers.storage.setup import storage_at
from models import (
    ChantierRole,
    Comment,
    Deliverable,
    Demarche,
    Invitation,
    JoinRequest,
    Role,
    StoredFile,
    User,
    UserSession,
    db,
)
from tests.support import factories as make


@pytest.fixture
def scene(session):
    """Make a chantier, its référent, somebody from elsewhere with a structure, and an archived chantier."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.other = make.make_chantier("Manger autrement")
    scene.referent = make.make_referent(scene.chantier, "Ada Référente")
    scene.elsewhere = make.make_referent(scene.other, "Ben Ailleurs")
    scene.structure = make.make_structure("Ecosolies")
    scene.structure.gather(scene.elsewhere, by=None)
    scene.objective = make.make_objective(scene.chantier)
    scene.home = f"/chantiers/{scene.chantier.slug}"
    session.commit()
    return scene


def test_somebody_asks_and_is_let_in_with_their_structure(scene, visitor):
    someone = visitor(scene.elsewhere)
    page = someone.get(scene.home).click("Demander à rejoindre ce chantier")
    assert page.value_of("Au nom de") == "Ecosolies"
    # What was typed too long is kept, and said.
    page.fill("Quelques mots", "x" * 2001).submit("Envoyer ma demande", status=422, validate=False)
    page = someone.get(scene.home + "/rejoindre").fill("Quelques mots", "J’ai du temps le **mardi**.")
    page = page.submit("Envoyer ma demande")
    assert page.has("Demande envoyée le") and not page.has("Demander à rejoindre ce chantier")
    assert someone.get(scene.home + "/rejoindre", follow=True).has("Retirer ma demande")
    # Only the référents see it, on both their screens.
    referent = visitor(scene.referent)
    assert referent.get("/mon-travail").has("Ben Ailleurs, Ecosolies")
    assert (
        not visitor(make.make_member(scene.chantier)).get(scene.home + "/membres").has("Demandes à rejoindre")
    )
    page = referent.get(scene.home + "/membres")
    assert page.has("J’ai du temps le mardi.")
    page = page.submit("Accepter la demande de Ben Ailleurs")
    assert page.has("Ben Ailleurs participe maintenant au chantier.") and page.has("Ecosolies")
    assert someone.get("/notifications").has("a répondu à Ben Ailleurs")
    assert someone.get(scene.home + "/rejoindre", status=403)


def test_a_refusal_is_read_by_who_asked_and_they_may_ask_again(scene, visitor):
    someone, referent = visitor(scene.elsewhere), visitor(scene.referent)
    page = someone.get(scene.home + "/rejoindre").choose("Au nom de", "moi seulement")
    page = page.submit("Envoyer ma demande").submit("Retirer ma demande")
    assert page.has("Votre demande est retirée.")
    page = page.click("Demander à rejoindre ce chantier").submit("Envoyer ma demande")
    asked = referent.get(scene.home + "/membres").click("Refuser la demande de Ben Ailleurs")
    late = referent.get(scene.home + "/membres")
    asked.fill("Un mot d’explication", "Revenez en *mars*.").submit("Refuser la demande")
    late.submit("Accepter la demande de Ben Ailleurs", status=409)
    page = someone.get(scene.home)
    assert page.has("n’a pas été acceptée") and page.has("Revenez en mars.")
    assert page.has("Demander à rejoindre ce chantier")
    # Nobody else reads why, nor that it was no.
    assert not visitor(make.make_user()).get(scene.home).has("Revenez")
    assert referent.get(scene.home + "/journal").has("a répondu à Ben Ailleurs")


def test_who_may_not_ask_nor_answer(scene, visitor):
    asked = JoinRequest.ask(scene.chantier, by=scene.elsewhere)
    db.session.commit()
    for person in (make.make_user(role=Role.OBSERVER), make.make_coordinator(), scene.referent):
        assert not visitor(person).get(scene.home).has("Demander à rejoindre ce chantier")
        visitor(person).get(scene.home + "/rejoindre", status=403)
    # A référent of another chantier, even whoever asks, answers nothing here.
    for person in (scene.elsewhere, make.make_member(scene.chantier)):
        visitor(person).post(f"/demandes/{asked.id}/accepter", {}, status=403)
        visitor(person).get(f"/demandes/{asked.id}/refuser", status=403)
    scene.chantier.archive(by=scene.referent)
    visitor(scene.referent).post(f"/demandes/{asked.id}/accepter", {}, status=403)


def test_a_leaving_referent_passes_the_hand(scene, visitor):
    receiver = make.make_member(scene.chantier, name="Zoé Suivante")
    for number in range(3):
        make.make_task(scene.objective, f"Tâche {number}", people=[scene.referent])
    Invitation.send(scene.chantier, "invitee@example.org", "Grace", by=scene.referent)
    db.session.commit()
    me = visitor(scene.referent)
    page = me.get("/profil").click("Passer la main ou quitter le chantier « Habiter autrement »")
    assert (
        page.has("3 tâches ouvertes")
        and page.has("1 invitation sans réponse")
        and page.has("Seul·e référent·e")
    )
    page = page.submit("Passer la main", status=422)
    assert page.has("Choisissez à qui passer la main.")
    with me.count_statements() as statements:
        page = me.get(f"{scene.home}/membres/{scene.referent.id}/passer-la-main")
    assert len(statements) <= 12, statements
    page = page.choose("La personne qui prend la suite", "Zoé Suivante").check("Quitter aussi le chantier")
    page = page.submit("Passer la main")
    assert page.has("Ada Référente passe la main à Zoé Suivante. 3 tâches ont changé de mains.")
    assert (
        visitor(receiver)
        .get(scene.home + "/journal")
        .has("Ada Référente passe la main à Zoé Suivante et quitte le chantier")
    )
    assert visitor(receiver).get("/mon-travail").has("Tâche 2")
    # The news of each task are still dated by the journal.
    assert [finding.words for finding in figures.last_news() if finding.is_wrong] == []
    me.get(f"{scene.home}/membres/{scene.referent.id}/passer-la-main", status=404)


def test_who_may_pass_whose_hand(scene, visitor):
    member, other = make.make_member(scene.chantier, name="Camille"), make.make_member(scene.chantier)
    db.session.commit()
    address = f"{scene.home}/membres/{member.id}/passer-la-main"
    for person in (other, scene.elsewhere, make.make_user(role=Role.OBSERVER)):
        visitor(person).get(address, status=403)
        visitor(person).post(address, {"receiver": str(other.id)}, status=403)
    # Somebody of another chantier is not offered, and not taken.
    page = visitor(scene.referent).get(address)
    assert page.has("ne porte rien en son nom")
    make.make_task(scene.objective, people=[member])
    db.session.commit()
    visitor(scene.referent).post(address, {"receiver": str(scene.elsewhere.id), "leaves": "y"}, status=422)
    assert visitor(make.make_coordinator()).get(address).has("1 tâche ouverte")
    # Whoever holds nothing just leaves.
    page = visitor(other).get(scene.home + "/membres").click("Passer la main ou quitter")
    assert page.submit("Quitter le chantier").has("ne participe plus au chantier.")
    # The only member left has nobody to pass to.
    alone = make.make_referent(make.make_chantier("Seule"), "Seule")
    db.session.commit()
    assert visitor(alone).get("/profil").click("Passer la main ou quitter").has("Personne d’autre")


def test_the_archive_holds_what_is_mine_and_nobodys_address(scene, visitor, app):
    me, secret = scene.referent, "secret@example.org"
    other = make.make_user("Grace Autre", email=secret)
    me.choose_password(make.PASSWORD)
    task = make.make_task(scene.objective, "Planter", by=me, people=[me, other])
    attached = storage_at(app.config["STORAGE_URL"]).save(io.BytesIO(b"%PDF-1.7 joint"))
    plan = StoredFile(attached.key, "plan.pdf", "application/pdf", attached.size, attached.sha256)
    Comment.write(task, "Je m’en occupe, @[Grace Autre].", by=me, files=[plan])
    Comment.write(task, "Rien de moi", by=other)
    Invitation.send(scene.chantier, "invitee@example.org", "Henri", by=me)
    deliverable = Deliverable.create(scene.objective, "autre", "Grille", by=me)
    kept = storage_at(app.config["STORAGE_URL"]).save(io.BytesIO(b"%PDF-1.7 moi"))
    stored = StoredFile(kept.key, "Grille d’été.pdf", "application/pdf", kept.size, kept.sha256)
    deliverable.add_file(stored, "Premier jet", by=me)
    lost = StoredFile("ab/" + "0" * 30, "perdu.pdf", "application/pdf", 3, "0" * 64)
    deliverable.add_file(lost, "Perdu", by=me)
    db.session.commit()
    mine = visitor(me)
    page = mine.get("/profil").click("Voir mes données")
    assert page.has("1 tâche créée") and page.has("Télécharger mes données")
    answer = mine.get("/profil/mes-donnees/telecharger", check=False)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    parts = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    assert parts["profil.json"]["adresse"] == me.email
    assert parts["chantiers.json"][0]["chantier"] == "Habiter autrement"
    assert [each["texte"] for each in parts["commentaires.json"]] == ["Je m’en occupe, @[Grace Autre]."]
    assert parts["commentaires.json"][0]["titre"] == "Planter"
    assert archive.read(parts["commentaires.json"][0]["fichiers"][0]) == b"%PDF-1.7 joint"
    assert parts["taches.json"][0]["creee_par_moi"] and parts["taches.json"][0]["j_y_suis_nomme"]
    assert parts["invitations.json"][0]["personne"] == "Henri"
    assert any("a créé la tâche Planter" in each["phrase"] for each in parts["journal.json"])
    assert len(parts["connexions.json"]) == 1
    sent, missing = (each["fichier"] for each in parts["versions.json"])
    assert archive.read(sent) == b"%PDF-1.7 moi"
    assert "Prévenez la coordination" in archive.read(missing + ".txt").decode()
    # Every part is explained, and every explained part is there.
    readme = archive.read("LISEZ-MOI.txt").decode()
    assert all(name in readme for name in parts)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
    token = db.session.scalars(select(UserSession.token_hash)).one()
    for hidden in (secret, "invitee@example.org", me.password_hash, token, kept.key):
        assert hidden not in everything
    # The same few statements, whatever there is.
    with mine.count_statements() as few:
        mine.get("/profil/mes-donnees/telecharger", check=False)
    for number in range(20):
        Comment.write(make.make_task(scene.objective, f"T{number}", by=me), "Encore", by=me)
    db.session.commit()
    with mine.count_statements() as many:
        mine.get("/profil/mes-donnees/telecharger", check=False)
    assert len(few) == len(many)


def test_an_account_closes_by_its_password_once_nothing_hangs_on_it(scene, visitor):
    me, ben = scene.referent, make.make_referent(scene.other)
    me.choose_password(make.PASSWORD)
    make.make_task(scene.objective, people=[me])
    db.session.commit()
    mine, elsewhere = visitor(me), visitor(me)
    page = mine.get("/profil").click("Fermer mon compte")
    assert page.has("Un chantier n’a que vous") and page.has("1 tâche ouverte vous nomme")
    assert page.has("Passer la main dans le chantier « Habiter autrement »")
    assert "Fermer mon compte pour toujours" not in page.buttons
    scene.chantier.welcome(ben, ChantierRole.REFERENT, by=me)
    db.session.commit()
    page = mine.get("/profil/fermer").check("Je comprends")
    page = page.fill("Votre mot de passe", "pas le bon").submit("Fermer mon compte pour toujours", status=422)
    assert page.has("Ce n’est pas votre mot de passe.")
    page = page.check("Je comprends").fill("Votre mot de passe", make.PASSWORD)
    page = page.submit("Fermer mon compte pour toujours")
    assert page.has("Votre compte est fermé.")
    elsewhere.get("/mon-travail", status=401)
    db.session.expire_all()
    closed = db.session.get(User, me.id)
    assert (closed.name, closed.email, closed.password_hash) == ("", None, None)


def test_without_a_password_a_fresh_link_confirms_and_the_last_coordinator_stays(
    scene, visitor, clock, make_app
):
    coordinator, me = make.make_coordinator(), make.make_member(scene.chantier)
    db.session.commit()
    page = visitor(coordinator).get("/profil/fermer")
    assert page.has("Vous êtes seul·e à la coordination")
    visitor(coordinator).post("/profil/fermer", {"sure": "y"}, status=409)
    stale, fresh = visitor(me), visitor(me)
    clock.forward(minutes=20)
    assert stale.get("/profil/fermer").has("vous envoyons un lien") or stale.get("/profil/fermer").has(
        "Demandez à la coordination"
    )
    stale.post("/profil/fermer", {"sure": "y"}, status=409)
    db.session.expire_all()
    assert db.session.get(User, me.id).closed_at is None
    again = visitor(db.session.get(User, me.id))
    page = again.get("/profil/fermer").check("Je comprends").submit("Fermer mon compte pour toujours")
    assert page.has("Votre compte est fermé.")
    fresh.get("/mon-travail", status=401)
    # The accounts by which everybody enters the demonstration stay.
    db.session.scalars(select(Demarche)).one().is_demonstration = True
    example = make.make_user(is_example=True)
    db.session.commit()
    open_app = make_app()
    open_app.config["DEMONSTRATION"] = True
    inside = visitor(example, app=open_app)
    assert inside.get("/profil/fermer").has("Ce compte d’exemple")
    inside.post("/profil/fermer", {"sure": "y"}, status=409)
