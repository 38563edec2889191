"""Rights over deliverables: who reads a draft, who writes, who decides."""

from datetime import date

import pytest

from models import (
    Activity,
    Role,
)
from tests.rooms.deliverables.pages import in_charge_of, page_of
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_referent,
    make_structure,
    make_user,
)


@pytest.fixture
def observer(session):
    return make_user("Odile Observatrice", Role.OBSERVER)


# Rights
GETS = ["modifier", "taches", "supprimer", "versions/nouvelle", "reprendre"]


POSTS = [
    "modifier",
    "taches",
    "supprimer",
    "versions/nouvelle",
    "reprendre",
    "relecture",
    "relecture/retirer",
    "valider",
]


def allowed(person, deliverable, visitor):
    """Return the sub-addresses that this person may open."""
    somebody = visitor(person)
    return {
        address
        for address in GETS
        if somebody.get(f"{page_of(deliverable)}/{address}", status=None).status == 200
    }


def test_who_may_do_what(visitor, session, referent, participant, observer, chantier, deliverable):
    person = in_charge_of(deliverable)
    everything = set(GETS)
    assert allowed(referent, deliverable, visitor) == everything
    assert allowed(make_coordinator(), deliverable, visitor) == everything
    assert allowed(person, deliverable, visitor) == {"modifier", "taches", "versions/nouvelle"}
    assert allowed(participant, deliverable, visitor) == {"versions/nouvelle"}
    for stranger in (make_user(), observer, make_referent(make_chantier())):
        assert allowed(stranger, deliverable, visitor) == set()


def test_who_may_not_write_is_refused(visitor, session, participant, observer, referent, deliverable):
    deliverable.add_text("Un", by=participant)
    deliverable.submit(by=referent)
    session.commit()
    before = session.query(Activity).count()
    for person in (make_user(), observer, make_referent(make_chantier())):
        somebody = visitor(person)
        somebody.get(page_of(deliverable))
        for address in POSTS:
            somebody.post(
                f"{page_of(deliverable)}/{address}", {"number": "1", "words": "Non", "title": "x"}, status=403
            )
        somebody.post(f"/chantiers/{deliverable.chantier.slug}/livrables/nouveau", {"title": "x"}, status=403)
    somebody = visitor(participant)
    somebody.get(page_of(deliverable))
    for address in POSTS:
        if address != "versions/nouvelle":
            somebody.post(f"{page_of(deliverable)}/{address}", {"number": "1", "words": "Non"}, status=403)
    session.refresh(deliverable)
    assert deliverable.state == "in_review"
    assert session.query(Activity).filter(Activity.subject_type == "deliverable").count() <= before


def test_strangers_sign_in_first(visitor, deliverable):
    for address in ("", "/versions/1", "/versions/1/fichier", "/historique"):
        visitor().get(page_of(deliverable) + address, status=401)
    visitor().get("/livrables", status=401)


def test_an_archived_chantier_is_only_read(visitor, session, referent, participant, chantier, deliverable):
    deliverable.add_text("Un", by=participant)
    chantier.archive(by=make_coordinator())
    somebody = visitor(referent)
    page = somebody.get(page_of(deliverable))
    assert "Ajouter une version" not in [text for text, _ in page.links] and page.has("Versions")
    for address in POSTS:
        somebody.post(f"{page_of(deliverable)}/{address}", {"number": "1"}, status=403)


@pytest.mark.parametrize("wrong", ["999999", "9" * 19, "0", "-1", "abc"])
def test_unknown_deliverables_are_not_found(visitor, session, referent, wrong):
    somebody = visitor(referent)
    for address in ("", "/versions/1", "/versions/1/fichier", "/modifier"):
        somebody.get(f"/livrables/{wrong}{address}", status=404)


def test_unknown_versions_are_not_found(visitor, session, referent, participant, objective, deliverable):
    deliverable.add_text("Un", by=participant)
    other = make_deliverable(objective)
    session.commit()
    somebody = visitor(participant)
    for number in (2, 0, 10**18, "abc"):
        somebody.get(f"{page_of(deliverable)}/versions/{number}", status=404)
    somebody.get(f"{page_of(other)}/versions/1", status=404)
    somebody.get(f"{page_of(deliverable)}/versions/1/fichier", status=404)


# Observers
SECRETS = [
    "Mots secrets",
    "La Passerelle",
    "Texte secret",
    "Note secrète",
    "À cacher",
    "mars 2024",
    "Rachel",
    "Paul",
]


def test_an_observer_sees_nothing_of_a_draft(
    visitor, session, observer, referent, participant, objective, clock
):
    clock.travel_to("2024-03-15 10:00")
    draft = make_deliverable(
        objective,
        "Carte des lignes",
        type_key="cartographie",
        by=referent,
        description="Mots secrets",
        expected_on=date(2024, 3, 1),
        structures=[make_structure("La Passerelle")],
    )
    draft.add_text("Texte secret", "Note secrète", by=participant)
    draft.submit(by=referent)
    draft.send_back("À cacher", by=referent)
    session.commit()
    somebody = visitor(observer)
    slug = objective.chantier.slug
    for address in (
        page_of(draft),
        f"/chantiers/{slug}/livrables",
        "/livrables",
        f"/chantiers/{slug}/livrables?retard=1",
    ):
        page = somebody.get(address)
        for words in ("Carte des lignes", "Cartographie", "À reprendre"):
            assert page.has(words), (address, words)
        for secret in (*SECRETS, "En retard"):
            assert not page.has(secret), (address, secret)
        assert "version" not in page.text.lower().replace("version validée", "").replace("version 0", ""), (
            address
        )
    for address in ("/versions/1", "/versions/1/fichier", "/historique"):
        somebody.get(page_of(draft) + address, status=404)


def test_an_observer_reads_what_is_approved_and_only_that(
    visitor, session, observer, referent, participant, deliverable
):
    for number in (1, 2, 3):
        deliverable.add_text(f"Texte {number} secret", f"Note {number}", by=participant)
        if number < 3:
            deliverable.approve(by=referent)
    session.commit()
    somebody = visitor(observer)
    page = somebody.get(page_of(deliverable))
    assert page.has("La version validée") and not page.has("Note") and not page.has("Paul")
    page = page.click("Lire le texte de la version 2")
    assert page.has("Texte 2 secret") and not page.has("Note") and not page.has("Paul")
    for number in (1, 3):
        somebody.get(f"{page_of(deliverable)}/versions/{number}", status=404)


def test_a_funder_who_takes_part_sees_everything(
    visitor, session, observer, chantier, participant, deliverable
):
    deliverable.add_text("Un", "Une note", by=participant)
    chantier.welcome(observer, by=None)
    assert visitor(observer).get(page_of(deliverable)).has("Une note")
