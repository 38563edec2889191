"""Storage interface: what a folder and an S3 bucket can both do, and the errors that both raise."""

import re
import secrets
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from flask import current_app

PIECE = 1024 * 1024
PROBE = b"chantiers"

KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


class StorageDown(Exception):
    """The store does not answer, or not as it should: nothing was kept, and later may be better."""


class StorageFull(Exception):
    """The store has no room left: nothing was kept."""


class FileMissing(Exception):
    """No file has that key."""


class InvalidKey(ValueError):
    """A key that this module never made."""


@dataclass(frozen=True)
class Stored:
    """A file as it was written: under which key, how many bytes, and their SHA-256."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True)
class StorageEntry:
    """A file as the store lists it."""

    key: str
    size: int
    modified: datetime


class Readable(Protocol):
    """Anything that hands bytes over piece by piece: an upload, an open file."""

    def read(self, size: int, /) -> bytes: ...


class Chunks:
    """The bytes of a file, piece by piece; a context manager, and closed by whoever serves it."""

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
    """What both stores can do. A file's name is made here and means nothing; its true name is in the database."""

    def save(self, stream: Readable, key: str | None = None) -> Stored:
        """Write a file whole or not at all. Raises StorageFull or StorageDown, or what reading the stream raises.

        Only a restored backup names the key: the one that its rows know.
        """
        raise NotImplementedError

    def open(self, key: str) -> Chunks:
        """The file's bytes. Raises FileMissing, StorageDown or InvalidKey before the first of them."""
        raise NotImplementedError

    def size(self, key: str) -> int:
        """How many bytes a file has. Raises as `open` does."""
        raise NotImplementedError

    def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        raise NotImplementedError

    def entries(self) -> Iterator[StorageEntry]:
        """Every whole file, in no order."""
        raise NotImplementedError

    def exists(self, key: str) -> bool:
        """Whether a file has that key."""
        try:
            self.size(key)
        except FileMissing:
            return False
        return True

    def check(self) -> None:
        """Write, read and delete a small file. Raises StorageFull or StorageDown when that does not work."""
        stored = self.save(_Probe())
        with self.open(stored.key) as chunks:
            same = b"".join(chunks) == PROBE
        self.delete(stored.key)
        if not same:
            raise StorageDown("what was read is not what was written")

    def sweep(self, known: Container[str], older_than: timedelta) -> list[str]:
        """Delete the files that no row knows and that are older than that; returns their keys.

        The delay is there for uploads in progress, whose row comes after the file: count it in hours.
        """
        limit = datetime.now(UTC) - older_than
        orphans = [entry.key for entry in self.entries() if entry.modified < limit and entry.key not in known]
        for key in orphans:
            self.delete(key)
        return orphans


class _Probe:
    """A stream of a few bytes."""

    def __init__(self) -> None:
        self._rest = PROBE

    def read(self, size: int, /) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def current_storage() -> Storage:
    """The store of the app that is answering."""
    found: Storage = current_app.extensions["storage"]
    return found


def new_key() -> str:
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:]}"


def check_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise InvalidKey("not a key of this store")
    return key
