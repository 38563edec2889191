"""Update of the month in a browser: a task is created, blocked, finished; a card is dragged, and moved by keyboard."""

import re

import pytest

from models import Task, User
from tests.support.browser import axe, overflow
from tests.support.factories import (
    make_chantier,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
)


@pytest.fixture
def place(in_app):
    """Make a chantier, its référente, somebody in charge of a few tasks, two structures: (ids by name, slug)."""
    with in_app() as session:
        make_demarche()
        chantier = make_chantier("Habiter autrement", number=1)
        objective = make_objective(chantier, "Recenser les lieux partagés")
        referent, worker = make_referent(chantier, "Maud"), make_member(chantier, name="Idris")
        make_structure("Ecosolies")
        make_structure("Le Kiif")
        cards = [make_task(objective, f"Carte {letter}", by=worker) for letter in "ABC"]
        cards[0].add_item("Un point", by=worker)
        blocked = make_task(objective, "Trouver un lieu", by=worker, people=[worker])
        blocked.block("Le bail n’est pas signé.", "Un modèle de bail.", by=worker)
        session.flush()
        return {"referent": referent.id, "worker": worker.id, "task": blocked.id, "slug": chantier.slug}


def person(in_app, user_id):
    """Return the user, as the browser's sign-in wants it."""
    with in_app() as session:
        return session.get(User, user_id)


def column(in_app, status):
    """Return the titles of a column, from the top, as the database has them."""
    with in_app() as session:
        cards = session.query(Task.title).filter(Task.status == status).order_by(Task.position, Task.id)
        return [title for (title,) in cards]


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_task_from_its_creation_to_its_end(signed_in_page, in_app, place, scripts):
    page = signed_in_page(person(in_app, place["referent"]), scripts=scripts)
    page.goto(f"/chantiers/{place['slug']}/taches")
    page.get_by_role("link", name="Créer une tâche avec sa date").click()
    page.get_by_label("Titre").fill("Visiter trois lieux")
    page.get_by_label("Échéance").fill("2027-03-12")
    page.get_by_label("Structure pilote").select_option(label="Ecosolies")
    page.get_by_role("checkbox", name="Le Kiif").check()
    page.get_by_role("button", name="Créer la tâche").click()
    page.get_by_role("heading", name="Visiter trois lieux").wait_for()
    page.get_by_text("12 mars 2027").wait_for()
    page.locator("summary", has_text="Signaler un blocage").click()
    page.get_by_label("Qu’est-ce qui bloque ?").fill("Personne n’a les clés.")
    page.get_by_role("button", name="Signaler un blocage", exact=True).click()
    page.get_by_text("Personne n’a les clés.").first.wait_for()
    page.get_by_role("button", name="Débloquer").click()
    page.get_by_role("button", name="C’est fait").click()
    page.get_by_text("« Visiter trois lieux » : Terminée.").wait_for()
    assert column(in_app, "done") == ["Visiter trois lieux"]


def test_a_card_is_dragged_and_stays_where_it_was_put(signed_in_page, in_app, place):
    page = signed_in_page(person(in_app, place["referent"]))
    page.goto(f"/chantiers/{place['slug']}/taches")
    page.locator(".board--live").wait_for()
    drag(page, "Carte C", onto="Carte A")
    page.get_by_text("Tâche déplacée : Carte C, dans « À venir ».").wait_for()
    order = column(in_app, "todo")
    assert order.index("Carte C") < 2 and sorted(order) == ["Carte A", "Carte B", "Carte C"]
    drag(page, "Carte B", into="in_progress")
    page.get_by_text("Tâche déplacée : Carte B, dans « En cours ».").wait_for()
    assert column(in_app, "in_progress") == ["Carte B"]
    assert page.locator("#colonne-in_progress .board__count").inner_text() == "1"
    page.reload()
    assert page.locator('[data-status="in_progress"] .card__title').all_inner_texts() == ["Carte B"]
    assert page.locator('[data-status="todo"] .card__title').all_inner_texts() == column(in_app, "todo")


def test_a_card_dropped_on_blocked_asks_what_blocks(signed_in_page, in_app, place):
    page = signed_in_page(person(in_app, place["referent"]))
    page.goto(f"/chantiers/{place['slug']}/taches")
    page.locator(".board--live").wait_for()
    drag(page, "Carte A", onto="Trouver un lieu")
    page.get_by_label("Qu’est-ce qui bloque ?").fill("Il pleut.")
    page.get_by_role("button", name="Signaler un blocage", exact=True).click()
    page.wait_for_url(re.compile(r"/taches\??$"))
    assert column(in_app, "blocked") == ["Carte A", "Trouver un lieu"]


def test_finished_by_somebody_in_charge_waits_in_a_valider(signed_in_page, in_app, place):
    page = signed_in_page(person(in_app, place["worker"]))
    page.goto(f"/chantiers/{place['slug']}/taches")
    page.locator(".board--live").wait_for()
    drag(page, "Carte A", into="done")
    page.get_by_text("Tâche déplacée : Carte A, dans « À valider ».").wait_for()
    assert page.locator('[data-status="to_validate"] .card__title').all_inner_texts() == ["Carte A"]
    assert page.locator("#colonne-done .board__count").inner_text() == "0"
    assert column(in_app, "to_validate") == ["Carte A"]


def test_a_card_that_somebody_else_moved_goes_back(signed_in_page, in_app, place, watch):
    page = signed_in_page(person(in_app, place["referent"]))
    page.goto(f"/chantiers/{place['slug']}/taches")
    page.locator(".board--live").wait_for()
    with in_app() as session:
        session.query(Task).filter(Task.title == "Carte A").one().start(by=session.get(User, place["worker"]))
    watch.expect("409")
    drag(page, "Carte A", into="done")
    page.get_by_text("Entre-temps, le statut a changé : En cours.").wait_for()
    assert "Carte A" in page.locator('[data-status="todo"] .card__title').all_inner_texts()
    assert column(in_app, "in_progress") == ["Carte A"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_card_moves_by_keyboard_alone(signed_in_page, in_app, place, scripts):
    page = signed_in_page(person(in_app, place["referent"]), scripts=scripts)
    page.goto(f"/chantiers/{place['slug']}/taches?q=carte")
    page.get_by_role("link", name="Déplacer vers… Carte C").press("Enter")
    page.get_by_label("Une place plus haut").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Déplacer la tâche").press("Enter")
    page.get_by_text("« Carte C » a changé de place.").wait_for()
    assert "q=carte" in page.url
    assert column(in_app, "todo") == ["Carte A", "Carte C", "Carte B"]


def test_the_list_is_updated_without_leaving_it(signed_in_page, in_app, place):
    page = signed_in_page(person(in_app, place["referent"]))
    page.goto(f"/chantiers/{place['slug']}/taches?vue=liste")
    opener = page.get_by_role("link", name="Changer le statut : À venir").first
    opener.press("Enter")
    page.get_by_role("button", name="Commencer").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="Commencer").count() == 0
    opener.press("Enter")
    page.get_by_role("button", name="Commencer").press("Enter")
    page.get_by_text("Enregistré").wait_for()
    line = page.locator(".task-row", has_text="Carte A")
    assert line.get_by_text("En cours").is_visible() and line.get_by_text("0/1").is_visible()
    assert line.locator(".task-row__change").evaluate("element => element === document.activeElement")
    # A second move from the same line: the line that came back works like the first.
    line.get_by_role("link", name="Changer le statut : En cours").press("Enter")
    line.locator("summary", has_text="Signaler un blocage").press("Enter")
    line.get_by_label("Qu’est-ce qui bloque ?").fill("Il pleut.")
    line.get_by_role("button", name="Signaler un blocage", exact=True).press("Enter")
    page.locator(".task-row", has_text="Carte A").get_by_text("Bloquée").wait_for()
    assert page.url.endswith("?vue=liste")
    assert "Carte A" in column(in_app, "blocked")


def test_a_refused_move_stays_in_its_line(signed_in_page, in_app, place, watch):
    page = signed_in_page(person(in_app, place["referent"]))
    page.goto(f"/chantiers/{place['slug']}/taches?vue=liste")
    line = page.locator(".task-row", has_text="Carte A")
    line.get_by_role("link", name="Changer le statut : À venir").click()
    line.get_by_role("button", name="Commencer").wait_for()
    with in_app() as session:
        session.query(Task).filter(Task.title == "Carte A").one().start(by=session.get(User, place["worker"]))
    watch.expect("409")
    line.get_by_role("button", name="Commencer").click()
    line.get_by_text("Entre-temps, le statut a changé : En cours.").wait_for()
    line.get_by_role("button", name="C’est fait").wait_for()
    assert page.locator(".task-row").count() == 4


def test_the_status_menu_is_accessible_where_it_opens(signed_in_page, in_app, place):
    page = signed_in_page(person(in_app, place["referent"]), width="narrow", theme="dark")
    page.goto(f"/chantiers/{place['slug']}/taches?vue=liste")
    page.get_by_role("link", name="Changer le statut : Bloquée").click()
    page.get_by_role("button", name="Débloquer").wait_for()
    assert axe(page) == [] and overflow(page) == []


def drag(page, title, *, onto="", into=""):
    """Drag a card by its middle onto another card, or to the top of a column."""
    card = page.locator(".card", has_text=title).first
    target = page.locator(".card", has_text=onto).first if onto else page.locator(f'[data-status="{into}"]')
    card.scroll_into_view_if_needed()
    start, end = card.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + 5, start["y"] + start["height"] / 2 + 5, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 12, steps=12)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 10, steps=3)
    page.wait_for_timeout(150)
    page.mouse.up()
