"""Verbs of a person: coming in, changing, leaving."""

import pytest

from models import Activity, ChantierRole, Refused, Role, User, close_account, db
from tests.support import factories as make


def refuses(code: str):
    """Return a context in which the domain must refuse for this reason."""
    return pytest.raises(Refused, check=lambda refused: refused.code == code)


def test_an_address_belongs_to_one_person_whatever_its_case(session):
    User.create("Maud", by=None, email="Maud@Example.org")
    with refuses("email_taken"):
        User.create("Une autre", by=None, email="maud@example.ORG ")
    other = make.make_user()
    with refuses("email_taken"):
        other.edit(by=other, email="maud@example.org")
    assert User.with_email("MAUD@example.org").name == "Maud"


def test_a_membership_changes_what_a_person_may_do_at_once(session):
    chantier = make.make_chantier()
    person = make.make_user()
    assert not person.takes_part_in(chantier.id)
    chantier.welcome(person, by=None)
    assert person.takes_part_in(chantier.id) and not person.leads(chantier.id)
    coordinator = make.make_coordinator()
    chantier.appoint(person, ChantierRole.REFERENT, by=coordinator)
    assert person.leads(chantier.id) and person.steers(chantier.id)


def test_a_funder_who_takes_part_is_no_longer_a_mere_observer(session):
    funder = make.make_user(role=Role.OBSERVER)
    assert funder.is_only_observer
    make.make_chantier().welcome(funder, by=None)
    assert not funder.is_only_observer


def test_a_closed_account_leaves_neither_name_nor_address(session):
    person = make.make_user("Maud Lenoir", title="Directrice", password=make.PASSWORD)
    close_account(person, by=person)
    session.flush()
    assert (person.name, person.name_key, person.title, person.email) == ("", "", "", None)
    assert not person.may_sign_in and not person.has_account


def test_somebody_always_remains_to_coordinate_and_to_lead(session):
    coordinator = make.make_coordinator()
    chantier = make.make_chantier()
    referent = make.make_referent(chantier)
    with refuses("last_coordinator"):
        close_account(coordinator, by=coordinator)
    with refuses("last_coordinator"):
        coordinator.become(Role.MEMBER, by=coordinator)
    with refuses("last_referent"):
        close_account(referent, by=referent)
    make.make_coordinator()
    make.make_referent(chantier)
    coordinator.become(Role.MEMBER, by=coordinator)
    close_account(referent, by=referent)


def test_a_password_is_long_uncommon_and_not_one_s_name(session):
    person = make.make_user("Maud Lenoir")
    for password, code in (
        ("court", "password_too_short"),
        ("x" * 300, "password_too_long"),
        ("aaaaaaaaaaaaaaaa", "password_common"),
        ("maud lenoir 2026", "password_personal"),
    ):
        with refuses(code):
            person.choose_password(password)
    person.choose_password("quatre chevaux dans un pré")
    assert person.has_account


def test_a_closed_account_leaves_its_name_nowhere_in_the_journal(session):
    make.make_demarche()
    chantier = make.make_chantier("Habiter")
    referent, objective = make.make_referent(chantier), make.make_objective(chantier)
    leaving, other = make.make_user("Éloïse Départ"), make.make_user("Idris")
    task = make.make_task(objective, by=referent, people=[leaving, other])
    task.entrust(None, [], [other], by=referent)
    chantier.dismiss(leaving, by=referent)
    close_account(leaving, by=leaving)
    session.flush()
    session.expire_all()
    lines = list(session.scalars(db.select(Activity)))
    assert not [line for line in lines if "Départ" in f"{line.title} {line.particulars}"]
    (given,) = [line for line in lines if line.action == "task.entrusted" and line.particulars["removed"]]
    assert given.particulars["removed"] == [""]
    assert any("Idris" in str(line.particulars) for line in lines)
