"""Verbs of asking to join a chantier, handing over what one holds, and closing an account."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, select

from models import (
    Activity,
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Checkpoint,
    CheckpointLine,
    Following,
    Handover,
    Invitation,
    JoinRequest,
    Notification,
    OutgoingMail,
    Refused,
    ReviewRequest,
    Role,
    Structure,
    Task,
    User,
    UserSession,
    Wish,
    close_account,
    db,
    merge_structures,
    task_person,
    today,
)
from tests.models.people.test_membership import together
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)

PARTICIPANT, REFERENT = ChantierRole.PARTICIPANT, ChantierRole.REFERENT


def refused(verb, *values, **named):
    with pytest.raises(Refused) as error:
        verb(*values, **named)
    return error.value.code


def actions(session, chantier):
    return list(
        session.scalars(
            select(Activity.action).where(Activity.chantier_id == chantier.id).order_by(Activity.id)
        )
    )


# Asking to join -------------------------------------------------------------------------------------------------------


def test_who_asks_is_let_in_with_the_structure_in_whose_name_they_ask(session):
    chantier, structure = make_chantier(), make_structure()
    referent, ada, colleague = make_referent(chantier), make_user(), make_user()
    structure.gather(ada, by=None)
    structure.gather(colleague, by=None)
    asked = JoinRequest.ask(chantier, "J’ai du temps.", by=ada, structure=structure)
    session.commit()
    told = session.scalars(select(Notification)).all()
    assert [(each.user_id, each.unread) for each in told] == [(referent.id, 1)]
    assert list(session.scalars(JoinRequest.waiting_in([chantier.id]))) == [asked]
    assert refused(JoinRequest.ask, chantier, by=ada) == "already_asked"

    # The structure was another record of one that is known: it is that one which joins.
    known = make_structure()
    merge_structures(structure, into=known, by=referent)
    assert asked.structure_id == known.id
    asked.accept(by=referent)
    session.commit()
    assert known in session.scalars(select(Structure).join(ChantierStructure)).all()
    assert ada.takes_part_in(chantier.id) and colleague.takes_part_in(chantier.id)
    assert not ada.leads(chantier.id)
    assert {"structure.enrolled", "chantier.join_answered"} <= set(actions(session, chantier))
    assert Notification.unread_of(ada, chantier) == 1
    assert refused(asked.refuse, by=referent) == refused(asked.withdraw) == "already_answered"
    assert refused(JoinRequest.ask, chantier, by=ada) == "already_member"


def test_who_may_not_ask_is_told_why(session):
    chantier = make_chantier()
    other, archived = make_structure(), make_chantier()
    ada, observer, coordinator = make_user(), make_user(role=Role.OBSERVER), make_coordinator()
    archived.archive(by=coordinator)
    assert refused(JoinRequest.ask, archived, by=ada) == "chantier_archived"
    assert refused(JoinRequest.ask, chantier, by=observer) == "cannot_ask"
    assert refused(JoinRequest.ask, chantier, by=ada, structure=other) == "not_own_structure"
    # Where there is no référent, the coordination is told.
    asked = JoinRequest.ask(chantier, by=ada)
    session.commit()
    assert session.scalars(select(Notification.user_id)).all() == [coordinator.id]
    asked.refuse("Plus de place.", by=coordinator)
    session.commit()
    session.refresh(asked)
    assert (asked.state, asked.answer, asked.answered_by_id) == ("refused", "Plus de place.", coordinator.id)
    assert not ada.takes_part_in(chantier.id)
    # Whether it was yes or no is nobody else's business.
    lines = session.scalars(select(Activity).where(Activity.action == "chantier.join_answered")).all()
    assert [line.particulars for line in lines] == [{"person": ada.name}]
    again = JoinRequest.ask(chantier, by=ada)
    again.withdraw()
    third = JoinRequest.ask(chantier, by=ada)
    # Whoever comes in another way waits no more.
    chantier.welcome(ada, by=coordinator)
    session.refresh(third)
    assert (again.state, third.state) == ("withdrawn", "accepted")


def test_of_two_answers_at_once_one_counts(app: Flask, in_app):
    with in_app():
        chantier = make_chantier()
        ada, ben, person = make_referent(chantier), make_referent(chantier), make_user()
        asked = JoinRequest.ask(chantier, by=person)
        ids = asked.id, ada.id, ben.id

    def answer(user_id, accepts):
        def run(session):
            by = session.get(User, user_id)
            found = session.scalar(
                JoinRequest.waiting_in([session.scalar(select(Chantier.id))]).where(JoinRequest.id == ids[0])
            )
            if found is None:
                raise Refused("already_answered")
            if accepts:
                found.accept(by=by)
            else:
                found.refuse("Non", by=by)

        return run

    errors = together(app, [answer(ids[1], True), answer(ids[2], False), answer(ids[1], True)])
    assert [str(error) for error in errors] == ["already_answered"] * 2
    with in_app() as session:
        parts = session.scalar(select(func.count()).select_from(ChantierMembership))
        state = session.scalar(select(JoinRequest.state))
        assert (state, parts) in {("accepted", 3), ("refused", 2)}


def test_two_that_ask_at_once_wait_as_one(app: Flask, in_app):
    with in_app():
        chantier, person = make_chantier(), make_user()
        ids = chantier.id, person.id

    def ask(session):
        JoinRequest.ask(session.get(Chantier, ids[0]), by=session.get(User, ids[1]))

    assert [str(error) for error in together(app, [ask, ask])] == ["already_asked"]


# Handing over ---------------------------------------------------------------------------------------------------------


def laden(tasks=3):
    """Make a chantier whose only référent holds one of everything."""
    chantier = make_chantier()
    leaving, receiver = make_referent(chantier, "Ada"), make_member(chantier, name="Ben")
    objective = make_objective(chantier)
    held = [make_task(objective, people=[leaving]) for _ in range(tasks)]
    shared = make_task(objective, people=[leaving, receiver])
    done = make_task(objective, people=[leaving])
    done.finish(by=leaving)
    deliverable = make_deliverable(objective)
    deliverable.add_text("Un texte", by=leaving)
    deliverable.submit(by=receiver, reviewers=([leaving], []))
    invitation = Invitation.send(chantier, "invitee@example.org", "Grace", by=leaving)
    db.session.commit()
    return chantier, leaving, receiver, [*held, shared], done, invitation


def named(session, user):
    return set(session.scalars(select(task_person.c.task_id).where(task_person.c.user_id == user.id)))


def test_everything_passes_in_one_step_told_once(session):
    chantier, leaving, receiver, tasks, done, invitation = laden()
    leaving.be_seen()
    receiver.be_seen()
    checkpoint = Checkpoint.plan("COPIL", today() + timedelta(days=5), by=leaving)
    checkpoint.ask(by=leaving)
    asked = select(CheckpointLine.user_id, CheckpointLine.task_id)
    assert {row.user_id for row in session.execute(asked)} == {leaving.id, receiver.id}
    holdings = Handover(chantier, leaving).holdings()
    assert (holdings.leads, holdings.is_only_referent) == (True, True)
    assert (holdings.tasks.count, holdings.reviews.count, holdings.invitations.count) == (4, 1, 1)
    versions = {task.id: task.version for task in tasks}
    session.execute(delete(OutgoingMail))
    session.execute(delete(Notification))
    before = actions(session, chantier)

    assert Handover(chantier, leaving).pass_to(receiver, by=leaving, leaves=True) == 4
    session.commit()
    session.expire_all()
    assert receiver.leads(chantier.id) and not leaving.takes_part_in(chantier.id)
    assert named(session, receiver) == {task.id for task in tasks}
    # What is over keeps whom it named.
    assert named(session, leaving) == {done.id}
    assert all(session.get(Task, number).version == version + 1 for number, version in versions.items())
    assert session.scalars(select(ReviewRequest.person_id)).all() == [receiver.id]
    assert invitation.created_by_id == receiver.id
    # What a point d'étape under way awaits is awaited of them, once for each task.
    assert sorted(session.execute(asked).all()) == sorted((receiver.id, task.id) for task in tasks)
    # One line in the chantier's journal, one on the page of each task; one notification; no mail.
    assert actions(session, chantier)[len(before) :] == ["chantier.handed_over"]
    about = session.scalars(Activity.about(tasks[0])).all()
    assert about[0].particulars == {"pilote": None, "added": ["Ben"], "removed": ["Ada"]}
    told = session.scalars(select(Notification)).all()
    assert [(each.user_id, each.subject_type, each.unread) for each in told] == [(receiver.id, "chantier", 1)]
    assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 0


def test_whoever_stays_becomes_a_participant_and_the_chantier_keeps_a_referent(session):
    chantier, leaving, receiver, *_ = laden(tasks=1)
    other = make_user()
    hand = Handover(chantier, leaving)
    assert refused(hand.pass_to, leaving, by=leaving) == "handover_to_oneself"
    assert refused(hand.pass_to, other, by=leaving) == "not_member"
    assert refused(hand.leave, by=leaving) == "holds_something"
    session.rollback()
    hand.pass_to(receiver, by=leaving)
    session.commit()
    assert chantier.role_of(leaving) == PARTICIPANT and chantier.role_of(receiver) == REFERENT
    assert refused(hand.pass_to, receiver, by=leaving) == "nothing_held"
    hand.leave(by=leaving)
    assert not leaving.takes_part_in(chantier.id)


def test_a_hundred_tasks_pass_in_as_many_statements_as_one(session):
    counts = []
    for tasks in (1, 40):
        chantier, leaving, receiver, *_ = laden(tasks)
        found: list[str] = []
        engine = db.engine

        def hear(_c, _cursor, statement, *_rest, found=found):
            found.append(statement)

        event.listen(engine, "before_cursor_execute", hear)
        try:
            Handover(chantier, leaving).pass_to(receiver, by=leaving, leaves=True)
            session.commit()
        finally:
            event.remove(engine, "before_cursor_execute", hear)
        counts.append(len(found))
    assert counts[0] == counts[1], counts


def test_a_handover_and_somebody_who_entrusts_do_not_wait_for_each_other(app: Flask, in_app):
    with in_app():
        chantier, leaving, receiver, tasks, *_ = laden()
        structure = make_structure()
        ids = chantier.id, leaving.id, receiver.id, [task.id for task in tasks], structure.id

    def hand(session):
        chantier, leaving, receiver = (
            session.get(Chantier, ids[0]),
            session.get(User, ids[1]),
            session.get(User, ids[2]),
        )
        Handover(chantier, leaving).pass_to(receiver, by=leaving)

    def entrust(session):
        whole = select(Task).where(Task.id == ids[3][-1]).options(*Task.whole()).with_for_update(of=Task)
        task, by = session.scalar(whole), session.get(User, ids[2])
        pilote = session.get(type(structure), ids[4])
        task.entrust(pilote, [], task.people, by=by)

    errors = together(app, [hand, entrust])
    assert not errors, errors
    with in_app() as session:
        task = session.scalar(select(Task).where(Task.id == ids[3][-1]).options(*Task.whole()))
        assert task.pilote_id == ids[4] and ids[1] not in task.person_ids


# Closing an account ---------------------------------------------------------------------------------------------------


def test_closing_an_account_ends_what_waited_for_it(session):
    make_demarche()
    ours, theirs, archived = make_chantier(), make_chantier(), make_chantier()
    coordinator = make_coordinator()
    ada = make_referent(ours, "Ada")
    UserSession.open(ada)
    archived.welcome(ada, REFERENT, by=None)
    archived.archive(by=coordinator)
    asked = JoinRequest.ask(theirs, "Ada, pour voir.", by=ada)
    Following.say(ada, theirs, Wish.FOLLOW)
    OutgoingMail.post("mention", to=ada, comment=0)
    session.commit()
    assert refused(close_account, ada, by=ada) == "last_referent"
    session.rollback()
    make_member(ours, REFERENT)
    # An archived chantier does not keep anybody.
    close_account(ada, by=ada)
    session.commit()
    session.expire_all()
    assert (asked.state, asked.words) == ("withdrawn", "")
    assert UserSession.living_of(ada) == []
    assert session.scalars(select(OutgoingMail.state)).all() == ["dropped"]
    assert session.scalar(select(func.count()).select_from(Following)) == 0
