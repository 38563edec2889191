"""Objectives: adding, rewording, ordering and deleting."""

import pytest
from sqlalchemy import func, select

from models import Objective, ObjectiveKind, Role
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


@pytest.fixture
def chantier(session):
    make_demarche()
    return make_chantier("Plaidoyer", number=5)


def test_a_referent_adds_an_objective(session, visitor, chantier):
    page = visitor(make_referent(chantier)).get(f"/chantiers/{chantier.slug}").click("Nouvel objectif")
    page.fill("L’objectif, en une phrase", "Faire la preuve de la plus-value de la coopération")
    fields = dict(page.form(action_contains="/objectifs/nouveau").fields())
    page = page.submit("Ajouter l’objectif")
    assert page.has("L’objectif est ajouté") and page.has("Faire la preuve de la plus-value")
    page.visitor.post(f"/chantiers/{chantier.slug}/objectifs/nouveau", fields, follow=True, status=200)
    assert session.scalars(select(Objective.kind)).all() == [ObjectiveKind.OPERATIONAL]


def test_a_political_one_has_its_own_place(session, visitor, chantier):
    page = visitor(make_referent(chantier)).get(f"/chantiers/{chantier.slug}/objectifs/nouveau")
    page.choose("Nature", "Politique").fill("L’objectif", "Une culture commune")
    assert page.submit("Ajouter l’objectif").has("Objectifs politiques")


def test_rewording_an_objective(session, visitor, chantier):
    objective = make_objective(chantier, "Avant")
    page = visitor(make_referent(chantier)).get(f"/chantiers/{chantier.slug}").click("Modifier l’objectif")
    page = page.fill("L’objectif, en une phrase", "Après").submit("Enregistrer")
    assert (
        page.has("L’objectif est à jour") and "Après" in page.texts("h3") and "Avant" not in page.texts("h3")
    )
    assert (
        visitor(make_user())
        .get(f"/objectifs/{objective.id}", status=302)
        .location.startswith(f"/chantiers/{chantier.slug}")
    )


def test_two_who_reword_at_once_lose_nothing(session, visitor, chantier):
    objective = make_objective(chantier, "Avant")
    first, second = visitor(make_referent(chantier)), visitor(make_coordinator())
    address = f"/objectifs/{objective.id}/modifier"
    first.get(address), second.get(address)
    first.page.fill("L’objectif", "Mot de la première").submit("Enregistrer")
    page = second.page.fill("L’objectif", "Mot du second").submit("Enregistrer", status=409)
    assert page.has("Mot de la première") and page.value_of("L’objectif") == "Mot du second"
    assert page.submit("Enregistrer").has("Mot du second")


def test_the_order_changes(session, visitor, chantier):
    first, second = make_objective(chantier, "Un"), make_objective(chantier, "Deux")
    person = visitor(make_referent(chantier))
    person.get(f"/objectifs/{second.id}/modifier").submit("Monter")
    order = select(Objective.text).order_by(Objective.position)
    assert session.scalars(order).all() == ["Deux", "Un"]
    person.get(f"/objectifs/{second.id}/modifier").submit("Descendre")
    person.get(f"/objectifs/{second.id}/modifier").submit("Descendre")
    assert session.scalars(order).all() == ["Un", "Deux"]
    assert first.id


def test_deleting_waits_until_nothing_hangs_on_it(session, visitor, chantier):
    by, objective = make_coordinator(), make_objective(chantier, "Porteur")
    task, deliverable = make_task(objective), make_deliverable(objective)
    address = f"/objectifs/{objective.id}"
    page = visitor(make_referent(chantier)).get(f"{address}/modifier")
    assert page.has("1 tâche") and page.has("1 livrable") and "Supprimer l’objectif" not in page.buttons
    page = page.visitor.post(f"{address}/supprimer", status=409)
    assert page.has("Des tâches ou des livrables dépendent de cet objectif")
    task.trash(by=by)
    deliverable.trash(by=by)
    page = page.visitor.get(f"{address}/modifier").submit("Supprimer l’objectif")
    assert page.has("L’objectif est dans la corbeille") and "Porteur" not in page.texts("h3")
    for method, rest in (("GET", ""), ("GET", "/modifier"), ("POST", "/supprimer"), ("POST", "/monter")):
        data = {"csrf_token": page.visitor.csrf_token()} if method == "POST" else {}
        page.visitor.visit(method, address + rest, 404, data=data)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/chantiers/{slug}/objectifs/nouveau"),
        ("POST", "/chantiers/{slug}/objectifs/nouveau"),
        ("GET", "/objectifs/{id}/modifier"),
        ("POST", "/objectifs/{id}/modifier"),
        ("POST", "/objectifs/{id}/monter"),
        ("POST", "/objectifs/{id}/descendre"),
        ("POST", "/objectifs/{id}/supprimer"),
    ],
)
def test_only_those_who_steer_manage(session, visitor, chantier, method, address):
    objective = make_objective(chantier, "Intact")
    address = address.format(slug=chantier.slug, id=objective.id)
    people = [
        make_user(role=Role.OBSERVER),
        make_user(),
        make_member(chantier),
        make_referent(make_chantier()),
    ]
    for person in people:
        someone = visitor(person)
        someone.get(f"/chantiers/{chantier.slug}")
        data = {"text": "Changé", "kind": "operational", "csrf_token": someone.csrf_token()}
        someone.visit(method, address, 403, data=data if method == "POST" else {})
    chantier.archive(by=None)
    someone = visitor(make_coordinator())
    someone.get(f"/chantiers/{chantier.slug}")
    someone.visit(method, address, 403, data={"csrf_token": someone.csrf_token()} if method == "POST" else {})
    assert session.scalars(select(Objective.text).where(Objective.live())).all() == ["Intact"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 422),
        ("\u00a0\n ", 422),
        ("é" * 10_000, 422),
        ("🌱 " * 100, 303),
        ("<script>alert(1)</script> {{7*7}}", 303),
        ("\u202eترحيب", 303),
    ],
    ids=["nothing", "blanks", "long", "emoji", "script", "right to left"],
)
def test_anything_may_be_typed(session, visitor, chantier, text, status):
    person = visitor(make_referent(chantier))
    person.get(f"/chantiers/{chantier.slug}/objectifs/nouveau")
    page = person.post(
        f"/chantiers/{chantier.slug}/objectifs/nouveau", {"text": text, "kind": "operational"}, status=status
    )
    if status == 422:
        assert page.value_of("L’objectif").strip() == text.strip()
    person.get(f"/chantiers/{chantier.slug}")
    person.post(f"/chantiers/{chantier.slug}/objectifs/nouveau", {"text": "a", "kind": "autre"}, status=422)
    assert session.scalar(select(func.count(Objective.id))) == (status == 303)


def test_any_number_in_the_address(session, visitor, chantier):
    person = visitor(make_coordinator())
    for number in ("0", "1", "999", str(2**63), "x"):
        person.get(f"/objectifs/{number}", status=404)
        person.get(f"/objectifs/{number}/modifier", status=404)


def test_the_cost_is_bounded(session, visitor, chantier):
    objective = make_objective(chantier)
    person = visitor(make_referent(chantier))
    for _ in range(2):
        with person.count_statements() as statements:
            person.get(f"/objectifs/{objective.id}/modifier")
        assert len(statements) == 5, statements
        for _ in range(30):
            make_task(objective)
