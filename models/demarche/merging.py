"""Merging of two records of one structure: one takes over all that names the other."""

from typing import cast

from sqlalchemy import Table, delete, select, update

from models.deliverables.deliverable import deliverable_structure
from models.deliverables.review import Review, ReviewRequest
from models.demarche.structure import Structure, StructureAlias
from models.ground.base import db
from models.ground.refused import Refused
from models.joining.invitation import Invitation
from models.joining.join_request import JoinRequest
from models.journal import record
from models.people.membership import ChantierStructure, StructureMember
from models.people.user import User
from models.steering.meeting import MeetingPresence
from models.tasks.carriers import task_structure
from models.tasks.task import Task

#: Tables in which a structure stands beside each thing once, with the column of that thing.
BESIDE: tuple[tuple[Table, str], ...] = (
    (task_structure, "task_id"),
    (deliverable_structure, "deliverable_id"),
    (cast(Table, MeetingPresence.__table__), "meeting_id"),
)

#: The session is expired at the end: no statement need look for the rows that it holds.
UNSYNCHRONIZED = {"synchronize_session": False}


def merge_structures(gone: Structure, *, into: Structure, by: User) -> None:
    """Make two records one: `into` takes over every name, person, chantier, task and deliverable of `gone`,
    and what is said of it where `into` says nothing.

    Raises Refused("merge_with_itself") or Refused("already_merged").
    """
    if into.id == gone.id:
        raise Refused("merge_with_itself")
    both = select(Structure.merged_into_id).where(Structure.id.in_((gone.id, into.id)))
    taken_over = db.session.scalars(both.order_by(Structure.id).with_for_update()).all()
    if any(taken_over):
        raise Refused("already_merged")
    _hand_over_work(gone, into)
    _hand_over_reviews(gone, into)
    _hand_over_names(gone, into)
    _hand_over_part(gone, into, by=by)
    for fact in ("kind", "site", "territory", "summary"):
        if not getattr(into, fact):
            setattr(into, fact, getattr(gone, fact))
    gone.merged_into_id = into.id
    earlier = update(Structure).where(Structure.merged_into_id == gone.id)
    db.session.execute(earlier.values(merged_into_id=into.id))
    record(gone, "structure.merged", by=by, into=into.name)
    db.session.flush()
    # The statements went past the session: what it holds is read again.
    db.session.expire_all()


def _hand_over_work(gone: Structure, into: Structure) -> None:
    for table, owner in BESIDE:
        already = select(table.c[owner]).where(table.c.structure_id == into.id).scalar_subquery()
        mine = table.c.structure_id == gone.id
        db.session.execute(delete(table).where(mine, table.c[owner].in_(already)))
        db.session.execute(update(table).where(mine).values(structure_id=into.id))
    led_by_gone = update(Task).where(Task.pilote_id == gone.id).values(pilote_id=into.id)
    db.session.execute(led_by_gone, execution_options=UNSYNCHRONIZED)
    for kind in (Invitation, JoinRequest):
        asked = update(kind).where(kind.structure_id == gone.id).values(structure_id=into.id)
        db.session.execute(asked, execution_options=UNSYNCHRONIZED)
    # A structure that leads a task is not also one of its contributors.
    led = select(Task.id).where(Task.pilote_id == into.id).scalar_subquery()
    db.session.execute(
        delete(task_structure).where(
            task_structure.c.structure_id == into.id, task_structure.c.task_id.in_(led)
        )
    )


def _hand_over_reviews(gone: Structure, into: Structure) -> None:
    """Move the requests for review; where both were asked, keep every answer and one request at least."""
    moving = update(ReviewRequest).where(ReviewRequest.structure_id == gone.id).values(structure_id=into.id)
    db.session.execute(moving, execution_options=UNSYNCHRONIZED)
    rows = db.session.execute(
        select(ReviewRequest.id, ReviewRequest.round_id, Review.id)
        .outerjoin(Review, Review.request_id == ReviewRequest.id)
        .where(ReviewRequest.structure_id == into.id)
        .order_by(Review.id.is_(None), ReviewRequest.id)
    ).all()
    asked: set[int] = set()
    for request_id, round_id, review_id in rows:
        if round_id in asked and review_id is None:
            doubled = delete(ReviewRequest).where(ReviewRequest.id == request_id)
            db.session.execute(doubled, execution_options=UNSYNCHRONIZED)
        asked.add(round_id)


def _hand_over_names(gone: Structure, into: Structure) -> None:
    aliases = list(db.session.scalars(select(StructureAlias).filter_by(structure_id=gone.id)))
    for alias in aliases:
        if alias.name_key == into.name_key:
            db.session.delete(alias)
        else:
            alias.structure_id = into.id
    known = select(StructureAlias.id).where(StructureAlias.name_key == gone.name_key)
    if gone.name_key not in ("", into.name_key) and db.session.scalar(known) is None:
        db.session.add(StructureAlias(structure_id=into.id, name=gone.name, name_key=gone.name_key))
    db.session.flush()


def _hand_over_part(gone: Structure, into: Structure, *, by: User) -> None:
    """Move its people and its chantiers; as with any structure, its people take part in its chantiers."""
    my_people, their_people = _members(gone), _members(into)
    mine = {each.chantier_id: each for each in gone.present_enrolments()}
    theirs = {each.chantier_id: each for each in into.present_enrolments()}
    for user_id, membership in my_people.items():
        if user_id in their_people:
            kept = their_people[user_id]
            kept.since = min(kept.since, membership.since)
        else:
            kept = StructureMember(structure_id=into.id, user_id=user_id, since=membership.since)
            db.session.add(kept)
        db.session.delete(membership)
    for chantier_id in mine.keys() & theirs.keys():
        first = min(mine[chantier_id], theirs[chantier_id], key=lambda each: each.joined_at)
        theirs[chantier_id].joined_at = first.joined_at
        theirs[chantier_id].enrolled_by_id = first.enrolled_by_id
        db.session.delete(mine[chantier_id])
    db.session.flush()
    moving = update(ChantierStructure).where(ChantierStructure.structure_id == gone.id)
    db.session.execute(moving.values(structure_id=into.id), execution_options=UNSYNCHRONIZED)
    for chantier_id in sorted(mine.keys() ^ theirs.keys()):
        newcomers = their_people if chantier_id in mine else my_people
        chantier = (mine.get(chantier_id) or theirs[chantier_id]).chantier
        chantier.welcome_all(newcomers.keys(), by=by)


def _members(structure: Structure) -> dict[int, StructureMember]:
    rows = db.session.scalars(select(StructureMember).filter_by(structure_id=structure.id))
    return {row.user_id: row for row in rows}
