"""What leaves traces as it changes, so that the figures of any past day can be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.figures.trace import Shape, leave_trace

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class Traced:
    """Something whose shape the figures count, and whose verbs change it inside `traced`."""

    if TYPE_CHECKING:
        id: Mapped[int]
        __tablename__: str

        @property
        def is_trashed(self) -> bool: ...

    def _shape(self) -> Shape:
        """What the figures know of it."""
        raise NotImplementedError

    @contextmanager
    def traced(self) -> Iterator[None]:
        """What is changed inside leaves a trace, where the figures see a difference; in the bin nothing counts."""
        before = self._shape()
        yield
        after = self._shape()
        if after != before and not self.is_trashed:
            leave_trace(self.__tablename__, self.id, before, after)

    def trace_birth(self) -> None:
        """It counts from today on."""
        leave_trace(self.__tablename__, self.id, None, self._shape(), is_born=True)

    def trace_binned(self) -> None:
        """It counts no more."""
        leave_trace(self.__tablename__, self.id, self._shape(), None)

    def trace_restored(self) -> None:
        """It counts again."""
        leave_trace(self.__tablename__, self.id, None, self._shape())
