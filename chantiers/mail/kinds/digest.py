"""Digest mail: the news of what concerns a person, grouped by chantier, and what is expected of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import joinedload

from chantiers.language.journal import sentence
from chantiers.mail.message import MailContent, builder
from chantiers.web.addresses import discussion
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

#: Most subjects of one digest, and most lines of each; the rest is one link away.
SUBJECTS, LINES = 40, 6


@dataclass
class DigestSubject:
    """Subject of the digest with its unread lines, the latest first."""

    title: str
    url: str
    lines: list[str]
    more: int


@dataclass
class DigestChantier:
    """Chantier of the digest, with the subjects that moved."""

    chantier: Chantier
    subjects: list[DigestSubject] = field(default_factory=list)


@builder("digest")
def digest(mail: OutgoingMail) -> MailContent | None:
    """Gather what is neither read nor mailed yet; None where nothing is, or where the person wants no digest."""
    person = mail.user
    if person is None or person.digest == "never":
        return None
    unread = unread_of(person)
    lines = lines_of(person, unread)
    parts = parts_of(unread, lines)
    if not parts:
        return None
    count = sum(len(part.subjects) for part in parts)
    mailed = [each.id for each in unread]
    up_to = max(line.id for each in lines.values() for line in each)

    def mark() -> None:
        marking = update(Notification).where(Notification.id.in_(mailed)).values(mailed_up_to=up_to)
        db.session.execute(marking.execution_options(synchronize_session=False))

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
    """Return notifications neither read nor mailed, of chantiers that still concern them and of what they may read."""
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
    """Return the unread lines of the journal by notification id, the latest first, read in one statement."""
    if not unread:
        return {}
    same = and_(
        Activity.subject_type == Notification.subject_type, Activity.subject_id == Notification.subject_id
    )
    rank = func.row_number().over(partition_by=Notification.id, order_by=Activity.id.desc())
    ranked = (
        select(Notification.id.label("of"), Activity.id.label("line"), rank.label("rank"))
        .join(Activity, same)
        .where(
            Notification.id.in_([each.id for each in unread]),
            Activity.id > Notification.read_up_to,
            Activity.id > Notification.mailed_up_to,
            or_(Activity.actor_id.is_(None), Activity.actor_id != person.id),
            # `unread_of` told apart the deliverables that this person reads: of those, not what they were as drafts.
            Activity.readable_by(person, approved=True),
        )
        .subquery()
    )
    rows = db.session.execute(
        select(ranked.c.of, Activity)
        .join(Activity, Activity.id == ranked.c.line)
        .where(ranked.c.rank <= LINES)
        .order_by(Activity.id.desc())
        .options(joinedload(Activity.actor))
    )
    found: dict[int, list[Activity]] = {}
    for of, line in rows:
        found.setdefault(of, []).append(line)
    return found


def parts_of(unread: Sequence[Notification], lines: dict[int, list[Activity]]) -> list[DigestChantier]:
    """Group the subjects by chantier, their lines in words."""
    parts: dict[int, DigestChantier] = {}
    for each in unread:
        unread_lines = lines.get(each.id)
        if not unread_lines or each.chantier is None:
            continue
        part = parts.setdefault(each.chantier.id, DigestChantier(each.chantier))
        part.subjects.append(
            DigestSubject(
                title=unread_lines[0].title,
                url=discussion(each.subject_type, each.subject_id, each.chantier.slug, full=True),
                lines=[Markup(sentence(line, link=False)).striptags() for line in unread_lines],
                more=max(0, each.unread - len(unread_lines)),
            )
        )
    return sorted(parts.values(), key=lambda part: part.chantier.number)


def expected_of(person: User) -> Sequence[Task]:
    """Return the first ten tasks that are expected of the person, late and soonest first."""
    query = (
        select(Task)
        .where(Task.expected_of(person))
        .order_by(Task.due_on.is_(None), Task.due_on, Task.id)
        .limit(10)
    )
    return db.session.scalars(query).all()
