"""Chantiers: their numbers, their addresses, their archive."""

import pytest
from flask import Flask
from sqlalchemy import select

from models import HUES, Activity, Chantier, Refused
from tests.models.people.test_membership import together
from tests.support.factories import make_chantier, make_coordinator


def test_a_chantier_has_a_number_a_colour_and_an_address(session):
    chantier = make_chantier("Développer les écosystèmes coopératifs", number=4)
    assert (chantier.hue, chantier.slug) == (4, "developper-les-ecosystemes-cooperatifs")
    assert make_chantier(number=HUES + 1).hue == 1


def test_two_of_one_title_have_two_addresses(session):
    assert make_chantier("Même titre").slug == "meme-titre"
    assert make_chantier("Même titre").slug == "meme-titre-2"


def test_a_number_is_taken_once(session):
    by = make_coordinator()
    first, second = make_chantier(number=1), make_chantier(number=2)
    with pytest.raises(Refused, match="number_taken"):
        Chantier.create(1, "Autre", by=by)
    with pytest.raises(Refused, match="number_taken"):
        second.edit(by=by, number=1)
    assert first.edit(by=by, number=1) == []


def test_two_who_take_a_number_at_once_are_told_apart(app: Flask, in_app) -> None:
    def create(session):
        Chantier.create(7, "Même numéro", by=None)

    errors = together(app, [create] * 4)
    assert [str(error) for error in errors] == ["number_taken"] * 3
    with in_app() as session:
        assert len(session.scalars(select(Chantier.id)).all()) == 1


def test_editing_keeps_the_address(session):
    by, chantier = make_coordinator(), make_chantier("Avant")
    assert chantier.edit(by=by, title="Après", summary="") == ["title"]
    assert chantier.slug == "avant"
    assert session.scalars(select(Activity.action)).all()[-1] == "chantier.edited"


def test_an_archive_closes_and_opens(session):
    by, chantier = make_coordinator(), make_chantier()
    with pytest.raises(Refused, match="not_archived"):
        chantier.reopen(by=by)
    chantier.archive(by=by)
    assert chantier.is_archived
    with pytest.raises(Refused, match="already_archived"):
        chantier.archive(by=by)
    chantier.reopen(by=by)
    assert not chantier.is_archived
