"""Storage interface: what a folder and an S3 bucket can both do, and the errors that both raise."""

import re
import secrets
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from flask import current_app

#: Bytes read and written at a time.
PIECE = 1024 * 1024
PROBE = b"chantiers"

#: Generated names only: the file's own name is in the database.
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


class StorageDown(Exception):
    """Store that does not answer, or not as it should: nothing was kept, a retry later may succeed."""


class StorageFull(Exception):
    """Store without room left: nothing was kept."""


class FileMissing(Exception):
    """Key without a file."""


class InvalidKey(ValueError):
    """Key that this module never made."""


@dataclass(frozen=True)
class Stored:
    """File as it was written: its key, its size in bytes, their SHA-256."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True)
class StorageEntry:
    """Entry of the store's list of files."""

    key: str
    size: int
    modified: datetime


class Readable(Protocol):
    """Protocol of streams that are read piece by piece: an upload, an open file."""

    def read(self, size: int, /) -> bytes: ...


class Chunks:
    """Iterator over the bytes of a file; a context manager, which the WSGI server closes too."""

    def __init__(self, size: int, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self.size = size
        self._pieces = pieces
        self.close = close

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Storage:
    """Interface of both stores. Keys are random; the name that people gave a file is in the database."""

    def save(self, stream: Readable, key: str | None = None) -> Stored:
        """Write a file whole or not at all. Raises StorageFull or StorageDown, or what reading the stream raises.

        Only a restored backup names the key: the one that its rows know.
        """
        raise NotImplementedError

    def open(self, key: str) -> Chunks:
        """Open a file. Raises FileMissing, StorageDown or InvalidKey, before the first byte."""
        raise NotImplementedError

    def size(self, key: str) -> int:
        """Return the size of a file in bytes. Raises as `open` does."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Delete a file; one that is not there is no error."""
        raise NotImplementedError

    def entries(self) -> Iterator[StorageEntry]:
        """List every whole file, in no order."""
        raise NotImplementedError

    def exists(self, key: str) -> bool:
        """Tell whether a file has that key."""
        try:
            self.size(key)
        except FileMissing:
            return False
        return True

    def check(self) -> None:
        """Probe the store: write, read and delete a small file. Raises StorageFull or StorageDown when that fails."""
        stored = self.save(_Probe())
        with self.open(stored.key) as chunks:
            same = b"".join(chunks) == PROBE
        self.delete(stored.key)
        if not same:
            raise StorageDown("what was read is not what was written")

    def sweep(self, known: Container[str], older_than: timedelta) -> list[str]:
        """Delete orphans: files that no row knows, older than that delay. Return their keys.

        The delay is there for uploads in progress, whose row comes after the file: count it in hours.
        """
        limit = datetime.now(UTC) - older_than
        orphans = [entry.key for entry in self.entries() if entry.modified < limit and entry.key not in known]
        for key in orphans:
            self.delete(key)
        return orphans


class _Probe:
    """Stream of a few bytes, for the probe."""

    def __init__(self) -> None:
        self._rest = PROBE

    def read(self, size: int, /) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def current_storage() -> Storage:
    """Return the store of the current app."""
    found: Storage = current_app.extensions["storage"]
    return found


def new_key() -> str:
    """Draw a random key."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:]}"


def check_key(key: str) -> str:
    """Return the key if it has the form of ours: no path traversal. Raises InvalidKey."""
    if not KEY.fullmatch(key):
        raise InvalidKey("not a key of this store")
    return key
