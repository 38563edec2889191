"""Words that somebody wrote: they survive a crash of the browser, a lost session and a refused save."""

import pytest

from models import Task, UserSession
from tests.support import factories as make

WORDS = "Trois heures de travail sur ce paragraphe."


@pytest.fixture
def task(in_app):
    """Make a task, and the référent who may change it."""
    with in_app() as session:
        make.make_demarche()
        chantier = make.make_chantier("Mémoire")
        referent = make.make_referent(chantier)
        task = make.make_task(make.make_objective(chantier), "À décrire", by=referent)
        session.flush()
        return task.id, referent


def test_a_text_is_offered_again_after_a_crash_and_forgotten_once_saved(signed_in_page, task):
    task_id, referent = task
    page = signed_in_page(referent)
    page.goto(f"/taches/{task_id}/modifier")
    page.get_by_label("Description").fill(WORDS)
    page.wait_for_timeout(700)
    crashed = page.context.new_page()
    page.close(run_before_unload=False)

    crashed.goto(f"/taches/{task_id}/modifier")
    crashed.get_by_role("button", name="Reprendre").click()
    assert crashed.get_by_label("Description").input_value() == WORDS
    crashed.get_by_role("button", name="Enregistrer").click()
    crashed.wait_for_url(f"**/taches/{task_id}")

    crashed.goto(f"/taches/{task_id}/modifier")
    crashed.wait_for_timeout(300)
    assert crashed.get_by_role("button", name="Reprendre").count() == 0


@pytest.mark.databases("sqlite", "postgresql")
def test_a_session_lost_while_writing_loses_nothing(signed_in_page, in_app, task, watch):
    task_id, referent = task
    page = signed_in_page(referent)
    page.goto(f"/taches/{task_id}/modifier")
    page.get_by_label("Description").fill(WORDS)
    with in_app():
        UserSession.end_all_of(referent)
    watch.expect("401")
    page.get_by_role("button", name="Enregistrer").click()
    assert WORDS in page.locator("main").inner_text() + "".join(
        area.input_value() for area in page.locator("main textarea").all()
    )
    with in_app() as session:
        assert session.get(Task, task_id).description == ""

    # Signed in again, in the same browser: its drafts are still there.
    page.context.add_cookies(signed_in_page(referent).context.cookies())
    page.goto(f"/taches/{task_id}/modifier")
    page.get_by_role("button", name="Reprendre").click()
    page.get_by_role("button", name="Enregistrer").click()
    page.wait_for_url(f"**/taches/{task_id}")
    with in_app() as session:
        assert session.get(Task, task_id).description == WORDS


def test_a_refused_save_keeps_every_field(signed_in_page, task, watch):
    task_id, referent = task
    page = signed_in_page(referent)
    page.goto(f"/taches/{task_id}/modifier")
    page.get_by_label("Description").fill(WORDS)
    page.get_by_label("Titre").evaluate("field => { field.required = false; field.value = '' }")
    watch.expect("422")
    page.get_by_role("button", name="Enregistrer").click()
    assert page.get_by_label("Description").input_value() == WORDS
    page.get_by_text("Ce champ est nécessaire.").first.wait_for()
