"""Storage in an S3 bucket: multipart uploads, which S3 shows once complete, and ranged downloads."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any

from obstore.exceptions import BaseError
from obstore.store import S3Store

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

#: S3 refuses parts under 5 MiB, except the last one; a file that fits in one part is sent in one request.
PART = 5 * 1024 * 1024

_S3_FULL = re.compile(r"507 |QuotaExceeded|InsufficientStorage|StorageFull|EntityTooLarge")


class S3Storage(Storage):
    """Store in a bucket, or under a prefix of it. S3 shows nothing of an unfinished upload: files appear whole."""

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
        key = check_key(key) if key else new_key()
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
            return int(self._store.head(check_key(key))["size"])

    def delete(self, key: str) -> None:
        checked = check_key(key)
        try:
            with _bucket():
                self._store.delete(checked)
        except FileMissing:
            return

    def entries(self) -> Iterator[StorageEntry]:
        with _bucket():
            for batch in self._store.list(chunk_size=1000):
                for found in batch:
                    if KEY.fullmatch(found["path"]):
                        yield StorageEntry(found["path"], int(found["size"]), found["last_modified"])


class _Source:
    """Stream of an upload, counted and hashed as the store reads it."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream
        self.hash = hashlib.sha256()
        self.size = 0
        self.is_finished = False
        self.error: Exception | None = None

    def take(self, wanted: int) -> bytes:
        """Read the next `wanted` bytes, fewer only at the end."""
        pieces, missing = [], wanted
        while missing and not self.is_finished:
            piece = self._read(min(PIECE, missing))
            self.is_finished = not piece
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def parts(self, first: bytes) -> Iterator[bytes]:
        """Yield what was already read, then the rest."""
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


@contextmanager
def _bucket() -> Iterator[None]:
    """Translate errors of the bucket into ours."""
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
