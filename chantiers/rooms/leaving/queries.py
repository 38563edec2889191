"""What whoever leaves needs to see: their part in a chantier, to whom it may pass, and what they hold everywhere."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased, joinedload

from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    Comment,
    DeliverableVersion,
    Task,
    User,
    db,
    task_person,
)

#: A chantier has some forty members; a page that offers more would no longer be a choice.
OFFERED = 500


def membership(slug: str, user_id: int) -> ChantierMembership | None:
    """A person's part in a chantier, with both."""
    return db.session.scalar(
        select(ChantierMembership)
        .join(ChantierMembership.chantier)
        .join(ChantierMembership.user)
        .where(Chantier.slug == slug, ChantierMembership.user_id == user_id, User.closed_at.is_(None))
        .options(joinedload(ChantierMembership.chantier), joinedload(ChantierMembership.user))
    )


def others(of: ChantierMembership) -> list[tuple[int, str, str]]:
    """The other members of the chantier, référents first: number, name, role."""
    rows = db.session.execute(
        select(User.id, User.name, ChantierMembership.role)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(
            ChantierMembership.chantier_id == of.chantier_id,
            User.id != of.user_id,
            User.closed_at.is_(None),
        )
        .order_by(ChantierMembership.role != ChantierRole.REFERENT, User.name_key, User.id)
        .limit(OFFERED)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def member(of: ChantierMembership, user_id: int) -> User | None:
    """Another member of the same chantier."""
    return db.session.scalar(
        select(User)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(
            User.id == user_id,
            User.id != of.user_id,
            ChantierMembership.chantier_id == of.chantier_id,
            User.closed_at.is_(None),
        )
    )


@dataclass(frozen=True)
class LeavingPart:
    """A person's part in a chantier, as the page that closes an account tells it."""

    number: int
    title: str
    slug: str
    hue: int
    role: str
    tasks: int
    #: They answer for it alone: it cannot be left like that.
    is_alone: bool


def parts_of(user: User) -> list[LeavingPart]:
    """The open chantiers of a person with what they hold in each, in one statement."""
    other = aliased(ChantierMembership)
    helped = exists().where(
        other.chantier_id == Chantier.id,
        other.role == ChantierRole.REFERENT,
        other.user_id == User.id,
        User.id != user.id,
        User.closed_at.is_(None),
    )
    named = select(task_person.c.task_id).where(task_person.c.user_id == user.id)
    tasks = select(func.count()).where(Task.chantier_id == Chantier.id, Task.open_now(), Task.id.in_(named))
    rows = db.session.execute(
        select(
            Chantier.number,
            Chantier.title,
            Chantier.slug,
            Chantier.hue,
            ChantierMembership.role,
            tasks.correlate(Chantier).scalar_subquery(),
            ~helped.correlate(Chantier),
        )
        .join(ChantierMembership, ChantierMembership.chantier_id == Chantier.id)
        .where(ChantierMembership.user_id == user.id, Chantier.archived_at.is_(None))
        .order_by(Chantier.number)
    )
    return [
        LeavingPart(number, title, slug, hue, role, held, bool(unhelped) and role == ChantierRole.REFERENT)
        for number, title, slug, hue, role, held, unhelped in rows
    ]


@dataclass(frozen=True)
class Written:
    """How much somebody wrote."""

    comments: int
    tasks: int
    versions: int


def written_by(user: User) -> Written:
    """How much of what is here is this person's."""
    counts = (
        select(func.count()).where(Comment.author_id == user.id, Comment.deleted_at.is_(None)),
        select(func.count()).where(Task.created_by_id == user.id),
        select(func.count()).where(DeliverableVersion.author_id == user.id),
    )
    return Written(*db.session.execute(select(*(count.scalar_subquery() for count in counts))).one())
