"""Uploads: a file is buffered up to the limit and discarded beyond it, so that what was typed with it is kept."""

from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser

from chantiers.config import MEBIBYTE
from chantiers.files import types
from chantiers.files.types import FileFacts, UploadRefused
from chantiers.language.labels import file_size
from chantiers.storage.store import current_storage
from models import StoredFile

#: A request is read to its end up to this much over the limit; a larger one is refused unread, with what was typed.
MARGIN = 200 * MEBIBYTE
IN_MEMORY = 512 * 1024


class UploadBuffer(SpooledTemporaryFile[bytes]):
    """Buffer of an uploaded file: all of it, or nothing once it is over the limit."""

    def __init__(self) -> None:
        super().__init__(max_size=IN_MEMORY)
        self.is_too_large = False
        self._received = 0

    def write(self, piece: Any) -> int:
        """Write a piece, unless the file has grown over the limit: then empty the buffer."""
        self._received += len(piece)
        if self._received > file_limit():
            self.is_too_large = True
            self.seek(0)
            self.truncate()
        else:
            super().write(piece)
        return len(piece)


class UploadParser(FormDataParser):
    """Parser of a form whose file may be over the limit."""

    def __init__(self, stream_factory: Any = None, **options: Any) -> None:
        super().__init__(stream_factory=_receive, **options)


def _receive(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> IO[bytes]:
    return UploadBuffer()


def expect_upload() -> None:
    """Let this request read its form to the end; call it before anything reads a field of it."""
    request.max_content_length = file_limit() + MARGIN
    request.form_data_parser_class = UploadParser


def file_limit() -> int:
    """Return the limit on the size of a file, in bytes."""
    limit: int = current_app.config["MAX_CONTENT_LENGTH"]
    return limit


def limit_in_words() -> str:
    """Format `file_limit` as people read it."""
    limit = file_limit()
    return f"{limit // MEBIBYTE}\u00a0{_('Mo')}" if limit >= MEBIBYTE else file_size(limit)


def inspect_upload(upload: FileStorage) -> FileFacts:
    """Inspect the uploaded file. Raises UploadRefused."""
    if getattr(upload.stream, "is_too_large", False):
        raise UploadRefused("too_large", name=types.clean_name(upload.filename), limit=file_limit())
    return types.inspect(upload.stream, upload.filename, limit=file_limit())  # type: ignore[arg-type]


def store_upload(upload: FileStorage, facts: FileFacts) -> StoredFile:
    """Store the file, whole or not at all. Raises StorageFull or StorageDown."""
    upload.stream.seek(0)
    kept = current_storage().save(upload.stream)
    return StoredFile(kept.key, facts.name, facts.media_type, kept.size, kept.sha256)
