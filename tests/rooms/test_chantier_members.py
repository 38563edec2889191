"""Members of a chantier: enrolling, leaving, appointing, and who may."""

import pytest
from sqlalchemy import func, select

from models import ChantierMembership, ChantierStructure, Role, Structure, User, merge_structures
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)


@pytest.fixture
def chantier(session):
    make_demarche()
    return make_chantier("Développer les écosystèmes", number=4)


def url(chantier, rest=""):
    return f"/chantiers/{chantier.slug}/membres{rest}"


def test_the_members_of_a_chantier(session, visitor, chantier):
    by = make_coordinator("Mickaël Vartuaroglu")
    referent = make_referent(chantier, "Céline Coubard")
    ellyx, gone = make_structure("Ellyx"), make_structure("Partie")
    ellyx.gather(referent, by=by)
    make_member(chantier, name="Ada")
    for structure in (ellyx, gone):
        chantier.enrol(structure, by=by)
    chantier.withdraw(gone, by=by)

    page = visitor(make_user()).get(url(chantier))
    people = page.texts("li", class_="member")
    assert "Céline Coubard" in people[0] and "Référent·e" in people[0] and "Ellyx" in people[0]
    assert "Ada" in people[1] and "Référent·e" not in people[1]
    assert page.has("par Mickaël Vartuaroglu") and page.has("1 structure a quitté le chantier")
    assert not page.has("@example.org") and not page.has("pas encore de compte")
    assert not page.has("Modifier") and not page.has("Enrôler")

    page = visitor(referent).get(url(chantier))
    assert page.has(referent.email) and page.has("pas encore de compte")


def test_nobody_yet(session, visitor, chantier):
    page = visitor(make_coordinator()).get(url(chantier))
    assert ("Ajouter une personne", url(chantier, "/personnes/ajouter")) in page.links
    assert page.has("Personne pour l’instant") and page.has("Aucune structure ne participe encore")


# Structures ----------------------------------------------------------------------------------------------------------


def test_a_referent_enrols_structures(session, visitor, chantier):
    ada = make_user("Ada")
    ellyx, fair, here = make_structure("Ellyx"), make_structure("FAIR"), make_structure("Déjà là")
    ellyx.gather(ada, by=None)
    chantier.enrol(here, by=None)
    page = visitor(make_referent(chantier)).get(url(chantier)).click("Enrôler une structure")
    assert not page.has("Déjà là")
    page.check("Structures de l’annuaire", "Ellyx", "FAIR")
    page = page.submit("Enrôler")
    assert page.has("Ellyx, FAIR participent maintenant au chantier")
    assert page.has("Ada")
    assert session.scalar(select(func.count(ChantierStructure.id))) == 3
    assert fair.id and ada.takes_part_in(chantier.id)


def test_a_structure_is_found_by_an_accentless_alias(session, visitor, chantier):
    make_structure("Mouvement pour l'Economie Solidaire").also_known_as(["MES", "Éco-solidaires"])
    make_structure("Ellyx")
    person = visitor(make_referent(chantier))
    page = person.get(url(chantier, "/structures/ajouter?q=eco-SOL"))
    assert page.has("Mouvement pour l'Economie Solidaire") and not page.has("Ellyx")
    assert page.value_of("Nom de la structure") == "eco-SOL"
    page = person.get(url(chantier, "/structures/ajouter?q=%25"))
    assert not page.has("Aucune autre structure")


def test_a_structure_that_nobody_knew_is_created_and_enrolled(session, visitor, chantier):
    page = visitor(make_referent(chantier)).get(url(chantier, "/structures/ajouter?q=Le Nouveau"))
    assert page.has("Aucune autre structure de l’annuaire ne porte ce nom") or page.has("participent déjà")
    form = page.form(action_contains="/nouvelle").choose("Nature", "Réseau")
    again = dict(form.fields())
    page = form.submit("Ajouter et enrôler")
    assert page.has("Le Nouveau est dans l’annuaire et participe au chantier")
    created = session.scalars(select(Structure)).one()
    assert (created.name, created.kind) == ("Le Nouveau", "network")
    page.visitor.post(url(chantier, "/structures/nouvelle"), again, follow=True, status=200)
    assert session.scalar(select(func.count(Structure.id))) == 1


def test_a_name_that_is_known_is_refused_with_what_was_typed(session, visitor, chantier):
    make_structure("Ellyx")
    page = visitor(make_referent(chantier)).get(url(chantier, "/structures/ajouter"))
    page.form(action_contains="/nouvelle").fill("Nom de la structure", "ELLYX")
    page = page.form(action_contains="/nouvelle").submit("Ajouter et enrôler", status=409)
    assert page.has("La structure « Ellyx » porte déjà ce nom")
    assert page.value_of("Nom de la structure") == "ELLYX"
    assert session.scalar(select(func.count(ChantierStructure.id))) == 0


def test_enrolling_nothing_or_the_unknown_is_refused(session, visitor, chantier):
    merged, kept = make_structure("Ancien"), make_structure("Gardé")
    merge_structures(merged, into=kept, by=make_coordinator())
    person = visitor(make_referent(chantier))
    person.get(url(chantier, "/structures/ajouter"))
    for ids in ([], ["999"], [str(merged.id)], ["x"], [str(2**63)], ["-1"], ["\u0661"]):
        person.post(url(chantier, "/structures/ajouter"), {"structures": ids}, status=422)
    assert session.scalar(select(func.count(ChantierStructure.id))) == 0


def test_a_structure_leaves_and_the_page_says_what_it_still_carries(session, visitor, chantier):
    ellyx, objective = make_structure("Ellyx"), make_objective(chantier)
    make_task(objective, pilote=ellyx)
    make_task(objective, contributors=[ellyx])
    make_task(objective, contributors=[ellyx])
    make_deliverable(objective, structures=[ellyx])
    page = visitor(make_referent(chantier)).get(url(chantier)).click("Faire quitter")
    assert page.has("1 tâche dont elle est pilote") and page.has("2 tâches auxquelles elle contribue")
    assert page.has("1 livrable dont elle est responsable")
    page = page.submit("Faire quitter le chantier")
    assert page.has("Ellyx ne participe plus au chantier")
    page.visitor.get(url(chantier, f"/structures/{ellyx.id}/quitter"), status=404)
    page.visitor.post(url(chantier, f"/structures/{ellyx.id}/quitter"), status=404)


def test_a_structure_leaves_only_the_chantier_where_it_takes_part(session, visitor, chantier):
    other, ellyx = make_chantier(), make_structure("Ellyx")
    chantier.enrol(ellyx, by=None)
    person = visitor(make_referent(other))
    person.get(url(chantier), status=200)
    person.post(url(chantier, f"/structures/{ellyx.id}/quitter"), status=403)
    person.post(url(other, f"/structures/{ellyx.id}/quitter"), status=404)


# People --------------------------------------------------------------------------------------------------------------


def test_a_referent_adds_somebody_who_is_known(session, visitor, chantier):
    ada = make_user("Ada Lovelace")
    page = visitor(make_referent(chantier)).get(url(chantier)).click("Ajouter une personne")
    page = (
        page.choose("Personne", "Ada Lovelace").choose("Son rôle", "Référent·e").submit("Ajouter au chantier")
    )
    assert page.has("Ada Lovelace participe maintenant au chantier")
    assert ada.leads(chantier.id)


def test_a_search_finds_people_by_name_only(session, visitor, chantier):
    make_user("Élodie Dupré", email="secret@example.org")
    make_user("Ben")
    page = visitor(make_referent(chantier)).get(url(chantier, "/personnes/ajouter?q=elodie dupre"))
    assert page.has("Élodie Dupré") and not page.has("Ben") and not page.has("secret@")
    page = page.visitor.get(url(chantier, "/personnes/ajouter?q=secret"))
    assert page.has("Personne d’autre ne porte ce nom")
    page = page.click("Elle n’est pas encore connue")
    assert page.value_of("Prénom et nom") == "secret"


def test_somebody_new_is_brought_in(session, visitor, chantier):
    ours, elsewhere = make_structure("Que chez nous"), make_structure("Partout")
    for structure in (ours, elsewhere):
        chantier.enrol(structure, by=None)
    make_chantier().enrol(elsewhere, by=None)
    page = visitor(make_referent(chantier)).get(url(chantier, "/personnes/nouvelle"))
    assert page.has("Que chez nous") and not page.has("Partout"), "it would open another chantier"
    page.fill("Prénom et nom", "Ada Lovelace").fill("Fonction", "Mathématicienne")
    page.fill("Adresse électronique", "Ada@Example.org").choose("Structure", "Que chez nous")
    fields = dict(page.form(action_contains="/nouvelle").fields())
    page = page.submit("Ajouter au chantier")
    assert page.has("Ada Lovelace participe maintenant au chantier") and page.has("pas encore de compte")
    ada = User.with_email("ada@example.org")
    assert (ada.role, ada.title, ada.has_account) == (Role.MEMBER, "Mathématicienne", False)
    assert ada.standing.structures == {ours.id}
    assert ada.takes_part_in(chantier.id) and not ada.leads(chantier.id)
    page.visitor.post(url(chantier, "/personnes/nouvelle"), fields, follow=True, status=200)
    assert session.scalar(select(func.count(User.id)).where(User.name == "Ada Lovelace")) == 1


def test_a_referent_gives_no_more_than_they_have(session, visitor, chantier):
    elsewhere, other = make_structure("Partout"), make_chantier()
    chantier.enrol(elsewhere, by=None)
    other.enrol(elsewhere, by=None)
    person = visitor(make_referent(chantier))
    person.get(url(chantier, "/personnes/nouvelle"))
    form = {"name": "Ada", "structure": str(elsewhere.id), "role": "participant"}
    person.post(url(chantier, "/personnes/nouvelle"), form, status=422)
    for role in ("coordinator", "observer", "admin", "", "REFERENT"):
        person.post(
            url(chantier, "/personnes/nouvelle"), {**form, "structure": "0", "role": role}, status=422
        )
    extra = {
        **form,
        "structure": "0",
        "is_example": "1",
        "chantier_id": str(other.id),
        "user_role": "coordinator",
    }
    person.post(url(chantier, "/personnes/nouvelle"), extra)
    ada = session.scalars(select(User).where(User.name == "Ada")).one()
    assert ada.role == Role.MEMBER and not ada.is_example
    assert set(ada.standing.chantiers) == {chantier.id}


def test_a_referent_brings_people_into_their_own_structure(session, visitor, chantier):
    ours = make_structure("La nôtre")
    referent = make_referent(chantier)
    ours.gather(referent, by=None)
    for each in (chantier, make_chantier()):
        each.enrol(ours, by=None)
    assert visitor(referent).get(url(chantier, "/personnes/nouvelle")).has("La nôtre")


def test_the_coordination_goes_on_to_the_link(session, visitor, chantier):
    elsewhere = make_structure("Partout")
    for each in (chantier, make_chantier()):
        each.enrol(elsewhere, by=None)
    page = visitor(make_coordinator()).get(url(chantier, "/personnes/nouvelle"))
    page.fill("Prénom et nom", "Ada").choose("Structure", "Partout").choose("Son rôle", "Référent·e")
    page = page.submit("Ajouter au chantier")
    assert page.heading == "Ada" and page.path.startswith("/gestion/personnes/")
    ada = session.scalars(select(User).where(User.name == "Ada")).one()
    assert ada.leads(chantier.id) and len(ada.standing.chantiers) == 2


def test_a_taken_address_is_refused_with_what_was_typed(session, visitor, chantier):
    make_user(email="prise@example.org")
    page = visitor(make_referent(chantier)).get(url(chantier, "/personnes/nouvelle"))
    page.fill("Prénom et nom", "Ada").fill("Adresse électronique", "PRISE@example.org")
    page = page.submit("Ajouter au chantier", status=409)
    assert page.has("Une autre personne utilise déjà l’adresse prise@example.org")
    assert page.value_of("Prénom et nom") == "Ada"


def test_a_role_changes_and_a_member_goes(session, visitor, chantier):
    referent, ada = make_referent(chantier), make_member(chantier, name="Ada")
    make_task(make_objective(chantier), people=[ada])
    page = visitor(referent).get(url(chantier, f"/{ada.id}"))
    assert page.heading == "Ada" and page.has("nommée sur 1 tâche ouverte")
    page = page.choose("Rôle dans ce chantier", "Référent·e").submit("Enregistrer le rôle")
    assert page.has("Ada a changé de rôle dans ce chantier") and ada.leads(chantier.id)
    page = page.visitor.get(url(chantier, f"/{ada.id}")).submit("Retirer du chantier")
    assert page.has("Ada ne participe plus au chantier")
    assert session.scalars(select(ChantierMembership.user_id)).all() == [referent.id]
    page.visitor.get(url(chantier, f"/{ada.id}"), status=404)


def test_the_last_referent_is_protected_in_words(session, visitor, chantier):
    referent = make_referent(chantier)
    person = visitor(referent)
    page = person.get(url(chantier, f"/{referent.id}"))
    page = page.choose("Rôle dans ce chantier", "Participant·e").submit("Enregistrer le rôle", status=409)
    assert page.has("Un chantier garde au moins un·e référent·e")
    person.get(url(chantier, f"/{referent.id}")).submit("Retirer du chantier", status=409)
    assert referent.leads(chantier.id)


ADDRESSES = (
    ("GET", "/structures/ajouter"),
    ("POST", "/structures/ajouter"),
    ("POST", "/structures/nouvelle"),
    ("GET", "/structures/{structure}/quitter"),
    ("POST", "/structures/{structure}/quitter"),
    ("GET", "/personnes/ajouter"),
    ("POST", "/personnes/ajouter"),
    ("GET", "/personnes/nouvelle"),
    ("POST", "/personnes/nouvelle"),
    ("GET", "/{person}"),
    ("POST", "/{person}/role"),
    ("POST", "/{person}/retirer"),
)


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_only_those_who_steer_manage(session, visitor, chantier, method, address):
    structure, member = make_structure(), make_member(chantier)
    chantier.enrol(structure, by=None)
    people = [make_user(role=Role.OBSERVER), make_user(), member, make_referent(make_chantier())]
    address = url(chantier, address.format(structure=structure.id, person=member.id))
    data = {"name": "Ada", "role": "referent", "structures": str(structure.id), "person": str(member.id)}
    for person in people:
        someone = visitor(person)
        someone.get(url(chantier))
        if method == "GET":
            someone.get(address, status=403)
        else:
            someone.post(address, data, status=403)
    before = session.scalar(select(func.count(ChantierMembership.id)))
    chantier.archive(by=None)
    coordinator = visitor(make_coordinator())
    coordinator.get(url(chantier))
    coordinator.visit(
        method,
        address,
        403,
        **({} if method == "GET" else {"data": {"csrf_token": coordinator.csrf_token()}}),
    )
    assert session.scalar(select(func.count(ChantierMembership.id))) == before


TEXTS = {
    "nothing": "",
    "a space": "\u00a0",
    "long": "é" * 10_000,
    "emoji": "🌱" * 301,
    "one emoji": "🌱",
    "NUL": "a\x00b",
    "script": "<script>alert(1)</script>",
    "right to left": "\u202eترحيب",
    "lines": "a\r\nb",
    "templates": "%s%d{{7*7}}",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_anything_may_be_typed(session, visitor, chantier, text):
    person = visitor(make_referent(chantier))
    person.get(url(chantier, "/personnes/nouvelle"))
    data = {"name": text, "title": text, "email": text, "kind": text, "role": "participant", "structure": "0"}
    for rest in ("/personnes/nouvelle", "/structures/nouvelle"):
        sent = {**data, "key": text, "csrf_token": person.csrf_token()}
        assert person.visit("POST", url(chantier, rest), None, data=sent).status in (303, 400, 409, 422)
        sent = {**sent, "title": "", "email": "", "kind": ""}
        assert person.visit("POST", url(chantier, rest), None, data=sent).status in (303, 400, 409, 422)
        person.get(url(chantier))
    for rest in ("/structures/ajouter", "/personnes/ajouter"):
        page = person.visit("GET", url(chantier, rest), None, query_string={"q": text})
        assert page.status in (200, 400)


def test_any_number_in_the_address(session, visitor, chantier):
    person = visitor(make_referent(chantier))
    for number in ("0", "999", str(2**63), "-1", "x"):
        for rest in (f"/{number}", f"/structures/{number}/quitter"):
            person.get(url(chantier, rest), status=404)
    for page in ("0", "-3", "2", "99999999999999999999", "x"):
        person.get(url(chantier, f"?page={page}"))


@pytest.mark.databases("sqlite")
def test_choosing_costs_the_same_for_few_and_many(session, visitor, chantier):
    referent = make_referent(chantier)
    person = visitor(referent)
    counts = []
    for _ in range(2):
        seen = []
        for rest in ("/structures/ajouter", "/personnes/ajouter", "/personnes/nouvelle", f"/{referent.id}"):
            with person.count_statements() as statements:
                person.get(url(chantier, rest))
            seen.append(len(statements))
        counts.append(seen)
        for _ in range(70):
            structure = make_structure()
            structure.gather(make_user(), by=None)
    assert counts[0] == counts[1] and max(counts[0]) <= 8


def test_whoever_comes_by_links_alone_has_an_account(chantier, session, visitor):
    referent, guest = make_referent(chantier), make_member(chantier, name="Zoé Lambert")
    referent.be_seen()
    session.commit()
    page = f"/chantiers/{chantier.slug}/membres"
    assert visitor(referent).get(page).has("pas encore de compte")
    guest.be_seen()
    session.commit()
    assert not visitor(referent).get(page).has("pas encore de compte")
    person = visitor(make_coordinator()).get(f"/gestion/personnes/{guest.id}")
    assert person.has("par un lien reçu par mail")
