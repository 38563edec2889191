"""Fixtures of the tests of points d'étape."""

from datetime import date

import pytest

from models import (
    Checkpoint,
)
from tests.rooms.checkpoints.asking import came, task
from tests.support import factories as make


@pytest.fixture
def scene(session, clock):
    """Make a COPIL in three weeks; Camille has three tasks (one late, one blocked), Idris one by his structure."""
    clock.travel_to("2026-03-02 10:00")
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.coordinator = came(make.make_coordinator("Ada Coord"))
    scene.chantier = make.make_chantier("Habiter autrement", number=3)
    scene.objective = make.make_objective(scene.chantier)
    scene.referent = came(make.make_referent(scene.chantier, "Rosa Réf"))
    scene.camille = came(make.make_member(scene.chantier, name="Camille Là"))
    scene.structure = make.make_structure("La Passerelle")
    scene.idris = came(make.make_user("Idris Ba"))
    scene.structure.gather(scene.idris, by=scene.coordinator)
    people = [scene.camille]
    scene.doing = task(scene, "Écrire la note", people=people, due_on=date(2026, 4, 1))
    scene.late = task(scene, "Appeler la mairie", people=people, due_on=date(2026, 3, 4))
    scene.stuck = task(scene, "Trouver un local", people=people)
    scene.stuck.block("Pas de budget", "Un mécène", by=scene.referent)
    scene.led = task(scene, "Tenir la permanence", pilote=scene.structure)
    scene.checkpoint = Checkpoint.plan(
        "COPIL du 20 mars", date(2026, 3, 20), words="Merci **à vous**.", by=scene.coordinator
    )
    session.commit()
    return scene
