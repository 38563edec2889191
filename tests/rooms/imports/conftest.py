"""Fixtures of the tests of imported spreadsheets."""

from types import SimpleNamespace

import pytest

from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_demarche,
    make_objective,
    make_structure,
)


@pytest.fixture
def place(session):
    """Make a chantier with two objectives, two structures, and the coordination."""
    make_demarche()
    chantier = make_chantier("Mobilité", number=3)
    first = make_objective(chantier, "Recenser les freins à la mobilité")
    second = make_objective(chantier, "Former les accompagnateur·rice·s")
    lead, other = make_structure("Le Labo de l’ESS"), make_structure("Ecosolies")
    lead.also_known_as(["Labo ESS"])
    coordination = make_coordinator("Ada Coordonne")
    session.commit()
    return SimpleNamespace(
        chantier=chantier, first=first, second=second, lead=lead, other=other, coordination=coordination
    )
