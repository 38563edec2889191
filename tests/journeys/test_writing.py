"""Keyboard-only writing: the toolbar, undoing, the preview, mentions, and drafts that outlive everything."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from models import Comment, UserSession, db
from tests.support import factories as make
from tests.support.browser import axe, overflow

pytestmark = pytest.mark.databases("sqlite")
EMAIL = "maud@example.org"


@pytest.fixture
def ground(in_app):
    """Make a task, somebody who speaks of it, and somebody to call in."""
    with in_app() as session:
        make.make_demarche()
        chantier = make.make_chantier("Écrire ensemble")
        referent = make.make_referent(chantier, "Maud Écrit")
        referent.email = EMAIL
        referent.choose_password(make.PASSWORD)
        for name in ("Idris Ba", "Idriss Diallo"):
            make.make_member(chantier, name=name).seen_at = datetime(2024, 1, 1, tzinfo=UTC)
        task = make.make_task(make.make_objective(chantier), "À raconter", by=referent)
        session.flush()
        return task.id, referent


def focused(page):
    """Return the name of what has the focus."""
    return page.evaluate("document.activeElement.textContent.trim()")


def test_writing_by_keyboard_with_a_toolbar_a_preview_and_mentions(signed_in_page, ground):
    task_id, referent = ground
    page = signed_in_page(referent, width="narrow", theme="dark")
    page.goto(f"/taches/{task_id}")
    field = page.get_by_label("Votre commentaire")
    keys = page.keyboard
    page.get_by_role("toolbar", name="Mise en forme").wait_for()
    told = page.locator(".editor [role=status]")

    # Bold on, bold off, undone; the word under the caret is enough.
    field.press_sequentially("Un mot")
    field.press("Control+b")
    expect(field).to_have_value("Un **mot**")
    field.press("Control+i")
    expect(field).to_have_value("Un ***mot***")
    field.press("Control+b")
    field.press("Control+i")
    expect(field).to_have_value("Un mot")
    field.press("Control+z")
    expect(field).to_have_value("Un *mot*")
    for _ in range(3):
        field.press("Control+z")
    expect(field).to_have_value("Un mot")

    # The toolbar is one stop of the Tab key; arrows go round it.
    field.press("End")
    field.press("Shift+Tab")
    assert focused(page) == "Gras"
    keys.press("End")
    assert focused(page) == "Aperçu"
    keys.press("ArrowRight")
    assert focused(page) == "Gras"
    for _ in range(3):
        keys.press("ArrowRight")
    assert focused(page) == "Liste"
    keys.press("Enter")
    expect(field).to_be_focused()
    expect(field).to_have_value("- Un mot")
    keys.press("Enter")
    keys.type("deux")
    keys.press("Enter")
    keys.press("Enter")
    expect(field).to_have_value("- Un mot\n- deux\n")
    # Lines become another list, or none.
    field.press("Control+a")
    field.press("Control+Shift+Digit7")
    expect(field).to_have_value("1. Un mot\n2. deux\n")
    field.press("Control+Shift+Digit7")
    field.press("Control+Shift+Digit9")
    expect(field).to_have_value("> Un mot\n> deux\n")
    field.press("Control+Shift+Digit8")
    expect(field).to_have_value("- > Un mot\n- > deux\n")
    field.press("Control+z")
    field.press("Control+End")
    keys.type("lien")
    field.press("Shift+Control+ArrowLeft")
    field.press("Control+k")
    expect(field).to_have_value("> Un mot\n> deux\n[lien](https://)")
    keys.type("https://example.org")
    field.press("Control+End")

    # « @ » proposes, without taking the focus; Escape leaves the text alone.
    keys.type(" @idr")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    expect(told).to_have_text("2 propositions. Flèches pour choisir, Entrée pour insérer.")
    assert axe(page) == []
    assert overflow(page) == []
    expect(field).to_be_focused()
    keys.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_contain_text("Idriss Diallo")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    keys.press("Escape")
    expect(options).to_have_count(0)
    keys.type("is")
    page.wait_for_timeout(300)
    expect(options).to_have_count(0)
    field.press("Control+Backspace")
    keys.press("Backspace")
    keys.type("@idriss")
    expect(options).to_have_count(1)
    keys.press("Tab")
    expect(field).to_be_focused()
    assert field.input_value().endswith(" @[Idriss Diallo] ")

    # The preview is in the place of the text; the focus stays on its button.
    field.press("Shift+Tab")
    keys.press("End")
    keys.press("Enter")
    expect(page.locator(".editor .mention")).to_have_text("@Idriss Diallo")
    assert page.locator(".editor blockquote").inner_text() == "Un mot\ndeux\nlien @Idriss Diallo"
    expect(told).to_have_text("L’aperçu est affiché.")
    expect(field).to_be_hidden()
    assert focused(page) == "Écrire"
    assert axe(page) == []
    assert overflow(page) == []
    keys.press("Enter")
    expect(field).to_be_visible()
    page.get_by_role("button", name="Publier le commentaire").click()
    page.wait_for_url("**#commentaire-*")
    assert page.locator(".comment .mention").inner_text() == "@Idriss Diallo"


def test_the_draft_of_a_comment_outlives_a_crash_a_lost_session_and_a_refusal(
    signed_in_page, in_app, ground, watch
):
    task_id, referent = ground
    page = signed_in_page(referent)
    page.goto(f"/taches/{task_id}")
    words = "Une heure de mots."
    page.get_by_label("Votre commentaire").press_sequentially(words)
    page.wait_for_timeout(500)
    again = page.context.new_page()
    watch.follow(again)
    page.close(run_before_unload=False)

    # The page was closed; what is typed before resuming comes back by undoing.
    again.goto(f"/taches/{task_id}")
    field = again.get_by_label("Votre commentaire")
    field.press_sequentially("Autre")
    again.get_by_role("button", name="Reprendre").click()
    expect(field).to_have_value(words)
    field.press("Control+z")
    expect(field).to_have_value("Autre")
    field.press("Control+Shift+z")
    expect(field).to_have_value(words)

    # Signed out elsewhere: the words are shown, and wait on the page after signing in again.
    with in_app():
        UserSession.end_all_of(referent)
    watch.expect("401")
    again.get_by_role("button", name="Publier le commentaire").click()
    expect(again.get_by_label("Votre commentaire")).to_have_value(words)
    again.get_by_role("link", name="Se connecter").last.click()
    again.get_by_label("Adresse").first.fill(EMAIL)
    again.get_by_label("Mot de passe").fill(make.PASSWORD)
    again.get_by_role("button", name="Se connecter").first.click()
    again.wait_for_url(f"**/taches/{task_id}")
    assert axe(again) == []
    again.get_by_role("button", name="Reprendre").click()
    expect(field).to_have_value(words)

    # Refused, from the preview: everything is there, and still is after one more crash.
    field.evaluate("field => field.removeAttribute('maxlength')")
    long = "é" * 20_001
    field.fill(words + long)
    again.get_by_role("button", name="Aperçu").click()
    expect(again.locator(".editor__preview")).to_contain_text(words)
    watch.expect("422")
    again.get_by_role("button", name="Publier le commentaire").click()
    expect(again.get_by_text("20000 caractères au plus.").first).to_be_visible()
    expect(field).to_have_value(words + long)
    last = again.context.new_page()
    watch.follow(last)
    again.close(run_before_unload=False)
    last.goto(f"/taches/{task_id}/commentaires")
    last.get_by_role("button", name="Reprendre").click()
    expect(last.get_by_label("Votre commentaire")).to_have_value(words + long)
    with in_app():
        assert db.session.scalars(db.select(Comment)).all() == []
