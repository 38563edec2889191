"""Page of the past: a day's figures beside today's, the curve, and the file of it."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from chantiers.components.curve import draw_curve
from models import CurvePoint, Meeting, Role
from tests.conftest import Clock
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_task,
    make_user,
)
from tests.support.visitor import Visitor

ADDRESS = "/coordination/historique"


def half_a_year(session: Session, clock: Clock) -> None:
    """Make two chantiers from March to September, one of them archived, and a COPIL in April."""
    clock.travel_to("2024-03-01 10:00")
    make_demarche()
    by = make_coordinator("Dominique")
    first, second = make_chantier("Mobilité", number=1), make_chantier("Réemploi", number=2)
    objective, other = make_objective(first, "Recenser les lieux"), make_objective(second, "Partager")
    tasks = [make_task(objective, due_on=date(2024, 4, 1)) for _ in range(4)]
    make_task(other)
    deliverable = make_deliverable(objective, expected_on=date(2024, 4, 2))
    session.commit()
    clock.travel_to("2024-04-10 10:00")
    tasks[0].finish(by=by)
    tasks[1].block("Il manque un local.", by=by)
    copil = Meeting.plan(date(2024, 4, 12), by=by)
    session.commit()
    clock.travel_to("2024-04-13 10:00")
    copil.close(by=by)
    session.commit()
    clock.travel_to("2024-09-01 10:00")
    for task in tasks[:3]:
        if task.is_open:
            task.finish(by=by)
    deliverable.add_text("Un jet.", by=by)
    deliverable.approve(by=by)
    tasks[3].trash(by=by)
    second.archive(by=by)
    make_chantier("Énergie", number=3)
    session.commit()
    clock.forward(days=1)


def test_a_day_beside_today(session: Session, clock: Clock, visitor: Callable[..., Visitor]) -> None:
    half_a_year(session, clock)
    observer = visitor(make_user(role=Role.OBSERVER))
    # The last COPIL, unless another day is asked for.
    page = observer.get(ADDRESS)
    assert page.heading == "Les chiffres au 12 avril 2024"
    assert page.has("tâche terminée sur 5") and page.has("aujourd’hui 3, soit 2 de plus")
    _head, first, second, third = page.rows(
        "Les chiffres au 12 avril 2024 et leur différence avec aujourd’hui"
    )
    assert [cell.split()[0] for cell in first[2:]] == ["1", "3", "1", "3", "3", "0"]
    assert first[2].split()[1:3] == ["↗", "+2"] and first[3].split()[1:3] == ["↘", "−3"]
    assert "archivé ou supprimé depuis" in second[0] and "pas encore ouvert" in third[0]
    assert page.has("1 terminée") is False and page.has("3 terminées")
    assert ["12 avril 2024", "4", "1", "0"] in page.rows(
        "Tâches ouvertes, terminées et abandonnées, jour par jour"
    )
    # Each day of the curve is told in its table, and leads to its figures.
    last = page.rows("Tâches ouvertes, terminées et abandonnées, jour par jour")[-1]
    assert last == ["2 septembre 2024", "0", "3", "0"]
    assert page.click("il y a trois mois 3 juin").has("Les chiffres au 3 juin 2024")

    # One chantier: its objectives.
    page = observer.get(f"{ADDRESS}?jour=2024-04-12&chantier=mobilite")
    _head, row = page.rows("Les chiffres au 12 avril 2024 et leur différence avec aujourd’hui")
    assert row[0] == "Recenser les lieux" and row[2].startswith("1")
    assert page.has("2 tâches ouvertes") is False

    # What cannot be told is said, and something else is shown.
    for asked in ("2024-09-03", "hier", "0000-99-99"):
        page = observer.get(f"{ADDRESS}?jour={asked}", status=400)
        assert page.has("Ce jour ne peut pas être raconté") and page.has("12 avril 2024")
    assert observer.get(f"{ADDRESS}?jour=2024-02-29").has("La démarche n’avait pas commencé")
    assert observer.get(f"{ADDRESS}?chantier=nulle-part").heading == "Les chiffres au 12 avril 2024"

    # As files.
    file = observer.get("/exports/historique?jour=2024-04-12&format=csv", check=False)
    lines = file.data.decode("utf-8-sig").splitlines()
    assert lines[1] == "1. Mobilité;12/04/2024;25;2;0;0;1;1;0;3;3;1;0"
    assert lines[2].startswith("1. Mobilité;02/09/2024;100;0;0;0;3;0;0;0;0;1;1")


def test_it_costs_the_same_whatever_there_is(
    session: Session, clock: Clock, visitor: Callable[..., Visitor]
) -> None:
    half_a_year(session, clock)
    coordinator = visitor(make_coordinator())
    with coordinator.count_statements() as statements:
        coordinator.get(ADDRESS)
    assert len(statements) <= 11, statements
    for number in range(4, 7):
        chantier = make_chantier(number=number)
        for _ in range(3):
            make_task(make_objective(chantier))
    with coordinator.count_statements() as more:
        coordinator.get(ADDRESS)
    assert len(more) == len(statements), more


def test_there_is_a_page_before_anything_happened(session: Session, visitor: Callable[..., Visitor]) -> None:
    make_demarche()
    person = visitor(make_user())
    assert person.get(ADDRESS).has("Aucun chantier pour l’instant")
    make_chantier("Mobilité")
    assert person.get(ADDRESS).has("Pas encore de courbe")


def test_a_curve_is_drawn_to_scale() -> None:
    points = [
        CurvePoint(date(2024, 1, 1), 0, 0, 0),
        CurvePoint(date(2024, 1, 6), 8, 1, 0),
        CurvePoint(date(2024, 1, 11), 4, 4, 1),
    ]
    curve = draw_curve(points, date(2024, 1, 6))
    assert curve.amounts == [(48.0, 4), (12.0, 8)]
    assert curve.marked == (50.0, date(2024, 1, 6))
    opened, done = curve.lines
    assert opened.path == "0.0,84.0 50.0,12.0 100.0,48.0"
    # Two lines that end together have their words on either side.
    assert (opened.is_above, done.is_above) == (False, True)
    assert draw_curve(points[:1] * 2).amounts[-1][1] == 2
