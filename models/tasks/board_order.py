"""Order of tasks on the board: the position of each in its column; a card moves by writing one row."""

from typing import TYPE_CHECKING, Self

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Mapped

from models.ground.base import db
from models.ground.refused import Refused
from models.people.user import User
from models.traits.trashable import Trashable

#: Room left between two neighbours on the board, so that a card moves by writing one row.
GAP = 1 << 16


class TaskOrder(Trashable):
    """Mixin of a task as a card of the board: its position in a column, the tasks of its chantier in one status."""

    if TYPE_CHECKING:
        chantier_id: Mapped[int]
        status: Mapped[str]

    #: Its position on the board; only the order between two tasks of a chantier means something.
    position: Mapped[int]

    @classmethod
    def bottom_of_column(cls, chantier_id: int, status: str) -> int:
        """Return the position below every card of that column."""
        last = select(func.max(cls.position)).where(cls.chantier_id == chantier_id, cls.status == status)
        return (db.session.scalar(last) or 0) + GAP

    def place_after(self, other: "Self | None", *, by: "User") -> None:
        """Stand right behind `other` in its column, or first of all when `other` is None.

        Order is not news: nobody is told. Two people who order one column at once both get a place; at worst their
        cards share a position, and then stand by their numbers. Raises Refused("other_column") when `other` stands
        elsewhere.
        """
        if other is None:
            self.position = self._top_of_column()
            return
        if (other.chantier_id, other.status) != (self.chantier_id, self.status) or other.is_trashed:
            raise Refused("other_column")
        if other is self:
            return
        following = self._position_behind(other)
        if following is not None and following - other.position < 2:
            self._spread_column()
            following = self._position_behind(other)
        if following is None:
            self.position = other.position + GAP
        else:
            self.position = (other.position + following) // 2

    def shift(self, where: str, *, by: "User") -> None:
        """Go to the top of its column ("first"), or one place "up" or "down"."""
        if where == "first":
            self.place_after(None, by=by)
            return
        kind = type(self)
        above = or_(kind.position < self.position, and_(kind.position == self.position, kind.id < self.id))
        column = select(kind).where(*self._others_in_column())
        if where == "down":
            below = column.where(~above).order_by(kind.position, kind.id)
            following = db.session.scalar(below.limit(1))
            if following is not None:
                self.place_after(following, by=by)
            return
        two_above = db.session.scalars(
            column.where(above).order_by(kind.position.desc(), kind.id.desc()).limit(2)
        ).all()
        self.place_after(two_above[1] if len(two_above) > 1 else None, by=by)

    def _others_in_column(self) -> tuple[ColumnElement[bool], ...]:
        kind = type(self)
        return (
            kind.chantier_id == self.chantier_id,
            kind.status == self.status,
            kind.live(),
            kind.id != self.id,
        )

    def _top_of_column(self) -> int:
        lowest = select(func.min(type(self).position)).where(*self._others_in_column())
        first = db.session.scalar(lowest)
        return GAP if first is None else first - GAP

    def _position_behind(self, other: Self) -> int | None:
        kind = type(self)
        behind = or_(
            kind.position > other.position, and_(kind.position == other.position, kind.id > other.id)
        )
        query = select(kind.position).where(*self._others_in_column(), behind)
        return db.session.scalar(query.order_by(kind.position, kind.id).limit(1))

    def _spread_column(self) -> None:
        """Give the others of the column room between them again, in one statement: their versions do not change."""
        kind = type(self)
        rank = func.row_number().over(order_by=(kind.position, kind.id))
        ranked = select(kind.id, (rank * GAP).label("position")).where(*self._others_in_column()).subquery()
        spreading = update(kind).where(kind.id == ranked.c.id).values(position=ranked.c.position)
        db.session.execute(spreading.execution_options(synchronize_session="fetch"))
