"""Fixtures of the tests of tasks."""

import pytest

from tests.support import factories as make


@pytest.fixture
def chantier(session):
    """Make a chantier with one objective, in a démarche."""
    make.make_demarche()
    chantier = make.make_chantier("Habiter autrement", number=1)
    session.commit()
    return chantier


@pytest.fixture
def objective(chantier, session):
    """Make its operational objective."""
    objective = make.make_objective(chantier, "Recenser les lieux partagés")
    session.commit()
    return objective


@pytest.fixture
def referent(chantier, session):
    """Make its référente."""
    referent = make.make_referent(chantier, "Maud")
    session.commit()
    return referent
