"""Versions of deliverables: texts and links that are added."""

import pytest

from models import (
    DeliverableVersion,
    Submission,
)
from tests.rooms.deliverables.pages import page_of


# Versions written here
def test_two_texts_at_the_same_time(visitor, session, participant, referent, deliverable):
    deliverable.add_text("Le texte commun\nune ligne", by=participant)
    session.commit()
    first, second = visitor(participant), visitor(referent)
    one = first.get(f"{page_of(deliverable)}/versions/nouvelle").fill("Texte", "Le texte commun\nde l’une")
    other = second.get(f"{page_of(deliverable)}/versions/nouvelle").fill(
        "Texte", "Le texte commun\nde l’autre"
    )
    other.fill("Ce qui a changé", "Ma note")
    one.submit("Ajouter la version")
    page = other.submit("Ajouter la version", status=409)
    assert page.has("La version 2 est arrivée entre-temps") and page.has("Paul Participant")
    assert page.has("de l’une") and page.value_of("Texte") == "Le texte commun\nde l’autre"
    assert page.value_of("Ce qui a changé") == "Ma note"
    page = page.submit("Ajouter la version")
    assert page.has("La version 3 est ajoutée")
    assert session.query(DeliverableVersion).count() == 3


def test_a_version_sent_twice_is_added_once(visitor, session, participant, deliverable):
    page = visitor(participant).get(f"{page_of(deliverable)}/versions/nouvelle")
    page = page.choose("Cette version est", "un texte écrit ici")
    page.fill("Texte", "Un texte")
    page.submit("Ajouter la version")
    page.submit("Ajouter la version")
    assert session.query(DeliverableVersion).count() == 1
    assert session.query(Submission).count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "http://a b.fr",
        "data:text/html,x",
        "//example.org",
    ],
)
def test_a_link_leads_to_a_site(visitor, session, participant, deliverable, address):
    page = (
        visitor(participant)
        .get(f"{page_of(deliverable)}/versions/nouvelle")
        .choose("Cette version est", "un lien")
    )
    page.fill("Adresse du lien", address).fill("Ce qui a changé", "Ma note")
    page = page.submit("Ajouter la version", status=422)
    assert page.error_of("Adresse du lien") and page.value_of("Ce qui a changé") == "Ma note"
    assert session.query(DeliverableVersion).count() == 0


def test_a_link_never_runs(visitor, session, participant, deliverable):
    somebody = visitor(participant)
    somebody.get(page_of(deliverable))
    for address in ("javascript:alert(1)", "JAVASCRIPT:alert(1)//example.org", "vbscript:x"):
        data = {"kind": "link", "url": address, "key": address}
        somebody.post(f"{page_of(deliverable)}/versions/nouvelle", data, status=422, check=False)
    assert session.query(DeliverableVersion).count() == 0


def test_an_empty_text_is_no_version(visitor, participant, deliverable):
    page = visitor(participant).get(f"{page_of(deliverable)}/versions/nouvelle")
    page = page.choose("Cette version est", "un texte écrit ici").submit("Ajouter la version", status=422)
    assert page.error_of("Texte")


def test_a_form_of_no_kind_is_refused(visitor, session, participant, deliverable):
    somebody = visitor(participant)
    somebody.get(page_of(deliverable))
    for kind in ("", "autre", "FILE"):
        somebody.post(f"{page_of(deliverable)}/versions/nouvelle", {"kind": kind, "text": "x"}, status=422)
    assert session.query(DeliverableVersion).count() == 0


def test_nothing_written_runs_in_the_page(visitor, participant, deliverable):
    words = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    deliverable.add_text(words, words, by=participant)
    somebody = visitor(participant)
    for address in (page_of(deliverable), f"{page_of(deliverable)}/versions/1"):
        page = somebody.get(address)
        assert "<script>alert" not in page.html and "<img" not in page.html


def test_many_versions_come_in_pages(visitor, session, participant, deliverable):
    for number in range(23):
        deliverable.add_text(f"Texte {number}", by=participant)
    page = visitor(participant).get(page_of(deliverable))
    assert len(page.texts("li", class_="version")) == 10
    page = page.click("Suivante").click("Suivante")
    assert page.has("Lire le texte de la version 1")
    assert len(page.texts("li", class_="version")) == 3
