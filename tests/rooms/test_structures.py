"""Directory of structures, the commitments of one, and what the coordination does with them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import Role, Structure, StructureAlias, StructureMember, Task, merge_structures, today
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
def coordinator(session):
    make_demarche()
    return make_coordinator("Mickaël Vartuaroglu")


# The directory -------------------------------------------------------------------------------------------------------


def test_the_directory_sorts_as_people_expect(session, visitor, coordinator):
    for name in ("Ecosolies", "Éco-habitat", "e-graine", "Œuvres", "OCTO", "3 Petits Pas", "Avise"):
        make_structure(name)
    page = visitor(make_user()).get("/structures")
    assert page.has("7 structures") and page.value_of("Nature") == "Toutes"
    assert page.texts("option").count("Non précisé") == 0
    names = page.texts("a", class_="letter__structure")
    assert names == ["3 Petits Pas", "Avise", "e-graine", "Éco-habitat", "Ecosolies", "OCTO", "Œuvres"]
    assert page.texts("h2", class_="letter__name") == ["#", "A", "E", "O"]
    assert not page.has("Nouvelle structure")


def test_searching_and_narrowing(session, visitor, coordinator):
    chantier = make_chantier("Développer", number=1)
    mes = make_structure("Mouvement pour l'Economie Solidaire")
    mes.also_known_as(["MES"])
    region = make_structure("Région Bourgogne-Franche-Comté")
    region.edit(by=coordinator, kind="local_authority", territory="Bourgogne-Franche-Comté")
    chantier.enrol(mes, by=coordinator)
    person = visitor(make_user())

    def names(query):
        return person.get(f"/structures?{query}").texts("a", class_="letter__structure")

    assert names("q=ECONOMIE sol") == names("q=mes") == [mes.name]
    assert names("q=region") == names("nature=local_authority") == [region.name]
    assert names(f"chantier={chantier.slug}") == [mes.name]
    assert names("nature=inconnue") == [mes.name, region.name]
    assert names("q=%25") == [mes.name, region.name], "a sign is no letter to search by"
    assert names("q=rien") == names("chantier=inconnu") == names("page=99") == []
    assert person.page.has("Aucune structure ne correspond") or person.page.has("vide")
    for query in ("page=x", "page=-1", f"page={2**63}", "q=" + "é" * 5000, "chantier=" + "a" * 5000):
        person.get(f"/structures?{query}")


def test_the_directory_comes_in_pages(session, visitor, coordinator):
    for number in range(130):
        make_structure(f"Structure {number:03}")
    page = visitor(make_user()).get("/structures?q=structure")
    assert page.has("130 structures") and page.has("Page 1 sur 3")
    page = page.click("Suivante").click("Suivante")
    assert page.texts("a", class_="letter__structure")[-1] == "Structure 129"
    assert page.has("Page 3 sur 3")


# Commitments ---------------------------------------------------------------------------------------------------------


def test_what_a_structure_carries(session, visitor, coordinator):
    chantier, left = make_chantier("Cartographie", number=3), make_chantier("Ancien", number=9)
    objective, structure, other = make_objective(chantier), make_structure("Ellyx"), make_structure("Autre")
    member = make_user("Ada Lovelace")
    structure.also_known_as(["L’Ellyx"])
    structure.edit(
        by=coordinator, kind="company", site="https://ellyx.example", summary="**Innovation** sociale"
    )
    structure.gather(member, by=coordinator)
    left.enrol(structure, by=coordinator)
    left.withdraw(structure, by=coordinator)
    make_task(objective, "Menée", pilote=structure, due_on=today() - timedelta(days=2))
    make_task(objective, "Partagée", pilote=other, contributors=[structure])
    make_task(objective, "Finie", pilote=structure).finish(by=coordinator)
    make_task(objective, "Jetée", pilote=structure).trash(by=coordinator)
    make_task(objective, "D’une autre", pilote=other)
    make_deliverable(objective, "La carte", structures=[structure])

    page = visitor(make_user()).get("/structures/ellyx")
    assert page.heading == "Ellyx" and page.has("Ses engagements")
    assert page.has("1 tâche en pilote") and page.has("1 contribution") and page.has("1 livrable attendu")
    rows = page.texts("li", class_="task-row")
    assert [row.split(" ")[0].split("En")[0][:6] for row in rows][:1] == ["Menée"[:6]] or "Menée" in rows[0]
    assert any("Partagée" in row and "contribue" in row for row in rows)
    assert "Finie" in rows[2] and any("La carte" in row for row in rows)
    assert not page.has("Jetée") and not page.has("D’une autre")
    assert page.has("L’Ellyx") and page.has("ellyx.example") and page.has("Ada Lovelace")
    assert page.has("A participé du") and not page.has("@example.org")
    assert not page.has("activité de ses membres") and not page.has("encore rien écrit")
    assert visitor(member).get("/structures/ellyx").has("Nos engagements")
    assert visitor(make_referent(chantier)).get("/structures/ellyx").has("n’ont encore rien écrit ici")


def test_a_mere_observer_is_not_told_for_which_drafts_a_structure_answers(session, visitor, coordinator):
    objective, structure = make_objective(make_chantier("Cartographie")), make_structure("Ellyx")
    make_deliverable(objective, "La carte", structures=[structure])
    approved = make_deliverable(objective, "Le guide", by=coordinator, structures=[structure])
    approved.add_text("Le texte", by=coordinator)
    approved.approve(by=coordinator)
    assert visitor(make_user()).get("/structures/ellyx").has("La carte")
    page = visitor(make_user("Une fondation", role=Role.OBSERVER)).get("/structures/ellyx")
    assert page.has("Le guide") and not page.has("La carte") and not page.has("livrable attendu")


def test_a_structure_without_commitment_says_what_to_do(session, visitor, coordinator):
    make_structure("Ellyx")
    page = visitor(make_user()).get("/structures/ellyx")
    assert page.has("Aucun engagement pour l’instant") and page.has("Aucun membre inscrit")


def test_unknown_addresses(session, visitor, coordinator):
    person = visitor(coordinator)
    for slug in ("inconnue", "Majuscule", "a" * 200):
        for rest in ("", "/modifier", "/reunir", "/personnes/ajouter"):
            person.get(f"/structures/{slug}{rest}", status=404)
    visitor().get("/structures", status=401)


@pytest.mark.databases("sqlite")
def test_each_screen_costs_the_same_for_few_and_many(session, visitor, coordinator):
    small, large = make_structure("Petite"), make_structure("Grande")
    for structure, amount in ((small, 1), (large, 25)):
        for _ in range(min(amount, 6)):
            chantier = make_chantier()
            objective = make_objective(chantier)
            for _ in range(amount):
                make_task(objective, pilote=structure)
                make_task(objective, contributors=[structure])
                make_deliverable(objective, structures=[structure])
        for _ in range(amount):
            structure.gather(make_user(), by=None)
    person = visitor(coordinator)
    counts = []
    for structure in (small, large):
        seen = []
        for rest in ("", "/modifier", "/reunir", f"/reunir?avec={small.id}", "/personnes/ajouter"):
            with person.count_statements() as statements:
                person.get(f"/structures/{structure.slug}{rest}")
            seen.append(len(statements))
        counts.append(seen)
    assert counts[0][0] == counts[1][0] <= 12 and max(counts[0] + counts[1]) <= 12, counts
    with person.count_statements() as statements:
        person.get("/structures")
    assert len(statements) <= 7, statements


# Managing ------------------------------------------------------------------------------------------------------------


def test_the_coordination_adds_a_structure(session, visitor, coordinator):
    page = visitor(coordinator).get("/structures/nouvelle")
    page.fill("Nom", "Que’Volterre").choose("Nature", "Fondation").fill("Site", "www.quevolterre.example")
    page.fill("Autres noms", "Que Vol'terre\n\n  QV  ").fill("Territoire", "Jura")
    fields = dict(page.form(action_contains="/structures/nouvelle").fields())
    page = page.submit("Ajouter à l’annuaire")
    assert page.heading == "Que’Volterre" and page.has("QV") and page.has("Fondation")
    assert ("www.quevolterre.example", "https://www.quevolterre.example") in page.links
    page.visitor.post("/structures/nouvelle", fields, follow=True, status=200)
    assert session.scalar(select(func.count(Structure.id))) == 1


def test_a_known_name_is_refused_with_what_was_typed(session, visitor, coordinator):
    make_structure("Ellyx").also_known_as(["LX"])
    person = visitor(coordinator)
    page = person.get("/structures/nouvelle").fill("Nom", "lx").submit("Ajouter à l’annuaire", status=409)
    assert page.has("La structure « Ellyx » porte déjà ce nom") and page.value_of("Nom") == "lx"
    page.fill("Nom", "Autre").fill("Autres noms", "ELLYX")
    page = page.submit("Ajouter à l’annuaire", status=409)
    assert page.value_of("Autres noms") == "ELLYX"
    assert session.scalar(select(func.count(Structure.id))) == 1


def test_the_coordination_edits_a_structure(session, visitor, coordinator):
    make_structure("Ellyx")
    make_structure("FAIR")
    page = visitor(coordinator).get("/structures/ellyx").click("Modifier")
    page = page.fill("Nom", "Fair").submit("Enregistrer", status=409)
    assert page.has("La structure « FAIR » porte déjà ce nom") and page.value_of("Nom") == "Fair"
    page.fill("Nom", "Ellyx SCIC").fill("Autres noms", "Ellyx").fill("Présentation", "**Innovation**")
    page = page.submit("Enregistrer")
    assert page.heading == "Ellyx SCIC" and page.path == "/structures/ellyx" and page.has("Innovation")


def test_two_who_edit_at_once_lose_nothing(session, visitor, coordinator):
    make_structure("Ellyx")
    first, second = visitor(coordinator), visitor(make_coordinator())
    first.get("/structures/ellyx/modifier"), second.get("/structures/ellyx/modifier")
    first.page.fill("Territoire", "Jura").fill("Présentation", "Un").submit("Enregistrer")
    page = second.page.fill("Site", "https://ellyx.example").submit("Enregistrer")
    assert page.has("Jura") and page.has("ellyx.example"), "other fields are merged"
    first.get("/structures/ellyx/modifier"), second.get("/structures/ellyx/modifier")
    first.page.fill("Présentation", "Deux").submit("Enregistrer")
    page = second.page.fill("Présentation", "Trois").submit("Enregistrer", status=409)
    assert page.has("Deux") and page.value_of("Présentation") == "Trois"


SITES = {
    "https://exemple.org/a?b=c": 303,
    "exemple.org": 303,
    "": 303,
    "javascript:alert(1)": 422,
    "javascript://exemple.org/%0aalert(1)": 422,
    "data:text/html,x": 422,
    "ftp://exemple.org": 422,
    "https://": 422,
    "https://[": 422,
    "https://exemple .org": 422,
    "https://exemple.org/" + "a" * 600: 422,
}


@pytest.mark.parametrize("site", SITES)
def test_a_site_opens_a_page_of_the_web(session, visitor, coordinator, site):
    person = visitor(coordinator)
    person.get("/structures/nouvelle")
    person.post("/structures/nouvelle", {"name": "Ellyx", "site": site}, status=SITES[site], check=False)


TEXTS = {
    "nothing": "",
    "long": "é" * 10_000,
    "emoji": "🌱",
    "NUL": "a\x00b",
    "script": "<script>alert(1)</script>",
    "right to left": "\u202eترحيب",
    "lines": "a\r\nb\n" * 60,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_anything_may_be_typed(session, visitor, coordinator, text):
    structure = make_structure("Ellyx")
    person = visitor(coordinator)
    for address in ("/structures/nouvelle", "/structures/ellyx/modifier"):
        person.get(address)
        data = {"name": text, "aliases": text, "territory": text, "summary": text, "kind": "", "seen": text}
        for sent in (data, {**data, "name": "Un nom", "territory": ""}, {**data, "kind": text}):
            sent = {**sent, "csrf_token": person.csrf_token()}
            assert person.visit("POST", address, None, data=sent).status in (303, 409, 422)
            person.get(address)
    assert structure.slug == "ellyx"


def test_merging_shows_what_moves_then_moves_it(session, visitor, coordinator):
    chantier = make_chantier()
    objective, old, kept = make_objective(chantier), make_structure("Le MES"), make_structure("MES")
    make_task(objective, pilote=old)
    make_task(objective, contributors=[old, kept])
    make_deliverable(objective, structures=[old])
    old.gather(make_user("Ada Lovelace"), by=None)
    page = visitor(coordinator).get("/structures/le-mes").click("Réunir à une autre")
    page = page.choose("La structure qui reste", "MES").submit("Voir ce qui serait réuni")
    for words in ("1 tâche en pilote", "1 contribution", "1 livrable", "1 membre", "1 chantier", "1 nom,"):
        assert page.has(words), words
    page = page.submit("Réunir les deux fiches")
    assert page.path == "/structures/mes" and page.has("Le MES est réunie à MES") and page.has("Ada Lovelace")
    assert session.scalar(select(func.count(Task.id)).where(Task.carried_by([kept.id]))) == 2
    moved = page.visitor.get("/structures/le-mes", status=301)
    assert moved.location == "/structures/mes"
    for rest in ("/modifier", "/reunir", "/personnes/ajouter"):
        page.visitor.get(f"/structures/le-mes{rest}", status=404)


def test_merging_with_nothing_or_itself_changes_nothing(session, visitor, coordinator):
    structure = make_structure("Ellyx")
    merged, kept = make_structure("Ancien"), make_structure("Gardé")
    merge_structures(merged, into=kept, by=coordinator)
    person = visitor(coordinator)
    person.get("/structures/ellyx/reunir")
    for into in ("", "x", "999", str(structure.id), str(merged.id), str(2**63)):
        page = person.post("/structures/ellyx/reunir", {"into": into}, follow=True, status=200)
        assert page.has("Choisissez la structure qui reste")
        person.get(f"/structures/ellyx/reunir?avec={into}")
    assert session.scalar(select(func.count(Structure.id)).where(Structure.merged_into_id.is_(None))) == 2


def test_people_come_and_go(session, visitor, coordinator):
    structure, chantier, ada = make_structure("Ellyx"), make_chantier(), make_user("Ada Lovelace")
    chantier.enrol(structure, by=None)
    page = visitor(coordinator).get("/structures/ellyx").click("Ajouter une personne")
    page = page.choose("Personne", "Ada Lovelace").submit("Ajouter à la structure")
    assert page.has("Ada Lovelace fait partie de Ellyx") and ada.takes_part_in(chantier.id)
    page = page.submit("Retirer Ada Lovelace")
    assert page.has("Ada Lovelace ne fait plus partie de Ellyx")
    assert session.scalar(select(func.count()).select_from(StructureMember)) == 0
    page.visitor.post(f"/structures/ellyx/personnes/{ada.id}/retirer", status=404)
    page.visitor.post("/structures/ellyx/personnes/ajouter", {"person": "999"}, status=422)
    page.visitor.post("/structures/ellyx/personnes/ajouter", {"person": str(2**63)}, status=422)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/structures/nouvelle"),
        ("POST", "/structures/nouvelle"),
        ("GET", "/structures/ellyx/modifier"),
        ("POST", "/structures/ellyx/modifier"),
        ("GET", "/structures/ellyx/reunir"),
        ("POST", "/structures/ellyx/reunir"),
        ("GET", "/structures/ellyx/personnes/ajouter"),
        ("POST", "/structures/ellyx/personnes/ajouter"),
        ("POST", "/structures/ellyx/personnes/{person}/retirer"),
    ],
)
def test_only_the_coordination_manages(session, visitor, coordinator, method, address):
    structure, other, chantier = make_structure("Ellyx"), make_structure(), make_chantier()
    member = make_user()
    structure.gather(member, by=None)
    people = [make_user(role=Role.OBSERVER), member, make_member(chantier), make_referent(chantier)]
    data = {"name": "Changée", "into": str(other.id), "person": str(make_user().id)}
    session.commit()
    for person in people:
        someone = visitor(person)
        someone.get("/structures")
        sent = {**data, "csrf_token": someone.csrf_token()} if method == "POST" else {}
        someone.visit(method, address.format(person=member.id), 403, data=sent)
    assert session.scalars(select(Structure.name).order_by(Structure.id)).first() == "Ellyx"
    assert session.scalar(select(func.count()).select_from(StructureMember)) == 1
    assert session.scalar(select(func.count(StructureAlias.id))) == 0
