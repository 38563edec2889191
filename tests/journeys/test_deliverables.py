"""Deliverables in a browser: a second version goes up and comes back the same."""

import hashlib
from pathlib import Path

import pytest

from models import Deliverable, User
from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
)

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4000


@pytest.fixture
def people(in_app):
    """Make a référent and a participant of a chantier whose deliverable has a first version, in relecture or not."""
    with in_app() as session:
        make_demarche()
        chantier = make_chantier("Mobilité du quotidien")
        referent, participant = make_referent(chantier), make_member(chantier)
        objective = make_objective(chantier, "Recenser les expérimentations")
        deliverable = make_deliverable(
            objective, "Grille d’analyse", description="Pour **relire**", structures=[make_structure()]
        )
        deliverable.add_text("# Une grille\n\nEn dix questions", "Premier jet", by=participant)
        deliverable.approve(by=referent)
        deliverable.add_link("https://example.org/grille", "En ligne", by=participant)
        deliverable.submit(by=referent)
        deliverable.send_back("Il manque les sources.", by=referent)
        session.flush()
        return referent.id, participant.id, deliverable.id


def person(in_app, user_id):
    """Return the user, as the browser's sign-in wants it."""
    with in_app() as session:
        return session.get(User, user_id)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_second_version_goes_up_and_comes_back_the_same(signed_in_page, in_app, people, tmp_path, scripts):
    _referent, participant, deliverable_id = people
    sent = tmp_path / "Grille d’été.pdf"
    sent.write_bytes(PDF)
    page = signed_in_page(person(in_app, participant), scripts=scripts)
    page.goto("/livrables")
    page.get_by_role("link", name="Grille d’analyse").click()
    page.get_by_role("link", name="Ajouter une version").click()
    page.get_by_label("un fichier").check()
    page.get_by_label("Fichier", exact=True).set_input_files(sent)
    page.get_by_label("Ce qui a changé").fill("Mise en page")
    page.get_by_role("button", name="Ajouter la version").click()
    page.get_by_text("La version 3 est ajoutée").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Grille d’été.pdf").first.click()
    assert download.value.suggested_filename == "Grille d’été.pdf"
    received = Path(download.value.path()).read_bytes()
    assert hashlib.sha256(received).hexdigest() == hashlib.sha256(PDF).hexdigest()
    with in_app() as session:
        assert session.get(Deliverable, deliverable_id).state == "drafting"


def test_only_the_field_of_the_chosen_kind_shows(signed_in_page, in_app, people):
    _referent, participant, deliverable_id = people
    page = signed_in_page(person(in_app, participant), scripts=False)
    page.goto(f"/livrables/{deliverable_id}/versions/nouvelle")
    fields = {
        "un fichier": page.locator("#file"),
        "un lien": page.locator("#url"),
        "un texte écrit ici": page.locator("#text"),
    }
    for label in fields:
        page.get_by_label(label, exact=True).check()
        assert [name for name, field in fields.items() if field.is_visible()] == [label]


def test_deleted_and_brought_back_without_a_mouse(signed_in_page, in_app, people):
    referent, _participant, deliverable_id = people
    page = signed_in_page(person(in_app, referent))
    page.goto(f"/livrables/{deliverable_id}/supprimer")
    page.get_by_role("button", name="Mettre à la corbeille").press("Enter")
    page.get_by_role("button", name="Rétablir").press("Enter")
    page.get_by_text("est de retour").wait_for()
    assert page.url.endswith(f"/livrables/{deliverable_id}")
