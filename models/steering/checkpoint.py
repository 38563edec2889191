"""Checkpoints (points d'étape): before a date, people are asked where their own tasks stand.

Whom they ask is in `checkpoint_recipients`, what an answer does in `checkpoint_answer`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, contains_eager, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from models.demarche.chantier import Chantier
from models.ground.base import HOME, Base, EnumText, IntId, Line, LongText, Versioned, db, held, now, today
from models.ground.refused import Refused
from models.journal import from_to, record
from models.mail.outgoing import OutgoingMail
from models.people.user import User
from models.steering.checkpoint_answer import CheckpointAnswer, CheckpointAnswering
from models.steering.checkpoint_recipients import (
    TO_ASK,
    is_given_to,
    takes_part,
    wants_checkpoints,
    whom_to_ask,
)
from models.tasks.task import Task
from models.traits.editable import Editable

#: How long before its date a point d'étape asks, unless told otherwise.
USUAL_NOTICE = timedelta(days=7)
#: For how long after its date an answer still counts.
GRACE = timedelta(days=21)
#: The hour, in France, at which the mails leave.
MORNING = time(8, 0)
#: The shortest delay before mails leave, when it is planned for this very day: room for a second thought.
SECOND_THOUGHT = timedelta(hours=1)


class CheckpointState(StrEnum):
    """State of a point d'étape."""

    PLANNED = "planned"
    ASKED = "asked"
    CANCELLED = "cancelled"


class Checkpoint(Versioned, Editable, Base):
    """Checkpoint: a date that the coordination prepares by asking people where their tasks stand."""

    __tablename__ = "checkpoint"
    __table_args__ = (
        Index(
            "ix_checkpoint_planned",
            "leaves_at",
            sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
    )

    id: Mapped[IntId]
    #: What it prepares: « COPIL du 12 mars ».
    name: Mapped[Line]
    held_on: Mapped[date] = mapped_column(index=True)
    #: When the mails leave.
    leaves_at: Mapped[datetime]
    #: What the coordination adds at the end of the mail.
    words: Mapped[LongText]
    state: Mapped[CheckpointState] = mapped_column(
        EnumText(CheckpointState, 10), default=CheckpointState.PLANNED
    )
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    asked_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    created_by: Mapped[User | None] = relationship(lazy="raise_on_sql")

    # Planning ---------------------------------------------------------------------------------------------------------

    @classmethod
    def plan(
        cls, name: str, held_on: date, asks_on: date | None = None, words: str = "", *, by: User
    ) -> "Checkpoint":
        """Set a date, and the day on which people are asked (a week before, unless told otherwise).

        Raises Refused("checkpoint_past") and Refused("checkpoint_asks_late").
        """
        planned = cls(
            name=name,
            held_on=held_on,
            leaves_at=cls._leaving(held_on, asks_on),
            words=words,
            state=CheckpointState.PLANNED,
            created_by=by,
        )
        db.session.add(planned)
        record(planned, "checkpoint.planned", by=by, on=str(held_on))
        return planned

    def reword(self, name: str, words: str, *, by: User) -> None:
        """Change its name and what the mail ends with. Raises Refused("checkpoint_over") once cancelled."""
        self._refuse_unless(CheckpointState.PLANNED, CheckpointState.ASKED)
        self.edit(by=by, name=name, words=words)

    def move(self, held_on: date, asks_on: date | None = None, *, by: User) -> None:
        """Move its date, and the day on which people are asked as long as they were not.

        Raises Refused("checkpoint_over"), Refused("checkpoint_past") and Refused("checkpoint_asks_late").
        """
        self._refuse_unless(CheckpointState.PLANNED, CheckpointState.ASKED)
        asks_on = asks_on or (self.asks_on if held_on == self.held_on else None)
        if self.is_planned and (held_on, asks_on) != (self.held_on, self.asks_on):
            leaves_at = self._leaving(held_on, asks_on)
            if held_on == self.held_on:
                self.edit(by=by, leaves_at=leaves_at)
            self.leaves_at = leaves_at
        if held_on == self.held_on:
            return
        if held_on < today():
            raise Refused("checkpoint_past")
        before, self.held_on = self.held_on, held_on
        record(self, "checkpoint.moved", by=by, **from_to(before, held_on))

    def cancel(self, *, by: User | None) -> None:
        """Ask nobody, or take no more answers: mails that did not leave stay here, links say that it is cancelled.

        Raises Refused("checkpoint_over") when it was cancelled already.
        """
        self._refuse_unless(CheckpointState.PLANNED, CheckpointState.ASKED)
        self.state, self.cancelled_at = CheckpointState.CANCELLED, now()
        record(self, "checkpoint.cancelled", by=by)

    @staticmethod
    def _leaving(held_on: date, asks_on: date | None) -> datetime:
        """Return the instant at which mails leave: in the morning, and never without time for a second thought."""
        asks_on = asks_on or max(held_on - USUAL_NOTICE, today())
        if held_on < today():
            raise Refused("checkpoint_past")
        if not today() <= asks_on <= held_on:
            raise Refused("checkpoint_asks_late")
        return max(datetime.combine(asks_on, MORNING, HOME), now() + SECOND_THOUGHT)

    def _refuse_unless(self, *states: CheckpointState) -> None:
        if self.state not in states:
            raise Refused("checkpoint_over")

    # Reading ----------------------------------------------------------------------------------------------------------

    @property
    def journal_title(self) -> str:
        return self.name

    @property
    def asks_on(self) -> date:
        """The day on which mails leave, in France."""
        return self.leaves_at.astimezone(HOME).date()

    @property
    def is_planned(self) -> bool:
        return self.state == CheckpointState.PLANNED

    @property
    def is_asked(self) -> bool:
        return self.state == CheckpointState.ASKED

    @property
    def is_past(self) -> bool:
        return self.held_on < today()

    @property
    def takes_answers(self) -> bool:
        """Open to the answers that people give by the links of their mails, until `GRACE` after its date."""
        return self.is_asked and today() <= self.held_on + GRACE

    @classmethod
    def under_way(cls) -> ColumnElement[bool]:
        """Return the SQL condition of a checkpoint under way: people were asked, and its date is not past."""
        return and_(cls.state == CheckpointState.ASKED, cls.held_on >= today())

    @classmethod
    def coming(cls) -> "Checkpoint | None":
        """Return the next one, planned or under way."""
        states = [CheckpointState.PLANNED, CheckpointState.ASKED]
        query = select(cls).where(cls.state.in_(states), cls.held_on >= today())
        return db.session.scalar(query.order_by(cls.held_on, cls.id).limit(1))

    @classmethod
    def due(cls) -> "Select[Checkpoint]":
        """Select those whose hour has come."""
        return select(cls).where(cls.state == CheckpointState.PLANNED, cls.leaves_at <= now())

    # Asking -----------------------------------------------------------------------------------------------------------

    def ask(self, *, by: User | None) -> int:
        """Ask everybody, each about their own tasks, in as many statements for one as for a thousand; how many people.

        Raises Refused("checkpoint_over") when it was asked or cancelled already, Refused("checkpoint_past").
        """
        self._refuse_unless(CheckpointState.PLANNED)
        if self.is_past:
            raise Refused("checkpoint_past")
        self.state, self.asked_at = CheckpointState.ASKED, now()
        db.session.flush()
        pairs = whom_to_ask()
        lines = select(literal(self.id), pairs.c.user_id, pairs.c.task_id)
        db.session.execute(
            insert(CheckpointLine).from_select(
                ["checkpoint_id", "user_id", "task_id"], lines.order_by(pairs.c.user_id, pairs.c.task_id)
            )
        )
        mine = CheckpointLine.checkpoint_id == self.id
        counts = select(
            func.count(CheckpointLine.user_id.distinct()), func.count(CheckpointLine.task_id.distinct())
        )
        people, tasks = db.session.execute(counts.where(mine)).one()
        asked = select(CheckpointLine.user_id).where(mine)
        reached = db.session.scalars(
            select(User.id).where(User.id.in_(asked), wants_checkpoints()).order_by(User.id)
        )
        OutgoingMail.post_all(
            "checkpoint",
            [(user_id, None, f"checkpoint:{self.id}:{user_id}") for user_id in reached],
            checkpoint=self.id,
        )
        record(self, "checkpoint.asked", by=by, people=people, tasks=tasks)
        return int(people)


class CheckpointLine(CheckpointAnswering, Base):
    """Line of a point d'étape: what it asks of one person about one task, and what they last answered."""

    __tablename__ = "checkpoint_line"
    __table_args__ = (Index("ix_checkpoint_line_checkpoint_id_task_id", "checkpoint_id", "task_id"),)

    checkpoint_id: Mapped[int] = mapped_column(ForeignKey("checkpoint.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True, index=True)
    answered_at: Mapped[datetime | None]
    said: Mapped[CheckpointAnswer | None] = mapped_column(EnumText(CheckpointAnswer, 20))
    #: A mark of the last answer: the same sent again, by a reload or a mailbox that insists, changes nothing.
    mark: Mapped[str | None] = mapped_column(String(32))

    checkpoint: Mapped[Checkpoint] = relationship(lazy="raise_on_sql")
    task: Mapped[Task] = relationship(lazy="raise_on_sql")

    @classmethod
    def answered_by(cls, checkpoint_id: int, user: User) -> "Select[CheckpointLine]":
        """Select what a person has answered, in chantiers that they still take part in: the latest first."""
        return (
            select(cls)
            .join(cls.task)
            .where(
                cls.checkpoint_id == checkpoint_id,
                cls.user_id == user.id,
                cls.answered_at.is_not(None),
                Task.live(),
                Task.chantier_id.in_(list(user.standing.chantiers)),
            )
            .order_by(cls.answered_at.desc(), cls.task_id)
            .options(contains_eager(cls.task).joinedload(Task.chantier))
        )

    @classmethod
    def to_answer(cls, checkpoint_id: int, user_id: int, task_id: int) -> "CheckpointLine | None":
        """Return one line, locked, with all that answering touches; none for what is in the bin."""
        # The task first, as every other change of a task: two who answer about it wait for each other.
        whole = held(select(Task).where(Task.id == task_id, Task.live()), Task).options(*Task.alone())
        task = db.session.scalar(whole.execution_options(populate_existing=True))
        if task is None:
            return None
        key = (cls.checkpoint_id == checkpoint_id, cls.user_id == user_id, cls.task_id == task_id)
        query = held(select(cls).where(*key), cls).options(joinedload(cls.checkpoint))
        line = db.session.scalar(query.execution_options(populate_existing=True))
        if line is not None:
            set_committed_value(line, "task", task)
        return line

    @classmethod
    def pending(cls) -> ColumnElement[bool]:
        """Return the SQL condition of a pending line: its task is still this person's, and nobody answered since.

        The query joins the tables that it names (`joined`).
        """
        other = aliased(cls)
        settled = exists().where(
            other.checkpoint_id == cls.checkpoint_id,
            other.task_id == cls.task_id,
            other.answered_at.is_not(None),
        )
        return and_(
            ~settled,
            Task.status_since <= Checkpoint.asked_at,
            Task.in_status(*TO_ASK),
            Task.live(),
            Chantier.archived_at.is_(None),
            takes_part(cls.user_id),
            is_given_to(cls.user_id),
        )

    @classmethod
    def joined(cls, *columns: Any) -> "Select[Any]":
        """Select columns of lines, joined with the tables that `pending` names."""
        return (
            select(*columns)
            .select_from(cls)
            .join(Checkpoint, Checkpoint.id == cls.checkpoint_id)
            .join(Task, Task.id == cls.task_id)
            .join(Chantier, Chantier.id == Task.chantier_id)
        )

    @classmethod
    def awaited_of(cls, user: User, checkpoint_id: int | None = None) -> "Select[CheckpointLine]":
        """Select the pending lines of a person, of one point d'étape or of those under way: the nearest date first."""
        which = Checkpoint.under_way() if checkpoint_id is None else Checkpoint.id == checkpoint_id
        query = cls.joined(cls).where(cls.user_id == user.id, which, cls.pending())
        return query.order_by(
            Checkpoint.held_on, Checkpoint.id, Task.due_on.is_(None), Task.due_on, Task.id
        ).options(
            joinedload(cls.checkpoint),
            joinedload(cls.task).options(joinedload(Task.chantier), joinedload(Task.pilote)),
        )


def figures_of(checkpoint_ids: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
    """(people asked, people who answered, tasks asked about, tasks told of) of each, in one statement."""
    line = CheckpointLine
    answered = line.answered_at.is_not(None)
    told = or_(answered, Task.status_since > Checkpoint.asked_at)
    query = line.joined(
        line.checkpoint_id,
        func.count(line.user_id.distinct()),
        func.count(line.user_id.distinct()).filter(answered),
        func.count(line.task_id.distinct()),
        func.count(line.task_id.distinct()).filter(told),
    )
    rows = db.session.execute(
        query.where(line.checkpoint_id.in_(checkpoint_ids)).group_by(line.checkpoint_id)
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}
