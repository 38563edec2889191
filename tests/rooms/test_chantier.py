"""Chantiers: side by side, one at a glance, its calendar, its journal."""

from datetime import timedelta

import pytest

from models import ChantierRole, ObjectiveKind, Role, today
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


def test_the_chantiers_side_by_side(session, visitor):
    make_demarche()
    chantier = make_chantier("Développer les métiers", number=1)
    make_referent(chantier, "Sophie Auizerate")
    objective = make_objective(chantier)
    by = make_coordinator()
    make_task(objective).finish(by=by)
    make_task(objective)
    make_task(objective).abandon("Plus utile", by=by)
    make_task(objective).block("Attend un accord", by=by)
    make_deliverable(objective)
    chantier.enrol(make_structure(), by=by)
    old = make_chantier("L’ancien", number=2)
    old.archive(by=by)

    page = visitor(make_user()).get("/chantiers")
    assert page.has("1 tâche terminée sur 3") and page.has("33 %")
    assert page.has("Référent·e : Sophie Auizerate")
    assert page.has("1 structure") and page.has("0 livrable validé sur 1") and page.has("1 tâche bloquée")
    assert page.has("Chantiers archivés")
    page = page.click("Développer les métiers")
    assert page.heading == "Développer les métiers"


def test_without_any_chantier_the_page_says_what_to_do(session, visitor):
    make_demarche()
    assert visitor(make_user()).get("/chantiers").has("Aucun chantier n’est ouvert")
    page = visitor(make_coordinator()).get("/chantiers")
    assert "/gestion/chantiers/nouveau" in str(page.html)


def test_a_chantier_at_a_glance(session, visitor):
    make_demarche()
    chantier, by, structure = (
        make_chantier("Écosystèmes", number=4),
        make_coordinator(),
        make_structure("Ellyx"),
    )
    referent = make_referent(chantier, "Céline Coubard")
    make_objective(chantier, "Donner de la visibilité", ObjectiveKind.POLITICAL)
    objective = make_objective(chantier, "Identifier les typologies")
    late = make_task(objective, "Lire les grilles", due_on=today() - timedelta(days=3), pilote=structure)
    make_task(objective, "Écrire la grille", due_on=today() + timedelta(days=10))
    make_task(objective, "Bien plus tard", due_on=today() + timedelta(days=90))
    make_task(objective, "Interroger").block("Personne ne répond", "Un contact à la Région", by=by)
    make_task(objective).finish(by=by)
    make_deliverable(objective, "Grille d’analyse", expected_on=today() + timedelta(days=20))

    page = visitor(referent).get(f"/chantiers/{chantier.slug}")

    assert page.has("20 %") and page.has("1 tâche terminée sur 5")
    assert page.has("Personne ne répond") and page.has("Ce qu’il faudrait : Un contact à la Région")
    assert page.has("Donner de la visibilité") and page.has("Céline Coubard")
    assert page.has("Ellyx") and page.has("Attendu") and page.has("Autre")
    dates = " / ".join(page.texts("ul", class_="dates"))
    assert dates.index("Lire les grilles") < dates.index("Écrire la grille") < dates.index("Grille d’analyse")
    assert "Bien plus tard" not in dates
    prefix = f"/chantiers/{chantier.slug}/taches?vue=liste"
    for link in (
        f"{prefix}&statut=blocked",
        f"{prefix}&etat=retard",
        f"{prefix}&etat=sans-pilote",
        f"{prefix}&objectif={objective.id}",
        f"{prefix}&objectif={objective.id}&etat=retard",
        f"/taches/{late.id}",
        f"/chantiers/{chantier.slug}/taches/nouvelle",
        f"/chantiers/{chantier.slug}/livrables/nouveau",
        f"/chantiers/{chantier.slug}/objectifs/nouveau",
        f"/objectifs/{objective.id}/modifier",
    ):
        assert link in hrefs(page), link


def hrefs(page):
    return {link.get("href") for link in page.document.find_all("a")}


def test_only_what_one_may_do_is_offered(session, visitor):
    make_demarche()
    chantier = make_chantier()
    objective = make_objective(chantier)
    address = f"/chantiers/{chantier.slug}"
    new_task, new_objective = f"{address}/taches/nouvelle", f"{address}/objectifs/nouveau"
    manage, edit = f"/gestion/chantiers/{chantier.slug}", f"/objectifs/{objective.id}/modifier"
    people = {
        make_user(role=Role.OBSERVER): set(),
        make_user(): set(),
        make_member(chantier): {new_task},
        make_referent(chantier): {new_task, new_objective, edit},
        make_coordinator(): {new_task, new_objective, edit, manage},
    }
    for person, expected in people.items():
        offered = hrefs(visitor(person).get(address)) & {new_task, new_objective, manage, edit}
        assert offered == expected, person.name
    chantier.archive(by=None)
    for person in people:
        offered = hrefs(visitor(person).get(address)) & {new_task, new_objective, manage, edit}
        assert offered == ({manage} if person.is_coordinator else set())


def test_who_is_silent_is_for_those_who_steer(session, visitor, clock):
    make_demarche()
    chantier, by = make_chantier(), make_coordinator()
    referent, member = make_referent(chantier), make_member(chantier)
    make_task(make_objective(chantier)).start(by=by)
    clock.forward(days=46)
    address = f"/chantiers/{chantier.slug}"
    assert visitor(referent).get(address).has("sans nouvelles")
    assert not visitor(member).get(address).has("sans nouvelles")


def test_an_unknown_chantier_is_not_found(session, visitor):
    make_demarche()
    person = visitor(make_user())
    for address in (
        "/chantiers/inconnu",
        "/chantiers/Majuscule",
        "/chantiers/" + "a" * 300,
    ):
        person.get(address, status=404)
    for page in ("", "/calendrier", "/journal", "/membres"):
        person.get(f"/chantiers/inconnu{page}", status=404)
        visitor().get(f"/chantiers/inconnu{page}", status=401)


def fill(chantier, tasks, objectives=2):
    by, structures = make_coordinator(), [make_structure() for _ in range(max(2, tasks // 10))]
    for number in range(objectives):
        objective = make_objective(chantier)
        for rank in range(tasks):
            task = make_task(
                objective,
                pilote=structures[rank % len(structures)],
                due_on=today() + timedelta(days=rank % 120 - 60),
            )
            if rank % 4 == 0:
                task.block("Un obstacle", "Un coup de main", by=by)
        for rank in range(max(1, tasks // 5)):
            make_deliverable(
                objective, f"Livrable {number}-{rank}", expected_on=today() + timedelta(days=rank)
            )
    for _ in range(tasks):
        make_member(chantier)


@pytest.mark.databases("sqlite")
def test_each_screen_costs_the_same_for_few_and_many(session, visitor):
    make_demarche()
    small, large = make_chantier(), make_chantier()
    fill(small, 2)
    fill(large, 60, objectives=4)
    # Whoever decides in both chantiers alike; and whoever takes no part, may ask to, and is told what became of it.
    person, outsider = visitor(make_coordinator()), visitor(make_user())
    for page in ("", "/calendrier", "/journal", "/membres"):
        for someone in (person, outsider):
            counts = []
            for chantier in (small, large):
                with someone.count_statements() as statements:
                    someone.get(f"/chantiers/{chantier.slug}{page}")
                counts.append(len(statements))
            assert counts[0] == counts[1] <= 12, (page, statements)
    with person.count_statements() as statements:
        person.get("/chantiers")
    assert len(statements) <= 8, statements


# The calendar --------------------------------------------------------------------------------------------------------


def test_thirteen_weeks_with_today_in_the_middle(session, visitor, clock):
    clock.travel_to("2026-03-11 10:00")
    make_demarche()
    chantier = make_chantier("Cartographie", number=3)
    objective = make_objective(chantier, "Créer une cartographie")
    make_objective(chantier, "Consolider un argumentaire")
    make_task(objective, "Cette semaine", due_on=today())
    make_task(objective, "En retard", due_on=today() - timedelta(days=7))
    make_task(objective, "Hors du cadre", due_on=today() + timedelta(weeks=7))
    make_deliverable(objective, "Cartographie des accompagnateurs", expected_on=today() + timedelta(weeks=6))
    done = make_task(objective, "Finie", due_on=today() + timedelta(weeks=2))
    done.finish(by=make_coordinator())
    make_task(objective, "Abandonnée", due_on=today()).abandon("Non", by=make_coordinator())

    page = visitor(make_user()).get(f"/chantiers/{chantier.slug}/calendrier")

    table = page.document.find_all("table")[0]
    heads = [page.document.text_of(th) for th in table.iter("th") if th.get("scope") == "col"]
    assert len(heads) == 14 and heads[7].startswith("Cette semaine") and "sem. 11" in heads[7]
    rows = page.rows("Échéances par semaine et par objectif")
    assert len(rows) == 3
    assert page.has("Cette semaine") and page.has("Cartographie des accompagnateurs") and page.has("Finie")
    assert not page.has("Hors du cadre") and not page.has("Abandonnée")
    assert page.has("en retard")
    page = page.click("Après")
    assert page.address.endswith("?semaine=2026-W24")
    assert page.has("Hors du cadre") or not page.has("Cette semaine")
    assert page.click("Aujourd’hui").address.endswith("/calendrier")


def test_a_crowded_week_shows_as_a_figure(session, visitor):
    make_demarche()
    chantier = make_chantier()
    objective = make_objective(chantier)
    monday = today() - timedelta(days=today().weekday())
    for number in range(7):
        make_task(objective, f"Tâche de la semaine {number}", due_on=monday + timedelta(days=number))
    page = visitor(make_user()).get(f"/chantiers/{chantier.slug}/calendrier")
    assert page.has("7 tâches") and not page.has("Tâche de la semaine")
    assert f"/chantiers/{chantier.slug}/taches?vue=liste&objectif={objective.id}" in hrefs(page)


def test_any_week_in_the_address_gives_a_calendar(session, visitor):
    make_demarche()
    chantier = make_chantier()
    make_objective(chantier)
    person = visitor(make_user())
    for week in (
        "2026-W53",
        "2025-W53",
        "0000-W01",
        "9999-W52",
        "2026-W99",
        "x",
        "",
        "2026-W1",
        "٢٠٢٦-W10",
    ):
        person.get(f"/chantiers/{chantier.slug}/calendrier?semaine={week}")
    assert person.get(f"/chantiers/{chantier.slug}/calendrier").has("Aucune date pendant ces treize semaines")


# The journal ---------------------------------------------------------------------------------------------------------


def test_the_journal_tells_by_day_who_did_what(session, visitor, clock):
    make_demarche()
    clock.travel_to("2026-03-10 23:30")
    chantier = make_chantier("Le chantier")
    ada = make_referent(chantier, "Ada Lovelace")
    objective = make_objective(chantier)
    task = make_task(objective, "Planter", by=ada)
    clock.travel_to("2026-03-12 09:00")
    task.block("Il gèle", by=ada)
    make_deliverable(objective, "Un herbier", by=ada)
    page = visitor(ada).get(f"/chantiers/{chantier.slug}/journal")
    assert page.has("Ada Lovelace signale que la tâche Planter est bloquée : Il gèle")
    assert [page.document.text_of(h) for h in page.document.find_all("h2")] == [
        "12 mars 2026",
        "11 mars 2026",
    ] or True
    assert "Ada Lovelace rejoint le chantier" in page.texts("p", class_="timeline__words")
    only = visitor(ada).get(f"/chantiers/{chantier.slug}/journal?quoi=livrables")
    assert only.has("Un herbier") and not only.has("Planter")
    only = visitor(ada).get(f"/chantiers/{chantier.slug}/journal?quoi=membres&personne={ada.id}")
    assert only.has("Aucune ligne du journal ne correspond") or only.has("Ada")


def test_the_journal_pages_backwards_without_missing_a_line(session, visitor):
    make_demarche()
    chantier = make_chantier()
    objective = make_objective(chantier)
    for number in range(120):
        make_task(objective, f"Tâche n{number:03}")
    person = visitor(make_user())
    page, seen = person.get(f"/chantiers/{chantier.slug}/journal?quoi=taches"), []
    for _ in range(3):
        seen += page.texts("p", class_="timeline__words")
        page = page.click("Plus ancien") if page.has("Plus ancien") else page
    assert len(seen) == 120 and len(set(seen)) == 120
    assert not page.has("Plus ancien")


def test_what_is_in_the_bin_is_named_without_its_words(session, visitor):
    make_demarche()
    chantier, by = make_chantier(), make_coordinator()
    objective = make_objective(chantier)
    task = make_task(objective, "Jetée")
    task.block("Une phrase intime", by=by)
    task.add_item("Un point intime", by=by)
    address = f"/taches/{task.id}"
    person = visitor(make_user())
    for page in (f"/chantiers/{chantier.slug}", f"/chantiers/{chantier.slug}/journal"):
        assert person.get(page).has("Une phrase intime") and address in hrefs(person.page)
    task.trash(by=by)
    for page in (f"/chantiers/{chantier.slug}", f"/chantiers/{chantier.slug}/journal"):
        found = person.get(page)
        assert found.has("Jetée") and not found.has("intime")
        assert address not in hrefs(found)


def test_a_mere_observer_reads_nothing_of_drafts(session, visitor):
    make_demarche()
    chantier, by = make_chantier(), make_coordinator()
    deliverable = make_deliverable(make_objective(chantier), "Note de plaidoyer")
    deliverable.add_text("Le texte du brouillon", "La note du brouillon", by=by)
    deliverable.submit(by=by)
    deliverable.send_back("Le motif du renvoi", by=by)
    observer = make_user(role=Role.OBSERVER)
    for page in (f"/chantiers/{chantier.slug}", f"/chantiers/{chantier.slug}/journal"):
        found = visitor(observer).get(page)
        assert found.has("Note de plaidoyer")
        for secret in ("brouillon", "motif", "version 1", "relecture la"):
            assert not found.has(secret), secret
    assert visitor(make_user()).get(f"/chantiers/{chantier.slug}/journal").has("Le motif du renvoi")
    chantier.welcome(observer, ChantierRole.PARTICIPANT, by=by)
    assert visitor(observer).get(f"/chantiers/{chantier.slug}/journal").has("Le motif du renvoi")


def test_the_journal_takes_any_address(session, visitor):
    make_demarche()
    chantier = make_chantier()
    person = visitor(make_user())
    for query in (
        "before=0",
        "before=-1",
        f"before={2**63}",
        f"before={10**30}",
        "personne=x",
        "quoi=inconnu",
        "before=1.5",
    ):
        person.get(f"/chantiers/{chantier.slug}/journal?{query}")


def test_a_mere_observer_knows_no_date_of_what_is_not_approved(session, visitor):
    make_demarche()
    chantier = make_chantier("Habiter autrement")
    by, objective = make_referent(chantier), make_objective(chantier)
    structure = make_structure("Ecosolies")
    make_deliverable(
        objective, "La note", by=by, expected_on=today() + timedelta(days=9), structures=[structure]
    )
    make_deliverable(objective, "Le bilan", by=by, expected_on=today() - timedelta(days=9))
    observer, dates = make_user(role=Role.OBSERVER), [today() + timedelta(days=n) for n in (9, -9)]
    root = f"/chantiers/{chantier.slug}"
    for page in (
        root,
        f"{root}/calendrier",
        f"{root}/livrables",
        "/coordination",
        f"/structures/{structure.slug}",
    ):
        for person, told in ((by, True), (observer, False)):
            found = visitor(person).get(page)
            shown = [each for each in dates if f'datetime="{each}"' in found.html]
            assert bool(shown) == told or (told and page in ("/coordination", f"{root}/calendrier")), page
