"""Public pages: the démarche as anybody reads it."""

from typing import Any

import pytest

from models import Chantier, ObjectiveKind, ProgressUpdate, User, Weather
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_referent,
    make_structure,
    make_task,
)

PRESENTATION = """Une démarche
pour coopérer.

Elle associe des
acteur·rice·s.

- un point
- un autre
"""
LEGAL_PAGES = ("/mentions-legales", "/confidentialite", "/accessibilite", "/ecoconception")


@pytest.fixture
def demarche(session: Any) -> Any:
    """Make a démarche with its bearer and its contact."""
    return make_demarche(
        name="Coopérer ici",
        presentation=PRESENTATION,
        bearer="Le Labo",
        dated="2024-02",
        site="https://example.org/demarche",
        contact_name="Camille Exemple",
        contact_email="camille@example.org",
    )


def fill(chantiers: int, objectives: int, tasks: int, by: User) -> list[Chantier]:
    made = []
    for _ in range(chantiers):
        chantier = make_chantier()
        made.append(chantier)
        make_structure()
        for _ in range(objectives):
            objective = make_objective(chantier)
            for _ in range(tasks):
                make_task(objective, by=by)
    return made


def test_an_empty_instance_says_what_to_do(visitor: Any, session: Any) -> None:
    page = visitor().get("/")
    assert page.heading == "Ce carnet de bord est encore vide"
    for address in LEGAL_PAGES:
        visitor().get(address)


def test_a_stranger_reads_what_the_demarche_is(visitor: Any, session: Any, demarche: Any) -> None:
    by = make_coordinator()
    chantier = make_chantier("Développer les compétences", number=1)
    objective = make_objective(chantier, "Élaborer un référentiel")
    make_objective(chantier, "Donner de la visibilité", ObjectiveKind.POLITICAL)
    make_task(objective, by=by).finish(by=by)
    make_task(objective, by=by)
    make_task(objective, by=by).abandon("Hors sujet", by=by)
    archived = make_chantier("Un chantier clos", number=2)
    archived.archive(by=by)
    make_structure("Ecosolies")
    page = visitor().get("/")
    assert page.heading == "Coopérer ici"
    assert page.has("Une démarche pour coopérer.")
    assert page.has("Élaborer un référentiel 1 tâche terminée sur 2")
    assert page.has("Donner de la visibilité")
    assert page.has("50 %")
    assert page.has("février 2024")
    assert page.has("Ecosolies")
    assert page.has("Camille Exemple")
    assert not page.has("Un chantier clos")
    assert ("Se connecter", "/connexion") in page.links


def test_who_is_signed_in_reads_the_same_page_and_goes_on_to_work(visitor: Any, demarche: Any) -> None:
    by = make_coordinator()
    fill(1, 1, 0, by)
    page = visitor(by).get("/")
    assert page.heading == "Coopérer ici"
    assert ("Voir mon travail", "/mon-travail") in page.links


def test_no_address_stands_on_a_public_page(visitor: Any, session: Any, demarche: Any) -> None:
    fill(2, 2, 1, make_coordinator())
    for address in ("/", "/connexion", *LEGAL_PAGES):
        page = visitor().get(address)
        assert "@" not in page.text
        assert "mailto:" not in page.html
        assert "camille@" not in page.html


def test_what_a_file_says_is_text_wherever_it_shows(visitor: Any, session: Any) -> None:
    payload = "<script>alert(1)</script>"
    make_demarche(
        name=payload,
        presentation=f"{payload}\n\n{payload} [x](javascript:alert(1))",
        site="javascript:alert(1)",
        bearer=payload,
        contact_name=payload,
        dated=payload,
    )
    chantier = make_chantier(payload)
    make_objective(chantier, payload)
    make_structure(payload)
    for address in ("/", *LEGAL_PAGES):
        page = visitor().get(address)
        assert payload not in page.html
        assert 'href="javascript:' not in page.html


def test_a_page_of_any_size_asks_the_same_of_the_database(visitor: Any, session: Any, demarche: Any) -> None:
    by = make_coordinator()
    fill(2, 2, 1, by)
    someone = visitor()
    with someone.count_statements() as few:
        someone.get("/")
    fill(5, 3, 3, by)
    with someone.count_statements() as many:
        someone.get("/")
    assert len(few) == len(many) <= 12, many
    fill(30, 1, 0, by)
    for _ in range(80):
        make_structure()
    with someone.count_statements() as huge:
        page = someone.get("/")
    assert len(huge) <= len(few)
    assert page.has("Et 13 autres.")
    assert len(page.data) < 60_000


def test_legal_pages_say_what_is_known_and_what_is_missing(
    visitor: Any, make_app: Any, demarche: Any
) -> None:
    page = visitor().get("/mentions-legales")
    assert page.has("publié par Le Labo")
    assert page.has("LEGAL_HOST")
    told = visitor(app=make_app(LEGAL_HOST="Un hébergeur, Nantes", LEGAL_DIRECTOR="Camille Exemple"))
    page = told.get("/mentions-legales")
    assert page.has("Un hébergeur, Nantes")
    assert not page.has("LEGAL_")
    assert visitor().get("/accessibilite").has("partiellement conforme")


@pytest.mark.parametrize("presentation", ["", "Un seul paragraphe."])
def test_a_short_presentation_leaves_no_hole(visitor: Any, session: Any, presentation: str) -> None:
    make_demarche(name="Courte", presentation=presentation, dated="au printemps")
    page = visitor().get("/")
    assert page.heading == "Courte"
    assert page.has("au printemps")


def test_a_chantier_is_read_by_anybody_without_a_person_nor_a_draft(
    visitor: Any, session: Any, demarche: Any
) -> None:
    chantier = make_chantier("Habitat partagé", number=3)
    chantier.edit(by=make_coordinator(), summary="Habiter **ensemble**.")
    referent = make_referent(chantier, "Zoé Lambert")
    objective = make_objective(chantier, "Recenser les lieux")
    make_objective(chantier, "Peser sur la loi", ObjectiveKind.POLITICAL)
    make_task(objective, "Une tâche que nul ne lit").finish(by=referent)
    chantier.enrol(make_structure("Ecosolies"), by=referent)
    make_deliverable(objective, "Un brouillon")
    public = make_deliverable(objective, "Le guide publié")
    public.add_text("Texte", "Note", by=referent)
    public.approve(by=referent)
    public.publish("CC BY-SA 4.0", by=referent)
    ProgressUpdate.write(chantier, Weather.STORM, "Ça tangue.", by=referent)
    session.commit()
    page = visitor().get("/").click("Habitat partagé")
    assert page.path == "/demarche/habitat-partage" and page.heading == "Habitat partagé"
    for told in (
        "Habiter ensemble.",
        "Recenser les lieux",
        "Peser sur la loi",
        "Le guide publié",
        "Ecosolies",
    ):
        assert page.has(told), told
    assert page.has("1 tâche terminée sur 1")
    for kept in ("Zoé", "@", "Un brouillon", "Une tâche que nul ne lit", "tangue", "Orage"):
        assert kept not in page.html.replace("@layer", ""), kept
    assert page.click("Le guide publié").status == 200
    chantier.edit(by=make_coordinator(), title="Habiter autrement")
    assert visitor().get("/demarche/habitat-partage").heading == "Habiter autrement"
    chantier.archive(by=make_coordinator())
    assert visitor().get("/demarche/habitat-partage").has("Ce chantier est terminé")
    visitor().get("/demarche/nulle-part", status=404)
    map_of_pages = visitor().get("/sitemap.xml").data.decode()
    assert "/demarche/habitat-partage</loc>" in map_of_pages and "/publications/" in map_of_pages
    assert "/taches" not in map_of_pages and "/sitemap.xml" in visitor().get("/robots.txt").data.decode()
    stranger = visitor()
    with stranger.count_statements() as statements:
        stranger.get("/demarche/habitat-partage")
    assert 0 < len(statements) <= 12
