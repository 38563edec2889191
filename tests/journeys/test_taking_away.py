"""Files and prints in a browser: a file from the menu of a list, and pages on paper without what one presses."""

from sqlalchemy import select

from models import User, today
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_task,
)

#: What paper has no use for.
PRESSED = "nav, button, .button, summary, select, textarea, input, .site-header, .site-footer"
VISIBLE = """pressed => [...document.querySelectorAll(pressed)].filter(each => each.checkVisibility({
    checkVisibilityCSS: true}) && each.getClientRects().length).map(each => each.outerHTML.slice(0, 120))"""


def test_a_list_is_saved_from_its_menu_and_pages_are_printed_bare(in_app, signed_in_page):
    with in_app() as session:
        make_demarche()
        coordinator, objective = make_coordinator(), make_objective(make_chantier("Mobilité"))
        make_task(objective, "Planter", due_on=today())
        deliverable = make_deliverable(objective, "Carte", expected_on=today())
        session.flush()
        number, person_id = deliverable.id, coordinator.id
    with in_app() as session:
        person = session.scalars(select(User).where(User.id == person_id)).one()
    page = signed_in_page(person, width="phone", theme="dark")
    page.goto("/chantiers/mobilite/taches?vue=liste")
    page.get_by_text("Exporter", exact=True).locator("..").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Classeur (XLSX)").click()
    assert download.value.suggested_filename == f"Tâches - Mobilité {today().isoformat()}.xlsx"
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    for address in (
        "/chantiers/mobilite",
        "/chantiers/mobilite/taches",
        "/chantiers/mobilite/taches?vue=liste",
        f"/livrables/{number}",
        "/coordination",
    ):
        page.goto(address)
        assert page.evaluate(VISIBLE, PRESSED) == [], address
        paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert paper == "rgb(255, 255, 255)"
