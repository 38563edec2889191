"""Fixtures of the tests of deliverables."""

import pytest

from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
)


@pytest.fixture(autouse=True)
def demarche(session):
    return make_demarche()


@pytest.fixture
def chantier(session):
    return make_chantier("Mobilité du quotidien")


@pytest.fixture
def objective(chantier):
    return make_objective(chantier, "Recenser les expérimentations")


@pytest.fixture
def referent(chantier):
    return make_referent(chantier, "Rachel Référente")


@pytest.fixture
def participant(chantier):
    return make_member(chantier, name="Paul Participant")


@pytest.fixture
def deliverable(objective):
    return make_deliverable(objective, "Grille d’analyse", type_key="grille_analyse")
