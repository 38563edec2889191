"""Points d'avancement: told in one page beside the facts, kept as a series, hidden from mere observers."""

import pytest

from models import Chantier, ProgressUpdate, Refused, Role, Weather, db
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_task,
    make_user,
)

ROOT = "/chantiers/mobilite/points-d-avancement"


@pytest.fixture
def chantier(session, clock):
    """Make a chantier where, for a month, one task was finished, one blocked; one version came, one approval."""
    clock.travel_to("2024-03-01 10:00")
    make_demarche()
    return make_chantier("Mobilité")


def furnish(chantier, clock):
    referent, member = make_referent(chantier, "Ada Exemple"), make_member(chantier, "Idriss Diallo")
    objective = make_objective(chantier, "Recenser")
    old = make_task(objective, "Ancienne tâche")
    old.finish(by=referent)
    clock.travel_to("2024-04-20 10:00")
    done, blocked = make_task(objective, "Visiter trois lieux"), make_task(objective, "Trouver un lieu")
    done.finish(by=referent)
    blocked.block("Personne ne répond.", "Un contact", by=referent)
    late = make_task(objective, "Rendre compte", due_on=None)
    late.start(by=referent)
    deliverable = make_deliverable(objective, "Grille d’analyse")
    deliverable.add_text("Dix questions", "Premier jet", by=member)
    deliverable.approve(by=referent)
    clock.travel_to("2024-05-02 10:00")
    db.session.commit()
    return referent, member


def test_a_month_is_told_on_one_page(session, visitor, chantier, clock):
    referent, _member = furnish(chantier, clock)
    person = visitor(referent)
    assert "point d’avancement du mois" in person.get("/mon-travail").text
    page = person.get("/chantiers/mobilite").click("Écrire le point d’avancement")
    # The facts are there already: what is older than a month is not.
    assert "2 tâches terminées sur 4 dont 1 sur la période" in page.text
    for told in (
        "Visiter trois lieux",
        "Trouver un lieu",
        "Personne ne répond.",
        "Rendre compte",
        "Grille d’analyse",
    ):
        assert told in page.text
    assert "Ancienne tâche" not in page.text
    missing = page.fill("En quelques phrases", "On **avance**.").submit(
        "Enregistrer le point d’avancement", status=422, validate=False
    )
    assert missing.value_of("En quelques phrases") == "On **avance**."
    page = (
        missing.choose("La météo du chantier", "Éclaircies")
        .fill("De quoi avez-vous besoin ?", "Un lieu.")
        .submit("Enregistrer le point d’avancement")
    )
    assert "Éclaircies" in page.text and "Un lieu." in page.text and "1 livrable validé" in page.text
    clock.forward(days=12)
    overview = person.get("/chantiers/mobilite")
    assert "il y a 12 jours" in overview.text and "On avance." in overview.text
    assert "Écrire le point d’avancement" not in overview.text
    assert "point d’avancement du mois" not in person.get("/mon-travail").text
    clock.forward(days=20)
    assert "plus d’un mois" in person.get("/chantiers/mobilite").text
    # The next one looks back to this one, and the figures of then stay as they were.
    page = person.get(f"{ROOT}/nouveau")
    assert "Depuis le 2 mai 2024" in page.text and "Visiter trois lieux" not in page.text
    chantier = session.get_one(Chantier, chantier.id)
    ProgressUpdate.write(chantier, Weather.STORM, "Rien ne va.", by=referent)
    series = person.get(ROOT)
    assert series.text.index("Rien ne va.") < series.text.index("On avance.")


def test_words_are_corrected_and_never_overwritten(session, visitor, chantier, clock):
    referent, _member = furnish(chantier, clock)
    update = ProgressUpdate.write(chantier, Weather.RAIN, "Il pleut.", "Un toit.", by=referent)
    session.commit()
    address, facts = f"/points-d-avancement/{update.id}/modifier", dict(update.facts)
    mine, theirs = visitor(referent), visitor(make_coordinator())
    first, second = mine.get(address), theirs.get(address)
    first.fill("En quelques phrases", "Il pleut encore.").submit("Enregistrer")
    # Another field is merged; the same one is shown side by side.
    second.fill("De quoi avez-vous besoin ?", "Deux toits.").submit("Enregistrer")
    late = second.fill("En quelques phrases", "Il neige.").submit("Enregistrer", status=409)
    assert "Il pleut encore." in late.text and late.value_of("En quelques phrases") == "Il neige."
    session.refresh(update)
    assert (update.words, update.needs, update.facts) == ("Il pleut encore.", "Deux toits.", facts)
    assert update.edited_at is not None


def test_mere_observers_never_meet_it(session, visitor, chantier, clock):
    referent, _member = furnish(chantier, clock)
    update = ProgressUpdate.write(
        chantier, Weather.STORM, "Paroles orageuses.", "Un paratonnerre.", by=referent
    )
    session.commit()
    observer = visitor(make_user("Fonds exemple", role=Role.OBSERVER))
    for address in (ROOT, f"{ROOT}/nouveau", f"/points-d-avancement/{update.id}/modifier"):
        observer.get(address, status=404)
    for address in ("/chantiers/mobilite", "/recherche?q=orageuses", "/coordination", "/mon-travail"):
        assert "orageuses" not in observer.get(address).text.replace("« orageuses »", "").replace(
            "Recherche : orageuses", ""
        )
        assert "Orage" not in observer.get(address).text
    member = visitor(make_member(chantier))
    assert "Paroles" in member.get("/recherche?q=orageuses").text
    member.get(f"{ROOT}/nouveau", status=403)


def test_the_series_costs_the_same_for_few_and_many(session, visitor, chantier, clock):
    referent, _member = furnish(chantier, clock)
    person, counts = visitor(referent), []
    for _ in range(2):
        for number in range(10):
            clock.forward(days=1)
            ProgressUpdate.write(chantier, Weather.BRIGHT, f"Mot {number}", by=referent)
        session.commit()
        for address in (ROOT, "/chantiers/mobilite", f"{ROOT}/nouveau"):
            with person.count_statements() as statements:
                person.get(address)
            counts.append(len(statements))
            assert len(statements) <= 12, statements
    assert counts[:3] == counts[3:]
    assert "Page 1" in person.get(ROOT).text and len(person.get(f"{ROOT}?page=2").texts("article")) == 8
    with pytest.raises((Refused, ValueError)):
        ProgressUpdate.write(chantier, "neige", "Mot", by=referent)
