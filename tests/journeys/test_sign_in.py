"""Sign-in with a browser: by password, by a link, by the demonstration's buttons."""

from typing import Any

import pytest

from models import DEMONSTRATION_ENTRIES, Demarche, ObjectiveKind
from tests.support.browser import axe
from tests.support.factories import (
    PASSWORD,
    make_chantier,
    make_demarche,
    make_objective,
    make_referent,
    make_structure,
    make_user,
)

EMAIL = "ada@example.org"


def furnish(charter: str = "", **fields: Any) -> Demarche:
    """Make a démarche as a newcomer finds it."""
    demarche = make_demarche(
        name="Coopérer ici",
        presentation="Une démarche.\n\nElle associe.",
        contact_name="Camille Exemple",
        **fields,
    )
    for number in range(1, 6):
        chantier = make_chantier(f"Un chantier qui porte le numéro {number}", number=number)
        make_objective(chantier, "Élaborer un référentiel")
        make_objective(chantier, "Donner de la visibilité", ObjectiveKind.POLITICAL)
        make_structure()
    referent = make_referent(chantier, "Ada Exemple")
    referent.email = EMAIL
    referent.choose_password(PASSWORD)
    if charter:
        demarche.publish_charter(charter, by=None)
    return demarche


@pytest.mark.parametrize("scripts", [True, False])
def test_a_first_entry_with_the_keyboard_alone(
    open_browser: Any, in_app: Any, watch: Any, live_server: Any, scripts: bool
) -> None:
    with in_app():
        furnish("Coopérer, vraiment.")
    page = open_browser(scripts=scripts)
    watch.expect("401")
    page.goto("/profil")
    page.get_by_label("Adresse électronique").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type("pas la bonne phrase")
    watch.expect("422")
    late_scripts: list[Any] = []
    page.route("**/behaviours/focus*", lambda route: late_scripts.append(route))
    page.keyboard.press("Enter")
    page.get_by_text("ne vont pas ensemble").wait_for()
    assert page.get_by_label("Adresse électronique").input_value() == EMAIL
    page.get_by_label("Mot de passe", exact=True).focus()
    page.keyboard.type(PASSWORD[:5])
    if scripts:
        page.wait_for_function("document.readyState === 'complete'")
        with page.expect_response("**/behaviours/focus*"):
            late_scripts.pop().continue_()
        page.wait_for_timeout(100)
    page.keyboard.type(PASSWORD[5:])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="La charte de la démarche").wait_for()
    page.get_by_role("button", name="J’ai lu et j’accepte").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Mon profil").wait_for()
    assert page.url.endswith("/profil")


def test_the_demonstration_lets_each_role_in_with_one_click(
    open_browser: Any, in_app: Any, make_server: Any
) -> None:
    with in_app():
        furnish(is_demonstration=True)
        for key, email in DEMONSTRATION_ENTRIES:
            make_user(f"{key.title()} (exemple)", email=email, is_example=True)
    server = make_server(CHANTIERS_DEMONSTRATION="1", PUBLIC_URL="").start()
    for key, _email in DEMONSTRATION_ENTRIES:
        page = open_browser()
        page.goto(f"{server.url}/connexion")
        assert axe(page) == []
        page.locator(f'form[action$="/demonstration/{key}"] button').click()
        page.wait_for_url("**/mon-travail")
        page.get_by_text(f"{key.title()} (exemple)").first.wait_for()
