"""Relecture: who is asked, what they answer, what closes it, and what stays of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import (
    Activity,
    Opinion,
    OutgoingMail,
    Refused,
    Review,
    ReviewRequest,
    ReviewRound,
    at,
    merge_structures,
    now,
    today,
)
from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_member,
    make_objective,
    make_referent,
    make_structure,
)


@pytest.fixture
def chantier(session):
    return make_chantier()


@pytest.fixture
def by(chantier):
    return make_referent(chantier)


@pytest.fixture
def person(chantier):
    return make_member(chantier, name="Anaïs Relectrice")


@pytest.fixture
def structure(chantier, by):
    structure = make_structure("Collectif des Communes")
    chantier.enrol(structure, by=by)
    for name in ("Ali", "Bea"):
        structure.gather(make_member(chantier, name=name), by=by)
    return structure


@pytest.fixture
def deliverable(session, chantier, by):
    deliverable = make_deliverable(make_objective(chantier))
    deliverable.add_text("Premier jet", by=by)
    return deliverable


@pytest.fixture
def opened(session, deliverable, by, person, structure):
    deliverable.submit(by=by, reviewers=([person], [structure]), message="Merci !")
    session.flush()
    return session.scalar(ReviewRound.of(deliverable))


def test_it_asks_people_and_the_members_of_structures_who_take_part(session, opened, by):
    assert opened.closes_on == today() + timedelta(days=14)
    assert [request.review for request in opened.requests] == [None, None]
    mails = session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "review_asked")).all()
    assert len(mails) == 3
    actions = session.scalars(select(Activity.action)).all()
    assert "deliverable.review_asked" in actions


def test_nobody_need_be_asked(session, deliverable, by):
    deliverable.submit(by=by)
    session.flush()
    assert session.scalar(ReviewRound.of(deliverable)) is None


def test_it_does_not_close_before_it_opens(session, deliverable, by, person):
    with pytest.raises(Refused, match="closes_too_early"):
        deliverable.submit(by=by, reviewers=([person], []), closes_on=today() - timedelta(days=1))


def test_answering_again_replaces_the_opinion_and_says_so(session, opened, person):
    request = opened.requests[0]
    request.answer(Opinion.FAVORABLE, by=person)
    request.answer(Opinion.TO_REWORK, "Il manque les dates.", by=person, source="mail")
    review = session.scalars(select(Review)).one()
    assert (review.opinion, review.words, review.source) == ("to_rework", "Il manque les dates.", "mail")
    assert review.changed_at is not None


@pytest.mark.parametrize("opinion", [Opinion.WITH_RESERVATIONS, Opinion.TO_REWORK])
def test_reservations_are_said(opened, person, opinion):
    with pytest.raises(Refused, match="reason_missing"):
        opened.requests[0].answer(opinion, " ", by=person)


def test_nobody_answers_once_it_is_decided_or_past(session, opened, deliverable, by, person):
    with at(now() + timedelta(days=16)):
        assert opened.is_past
        with pytest.raises(Refused, match="review_over"):
            opened.requests[0].answer(Opinion.FAVORABLE, by=person)
    deliverable.send_back("À revoir", by=by)
    session.refresh(opened)
    assert not opened.is_past
    with pytest.raises(Refused, match="review_over"):
        opened.requests[0].answer(Opinion.FAVORABLE, by=person)


def test_it_reminds_once_a_day_those_who_have_not_answered(session, opened, by, person):
    opened.requests[0].answer(Opinion.FAVORABLE, by=person)
    assert opened.remind(by=by) == 1
    mails = session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "review_reminder")).all()
    assert len(mails) == 2
    with pytest.raises(Refused, match="reminded_today"):
        opened.remind(by=by)


def test_it_is_what_is_asked_of_a_person_until_they_answer(session, opened, person):
    assert session.scalars(ReviewRequest.asked_of(person)).all() == [opened.requests[0]]
    opened.requests[0].answer(Opinion.FAVORABLE, by=person)
    assert session.scalars(ReviewRequest.asked_of(person)).all() == []


def test_structures_that_become_one_keep_what_they_were_asked_and_answered(
    session, deliverable, by, structure
):
    other = make_structure("Collectif des communes rurales")
    deliverable.submit(by=by, reviewers=([], [structure, other]))
    opened = session.scalar(ReviewRound.of(deliverable))
    opened.requests[0].answer(Opinion.FAVORABLE, by=by)
    merge_structures(structure, into=other, by=by)
    opened = session.scalar(ReviewRound.of(deliverable))
    assert [(each.structure, each.review.opinion) for each in opened.requests] == [(other, "favorable")]


def test_what_is_purged_keeps_who_answered_and_loses_the_words(session, opened, deliverable, person):
    opened.requests[0].answer(Opinion.TO_REWORK, "Secret", by=person, quote="jet")
    deliverable.erase()
    session.expire_all()
    review = session.scalars(select(Review)).one()
    assert (review.opinion, review.words, review.quote) == ("to_rework", "", "")
