"""Where files are kept: a local folder or an S3 bucket, behind one small API that never shows half a file."""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import RawIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask, current_app
from obstore.exceptions import BaseError
from obstore.store import S3Store

from chantiers.config import Misconfigured

PIECE = 1024 * 1024
#: S3 refuses parts under 5 MiB, except the last one; a file that fits in one part is sent in one request.
PART = 5 * 1024 * 1024
PROBE = b"chantiers"

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_S3_FULL = re.compile(r"507 |QuotaExceeded|InsufficientStorage|StorageFull|EntityTooLarge")


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

    @staticmethod
    def from_url(url: str) -> "Storage":
        """The store at `file:///folder` or `s3://bucket/prefix?endpoint=…&region=…`. Raises Misconfigured.

        The keys of an S3 store come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
        """
        parts = urlsplit(url)
        if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and parts.path != "/":
            return FolderStorage(Path(unquote(parts.path)))
        if parts.scheme == "s3" and parts.netloc:
            asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            return S3Storage(
                parts.netloc, unquote(parts.path).strip("/"), asked.get("endpoint"), asked.get("region")
            )
        raise Misconfigured(
            "STORAGE_URL doit être file:///un/dossier/absolu ou s3://seau/préfixe?endpoint=…&region=…"
        )

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


class FolderStorage(Storage):
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: On the same filesystem as the files, so that a rename is atomic.
        self.incoming = root / "incoming"

    def save(self, stream: Readable, key: str | None = None) -> Stored:
        key = _checked(key) if key else _new_key()
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
            if _KEY.fullmatch(key):
                yield StorageEntry(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def sweep(self, known: Container[str], older_than: timedelta) -> list[str]:
        limit = (datetime.now(UTC) - older_than).timestamp()
        # What a killed process was writing: never visible, never whole.
        for path in self.incoming.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
        return super().sweep(known, older_than)

    def _path(self, key: str) -> Path:
        return self.root / _checked(key)


class S3Storage(Storage):
    """A bucket, or the part of it under a prefix. Files appear whole: S3 shows nothing of an unfinished upload."""

    def __init__(
        self, bucket: str, prefix: str = "", endpoint: str | None = None, region: str | None = None
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL")
        self.region = region or os.environ.get("AWS_REGION") or "us-east-1"

    @cached_property
    def _store(self) -> S3Store:
        # Made at first use: its threads would not survive the fork of a server that loads the application beforehand.
        settings: dict[str, Any] = {"region": self.region}
        if self.endpoint:
            settings["endpoint"] = self.endpoint
        if self.prefix:
            settings["prefix"] = self.prefix
        return S3Store(
            self.bucket,
            client_options={
                "allow_http": bool(self.endpoint and self.endpoint.startswith("http://")),
                "connect_timeout": "2s",
                "timeout": "4s",
            },
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=5)},
            **settings,
        )

    def save(self, stream: Readable, key: str | None = None) -> Stored:
        key = _checked(key) if key else _new_key()
        source = _Source(stream)
        try:
            first = source.take(PART)
            if source.is_finished:
                self._store.put(key, first, use_multipart=False)
            else:
                self._store.put(
                    key, source.parts(first), use_multipart=True, chunk_size=PART, max_concurrency=2
                )
        except (BaseError, FileNotFoundError) as error:
            # The sender's own error, if there is one, tells more than what the store made of it.
            raise source.error or _translated(error) from error
        return Stored(key, source.size, source.hash.hexdigest())

    def open(self, key: str) -> Chunks:
        size = self.size(key)
        return Chunks(size, self._pieces(key, size), lambda: None)

    def _pieces(self, key: str, size: int) -> Iterator[bytes]:
        # One bounded request per piece: a slow reader holds no connection, and no time limit cuts a long download.
        for start in range(0, size, PIECE):
            with _bucket():
                piece = bytes(self._store.get_range(key, start=start, end=min(start + PIECE, size)))
            yield piece

    def size(self, key: str) -> int:
        with _bucket():
            return int(self._store.head(_checked(key))["size"])

    def delete(self, key: str) -> None:
        checked = _checked(key)
        try:
            with _bucket():
                self._store.delete(checked)
        except FileMissing:
            return

    def entries(self) -> Iterator[StorageEntry]:
        with _bucket():
            for batch in self._store.list(chunk_size=1000):
                for found in batch:
                    if _KEY.fullmatch(found["path"]):
                        yield StorageEntry(found["path"], int(found["size"]), found["last_modified"])


class _Source:
    """An upload read by the store: counted and hashed on the way."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream
        self.hash = hashlib.sha256()
        self.size = 0
        self.is_finished = False
        self.error: Exception | None = None

    def take(self, wanted: int) -> bytes:
        """The next `wanted` bytes, fewer only at the end."""
        pieces, missing = [], wanted
        while missing and not self.is_finished:
            piece = self._read(min(PIECE, missing))
            self.is_finished = not piece
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def parts(self, first: bytes) -> Iterator[bytes]:
        """What was already taken, then the rest."""
        yield first
        while not self.is_finished:
            if part := self.take(PIECE):
                yield part

    def _read(self, size: int) -> bytes:
        try:
            piece = self.stream.read(size)
        except Exception as error:
            self.error = error
            raise
        self.hash.update(piece)
        self.size += len(piece)
        return piece


class _Probe:
    """A stream of a few bytes."""

    def __init__(self) -> None:
        self._rest = PROBE

    def read(self, size: int, /) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def init_app(app: Flask) -> None:
    """Give this app its store, at STORAGE_URL."""
    app.extensions["storage"] = Storage.from_url(app.config["STORAGE_URL"])


def current_storage() -> Storage:
    """The store of the app that is answering."""
    found: Storage = current_app.extensions["storage"]
    return found


def _new_key() -> str:
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:]}"


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise InvalidKey("not a key of this store")
    return key


def _write(stream: Readable, file: RawIOBase) -> tuple[int, str]:
    """Copy the stream onto the disk for good; its size and its hash."""
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
    """Say what the disk refuses in our words; `absent` is what it means that something is not there."""
    try:
        yield
    except FileNotFoundError as error:
        raise absent(error.strerror) from error
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(error.strerror) from error
        raise StorageDown(error.strerror) from error


@contextmanager
def _bucket() -> Iterator[None]:
    """Say what the bucket refuses in our words."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileMissing from error
    except BaseError as error:
        raise _translated(error) from error


def _translated(error: Exception) -> Exception:
    # The first line says what happened; the rest is a dump that no reader of a log needs.
    reason = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
    return StorageFull(reason) if _S3_FULL.search(reason) else StorageDown(reason)
