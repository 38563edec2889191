"""Mixin of things that leave traces as they change, so that the figures of any past day are known."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.figures.trace import Shape, leave_trace

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class Traced:
    """Mixin of a thing whose shape the figures count, and whose verbs change it inside `traced`."""

    if TYPE_CHECKING:
        id: Mapped[int]
        __tablename__: str

        @property
        def is_trashed(self) -> bool: ...

    def _shape(self) -> Shape:
        """Return its shape: what the figures know of it."""
        raise NotImplementedError

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Leave a trace of what is changed inside, where the figures see a difference; in the bin nothing counts."""
        before = self._shape()
        yield
        after = self._shape()
        if after != before and not self.is_trashed:
            leave_trace(self.__tablename__, self.id, before, after)

    def trace_birth(self) -> None:
        """Leave the trace of its birth: it counts from today on."""
        leave_trace(self.__tablename__, self.id, None, self._shape(), is_born=True)

    def trace_binned(self) -> None:
        """Leave the trace of its trashing: it counts no more."""
        leave_trace(self.__tablename__, self.id, self._shape(), None)

    def trace_restored(self) -> None:
        """Leave the trace of its return: it counts again."""
        leave_trace(self.__tablename__, self.id, None, self._shape())
