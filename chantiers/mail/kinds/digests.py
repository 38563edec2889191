"""The digest: what moved in what concerns a person, grouped by chantier, and what is expected of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import joinedload

from chantiers.language.journal import sentence
from chantiers.mail.message import MailContent, builder
from chantiers.web.links import absolute
from models import (
    Activity,
    Chantier,
    Following,
    Notification,
    OutgoingMail,
    Task,
    User,
    db,
)

#: Subjects and lines that one digest tells; what is beyond is one link away.
SUBJECTS, LINES = 40, 6


@dataclass
class Told:
    """A subject with what happened to it, the latest first."""

    title: str
    url: str
    lines: list[str]
    more: int


@dataclass
class Part:
    """A chantier, with the subjects that moved."""

    chantier: Chantier
    subjects: list[Told] = field(default_factory=list)


@builder("digest")
def digest(mail: OutgoingMail) -> MailContent | None:
    """What this person has not read and no digest has told; nothing where there is nothing, or where they want none."""
    person = mail.user
    if person is None or person.digest == "never":
        return None
    unread = unread_of(person)
    lines = lines_of(person, unread)
    parts = parts_of(unread, lines)
    if not parts:
        return None
    count = sum(len(part.subjects) for part in parts)
    told = [each.id for each in unread]
    up_to = max(line.id for each in lines.values() for line in each)

    def mark() -> None:
        telling = update(Notification).where(Notification.id.in_(told)).values(mailed_up_to=up_to)
        db.session.execute(telling.execution_options(synchronize_session=False))

    return MailContent(
        subject=ngettext("Chantiers : %(num)d sujet a bougé", "Chantiers : %(num)d sujets ont bougé", count),
        template="emails/digest",
        values={
            "name": person.name,
            "parts": parts,
            "expected": expected_of(person),
            "url": absolute("my_work.show"),
            "absolute": absolute,
        },
        unsubscribe="digest",
        on_sent=mark,
    )


def unread_of(person: User) -> Sequence[Notification]:
    """What they have not read and were not mailed, of chantiers that still concern them and of what they may read."""
    mine = or_(
        Notification.chantier_id.in_(list(person.standing.chantiers)),
        Notification.chantier_id.in_(select(Following.chantier_id).where(Following.user_id == person.id)),
    )
    query = (
        select(Notification)
        .where(
            Notification.user_id == person.id,
            Notification.unread > 0,
            Notification.activity_id > Notification.mailed_up_to,
            Notification.readable_by(person),
        )
        .order_by(Notification.chantier_id, Notification.at.desc())
        .limit(SUBJECTS)
        .options(joinedload(Notification.chantier))
    )
    return db.session.scalars(query if person.is_coordinator else query.where(mine)).all()


def lines_of(person: User, unread: Sequence[Notification]) -> dict[int, list[Activity]]:
    """What happened to these subjects that the person has not read, in one statement: notification → lines."""
    if not unread:
        return {}
    same = and_(
        Activity.subject_type == Notification.subject_type, Activity.subject_id == Notification.subject_id
    )
    rank = func.row_number().over(partition_by=Notification.id, order_by=Activity.id.desc())
    told = (
        select(Notification.id.label("of"), Activity.id.label("line"), rank.label("rank"))
        .join(Activity, same)
        .where(
            Notification.id.in_([each.id for each in unread]),
            Activity.id > Notification.read_up_to,
            Activity.id > Notification.mailed_up_to,
            or_(Activity.actor_id.is_(None), Activity.actor_id != person.id),
        )
        .subquery()
    )
    rows = db.session.execute(
        select(told.c.of, Activity)
        .join(Activity, Activity.id == told.c.line)
        .where(told.c.rank <= LINES)
        .order_by(Activity.id.desc())
        .options(joinedload(Activity.actor))
    )
    found: dict[int, list[Activity]] = {}
    for of, line in rows:
        found.setdefault(of, []).append(line)
    return found


def parts_of(unread: Sequence[Notification], lines: dict[int, list[Activity]]) -> list[Part]:
    """The same by chantier, in words."""
    parts: dict[int, Part] = {}
    for each in unread:
        told = lines.get(each.id)
        if not told or each.chantier is None:
            continue
        part = parts.setdefault(each.chantier.id, Part(each.chantier))
        part.subjects.append(
            Told(
                title=told[0].title,
                url=_address_of(each),
                lines=[Markup(sentence(line, link=False)).striptags() for line in told],
                more=max(0, each.unread - len(told)),
            )
        )
    return sorted(parts.values(), key=lambda part: part.chantier.number)


def _address_of(told: Notification) -> str:
    if told.subject_type == "task":
        return absolute("tasks.show", task_id=told.subject_id)
    if told.subject_type == "deliverable":
        return absolute("deliverables.show", deliverable_id=told.subject_id)
    if told.subject_type == "objective":
        return absolute("comments.objective_discussion", objective_id=told.subject_id)
    assert told.chantier is not None
    return absolute("comments.chantier_discussion", slug=told.chantier.slug)


def expected_of(person: User) -> Sequence[Task]:
    """The first tasks that are expected of them, late and soonest first."""
    query = (
        select(Task)
        .where(Task.expected_of(person))
        .order_by(Task.due_on.is_(None), Task.due_on, Task.id)
        .limit(10)
    )
    return db.session.scalars(query).all()
