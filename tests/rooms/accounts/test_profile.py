"""Profile, language, sessions and charter of a person's own account."""

from typing import Any

import pytest
from sqlalchemy import func, select

from models import (
    CharterAcceptance,
    Demarche,
    User,
    UserSession,
)
from tests.support.factories import (
    make_chantier,
    make_referent,
    make_structure,
    make_user,
)

# The charter ----------------------------------------------------------------------------------------------------------


def test_without_a_charter_the_step_does_not_exist(visitor: Any, person: User) -> None:
    here = visitor(person)
    here.get("/profil")
    here.get("/charte", status=404)
    here.post("/charte", status=404)


def test_the_charter_is_accepted_at_the_first_entry_then_read_again(
    visitor: Any, session: Any, person: User
) -> None:
    from_demarche = make_charter(session, "Coopérer, **vraiment**.")
    here = visitor(person)
    page = here.get("/profil/sessions?a=1", follow=True)
    assert page.path == "/charte"
    assert "<strong>vraiment</strong>" in page.html
    assert page.submit("J’ai lu et j’accepte", status=303, follow=False).location == "/profil/sessions?a=1"
    page = here.get("/profil")
    assert page.has("Acceptée le")
    page = page.click("Relire la charte")
    assert page.has("Vous l’avez acceptée le")
    assert page.buttons.count("J’ai lu et j’accepte") == 0
    assert session.scalar(select(func.count()).select_from(CharterAcceptance)) == 1
    from_demarche.publish_charter("Coopérer encore mieux.", by=None)
    assert here.get("/profil", status=302).location.startswith("/charte?next=")


def test_who_was_writing_when_a_charter_came_finds_their_text_again(
    visitor: Any, session: Any, person: User
) -> None:
    here = visitor(person)
    here.get("/profil")
    make_charter(session, "Coopérer.")
    page = here.post("/profil", {"name": "Ada écrivait ceci"}, status=403)
    assert page.has("nouvelle charte")
    assert "Ada écrivait ceci" in page.html
    assert page.click("Lire la charte").path == "/charte"


def test_one_accepts_the_text_that_one_has_read(visitor: Any, session: Any, person: User) -> None:
    demarche = make_charter(session, "Coopérer.")
    here = visitor(person)
    page = here.get("/charte?next=//evil.example")
    demarche.publish_charter("Coopérer autrement.", by=None)
    page = page.submit("J’ai lu et j’accepte")
    assert page.has("La charte vient de changer")
    assert page.has("Coopérer autrement.")
    assert page.submit("J’ai lu et j’accepte", status=303, follow=False).location == "/mon-travail"


def test_before_the_charter_one_may_leave_and_change_language(
    visitor: Any, session: Any, person: User
) -> None:
    make_charter(session, "Coopérer.")
    here = visitor(person)
    here.get("/charte")
    here.post("/langue", {"locale": "fr"}, status=303)
    here.post("/deconnexion", status=303)


def make_charter(session: Any, text: str) -> Any:
    demarche = session.scalar(select(Demarche))
    demarche.publish_charter(text, by=None)
    return demarche


# One's profile --------------------------------------------------------------------------------------------------------


def test_a_profile_says_who_one_is_and_where_one_belongs(visitor: Any, session: Any, person: User) -> None:
    chantier = make_chantier("Mobilités", number=3)
    referent = make_referent(chantier, "Grace Exemple")
    make_structure("Le Labo").gather(referent, by=None)
    here = visitor(referent)
    page = here.get("/profil")
    assert page.has("Le Labo")
    assert page.has("Mobilités Référent·e")
    page.fill("Nom", "  Grace   Hopper ").fill("Fonction", "Référente")
    page = page.submit("Enregistrer mon profil")
    assert page.has("Votre profil est enregistré")
    assert (page.value_of("Nom"), page.value_of("Fonction")) == ("Grace Hopper", "Référente")


@pytest.mark.parametrize("name", ["", "   ", "a" * 10_000])
def test_a_profile_that_cannot_be_saved_keeps_what_was_typed(visitor: Any, person: User, name: str) -> None:
    page = visitor(person).get("/profil")
    page.fill("Nom", name).fill("Fonction", "Chercheuse")
    page = page.submit("Enregistrer mon profil", status=422, validate=False)
    assert page.value_of("Fonction") == "Chercheuse"
    assert page.error_of("Nom")


def test_a_profile_changed_in_two_windows_overwrites_nothing(
    visitor: Any, session: Any, person: User
) -> None:
    here, there = visitor(person), visitor(person)
    late, early = here.get("/profil"), there.get("/profil")
    early.fill("Nom", "Ada Première").submit("Enregistrer mon profil")
    late.fill("Fonction", "Mathématicienne").submit("Enregistrer mon profil")
    page = here.get("/profil")
    assert (page.value_of("Nom"), page.value_of("Fonction")) == ("Ada Première", "Mathématicienne")
    late, early = here.get("/profil"), there.get("/profil")
    early.fill("Nom", "Ada Une").submit("Enregistrer mon profil")
    page = late.fill("Nom", "Ada Deux").submit("Enregistrer mon profil", status=409)
    assert page.value_of("Nom") == "Ada Deux"
    assert page.has("Ada Une")
    assert page.submit("Enregistrer mon profil").value_of("Nom") == "Ada Deux"


def test_a_profile_gives_no_rights(visitor: Any, session: Any, person: User) -> None:
    before = (person.role, person.email, person.password_hash)
    page = visitor(person).get("/profil")
    fields = dict(page.form(button="Enregistrer mon profil").fields())
    forbidden = {"role": "coordinator", "email": "x@example.org", "is_example": "1", "password_hash": "x"}
    page.visitor.post("/profil", {**fields, **forbidden}, status=303)
    session.expire_all()
    assert (person.role, person.email, person.password_hash) == before


def test_the_language_is_the_person_s_then_the_browser_s(visitor: Any, session: Any, person: User) -> None:
    stranger = visitor()
    answer = stranger.post("/langue", {"locale": "en", "next": "/connexion"}, status=303)
    assert answer.location == "/connexion"
    assert 'lang="en"' in stranger.get("/connexion").html
    assert stranger.post("/langue", {"locale": "fr", "next": "//evil.example"}, status=303).location == "/"
    stranger.post("/langue", {"locale": "xx"}, status=400)
    stranger.post("/langue", {}, status=400)
    here = visitor(person)
    here.post("/langue", {"locale": "en", "next": "/profil"}, status=303)
    assert 'lang="en"' in visitor(person).get("/profil").html
    here.post("/langue", {"locale": "", "next": "/profil"}, status=303)
    assert 'lang="fr"' in here.get("/profil").html


def test_one_sees_and_ends_one_s_own_sessions_only(visitor: Any, session: Any, person: User) -> None:
    here, phone = visitor(person), visitor(person)
    stranger = make_user()
    theirs, _ = UserSession.open(stranger)
    page = here.get("/profil/sessions")
    assert page.has("Ce navigateur")
    mine = [each.id for each in UserSession.living_of(person)]
    here.post(f"/profil/sessions/{theirs.id}/fermer", status=404)
    here.post(f"/profil/sessions/{mine[0]}/fermer", status=303)
    phone.get("/profil", status=401)
    assert here.post(f"/profil/sessions/{mine[1]}/fermer", status=303).location == "/"
    here.get("/profil", status=401)
    session.expire_all()
    assert UserSession.living_of(stranger) == [theirs]


def test_signing_out_everywhere(visitor: Any, person: User) -> None:
    here, phone = visitor(person), visitor(person)
    page = here.get("/profil/sessions").submit("Me déconnecter partout")
    assert page.has("Vous êtes déconnecté·e partout.")
    here.get("/profil", status=401)
    phone.get("/profil", status=401)
