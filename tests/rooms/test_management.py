"""Work of the coordination itself, and that it is nobody else's."""

import pytest

from models import Chantier, PasswordLink, Role, Structure, User, UserSession, db
from tests.support import factories as make

PLACES = (
    "/gestion",
    "/gestion/personnes",
    "/gestion/personnes/nouvelle",
    "/gestion/chantiers/nouveau",
    "/gestion/demarche",
    "/gestion/charte",
)


@pytest.fixture
def coordinator(session):
    """Make somebody of the coordination, in a démarche."""
    make.make_demarche()
    person = make.make_coordinator("Claude Martin")
    session.commit()
    return person


def test_only_the_coordination_manages(coordinator, session, visitor):
    chantier = make.make_chantier()
    others = [make.make_referent(chantier), make.make_member(chantier), make.make_user(role=Role.OBSERVER)]
    session.commit()
    for place in (*PLACES, f"/gestion/personnes/{coordinator.id}", f"/gestion/chantiers/{chantier.slug}"):
        visitor(coordinator).get(place)
        for person in others:
            visitor(person).get(place, status=403)
        visitor().get(place, status=401)


def test_a_new_person_gets_a_link_that_is_shown_once(coordinator, session, visitor):
    structure = make.make_structure("Ecosolies")
    chantier = make.make_chantier()
    chantier.enrol(structure, by=None)
    session.commit()
    page = visitor(coordinator).get("/gestion/personnes").click("Ajouter une personne")
    page.fill("Prénom et nom", "Dominique Élan").fill("Adresse électronique", "Dominique@Example.org")
    page.check("Structures", "Ecosolies")
    page = page.submit("Ajouter cette personne")
    assert page.heading == "Dominique Élan"
    assert page.has("Pas encore de compte")

    page = page.submit("Créer un lien pour choisir un mot de passe")
    link = page.value_of("Lien pour choisir un mot de passe")
    assert "/mot-de-passe/" in link
    person = User.with_email("dominique@example.org")
    assert not visitor(coordinator).get(f"/gestion/personnes/{person.id}").has("/mot-de-passe/")
    assert person is not None and person.takes_part_in(chantier.id)
    token = link.rpartition("/")[2]
    assert PasswordLink.with_token(token).user == person


def test_an_address_belongs_to_one_person(coordinator, session, visitor):
    make.make_user(email="prise@example.org")
    session.commit()
    page = visitor(coordinator).get("/gestion/personnes/nouvelle")
    page.fill("Prénom et nom", "Quelqu’un").fill("Adresse électronique", "PRISE@example.org")
    page = page.submit("Ajouter cette personne", status=409)
    assert page.has("Une autre personne utilise déjà l’adresse prise@example.org.")
    assert page.value_of("Prénom et nom") == "Quelqu’un"


def test_people_are_found_whatever_their_accents(coordinator, session, visitor):
    make.make_user("Éléonore Brûlé")
    make.make_user("Basile")
    session.commit()
    page = visitor(coordinator).get("/gestion/personnes?q=eleonore")
    assert page.has("Éléonore Brûlé") and not page.has("Basile")
    visitor(coordinator).get("/gestion/personnes?q=%25&page=99999999999999999999&role=x")


def test_the_last_coordinator_stays(coordinator, visitor):
    page = visitor(coordinator).get(f"/gestion/personnes/{coordinator.id}")
    page = page.choose("Rôle dans la démarche", "Membre").submit("Enregistrer", status=409)
    assert page.has("C’est la dernière personne de la coordination")


def test_a_closed_account_is_signed_out_at_once(coordinator, session, visitor):
    person = make.make_user("Sacha", password=make.PASSWORD)
    session.commit()
    guest = visitor(person)
    guest.get("/mon-travail")
    visitor(coordinator).get(f"/gestion/personnes/{person.id}").submit("Fermer le compte")
    guest.get("/mon-travail", status=401)
    session.expire_all()
    assert person.email is None and UserSession.living_of(person) == []
    visitor(coordinator).get(f"/gestion/personnes/{person.id}", status=404)


def test_two_people_changing_a_person_lose_nothing(coordinator, session, visitor):
    person = make.make_user("Sacha", title="Chargée de mission")
    session.commit()
    first = visitor(coordinator).get(f"/gestion/personnes/{person.id}")
    second = visitor(coordinator).get(f"/gestion/personnes/{person.id}")
    first.fill("Fonction", "Directrice").submit("Enregistrer")
    # Another field: merged. The same field: both are shown, and nothing is overwritten.
    page = second.fill("Prénom et nom", "Sacha Noël").submit("Enregistrer")
    assert page.heading == "Sacha Noël" and page.value_of("Fonction") == "Directrice"
    page = first.fill("Fonction", "Trésorière").submit("Enregistrer", status=409)
    assert page.has("Directrice") and page.value_of("Fonction") == "Trésorière"
    page = page.submit("Enregistrer")
    assert page.value_of("Fonction") == "Trésorière"


def test_a_chantier_is_opened_changed_archived_and_opened_again(coordinator, visitor):
    page = visitor(coordinator).get("/gestion/chantiers/nouveau")
    page.fill("Titre", "Éprouver la coopération").submit("Ouvrir le chantier")
    chantier = db.session.scalar(db.select(Chantier))
    assert (chantier.number, chantier.slug) == (1, "eprouver-la-cooperation")
    page = visitor(coordinator).get(f"/gestion/chantiers/{chantier.slug}")
    page.fill("Titre", "Éprouver ensemble").choose("Couleur", "Couleur 3").submit("Enregistrer")
    page = visitor(coordinator).get(f"/gestion/chantiers/{chantier.slug}").submit("Archiver le chantier")
    page = page.submit("Rouvrir le chantier")
    assert page.has("Le chantier est rouvert.")


def test_two_chantiers_never_share_a_number(coordinator, session, visitor):
    make.make_chantier("Le premier", number=1)
    session.commit()
    page = visitor(coordinator).get("/gestion/chantiers/nouveau")
    assert page.value_of("Numéro") == "2"
    page = page.fill("Numéro", "1").fill("Titre", "Un autre").submit("Ouvrir le chantier", status=409)
    assert page.has("Un autre chantier porte déjà le numéro 1.") and page.value_of("Titre") == "Un autre"


def test_the_presentation_and_the_charter_are_published(coordinator, session, visitor):
    make.make_chantier()
    session.commit()
    page = visitor(coordinator).get("/gestion/demarche")
    page.fill("Présentation", "Une démarche **collective**.").submit("Enregistrer")
    assert visitor().get("/").has("Une démarche collective.")
    page = visitor(coordinator).get("/gestion/charte")
    page.fill("Texte de la charte", "# Charte\n\nNous coopérons.").submit(
        "Publier cette version", status=303, follow=False
    )
    page = visitor(coordinator).get("/mon-travail", follow=True)
    assert page.has("Nous coopérons.")


def test_a_person_sent_twice_is_one_person(coordinator, session, visitor):
    page = visitor(coordinator).get("/gestion/personnes/nouvelle").fill("Prénom et nom", "Une seule fois")
    page.submit("Ajouter cette personne")
    page.submit("Ajouter cette personne")
    assert (
        db.session.scalar(db.select(db.func.count()).select_from(User).where(User.name == "Une seule fois"))
        == 1
    )
    assert db.session.scalar(db.select(db.func.count()).select_from(Structure)) == 0


def test_the_list_of_people_costs_the_same_for_three_and_for_sixty(coordinator, session, visitor):
    guest = visitor(coordinator)
    with guest.count_statements() as few:
        guest.get("/gestion/personnes")
    chantier, structure = make.make_chantier(), make.make_structure()
    for _ in range(60):
        structure.gather(make.make_member(chantier), by=None)
    session.commit()
    with guest.count_statements() as many:
        page = guest.get("/gestion/personnes")
    assert page.has("Page 1 sur 2")
    assert len(many) <= 12 and len(many) <= len(few) + 2, many
