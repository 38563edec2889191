"""Lists of deliverables: what they show, their filters and their cost."""

from datetime import date

import pytest

from tests.rooms.deliverables.pages import page_of
from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
)


# Lists
def test_the_list_tells_where_each_one_stands(visitor, participant, referent, objective, deliverable, clock):
    clock.travel_to("2024-03-15 10:00")
    deliverable.reschedule(date(2024, 3, 1), by=referent)
    deliverable.entrust([make_structure("La Passerelle")], by=referent)
    deliverable.add_text("Un", by=participant)
    deliverable.approve(by=referent)
    deliverable.add_text("Deux", by=participant)
    make_deliverable(objective, "Carte des lignes", type_key="cartographie")
    page = visitor(participant).get(f"/chantiers/{objective.chantier.slug}/livrables")
    row = next(text for text in page.texts("li", class_="task-row") if "Grille" in text)
    assert page.has("2 livrables") and page.has("Recenser les expérimentations")
    for words in (
        "En rédaction",
        "Grille d’analyse",
        "En retard",
        "1 mars",
        "La Passerelle",
        "version 2",
        "version 1",
    ):
        assert words in row, words


def test_filters_live_in_the_address(visitor, participant, objective, deliverable, referent, clock):
    clock.travel_to("2024-03-15 10:00")
    make_deliverable(objective, "Carte des lignes", type_key="cartographie", expected_on=date(2024, 3, 1))
    deliverable.add_text("Un", by=referent)
    somebody = visitor(participant)
    address = f"/chantiers/{objective.chantier.slug}/livrables"
    page = somebody.get(address).choose("Type", "Cartographie").submit("Filtrer")
    assert (
        "type=cartographie" in page.address and page.has("Carte des lignes") and not page.has("1 livrables")
    )
    assert [text for text, _ in page.links].count("Grille d’analyse") == 0
    for query, title in (("etat=drafting", "Grille d’analyse"), ("retard=1", "Carte des lignes")):
        page = somebody.get(f"{address}?{query}")
        assert page.texts("a", class_="task-row__title") == [title]
    page = somebody.get(f"{address}?etat=n-importe&type=%F0%9F%92%A5&page=999999999999999999999")
    assert page.has("Aucun livrable ne correspond")


def test_every_chantier_at_once(visitor, participant, deliverable):
    elsewhere = make_chantier("Alimentation")
    make_deliverable(make_objective(elsewhere), "Note de plaidoyer")
    somebody = visitor(participant)
    assert set(somebody.get("/livrables").texts("a", class_="task-row__title")) == {
        "Grille d’analyse",
        "Note de plaidoyer",
    }
    page = somebody.get(f"/livrables?chantier={elsewhere.slug}")
    assert page.texts("a", class_="task-row__title") == ["Note de plaidoyer"]


def test_an_empty_list_says_what_to_do(visitor, participant, referent, chantier):
    page = visitor(participant).get(f"/chantiers/{chantier.slug}/livrables")
    assert page.has("Pas encore de livrable") and "Annoncer un livrable" not in [
        text for text, _ in page.links
    ]
    page = visitor(referent).get(f"/chantiers/{chantier.slug}/livrables").click("Annoncer un livrable")
    assert page.has("Il faut d’abord un objectif opérationnel")


def fill(session, chantier, count, by):
    """Make that many deliverables, with versions, structures, tasks and verdicts."""
    structures = [make_structure() for _ in range(3)]
    found = []
    for _ in range(count):
        objective = make_objective(chantier)
        deliverable = make_deliverable(objective, structures=structures[: 1 + count % 3])
        for number in range(count):
            deliverable.add_text(f"Texte {number}", by=make_member(chantier))
        deliverable.submit(by=by)
        deliverable.send_back("Encore", by=make_referent(chantier))
        deliverable.rely_on([make_task(objective, pilote=structures[0]) for _ in range(count)], by=by)
        deliverable.trash(by=by)
        deliverable.restore(by=by)
        found.append(deliverable)
    session.commit()
    return found


@pytest.mark.databases("sqlite")
def test_every_screen_costs_the_same_with_few_or_many(visitor, session, chantier, referent):
    somebody = visitor(referent)
    counts = []
    for size in (2, 14):
        one = fill(session, chantier, size, referent)[0]
        addresses = [
            f"/chantiers/{chantier.slug}/livrables",
            "/livrables",
            page_of(one),
            f"{page_of(one)}/historique",
            f"{page_of(one)}/modifier",
            f"{page_of(one)}/taches",
            f"{page_of(one)}/versions/nouvelle",
            f"{page_of(one)}/versions/1",
            f"{page_of(one)}/supprimer",
            f"/chantiers/{chantier.slug}/livrables/nouveau",
        ]
        found = []
        for address in addresses:
            with somebody.count_statements() as statements:
                somebody.get(address)
            assert len(statements) <= 12, f"{address}\n{statements}"
            found.append(len(statements))
        counts.append(found)
    assert counts[0] == counts[1]


def test_long_lists_come_in_pages(visitor, session, objective, participant):
    for number in range(45):
        make_deliverable(objective, f"Livrable {number:02}")
    somebody = visitor(participant)
    page = somebody.get(f"/chantiers/{objective.chantier.slug}/livrables")
    assert len(page.texts("a", class_="task-row__title")) == 30
    page = page.click("Suivante")
    assert len(page.texts("a", class_="task-row__title")) == 15 and page.has("45 livrables")
