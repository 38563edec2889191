"""Helpers of the tests of deliverables."""

from tests.support.factories import (
    make_structure,
    make_user,
)

PDF = b"%PDF-1.7\nune grille d'analyse\n%%EOF\n"


def in_charge_of(deliverable):
    """Make a person of a structure that is responsible for it, and a participant by that."""
    structure, person = make_structure("La Passerelle"), make_user("Inès En-Charge")
    structure.gather(person, by=None)
    deliverable.entrust([structure], by=None)
    return person


def page_of(deliverable):
    return f"/livrables/{deliverable.id}"
