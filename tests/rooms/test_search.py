"""Room of the search: what is asked, what is shown of it, to whom, and where it leads."""

import pytest

from models import Comment, Role
from tests.support import factories as make


@pytest.fixture
def scene(session, clock):
    clock.travel_to("2026-03-01 10:00")
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement", number=1)
    scene.other = make.make_chantier("Se déplacer", number=2)
    scene.objective = make.make_objective(scene.chantier)
    scene.member = make.make_member(scene.chantier, name="Zoé")
    scene.observer = make.make_user("Odile", Role.OBSERVER)
    scene.task = make.make_task(scene.objective, "Recenser les tiers-lieux", by=scene.member)
    make.make_task(
        make.make_objective(scene.other),
        "Les trajets",
        description="# Vers <b>les **Tiers-Lieux**</b>\n\n- à vélo",
    )
    scene.draft = make.make_deliverable(scene.objective, "Carte", by=scene.member)
    scene.draft.add_text("Le tiers-lieu, " + "mot à mot " * 100, by=scene.member)
    Comment.write(scene.task, "Un tiers de @[Zoé] au lieu de deux", by=scene.member)
    make.make_structure("Réseau des tiers-lieux")
    session.commit()
    return scene


def test_a_member_finds_everything_and_narrows_it_down(scene, visitor):
    member = visitor(scene.member)
    page = (
        member.get("/mon-travail")
        .form(action_contains="/recherche")
        .fill("Chercher", "TIERS LIEU")
        .submit("Lancer la recherche")
    )
    assert page.title.startswith("Recherche : TIERS LIEU")
    assert page.has("5 résultats")
    assert page.texts("span", class_="search-kinds__count") == ["5", "2", "1", "1", "0", "0", "1", "0"]
    # The title first, the marks around what answers, the text escaped and without the signs of Markdown.
    assert "Recenser les <mark>tiers</mark>-<mark>lieux</mark>" in page.data.decode()
    assert (
        "Vers &lt;b&gt;les <mark>Tiers</mark>-<mark>Lieux</mark>&lt;/b&gt; - à vélo" in page.data.decode()
        or page.has("Vers <b>les Tiers-Lieux</b>")
    )
    narrowed = page.click("Tâches 2")
    assert narrowed.texts("h2") == ["Recenser les tiers-lieux", "Les trajets"]
    narrowed = member.get(f"/recherche?q=tiers&dans=taches&chantier={scene.other.slug}")
    assert narrowed.texts("h2") == ["Les trajets"]
    empty = member.get(f"/recherche?q=velos&dans=structures&chantier={scene.chantier.slug}")
    assert empty.has("Aucun résultat pour « velos »")
    assert empty.click("Chercher partout").texts("h2") == ["Les trajets"]
    said = member.get("/recherche?q=deux&dans=commentaires")
    assert said.has("Un tiers de Zoé au lieu de deux")
    assert said.click("Recenser les tiers-lieux").heading == "Recenser les tiers-lieux"


def test_an_observer_is_not_told_how_much_there_is_of_what_they_do_not_read(scene, visitor):
    page = visitor(scene.observer).get("/recherche?q=tiers")
    assert page.texts("span", class_="search-kinds__count") == ["3", "2", "0", "0", "1", "0"]
    assert not page.has("Commentaires")
    assert page.has("3 résultats")
    same = visitor(scene.observer).get("/recherche?q=tiers&dans=commentaires")
    assert same.texts("h2") == page.texts("h2")
    assert visitor(scene.observer).get("/recherche?q=carte").texts("h2") == ["Carte"]
    visitor().get("/recherche?q=tiers", status=401)


def test_no_question_breaks_it(scene, visitor):
    member = visitor(scene.member)
    for question in (
        "",
        "+",
        "a",
        "de",
        "%22",
        "%22+OR+%22",
        "tiers*",
        "(",
        "NEAR/2",
        "%FF",
        "%ED%A0%80",
        "'",
        "@1",
        "=",
    ):
        member.get(f"/recherche?q={question}")
    assert member.get(f"/recherche?q={'é' * 3000}").value_of("Ce que vous cherchez") == "é" * 200


def test_a_long_list_has_pages_and_costs_the_same(scene, session, visitor):
    member = visitor(scene.member)
    with member.count_statements() as few:
        member.get("/recherche?q=tiers")
    for number in range(45):
        make.make_task(scene.objective, f"Atelier {number}")
    session.commit()
    with member.count_statements() as many:
        page = member.get("/recherche?q=atelier")
    assert len(few) == len(many) <= 12
    assert page.has("Page 1 sur 3")
    assert page.click("Suivante").click("Suivante").texts("h2") == [f"Atelier {n}" for n in (4, 3, 2, 1, 0)]
    assert member.get("/recherche?q=atelier&page=9").has("Cette page n’existe pas")
    assert member.get("/recherche?q=atelier&page=x").has("Page 1 sur 3")
