"""Cards and lines that move: what a drag asks, its twin without a mouse, and the menus of the list."""

import pytest

from models import StatusChange, Task, TaskStatus, db
from tests.support import factories as make

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def chantier(session):
    """Make a chantier in a démarche."""
    make.make_demarche()
    return make.make_chantier("Habiter autrement")


@pytest.fixture
def objective(chantier):
    """Make its operational objective."""
    return make.make_objective(chantier, "Recenser les lieux partagés")


@pytest.fixture
def referent(chantier):
    """Make its référente."""
    return make.make_referent(chantier, "Maud")


@pytest.fixture
def worker(chantier, objective):
    """Make somebody in charge of tasks, whose word does not finish them."""
    return make.make_member(chantier, name="Idris")


@pytest.fixture
def drag(visitor):
    """Send what the board sends when a card is dropped."""

    def drop(person, task, status, expected=200, **fields):
        fields = {"status": status, "after": "", "seen_status": str(task.status), **fields}
        return visitor(person).post(f"/taches/{task.id}/deplacer", fields, status=expected, headers=SCRIPT)

    return drop


def column(chantier, status="todo"):
    """Return the titles of a column, from the top."""
    db.session.expire_all()
    cards = db.select(Task.title).where(Task.chantier_id == chantier.id, Task.status == status, Task.live())
    return list(db.session.scalars(cards.order_by(Task.position, Task.id)))


def again(task):
    """Return the task as it is now."""
    db.session.expire_all()
    return db.session.scalar(db.select(Task).where(Task.id == task.id).options(*Task.whole()))


# Drags ----------------------------------------------------------------------------------------------------------------


def test_a_card_is_dropped_behind_another(chantier, objective, referent, session, drag):
    a, b, c = (make.make_task(objective, title, by=referent) for title in "ABC")
    session.commit()
    drag(referent, a, "todo", after=str(b.id))
    assert column(chantier) == ["B", "A", "C"]
    drag(referent, c, "todo")
    assert column(chantier) == ["C", "B", "A"]
    answer = drag(referent, b, "in_progress")
    assert answer.json["status"] == "in_progress"
    drag(referent, c, "in_progress", after=str(b.id))
    assert (column(chantier), column(chantier, "in_progress")) == (["A"], ["B", "C"])


def test_finished_by_somebody_in_charge_lands_in_a_valider(chantier, objective, worker, session, drag):
    done = make.make_task(objective, by=make.make_referent(chantier))
    done.finish(by=make.make_coordinator())
    task = make.make_task(objective, by=worker)
    session.commit()
    answer = drag(worker, task, "done", after=str(done.id))
    assert answer.json["status"] == "to_validate"
    answer = drag(worker, again(task), "done", expected=409)
    assert "référent·e" in answer.json["message"]
    assert again(task).status == TaskStatus.TO_VALIDATE


def test_a_column_that_asks_for_words_answers_with_their_page(
    chantier, objective, referent, session, visitor, drag
):
    task = make.make_task(objective, "Trouver un lieu", by=referent)
    session.commit()
    here = f"/chantiers/{chantier.slug}/taches?structure=3"
    answer = drag(referent, task, "blocked", next=here)
    assert again(task).status == TaskStatus.TODO
    page = visitor(referent).get(answer.json["page"]).form(button="Signaler un blocage")
    page = page.fill("Qu’est-ce qui bloque ?", "Le bail n’est pas signé.").submit("Signaler un blocage")
    assert page.address.endswith(here)
    assert again(task).blocked_reason == "Le bail n’est pas signé."
    answer = drag(referent, again(task), "abandoned", next="//evil.example")
    assert "evil" not in answer.json["page"]


def test_a_card_that_somebody_moved_meanwhile_stays_where_they_put_it(objective, referent, session, drag):
    task = make.make_task(objective, by=referent)
    task.finish(by=referent)
    session.commit()
    answer = drag(referent, task, "in_progress", expected=409, seen_status="todo")
    assert "Terminée" in answer.json["message"]
    assert again(task).status == TaskStatus.DONE


@pytest.mark.parametrize("after", ["999999", str(2**63), str(2**70), "-1", "abc", "1;2", "\x00"])
def test_a_card_that_is_nowhere_has_none_behind_it(chantier, objective, referent, session, drag, after):
    _first, second = (make.make_task(objective, title, by=referent) for title in "AB")
    session.commit()
    drag(referent, second, "todo", expected=409, after=after)
    assert column(chantier) == ["A", "B"]


def test_cards_of_another_board_or_column_or_bin_are_refused(chantier, objective, referent, session, drag):
    task = make.make_task(objective, by=referent)
    foreign = make.make_task(make.make_objective(make.make_chantier()))
    gone, started = make.make_task(objective, by=referent), make.make_task(objective, by=referent)
    gone.trash(by=referent)
    started.start(by=referent)
    session.commit()
    for other in (foreign, gone, started):
        drag(referent, task, "todo", expected=409, after=str(other.id))
    for status in ("", "late", "DONE", "todo,done", "x" * 10_000):
        drag(referent, task, status, expected=422)
    assert again(task).version == task.version


def test_who_may_not_edit_does_not_drag(chantier, objective, referent, session, drag):
    task = make.make_task(objective, by=referent)
    people = [make.make_member(chantier), make.make_referent(make.make_chantier())]
    session.commit()
    for person in people:
        drag(person, task, "done", expected=403)
    assert again(task).status == TaskStatus.TODO


# Without a mouse ------------------------------------------------------------------------------------------------------


def test_moving_a_card_comes_back_to_the_board_as_it_was_narrowed(
    chantier, objective, referent, session, visitor
):
    task = make.make_task(objective, "Trouver un lieu", by=referent)
    session.commit()
    page = visitor(referent).get(f"/chantiers/{chantier.slug}/taches?objectif={objective.id}")
    page = page.click("Déplacer vers… Trouver un lieu").choose("Colonne", "En cours")
    page = page.submit("Déplacer la tâche")
    assert page.has("« Trouver un lieu » : En cours.")
    assert page.value_of("Objectif") in (str(objective.id), "Recenser les lieux partagés")
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        fields = {"status": "in_progress", "place": "first", "next": evil}
        answer = visitor(referent).post(f"/taches/{task.id}/deplacer", fields, status=303)
        assert answer.location == f"/chantiers/{chantier.slug}/taches"


def test_moving_a_card_that_somebody_else_moved_says_so(objective, referent, worker, session, visitor):
    task = make.make_task(objective, by=worker)
    session.commit()
    page = visitor(worker).get(f"/taches/{task.id}/deplacer").choose("Colonne", "En cours")
    again(task).finish(by=referent)
    session.commit()
    page = page.submit("Déplacer la tâche", status=409)
    assert page.has("Le statut a changé entre-temps") and page.has("Maud a terminé")
    assert again(task).status == TaskStatus.DONE
    page.choose("Colonne", "En cours").submit("Déplacer la tâche")
    assert again(task).status == TaskStatus.IN_PROGRESS


def test_a_place_that_does_not_exist_is_refused(objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    session.commit()
    for fields in ({"status": "late"}, {"status": "todo", "place": "last"}, {"reason": "x" * 10_000}, {}):
        visitor(referent).post(f"/taches/{task.id}/deplacer", fields, status=422)
    assert again(task).version == task.version


# The columns ----------------------------------------------------------------------------------------------------------


def test_what_was_abandoned_is_one_link_away(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, "Une idée sans suite", by=referent)
    task.abandon("Plus de partenaire", by=referent)
    session.commit()
    page = visitor(referent).get(f"/chantiers/{chantier.slug}/taches")
    assert not page.has("Une idée sans suite")
    assert page.click("Voir la tâche abandonnée").has("Une idée sans suite")


def test_the_finished_column_shows_the_latest(chantier, objective, referent, session, visitor):
    tasks = [make.make_task(objective, f"Faite {number}", by=referent) for number in range(25)]
    for task in tasks:
        task.finish(by=referent)
    session.commit()
    page = visitor(referent).get(f"/chantiers/{chantier.slug}/taches")
    shown = list(page.texts("a", class_="card__title"))
    assert shown == [f"Faite {number}" for number in range(24, 4, -1)]


# The menus of the list ------------------------------------------------------------------------------------------------


def test_a_status_changes_in_its_line(chantier, objective, referent, session, visitor):
    task = make.make_task(objective, "Trouver un lieu", by=referent)
    task.add_item("Appeler", by=referent)
    session.commit()
    guest = visitor(referent)
    menu = guest.htmx("GET", f"/taches/{task.id}/statut")
    assert menu.has("Commencer") and not menu.has("Mon travail")

    def move(fields, status=200):
        in_use = f"http://localhost/chantiers/{chantier.slug}/taches?vue=liste&statut=todo"
        headers = {"HX-Request": "true", "HX-Current-URL": in_use}
        return guest.post(f"/taches/{task.id}/statut", fields, status=status, headers=headers)

    line = move({"move": "start", "seen_status": "todo"})
    assert b"vue%3Dliste%26statut%3Dtodo" in line.data
    assert line.has("Trouver un lieu") and line.has("En cours") and line.has("Enregistré") and line.has("0/1")
    fields = {"move": "block", "seen_status": "in_progress", "reason": " ", "need": "Des bras"}
    line = move(fields, 422)
    assert line.has("Trouver un lieu") and line.has("Dites en une phrase") and line.has("Des bras")
    fields = {"move": "finish", "seen_status": "todo"}
    line = move(fields, 409)
    assert line.has("Trouver un lieu") and line.has("Entre-temps, le statut a changé : En cours.")
    assert again(task).status == TaskStatus.IN_PROGRESS


@pytest.mark.parametrize("move", ["", "validate", "send_back", "unblock", "x" * 10_000, "delete"])
def test_a_move_that_is_not_offered_is_not_made(objective, referent, session, visitor, move):
    task = make.make_task(objective, by=referent)
    session.commit()
    visitor(referent).post(f"/taches/{task.id}/statut", {"move": move, "reason": "x"}, status=409)
    assert again(task).status == TaskStatus.TODO
    assert db.session.scalar(db.select(db.func.count()).select_from(StatusChange)) == 1


def test_a_reason_that_is_too_long_is_kept_and_said(objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    session.commit()
    fields = {"move": "block", "seen_status": "todo", "reason": "é" * 10_000}
    page = visitor(referent).post(f"/taches/{task.id}/statut", fields, status=422)
    assert page.has("2000 caractères au plus.") and page.has("é" * 10_000)


def test_words_typed_for_an_older_status_are_kept_for_the_present_one(objective, referent, session, visitor):
    task = make.make_task(objective, by=referent)
    session.commit()
    page = visitor(referent).get(f"/taches/{task.id}").form(button="Signaler un blocage")
    again(task).start(by=referent)
    session.commit()
    page = page.fill("Qu’est-ce qui bloque ?", "Personne ne répond.").submit(
        "Signaler un blocage", status=409
    )
    assert page.has("Maud a mis en cours")
    page.form(button="Signaler un blocage").submit("Signaler un blocage")
    assert again(task).blocked_reason == "Personne ne répond."
