"""Meetings of the comité de pilotage: date, attendance and agenda; decisions are in models.steering.decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from models.demarche.chantier import Chantier
from models.demarche.structure import Structure
from models.ground.base import Base, EnumText, IntId, Line, LongText, Versioned, db, now, table_above, today
from models.ground.refused import Refused
from models.ground.uniqueness import unless_taken
from models.journal import from_to, record
from models.people.user import User
from models.traits.editable import Editable

if TYPE_CHECKING:
    from models.steering.decision import Decision


class MeetingState(StrEnum):
    """State of a meeting."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Presence of a structure at a meeting."""

    PRESENT = "present"
    EXCUSED = "excused"


@dataclass(frozen=True)
class Attendance:
    """Attendance of one structure: whether it came, and by whom it was represented."""

    presence: Presence | None
    people: str = ""


class Meeting(Versioned, Editable, Base):
    """Meeting of the comité de pilotage. A day holds one at most."""

    __tablename__ = "meeting"

    id: Mapped[IntId]
    held_on: Mapped[date] = mapped_column(unique=True)
    place: Mapped[Line] = mapped_column(default="")
    #: What the coordination says first: the synthesis that opens the document.
    opening: Mapped[LongText]
    state: Mapped[MeetingState] = mapped_column(EnumText(MeetingState, 10), default=MeetingState.PLANNED)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: When its minutes were closed.
    closed_at: Mapped[datetime | None]

    presences: Mapped[list["MeetingPresence"]] = relationship(lazy="raise_on_sql", viewonly=True)
    items: Mapped[list["AgendaItem"]] = relationship(
        back_populates="meeting", lazy="raise_on_sql", order_by="(AgendaItem.position, AgendaItem.id)"
    )
    decisions: Mapped[list["Decision"]] = relationship(
        back_populates="meeting", lazy="raise_on_sql", order_by="Decision.id"
    )

    # Planning ---------------------------------------------------------------------------------------------------------

    @classmethod
    def plan(cls, held_on: date, place: str = "", opening: str = "", *, by: "User") -> "Meeting":
        """Set the date of a session, to come or past. Raises Refused("meeting_same_day")."""
        cls._refuse_taken(held_on)
        with unless_taken("meeting_same_day"):
            meeting = cls(
                held_on=held_on, place=place, opening=opening, created_by_id=by.id, state=MeetingState.PLANNED
            )
            db.session.add(meeting)
        record(meeting, "meeting.planned", by=by, on=str(held_on))
        return meeting

    def move(self, held_on: date, *, by: "User") -> None:
        """Hold it another day. Raises Refused("meeting_same_day") and Refused("meeting_cancelled")."""
        self._refuse_cancelled()
        if held_on == self.held_on:
            return
        self._refuse_taken(held_on)
        before = self.held_on
        with unless_taken("meeting_same_day"):
            self.held_on = held_on
        record(self, "meeting.moved", by=by, **from_to(before, held_on))

    def cancel(self, *, by: "User") -> None:
        """Give it up; its date is free again only for a session moved there. Raises Refused("meeting_not_planned")."""
        self._refuse_unless_planned()
        self.state = MeetingState.CANCELLED
        record(self, "meeting.cancelled", by=by)

    def close(self, *, by: "User") -> None:
        """Close its minutes: it was held. Raises Refused("meeting_not_planned") and Refused("meeting_to_come")."""
        self._refuse_unless_planned()
        if self.held_on > today():
            raise Refused("meeting_to_come")
        self.state, self.closed_at = MeetingState.HELD, now()
        record(self, "meeting.closed", by=by)

    def reopen(self, *, by: "User") -> None:
        """Take up its minutes again, or plan it again. Raises Refused("meeting_open")."""
        if self.is_planned:
            raise Refused("meeting_open")
        self.state, self.closed_at = MeetingState.PLANNED, None
        record(self, "meeting.reopened", by=by)

    @classmethod
    def _refuse_taken(cls, held_on: date) -> None:
        if db.session.scalar(select(cls.id).where(cls.held_on == held_on)) is not None:
            raise Refused("meeting_same_day")

    def _refuse_unless_planned(self) -> None:
        if not self.is_planned:
            raise Refused("meeting_not_planned")

    def _refuse_cancelled(self) -> None:
        if self.is_cancelled:
            raise Refused("meeting_cancelled")

    # The agenda -------------------------------------------------------------------------------------------------------

    def put_on_agenda(
        self,
        title: str,
        note: str = "",
        *,
        by: "User",
        chantier_id: int | None = None,
        about: tuple[str, int] | None = None,
    ) -> "AgendaItem":
        """Add a point at the end of the agenda. `about` is the kind and number of what it speaks of.

        What is there already stays there once: that point is returned. Raises Refused("meeting_not_planned").
        """
        self._refuse_unless_planned()
        # One at a time, so that two who add at once neither double a point nor share its rank.
        db.session.execute(select(Meeting.id).where(Meeting.id == self.id).with_for_update())
        kind, number = about or ("", None)
        if about:
            same = select(AgendaItem).filter_by(meeting_id=self.id, subject_type=kind, subject_id=number)
            if (there := db.session.scalar(same)) is not None:
                return there
        last = select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == self.id)
        item = AgendaItem(
            meeting_id=self.id,
            position=(db.session.scalar(last) or 0) + 1,
            title=title,
            note=note,
            chantier_id=chantier_id,
            subject_type=kind,
            subject_id=number,
            created_by_id=by.id,
        )
        db.session.add(item)
        db.session.flush()
        record(self, "meeting.item_added", by=by, item=title[:300])
        return item

    # Who was there ----------------------------------------------------------------------------------------------------

    def note_attendance(self, attendance: Mapping[int, Attendance], *, by: "User") -> None:
        """Note who came, structure by structure (their numbers); others keep what was noted of them.

        A structure whose presence is None is noted no more. Raises Refused("meeting_cancelled").
        """
        self._refuse_cancelled()
        db.session.execute(select(Meeting.id).where(Meeting.id == self.id).with_for_update())
        mine = MeetingPresence.meeting_id == self.id
        db.session.execute(delete(MeetingPresence).where(mine, MeetingPresence.structure_id.in_(attendance)))
        came = {number: each for number, each in attendance.items() if each.presence is not None}
        db.session.add_all(
            MeetingPresence(
                meeting_id=self.id, structure_id=number, presence=str(each.presence), people=each.people
            )
            for number, each in sorted(came.items())
        )
        db.session.flush()
        record(self, "meeting.attendance_noted", by=by, count=len(came))

    # Reading ----------------------------------------------------------------------------------------------------------

    @property
    def journal_title(self) -> str:
        return self.held_on.isoformat()

    @property
    def is_planned(self) -> bool:
        return self.state == MeetingState.PLANNED

    @property
    def is_held(self) -> bool:
        return self.state == MeetingState.HELD

    @property
    def is_cancelled(self) -> bool:
        return self.state == MeetingState.CANCELLED

    @property
    def is_to_come(self) -> bool:
        return self.is_planned and self.held_on >= today()

    @classmethod
    def whole(cls) -> Iterable[ORMOption]:
        """Return the loading options of its page: who came, and its agenda."""
        return (
            selectinload(cls.presences).joinedload(MeetingPresence.structure),
            selectinload(cls.items).joinedload(AgendaItem.chantier),
        )

    @classmethod
    def last_before(cls, day: date) -> "Meeting | None":
        """Return the latest meeting before a day, held or whose minutes are still open; cancelled ones do not count."""
        earlier = select(cls).where(cls.held_on < day, cls.state != MeetingState.CANCELLED)
        return db.session.scalar(earlier.order_by(cls.held_on.desc()).limit(1))


class MeetingPresence(Base):
    """Presence noted of a structure at a meeting; a structure of which nothing was noted has no row."""

    __tablename__ = "meeting_presence"
    __table_args__ = (UniqueConstraint("meeting_id", "structure_id"),)

    id: Mapped[IntId]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), index=True)
    presence: Mapped[Presence] = mapped_column(EnumText(Presence, 10))
    #: Who spoke for it, as people write it: « Ada Exemple et Idriss Diallo ».
    people: Mapped[Line] = mapped_column(default="")

    structure: Mapped["Structure"] = relationship(lazy="raise_on_sql")

    @property
    def is_present(self) -> bool:
        return self.presence == Presence.PRESENT


class AgendaItem(Versioned, Base):
    """Agenda item: a title, a note, and maybe the thing that it is about."""

    __tablename__ = "agenda_item"

    id: Mapped[IntId]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    position: Mapped[int]
    title: Mapped[Line]
    note: Mapped[LongText]
    chantier_id: Mapped[int | None] = mapped_column(ForeignKey("chantier.id"), index=True)
    #: "task", "deliverable", "objective" or "chantier", and its number; "" and None for a point of its own.
    subject_type: Mapped[str] = mapped_column(String(20), default="")
    subject_id: Mapped[int | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    meeting: Mapped[Meeting] = relationship(back_populates="items", lazy="raise_on_sql")
    chantier: Mapped["Chantier | None"] = relationship(lazy="raise_on_sql")

    def reword(self, title: str, note: str, *, by: "User") -> None:
        """Change its title and note. Raises Refused("meeting_not_planned")."""
        self.meeting._refuse_unless_planned()
        if (title, note) != (self.title, self.note):
            self.title, self.note = title, note
            record(self.meeting, "meeting.item_edited", by=by, item=title[:300])

    def move(self, places: int, *, by: "User") -> None:
        """Go up (negative) or down the agenda. Raises Refused("meeting_not_planned")."""
        self.meeting._refuse_unless_planned()
        db.session.execute(select(Meeting.id).where(Meeting.id == self.meeting_id).with_for_update())
        order = (AgendaItem.position, AgendaItem.id)
        items = list(
            db.session.scalars(
                select(AgendaItem).where(AgendaItem.meeting_id == self.meeting_id).order_by(*order)
            )
        )
        here = items.index(self)
        there = max(0, min(len(items) - 1, here + places))
        items.insert(there, items.pop(here))
        for position, item in enumerate(items, start=1):
            item.position = position

    def withdraw(self, *, by: "User") -> None:
        """Take it off the agenda; decisions taken on it stay. Raises Refused("meeting_not_planned")."""
        self.meeting._refuse_unless_planned()
        decisions = table_above("decision")
        db.session.execute(decisions.update().where(decisions.c.item_id == self.id).values(item_id=None))
        record(self.meeting, "meeting.item_removed", by=by, item=self.title)
        db.session.delete(self)

    @classmethod
    def of_meeting(cls) -> tuple[ORMOption, ...]:
        """Return the loading options of its verbs."""
        return (joinedload(cls.meeting),)
