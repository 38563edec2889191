"""Storage in a local folder: a file is written aside, synced to the disk, then renamed into place."""

import errno
import hashlib
import os
import secrets
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

from chantiers.storage.store import (
    KEY,
    PIECE,
    Chunks,
    FileMissing,
    Readable,
    Storage,
    StorageDown,
    StorageEntry,
    StorageFull,
    Stored,
    check_key,
    new_key,
)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderStorage(Storage):
    """Store in a folder of this machine. A rename publishes a file, so that no half-written one is seen."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: On the same filesystem as the files, so that a rename is atomic.
        self.incoming = root / "incoming"

    def save(self, stream: Readable, key: str | None = None) -> Stored:
        key = check_key(key) if key else new_key()
        target = self.root / key
        with _disk(absent=StorageDown):
            self.incoming.mkdir(parents=True, exist_ok=True)
            temporary = self.incoming / secrets.token_hex(16)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                size, sha256 = _write(stream, file)
            with _disk(absent=StorageDown):
                self._publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return Stored(key, size, sha256)

    def _publish(self, temporary: Path, target: Path) -> None:
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            _sync_folder(self.root)
        temporary.rename(target)
        _sync_folder(target.parent)

    def open(self, key: str) -> Chunks:
        with _disk():
            file = self._path(key).open("rb")
            size = os.fstat(file.fileno()).st_size
        return Chunks(size, iter(lambda: _read(file), b""), file.close)

    def size(self, key: str) -> int:
        with _disk():
            return self._path(key).stat().st_size

    def delete(self, key: str) -> None:
        with _disk():
            self._path(key).unlink(missing_ok=True)

    def entries(self) -> Iterator[StorageEntry]:
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            key = path.relative_to(self.root).as_posix()
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            if KEY.fullmatch(key):
                yield StorageEntry(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def sweep(self, known: Container[str], older_than: timedelta) -> list[str]:
        limit = (datetime.now(UTC) - older_than).timestamp()
        # Remains of a process killed while writing: never visible, never whole.
        for path in self.incoming.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
        return super().sweep(known, older_than)

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)


def _write(stream: Readable, file: RawIOBase) -> tuple[int, str]:
    """Copy the stream to the disk and sync it (fsync). Return its size and its SHA-256."""
    sha256, size = hashlib.sha256(), 0
    while piece := stream.read(PIECE):
        with _disk(absent=StorageDown):
            rest = memoryview(piece)
            while rest:
                rest = rest[file.write(rest) :]
        sha256.update(piece)
        size += len(piece)
    with _disk(absent=StorageDown):
        os.fsync(file.fileno())
    return size, sha256.hexdigest()


def _read(file: BinaryIO) -> bytes:
    with _disk():
        return file.read(PIECE)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk(absent: type[Exception] = FileMissing) -> Iterator[None]:
    """Translate errors of the disk into ours; `absent` is the exception for a path that is not there."""
    try:
        yield
    except FileNotFoundError as error:
        raise absent(error.strerror) from error
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(error.strerror) from error
        raise StorageDown(error.strerror) from error
