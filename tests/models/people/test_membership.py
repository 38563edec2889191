"""Members of a chantier: who takes part, and how they come and go."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import (
    Activity,
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Refused,
    Structure,
    User,
    close_account,
    merge_structures,
)
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)
from tests.support.statements import Statements, engine_recorder

PARTICIPANT, REFERENT = ChantierRole.PARTICIPANT, ChantierRole.REFERENT


def actions(session):
    return list(session.scalars(select(Activity.action).order_by(Activity.id)))


def enrolments(session, chantier, structure):
    return list(
        session.scalars(
            select(ChantierStructure)
            .filter_by(chantier_id=chantier.id, structure_id=structure.id)
            .order_by(ChantierStructure.id)
        )
    )


# Structures ----------------------------------------------------------------------------------------------------------


def test_enrolling_brings_the_structure_and_its_people(session):
    chantier, structure, by = make_chantier(), make_structure("Actes"), make_coordinator()
    ada, closed = make_user("Ada"), make_user("Partie")
    structure.gather(ada, by=by)
    structure.gather(closed, by=by)
    close_account(closed, by=by)

    chantier.enrol(structure, by=by)

    (enrolment,) = enrolments(session, chantier, structure)
    assert enrolment.enrolled_by_id == by.id and enrolment.left_at is None
    assert ada.takes_part_in(chantier.id) and not ada.leads(chantier.id)
    assert not closed.takes_part_in(chantier.id)
    assert actions(session)[-2:] == ["structure.enrolled", "member.added"]


def test_enrolling_twice_changes_nothing(session):
    chantier, structure, by = make_chantier(), make_structure(), make_coordinator()
    ada = make_user("Ada")
    structure.gather(ada, by=by)
    chantier.enrol(structure, by=by)
    chantier.dismiss(ada, by=by)
    before = actions(session)

    chantier.enrol(structure, by=by)

    assert actions(session) == before
    assert not ada.takes_part_in(chantier.id), "somebody whom a référent took out stays out"


def test_enrolling_costs_the_same_for_many_people(session, app):
    chantier, structure, by = make_chantier(), make_structure(), make_coordinator()
    for number in range(40):
        structure.gather(make_user(f"Personne {number}"), by=by)
    session.flush()
    from_now_on = session.scalar(select(func.count(Activity.id)))
    statements, recorder = Statements(), engine_recorder(app)
    recorder.listeners = [statements]
    chantier.enrol(structure, by=by)
    recorder.listeners = []
    # SQLite inserts rows one by one; what must not grow is the asking.
    assert len([each for each in statements if each.startswith("SELECT")]) <= 5, statements
    assert session.scalar(select(func.count(Activity.id))) == from_now_on + 41


def test_a_structure_leaves_and_comes_back_with_two_lines_of_history(session):
    chantier, structure, by = make_chantier(), make_structure(), make_coordinator()
    ada = make_user()
    structure.gather(ada, by=by)
    task = make_task(make_objective(chantier), pilote=structure)

    chantier.withdraw(structure, by=by)
    assert task.pilote is structure, "what it carries stays its own"
    assert ada.takes_part_in(chantier.id)

    chantier.enrol(structure, by=by)
    first, second = enrolments(session, chantier, structure)
    assert first.left_at is not None and second.left_at is None


def test_a_structure_that_does_not_take_part_cannot_leave(session):
    chantier, structure, by = make_chantier(), make_structure("Actes"), make_coordinator()
    with pytest.raises(Refused, match="not_enrolled") as refused:
        chantier.withdraw(structure, by=by)
    assert refused.value.particulars == {"structure": "Actes"}


def test_a_record_that_another_took_over_is_not_enrolled(session):
    chantier, by = make_chantier(), make_coordinator()
    old, kept = make_structure(), make_structure()
    merge_structures(old, into=kept, by=by)
    with pytest.raises(Refused, match="structure_merged"):
        chantier.enrol(old, by=by)


# People --------------------------------------------------------------------------------------------------------------


def test_who_takes_part_already_keeps_their_role(session):
    chantier, by = make_chantier(), make_coordinator()
    ada = make_referent(chantier)
    chantier.welcome(ada, PARTICIPANT, by=by)
    assert ada.leads(chantier.id)


def test_a_closed_account_is_not_welcomed(session):
    chantier, by, ada = make_chantier(), make_coordinator(), make_user()
    close_account(ada, by=by)
    with pytest.raises(Refused, match="account_closed"):
        chantier.welcome(ada, by=by)


def test_a_role_changes_what_one_may_do_at_once(session):
    chantier, by = make_chantier(), make_coordinator()
    ada = make_member(chantier)
    assert not ada.leads(chantier.id)
    chantier.appoint(ada, REFERENT, by=by)
    assert ada.leads(chantier.id)
    chantier.dismiss(make_member(chantier), by=by)
    assert actions(session)[-1] == "member.removed"


def test_the_last_referent_stays(session):
    chantier, by = make_chantier(), make_coordinator()
    ada, gone = make_referent(chantier), make_referent(chantier)
    close_account(gone, by=by)
    with pytest.raises(Refused, match="last_referent"):
        chantier.dismiss(ada, by=by)
    with pytest.raises(Refused, match="last_referent"):
        chantier.appoint(ada, PARTICIPANT, by=by)
    chantier.dismiss(gone, by=by)


def test_with_another_referent_one_may_go(session):
    chantier, by = make_chantier(), make_coordinator()
    ada, _other = make_referent(chantier), make_referent(chantier)
    chantier.appoint(ada, PARTICIPANT, by=by)
    assert not ada.leads(chantier.id)


def test_who_does_not_take_part_has_no_role_to_change(session):
    chantier, by, ada = make_chantier(), make_coordinator(), make_user()
    with pytest.raises(Refused, match="not_member"):
        chantier.appoint(ada, REFERENT, by=by)
    with pytest.raises(Refused, match="not_member"):
        chantier.dismiss(ada, by=by)


def test_the_lists_leave_closed_accounts_out(session):
    chantier, by = make_chantier(), make_coordinator()
    ada, _ben, gone = make_referent(chantier, "Ada"), make_member(chantier, name="Ben"), make_member(chantier)
    close_account(gone, by=by)
    session.commit()
    session.expire_all()
    found = session.scalars(
        select(Chantier).where(Chantier.id == chantier.id).options(*Chantier.with_members())
    ).one()
    assert found.referents == [ada]
    assert [person.name for person in found.participants] == ["Ben"]


# Several at once -----------------------------------------------------------------------------------------------------


def test_two_enrol_the_same_structure_at_the_same_moment(app: Flask, in_app) -> None:
    with in_app():
        chantier, structure, by = make_chantier(), make_structure(), make_coordinator()
        for number in range(3):
            structure.gather(make_user(f"Personne {number}"), by=by)
        ids = chantier.id, structure.id, by.id

    def enrol(session):
        session.get(Chantier, ids[0]).enrol(session.get(Structure, ids[1]), by=session.get(User, ids[2]))

    assert together(app, [enrol] * 6) == []
    with in_app() as session:
        assert session.scalar(select(func.count(ChantierStructure.id))) == 1
        assert session.scalar(select(func.count(ChantierMembership.id))) == 3


def test_a_person_and_the_chantier_that_arrive_at_once_meet(app: Flask, in_app) -> None:
    with in_app():
        chantier, structure, by, ada = make_chantier(), make_structure(), make_coordinator(), make_user("Ada")
        ids = chantier.id, structure.id, by.id, ada.id

    def enrol(session):
        session.get(Chantier, ids[0]).enrol(session.get(Structure, ids[1]), by=session.get(User, ids[2]))

    def gather(session):
        session.get(Structure, ids[1]).gather(session.get(User, ids[3]), by=session.get(User, ids[2]))

    assert together(app, [enrol, gather, enrol, gather]) == []
    with in_app() as session:
        assert session.get(User, ids[3]).takes_part_in(ids[0])


def test_two_referents_who_resign_at_once_leave_one(app: Flask, in_app) -> None:
    with in_app():
        chantier = make_chantier()
        ada, ben = make_referent(chantier), make_referent(chantier)
        ids = chantier.id, ada.id, ben.id

    def resign(user_id):
        def run(session):
            person = session.get(User, user_id)
            session.get(Chantier, ids[0]).appoint(person, PARTICIPANT, by=person)

        return run

    assert [str(error) for error in together(app, [resign(ids[1]), resign(ids[2])])] == ["last_referent"]
    with in_app() as session:
        roles = session.scalars(select(ChantierMembership.role)).all()
        assert sorted(roles) == [PARTICIPANT, REFERENT]


def together(app, stories):
    """Run each story in a thread and a transaction of its own, all at once; returns the errors."""
    ready, errors = threading.Barrier(len(stories)), []

    def run(story):
        with app.app_context():
            session = app.extensions["sqlalchemy"].session
            ready.wait(timeout=10)
            try:
                story(session)
                session.commit()
            except Exception as error:
                session.rollback()
                errors.append(error)
            finally:
                session.remove()

    threads = [threading.Thread(target=run, args=(story,)) for story in stories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return errors
