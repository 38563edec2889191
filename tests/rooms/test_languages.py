"""Languages: each person reads their own of two, chosen or asked by their browser; users' words stay as written."""

from datetime import date
from typing import Any

import pytest

from models import Task, User
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_demarche,
    make_objective,
    make_structure,
    make_task,
)


@pytest.fixture
def task(session: Any) -> Task:
    """Make a task that is done, alone in its chantier, due on a day long ago."""
    make_demarche()
    by = make_coordinator("Claude Martin")
    objective = make_objective(make_chantier("Mobilités", number=1), "Élaborer un référentiel")
    made = make_task(objective, "Planter des haies", by=by, due_on=date(2024, 3, 12))
    made.finish(by=by)
    return made


def speaking(locale: str) -> User:
    """Make a person of the coordination whose profile says this language."""
    user = make_coordinator()
    user.speak(locale)
    return user


def test_who_speaks_english_reads_english_on_every_main_page(visitor: Any, task: Task) -> None:
    reader = visitor(speaking("en"))
    for address, heading in {
        "/chantiers": "The chantiers",
        "/structures": "Organisations",
        "/livrables": "All deliverables",
        "/coordination": "Where the chantiers stand",
        "/corbeille": "Bin",
        "/profil": "My profile",
    }.items():
        page = reader.get(address)
        assert page.heading == heading
        assert '<html lang="en"' in page.html
    page = reader.get(f"/taches/{task.id}")
    assert page.heading == "Planter des haies"
    assert page.has("12 March 2024")
    assert page.has("Claude Martin finished the task")
    page = reader.get("/chantiers/mobilites")
    assert page.has("1 task done out of 1")
    assert page.has("Élaborer un référentiel")


def test_zero_is_singular_in_french_and_plural_in_english(visitor: Any, task: Task) -> None:
    make_objective(make_chantier("Alimentation", number=2), "Relocaliser")
    assert visitor(speaking("fr")).get("/chantiers/alimentation/taches?vue=liste").has("0 tâche")
    assert visitor(speaking("en")).get("/chantiers/alimentation/taches?vue=liste").has("0 tasks")


def test_a_browser_is_answered_in_the_first_language_that_we_speak(visitor: Any, task: Task) -> None:
    for asked, heading in {
        "en-GB,en;q=0.9,fr;q=0.5": "Sign in",
        "fr-CA,en;q=0.9": "Se connecter",
        "de,en;q=0.5": "Sign in",
        "de": "Se connecter",
    }.items():
        page = visitor().get("/connexion", headers={"Accept-Language": asked})
        assert page.heading == heading
        assert f'<html lang="{"en" if heading == "Sign in" else "fr"}"' in page.html


def test_what_a_stranger_chooses_is_kept_by_their_browser(visitor: Any, task: Task) -> None:
    stranger = visitor()
    stranger.get("/connexion", headers={"Accept-Language": "fr"})
    stranger.post("/langue", {"locale": "en", "next": "/connexion"})
    assert stranger.get("/connexion", headers={"Accept-Language": "fr"}).heading == "Sign in"
    stranger.post("/langue", {"locale": "fr", "next": "/connexion"})
    assert stranger.get("/connexion", headers={"Accept-Language": "en"}).heading == "Se connecter"


def test_a_persons_language_goes_before_that_of_their_browser(visitor: Any, task: Task) -> None:
    page = visitor(speaking("fr")).get("/structures", headers={"Accept-Language": "en"})
    assert '<html lang="fr"' in page.html


@pytest.mark.parametrize(
    ("locale", "empty", "unknown"),
    [
        ("fr", "Ce champ est nécessaire.", "Cette date n’est pas comprise."),
        ("en", "This field is required.", "This date is not understood."),
    ],
)
def test_errors_speak_the_language_of_the_page(
    visitor: Any, task: Task, locale: str, empty: str, unknown: str
) -> None:
    sent = {"title": "", "due_on": "demain", "objective": "999"}
    page = visitor(speaking(locale)).post("/chantiers/mobilites/taches/nouvelle", sent, status=422)
    assert page.has(empty)
    assert page.has(unknown)
    assert page.has("Not a valid choice") == (locale == "en")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_accents_do_not_change_the_order_of_names(visitor: Any, task: Task, locale: str) -> None:
    for name in ("Zone libre", "Écosolies", "Ecosolies Nantes", "Emmaüs", "Durable"):
        make_structure(name)
    text = visitor(speaking(locale)).get("/structures").text
    places = [
        text.index(name) for name in ("Durable", "Écosolies", "Ecosolies Nantes", "Emmaüs", "Zone libre")
    ]
    assert places == sorted(places)
