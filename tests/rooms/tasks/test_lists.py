"""Board and list of tasks: moves without a mouse, filters and cost; rights."""

from datetime import timedelta

import pytest

from models import Role, TaskStatus, User, db, today
from tests.rooms.tasks.places import only_task, place
from tests.support import factories as make

# The board ------------------------------------------------------------------------------------------------------------


def test_a_card_is_moved_without_a_mouse(chantier, objective, referent, session, visitor):
    for title in ("A", "B", "C"):
        make.make_task(objective, f"Carte {title}", by=referent)
    session.commit()
    guest = visitor(referent)

    def cards() -> list[str]:
        return list(guest.get(place(chantier)).texts("a", class_="card__title"))

    def move(title: str, where: str) -> None:
        page = guest.get(place(chantier)).click(f"Déplacer vers… {title}")
        page.choose("Dans cette colonne", where).submit("Déplacer la tâche")

    assert cards() == ["Carte A", "Carte B", "Carte C"]
    move("Carte C", "Une place plus haut")
    assert cards() == ["Carte A", "Carte C", "Carte B"]
    move("Carte A", "Une place plus bas")
    assert cards() == ["Carte C", "Carte A", "Carte B"]
    move("Carte B", "Tout en haut")
    assert cards() == ["Carte B", "Carte C", "Carte A"]
    page = guest.get(place(chantier)).click("Déplacer vers… Carte B").choose("Colonne", "Bloquée")
    page = page.submit("Déplacer la tâche", status=422)
    assert page.has("Dites en une phrase pourquoi")
    page.fill("Qu’est-ce qui bloque, ou pourquoi l’abandonner ?", "Il pleut.").submit("Déplacer la tâche")
    assert guest.get(place(chantier)).has("Il pleut.")


# Filters --------------------------------------------------------------------------------------------------------------


def test_the_same_filters_narrow_the_board_and_the_list(chantier, objective, referent, session, visitor):
    other = make.make_objective(chantier, "Un autre objectif")
    structure = make.make_structure("Le Kiif")
    late = make.make_task(objective, "Éclairer la place", by=referent, due_on=today() - timedelta(days=1))
    given = make.make_task(other, "Donnée", by=referent, contributors=[structure], people=[referent])
    session.commit()
    expected = {
        "etat=retard": {late.title},
        "etat=sans-pilote": {late.title, given.title},
        f"structure={structure.id}": {given.title},
        f"personne={referent.id}": {given.title},
        f"objectif={other.id}": {given.title},
        "statut=todo": {late.title, given.title},
        "statut=done": set(),
        "q=ECLAIRER": {late.title},
        "q=%25": {late.title, given.title},
        "structure=abc&personne=-1&objectif=&etat=x&statut=x&page=x&par_page=1": {late.title, given.title},
        f"structure={2**64}": {late.title, given.title},
        "page=99999": {late.title, given.title},
    }
    for query, titles in expected.items():
        for view, css in (("tableau", "card__title"), ("liste", "task-row__title")):
            page = visitor(referent).get(place(chantier, f"?vue={view}&{query}"))
            assert set(page.texts("a", class_=css)) == titles, (view, query)


def test_the_list_tells_first_what_is_left_to_do(chantier, objective, referent, session, visitor):
    done, given_up, open_one = (make.make_task(objective, title, by=referent) for title in ("A", "B", "C"))
    done.finish(by=referent)
    given_up.abandon("Sans suite", by=referent)
    session.commit()
    page = visitor(referent).get(place(chantier, "?vue=liste"))
    assert next(iter(page.texts("a", class_="task-row__title"))) == open_one.title


def test_a_long_column_shows_its_first_cards_and_the_way_to_the_rest(
    chantier, objective, referent, session, visitor
):
    for _ in range(60):
        make.make_task(objective, by=referent)
    session.commit()
    page = visitor(referent).get(place(chantier))
    assert len(list(page.texts("a", class_="card__title"))) == 50
    page = page.click("Voir les 60 tâches")
    assert page.has("60 tâches") and page.has("Page 1 sur 2")
    assert len(list(page.click("Afficher 200 tâches par page").texts("a", class_="task-row__title"))) == 60


@pytest.mark.parametrize("rest", ["?vue=tableau", "?vue=liste", "?vue=liste&par_page=200&etat=retard"])
def test_the_screens_cost_the_same_whatever_there_is(chantier, objective, session, visitor, rest):
    structure = make.make_structure()
    person = make.make_member(chantier)
    structure.gather(person, by=None)
    guest = visitor(person)

    def fill(number: int) -> None:
        for _ in range(number):
            task = make.make_task(
                objective, by=person, contributors=[structure], due_on=today() - timedelta(days=1)
            )
            task.add_item("Un point", by=person)
        session.commit()

    fill(2)
    with guest.count_statements() as few:
        guest.get(place(chantier, rest))
    fill(30)
    with guest.count_statements() as many:
        guest.get(place(chantier, rest))
    assert len(few) == len(many) <= 12, many


def test_a_task_s_page_costs_at_most_twelve_statements(chantier, objective, referent, session, visitor):
    structure = make.make_structure()
    task = make.make_task(objective, by=referent, pilote=structure, people=[referent])
    for number in range(5):
        task.add_item(f"Point {number}", by=referent)
        task.depend_on(make.make_task(objective, by=referent), by=referent)
        make.make_task(objective, by=referent, description="x").depend_on(task, by=referent)
    make.make_deliverable(objective, by=referent).rely_on([task], by=referent)
    session.commit()
    guest = visitor(referent)
    with guest.count_statements() as statements:
        guest.get(f"/taches/{task.id}")
    assert len(statements) <= 12, statements


# Rights ---------------------------------------------------------------------------------------------------------------


def test_who_may_write_in_a_task(chantier, objective, referent, session, visitor):
    structure = make.make_structure()
    task = make.make_task(objective, by=referent, pilote=structure)
    in_charge = make.make_member(chantier)
    structure.gather(in_charge, by=None)
    allowed = [referent, in_charge, make.make_coordinator()]
    stranger_referent = make.make_referent(make.make_chantier())
    refused = [make.make_member(chantier), stranger_referent, make.make_user(role=Role.OBSERVER)]
    session.commit()
    for person in allowed:
        assert visitor(person).get(f"/taches/{task.id}").has("Modifier")
        visitor(person).get(f"/taches/{task.id}/modifier")
    for person in refused:
        page = visitor(person).get(f"/taches/{task.id}")
        assert not page.has("Modifier") and not page.has("C’est fait")
        for rest in ("modifier", "statut", "deplacer", "points", "supprimer", f"attend/{task.id}"):
            visitor(person).post(
                f"/taches/{task.id}/{rest}", {"move": "finish", "status": "done"}, status=403
            )
    assert only_task().status == TaskStatus.TODO


def test_a_task_goes_to_the_bin_and_is_no_longer_found(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, "Inutile", by=referent)
    session.commit()
    page = visitor(referent).get(f"/taches/{task.id}").submit("Mettre à la corbeille")
    assert page.has("« Inutile » est dans la corbeille")
    page.submit("Rétablir")
    visitor(referent).get(f"/taches/{task.id}").submit("Mettre à la corbeille")
    for rest in ("", "/modifier", "/statut", "/deplacer"):
        visitor(referent).get(f"/taches/{task.id}{rest}", status=404)
    for number in ("999", str(2**63), str(2**70), "0", "-1", "1e3", "%00"):
        visitor(referent).get(f"/taches/{number}", status=404)


def test_nobody_writes_in_an_archived_chantier(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    chantier.archive(by=make.make_coordinator())
    session.commit()
    assert not visitor(referent).get(f"/taches/{task.id}").has("C’est fait")
    visitor(referent).post(f"/taches/{task.id}/statut", {"move": "finish"}, status=403)
    visitor(referent).post(place(chantier), {"title": "Encore", "objective": str(objective.id)}, status=403)
    assert db.session.scalar(db.select(db.func.count()).select_from(User)) > 0
