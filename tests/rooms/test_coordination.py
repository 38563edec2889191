"""Coordination: every figure is a plain count and opens the list behind it; what waits has its next step."""

import re
from datetime import timedelta

import pytest

from models import Chantier, Meeting, Role, db, today
from tests.support import factories as make


@pytest.fixture
def two_chantiers(session):
    """Make two chantiers with tasks in every state; return the first one's référent."""
    make.make_demarche(silent_after_days=45)
    referent = None
    for number in (1, 2):
        chantier = make.make_chantier(f"Chantier de test {number}", number=number)
        objective = make.make_objective(chantier)
        someone = make.make_referent(chantier, f"Référente {number}")
        referent = referent or someone
        structure = make.make_structure()
        for rank in range(4 * number):
            late = today() - timedelta(days=3) if rank % 2 else None
            make.make_task(objective, by=someone, pilote=structure if rank % 4 else None, due_on=late)
        done = make.make_task(objective, "Finie", by=someone, pilote=structure)
        done.finish(by=someone)
        stuck = make.make_task(objective, "Coincée", by=someone, pilote=structure)
        stuck.block(f"Raison numéro {number}", "", by=someone)
        given_up = make.make_task(objective, "Abandonnée", by=someone)
        given_up.abandon("Plus utile.", by=someone)
        make.make_deliverable(objective, "Cartographie", by=someone, expected_on=today() + timedelta(days=9))
        make.make_deliverable(objective, "Recensement", by=someone, expected_on=today() - timedelta(days=9))
    session.commit()
    return referent


def test_each_chantier_has_its_row_and_its_figures(two_chantiers, visitor):
    page = visitor(two_chantiers).get("/coordination")

    _header, first, second, total = page.rows("Avancement, statuts et alertes de chaque chantier")
    assert "Chantier de test 1" in first[0] and "Référente 1" in first[0]
    # Six tasks counted, one of them done; four to come, two late, one without pilote; abandoned ones left out.
    assert "1 tâche terminée sur 6" in first[1]
    assert first[2:8] == ["4", "0", "0", "1", "2", "1"]
    assert second[2:8] == ["8", "0", "0", "1", "4", "2"]
    assert total[2:8] == ["12", "0", "0", "2", "6", "3"]
    assert page.has("Raison numéro 1") and page.has("Raison numéro 2")
    assert page.has("Cartographie") and page.has("Recensement")


@pytest.fixture
def rich(session, clock):
    """Make two open chantiers, an archived one, something behind every figure; return who looks at it."""
    clock.travel_to("2026-03-02 10:00")
    make.make_demarche(silent_after_days=45)
    lab, farm, idle = (make.make_structure(name) for name in ("Le Labo", "La Ferme", "Le Repos"))
    coordinator = make.make_coordinator()
    chantiers = [make.make_chantier(f"Chantier {number}", number=number) for number in (1, 2, 3)]
    people = []
    for chantier in chantiers:
        referent = make.make_referent(chantier, f"Référente {chantier.number}")
        for structure in (lab, farm, idle):
            chantier.enrol(structure, by=coordinator)
        objective = make.make_objective(chantier, f"Objectif {chantier.number}")
        make.make_objective(chantier, f"Sans tâche {chantier.number}")
        for rank in range(6 + chantier.number):
            due = today() + timedelta(days=9 * rank - 20)
            carrier = (lab, farm, None)[rank % 3]
            task = make.make_task(objective, by=referent, pilote=carrier, contributors=[lab], due_on=due)
            if rank % 2:
                task.start(by=referent)
        make.make_task(objective, "Finie avant", by=referent).finish(by=referent)
        make.make_task(objective, "Abandonnée", by=referent).abandon("Inutile.", by=referent)
        make.make_deliverable(
            objective, "Attendu", by=referent, expected_on=today() + timedelta(days=70), structures=[farm]
        )
        people.append((referent, objective))
    clock.forward(days=50)
    lab.gather(people[0][0], by=coordinator)
    # One structure has somebody who could come and does not; the third has nobody, and is silent for nobody.
    asleep = make.make_user("Personne endormie")
    asleep.be_seen()
    farm.gather(asleep, by=coordinator)
    for referent, objective in people:
        task = make.make_task(objective, "Finie depuis", by=referent, pilote=lab)
        task.finish(by=referent)
        make.make_task(objective, "Coincée", by=referent).block("Pas de salle", "Une salle", by=referent)
        make.make_task(objective, "À valider", by=referent).submit(by=referent)
        late = make.make_deliverable(
            objective, "En retard", by=referent, type_key="methode", expected_on=today() - timedelta(days=3)
        )
        late.add_text("Premier jet", by=referent)
        done = make.make_deliverable(objective, "Validé", by=referent, type_key="cartographie")
        done.add_text("Un texte", by=referent)
        done.approve(by=referent)
    chantiers[2].archive(by=coordinator)
    Meeting.plan(today() - timedelta(days=10), by=coordinator)
    member = make.make_member(chantiers[0])
    observer = make.make_user(role=Role.OBSERVER)
    session.commit()
    return {
        "coordination": coordinator,
        "référente": people[0][0],
        "participante": member,
        "observatrice": observer,
        "chantiers": chantiers,
        "labo": lab,
    }


def figures_of(page):
    """Return the links of a page that are figures of this room: (number, address)."""
    lists = (
        "/coordination/taches",
        "/coordination/livrables",
        "/coordination/structures",
        "/coordination/a-arbitrer",
    )
    found = [(re.findall(r"^\d+", text), href) for text, href in page.links if href.startswith(lists)]
    return {(int(number[0]), href) for number, href in found if number}


def count_of(page):
    """Return the number that a list tells of itself."""
    (words,) = page.texts("p", class_="filters__count")
    return int(words.split()[0])


@pytest.mark.databases("sqlite")
def test_every_figure_opens_a_list_of_exactly_that_many(rich, visitor):
    labo = rich["labo"].id
    first_screens = ("/coordination", "/coordination/mouvements?depuis=dernier-copil")
    other_screens = (
        f"/coordination?structure={labo}",
        "/coordination/structures",
        "/coordination/livrables",
        "/coordination/semaines",
        "/coordination/semaines?lignes=objectifs",
    )
    for who in ("coordination", "référente", "participante", "observatrice"):
        guest = visitor(rich[who])
        screens = (*first_screens, *other_screens) if who == "coordination" else first_screens
        figures = {figure for screen in screens for figure in figures_of(guest.get(screen))}
        opened = {href: count_of(guest.get(href, check=False)) for _number, href in figures}
        assert [(who, number, href) for number, href in sorted(figures) if opened[href] != number] == []
        # Tasks, deliverables and structures; what is late and what moved, as each may know it.
        said = {word for _number, href in figures for word in re.findall(r"[?&](\w+=[\w-]*)", href)}
        assert {
            "statut=done",
            "statut=ouvertes",
            "etat=retard",
            "mouvement=terminees",
            "etat=aboutis",
        } <= said
        sees_drafts, decides = who != "observatrice", who in ("coordination", "référente")
        assert ("echeance=retard" in said) is ("mouvement=versions" in said) is sees_drafts, who
        assert ("etat=sans-nouvelles" in said) is ("part=silencieuses" in said) is decides, who
        # What is archived counts nowhere.
        assert not any("chantier-3" in href for _number, href in figures)


def test_who_is_silent_shows_to_referents_of_the_chantier_and_to_the_coordination_only(
    session, clock, visitor
):
    make.make_demarche(silent_after_days=45)
    chantier = make.make_chantier(number=1)
    referent, participant = make.make_referent(chantier), make.make_member(chantier)
    observer, coordinator = make.make_user(role=Role.OBSERVER), make.make_coordinator()
    task = make.make_task(make.make_objective(chantier), by=referent)
    task.start(by=referent)
    session.commit()
    clock.forward(days=46)

    for person, sees in ((referent, True), (coordinator, True), (participant, False), (observer, False)):
        page = visitor(person).get("/coordination")
        assert page.has("Sans nouvelles") is sees, person.name


def test_archived_chantiers_leave_the_dashboard(two_chantiers, session, visitor):
    coordinator = make.make_coordinator()
    db.session.scalar(db.select(Chantier).where(Chantier.number == 2)).archive(by=coordinator)
    session.commit()
    page = visitor(coordinator).get("/coordination")
    assert page.has("Chantier de test 1") and not page.has("Chantier de test 2")


def test_an_empty_demarche_says_what_to_do(session, visitor):
    make.make_demarche()
    session.commit()
    assert visitor(make.make_coordinator()).get("/coordination").has("Aucun chantier pour l’instant")


def test_the_dashboard_costs_the_same_for_two_chantiers_and_for_twelve(two_chantiers, session, visitor):
    guest = visitor(two_chantiers)
    with guest.count_statements() as few:
        guest.get("/coordination")
    for number in range(3, 13):
        chantier = make.make_chantier(number=number)
        objective = make.make_objective(chantier)
        someone = make.make_referent(chantier)
        for _ in range(6):
            make.make_task(objective, by=someone).block("Attente", by=someone)
        make.make_deliverable(objective, by=someone, expected_on=today())
    session.commit()
    with guest.count_statements() as many:
        guest.get("/coordination")
    assert len(few) == len(many) <= 15, many
