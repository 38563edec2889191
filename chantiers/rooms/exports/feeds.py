"""Calendars that a diary fetches by itself: due dates of tasks, expected deliverables, opinions asked.

An address is signed for one person and one calendar; what it gives is read anew, with their rights, at each fetch.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from flask import abort
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, Event
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import joinedload

from chantiers.language.labels import label
from chantiers.rooms.exports.tables import plain
from chantiers.web import loaders, tokens
from chantiers.web.extensions import current_demarche
from chantiers.web.links import absolute
from models import (
    Chantier,
    Deliverable,
    Meeting,
    ReviewRequest,
    ReviewRound,
    Task,
    TaskStatus,
    User,
    db,
    deliverable_structure,
    today,
)

PURPOSE = "calendar"
MINE, CHANTIER, DEMARCHE = "mine", "chantier", "demarche"
#: What lies further back is history, and a diary needs none; nor can it show more than so many days.
BACK = timedelta(days=365)
MOST = 5_000


def address(user: User, calendar: str, chantier_id: int = 0) -> str:
    """Return the secret address of one of this person's calendars, until they renew them."""
    signed = tokens.signer(PURPOSE).dumps([user.id, user.feed_number, calendar, chantier_id])
    return absolute("exports.feed", token=signed)


def read(token: str) -> bytes:
    """Read the calendar of that address; none at one that was renewed, or whose person left."""
    values = tokens.read(PURPOSE, token)
    if values is None or len(values) != 4:
        abort(404)
    user_id, number, calendar, chantier_id = values
    user = db.session.get(User, user_id)
    if user is None or user.closed_at is not None or user.feed_number != number:
        abort(404)
    with force_locale(user.locale or "fr"):
        return _calendar(user, calendar, chantier_id)


def _calendar(user: User, calendar: str, chantier_id: int) -> bytes:
    name = current_demarche.name if current_demarche else "Chantiers"
    of_tasks: ColumnElement[bool] = true()
    of_deliverables: ColumnElement[bool] = true()
    if calendar == CHANTIER:
        chantier = loaders.subject(user, "chantier", chantier_id)
        if chantier is None:
            abort(404)
        of_tasks, of_deliverables = Task.chantier_id == chantier.id, Deliverable.chantier_id == chantier.id
        name = chantier.title
    elif calendar == MINE:
        of_tasks = Task.expected_of(user)
        theirs = select(deliverable_structure.c.deliverable_id).where(
            deliverable_structure.c.structure_id.in_(user.standing.structures)
        )
        of_deliverables = Deliverable.id.in_(theirs) & Deliverable.unfinished()
        name = _("Mes échéances, %(demarche)s", demarche=name)
    whole = Calendar()
    whole.add("prodid", "-//Chantiers//Chantiers//FR")
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", plain(name))
    whole.add("x-wr-timezone", "Europe/Paris")
    for event in (*_tasks(user, of_tasks), *_deliverables(user, of_deliverables)):
        whole.add_component(event)
    if calendar != CHANTIER:
        for event in _meetings(name):
            whole.add_component(event)
    if calendar == MINE and not user.is_only_observer:
        for event in _reviews(user):
            whole.add_component(event)
    written: bytes = whole.to_ical()
    return written


def _tasks(user: User, condition: ColumnElement[bool]) -> Iterator[Event]:
    query = (
        Task.visible_to(user)
        .with_only_columns(
            Task.id, Task.title, Task.due_on, Task.status, Task.version, Task.last_news_at, Chantier.title
        )
        .join(Chantier, Chantier.id == Task.chantier_id)
        .where(Task.due_on >= today() - BACK, condition)
        .order_by(Task.due_on, Task.id)
        .limit(MOST)
    )
    for task_id, title, due_on, status, version, changed, chantier in db.session.execute(query):
        words = f"{title} ({label(status, 'status')})"
        page = absolute("tasks.show", task_id=task_id)
        is_over = status == TaskStatus.ABANDONED
        yield _event("task", task_id, words, due_on, version, changed, page, (chantier, _("Tâche")), is_over)


def _deliverables(user: User, condition: ColumnElement[bool]) -> Iterator[Event]:
    told = Deliverable.date_told_to(user)
    query = (
        Deliverable.visible_to(user)
        .with_only_columns(
            Deliverable.id,
            Deliverable.title,
            told,
            Deliverable.state,
            Deliverable.version,
            Deliverable.last_news_at,
            Chantier.title,
        )
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(told >= today() - BACK, condition)
        .order_by(told, Deliverable.id)
        .limit(MOST)
    )
    for number, title, expected_on, state, version, changed, chantier in db.session.execute(query):
        words = _("Livrable : %(title)s (%(state)s)", title=title, state=label(state, "state"))
        page = absolute("deliverables.show", deliverable_id=number)
        yield _event(
            "deliverable", number, words, expected_on, version, changed, page, (chantier, _("Livrable"))
        )


def _reviews(user: User) -> Iterator[Event]:
    query = ReviewRequest.asked_of(user).options(
        joinedload(ReviewRequest.round).joinedload(ReviewRound.deliverable).joinedload(Deliverable.chantier)
    )
    for asked in db.session.scalars(query.limit(MOST)):
        deliverable = asked.round.deliverable
        words = _("Avis attendu : %(title)s", title=deliverable.title)
        page = absolute("deliverables.show", deliverable_id=deliverable.id)
        kinds = (deliverable.chantier.title, _("Relecture"))
        version, closes_on = asked.round.version, asked.round.closes_on
        yield _event("review", asked.id, words, closes_on, version, asked.asked_at, page, kinds)


def _meetings(demarche: str) -> Iterator[Event]:
    """Return the comités de pilotage; one that is cancelled says so."""
    query = select(Meeting).where(Meeting.held_on >= today() - BACK).order_by(Meeting.held_on).limit(MOST)
    for meeting in db.session.scalars(query):
        words = _("Comité de pilotage") + (f" ({meeting.place})" if meeting.place else "")
        page = absolute("meetings.show", meeting_id=meeting.id)
        kinds = (demarche, _("Comité de pilotage"))
        changed = meeting.closed_at or meeting.created_at
        yield _event(
            "meeting",
            meeting.id,
            words,
            meeting.held_on,
            meeting.version,
            changed,
            page,
            kinds,
            meeting.is_cancelled,
        )


def _event(
    kind: str,
    number: int,
    words: str,
    day: date | None,
    version: int,
    changed: datetime,
    page: str,
    kinds: tuple[str, str],
    is_over: bool = False,
) -> Event:
    """Write an event of a whole day, which keeps nobody busy; its number and version tell a diary what changed."""
    # A query that asks for dates later than another gives no line without one.
    assert day is not None
    event = Event()
    event.add("uid", f"{kind}-{number}@{urlsplit(page).hostname}")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("sequence", version)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", plain(words))
    event.add("description", page)
    event.add("url", page)
    event.add("categories", [plain(name) for name in kinds])
    event.add("status", "CANCELLED" if is_over else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event
