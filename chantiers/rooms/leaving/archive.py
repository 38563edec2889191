"""A ZIP archive written while it is sent: nothing is kept on disk, and never more than a piece in memory."""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime

from chantiers.rooms.leaving.belongings import Belongings, plain
from chantiers.rooms.leaving.contributions import ArchivedFile
from chantiers.storage.store import FileMissing, Storage, StorageDown


class _Sink:
    """What the archive is written to: it gives back what was written since it was last asked."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Take a piece."""
        self.pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def drain(self) -> bytes:
        """Everything since the last time."""
        written = b"".join(self.pieces)
        self.pieces.clear()
        return written


def archive(
    belongings: Belongings, readme: str, missing: str, storage: Storage, moment: datetime
) -> Iterator[bytes]:
    """The pieces of the archive. `missing` is what is written in place of a file that the store has lost."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as written:  # type: ignore[call-overload]
        stamp = moment.timetuple()[:6]

        def entry(name: str) -> zipfile.ZipInfo:
            described = zipfile.ZipInfo(name, stamp)
            described.compress_type = zipfile.ZIP_DEFLATED
            return described

        written.writestr(entry("LISEZ-MOI.txt"), readme)
        for name, part in belongings.parts.items():
            words = json.dumps(part, ensure_ascii=False, indent=2, default=plain)
            written.writestr(entry(f"{name}.json"), words)
            yield sink.drain()
        for file in belongings.files:
            yield from _copied(file, written, entry, missing, storage, sink)
    yield sink.drain()


def _copied(
    file: ArchivedFile,
    written: zipfile.ZipFile,
    entry: Callable[[str], zipfile.ZipInfo],
    missing: str,
    storage: Storage,
    sink: _Sink,
) -> Iterator[bytes]:
    try:
        chunks = storage.open(file.key)
    except (FileMissing, StorageDown):
        written.writestr(entry(f"{file.path}.txt"), missing)
        return
    with chunks, written.open(entry(file.path), "w", force_zip64=True) as inside:
        for piece in chunks:
            inside.write(piece)
            yield sink.drain()
