"""FIFO lock for SQLite writers in this process; SQLite's own busy wait is not fair and can starve one.

With sixteen people writing at once, some waited for seconds and could wait for ever. Writers of other processes still
compete, as SQLite has it.
"""

from collections import deque
from threading import Event, Lock


class FifoLock:
    """Fair lock, handed from each holder to the thread that has waited longest."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_taken = False
        self._waiting: deque[Event] = deque()

    def acquire(self, timeout: float) -> bool:
        """Wait for the lock; return False when it did not come within `timeout` seconds."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            called = Event()
            self._waiting.append(called)
        if called.wait(timeout):
            return True
        with self._lock:
            if called.is_set():
                return True
            self._waiting.remove(called)
            return False

    def release(self) -> None:
        """Hand the lock to the thread that has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
