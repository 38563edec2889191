"""Whose turn it is to write: those who wait for SQLite's one writer are served in the order in which they came.

SQLite itself lets whoever asks at the right moment in: with sixteen people writing at once, some wait for seconds and
may wait for ever. Writers of other processes still compete, as SQLite has it.
"""

from collections import deque
from threading import Event, Lock


class Turns:
    """One turn, handed from each writer to the one who has waited longest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_taken = False
        self._waiting: deque[Event] = deque()

    def take(self, patience: float) -> bool:
        """Wait for the turn; False when it did not come within `patience` seconds."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            called = Event()
            self._waiting.append(called)
        if called.wait(patience):
            return True
        with self._lock:
            if called.is_set():
                return True
            self._waiting.remove(called)
            return False

    def give(self) -> None:
        """Hand the turn to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
