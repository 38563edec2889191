"""Backups: the rows and the files in one folder that proves itself whole, from SQLite or PostgreSQL to either."""

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from chantiers.operations.dump import (
    BATCH,
    BackupRefused,
    current_revision,
    described,
    fill,
    head,
    lift_statement_timeout,
    plain,
    refuse_unless_ready,
    snapshot,
)
from chantiers.storage.store import FileMissing, InvalidKey, Storage, current_storage
from models import Base, db, now

FORMAT = 1
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
PIECE = 1024 * 1024
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


@dataclass(frozen=True)
class BackupSummary:
    """Summary of a backup; `wrong` names the files that were missing from the store, or damaged there."""

    rows: int
    files: int
    size: int
    wrong: tuple[str, ...] = ()


@dataclass
class _DumpedFile:
    key: str
    size: int
    sha256: str


@dataclass
class _Dump:
    """Dump of the tables as they were at one instant, and the files that their rows name."""

    revision: str
    tables: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, _DumpedFile] = field(default_factory=dict)


# Making a backup -------------------------------------------------------------------------------------------------


def make(target: Path) -> BackupSummary:
    """Write a backup at `target`, which appears only when it is whole. Raises BackupRefused or what the disk raises."""
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupRefused(
            f"« {target} » existe déjà : donnez un nouveau nom, rien ne sera jamais écrit par-dessus une sauvegarde."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    # An interrupted backup leaves a folder whose name says so, without a manifest.
    folder = target.with_name(f"{target.name}.incomplete-{secrets.token_hex(4)}")
    folder.mkdir(mode=0o700)
    try:
        summary = _write(folder)
        if target.exists():
            target.rmdir()
        folder.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return summary


def _write(folder: Path) -> BackupSummary:
    (folder / "tables").mkdir()
    (folder / "files").mkdir()
    with snapshot() as connection:
        dump = _dump_tables(connection, folder / "tables")
    # The files come after the rows: a row is only ever committed once its file is whole.
    copied, wrong = _copy_files(dump.files.values(), folder / "files", current_storage())
    listing = _write_lines(folder / "files.jsonl", ([file.key, file.size, file.sha256] for file in copied))
    manifest = {
        "format": FORMAT,
        "made_at": now().isoformat(),
        "revision": dump.revision,
        "tables": dump.tables,
        "files": {"count": listing[0], "sha256": listing[1]},
        "wrong_files": wrong,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    _write_bytes(folder / MANIFEST, text)
    _write_bytes(folder / SEAL, f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode())
    for each in (folder / "tables", folder / "files", folder):
        _sync(each)
    rows = sum(table["rows"] for table in dump.tables)
    return BackupSummary(rows, len(copied), sum(file.size for file in copied), tuple(wrong))


def _dump_tables(connection: Connection, folder: Path) -> _Dump:
    dump = _Dump(current_revision(connection))
    if dump.revision != head():
        raise BackupRefused(
            f"La base est à la révision « {dump.revision or 'rien'} », ce programme à « {head()} » : sauvegardez "
            "avec le programme d’avant, ou lancez d’abord « flask --app app db upgrade »."
        )
    for table in Base.metadata.sorted_tables:
        rows, sha256 = _write_lines(folder / f"{table.name}.jsonl", _rows_of(connection, table, dump))
        dump.tables.append({**described(table), "rows": rows, "sha256": sha256})
    return dump


def _rows_of(connection: Connection, table: Table, dump: _Dump) -> Iterator[list[Any]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(stream_results=True, yield_per=BATCH).execute(query)
    has_files = "storage_key" in table.columns
    for row in result:
        if has_files and row.storage_key:
            dump.files[row.storage_key] = _DumpedFile(row.storage_key, row.size, row.sha256)
        yield [plain(each) for each in row]


def _copy_files(
    files: Iterable[_DumpedFile], folder: Path, storage: Storage
) -> tuple[list[_DumpedFile], list[str]]:
    """Copy every file; those that are missing or damaged are named, so that the rest is still saved."""
    copied, wrong = [], []
    for file in files:
        try:
            with storage.open(file.key) as chunks:
                target = folder / file.key
                target.parent.mkdir(exist_ok=True)
                found = _DumpedFile(file.key, *_write_pieces(target, chunks))
        except (FileMissing, InvalidKey):
            wrong.append(file.key)
            continue
        copied.append(found)
        if (found.size, found.sha256) != (file.size, file.sha256):
            wrong.append(file.key)
    return copied, wrong


# Restoring one ---------------------------------------------------------------------------------------------------


def restore(source: Path) -> BackupSummary:
    """Fill an empty, migrated database and the store from a backup. Raises BackupRefused, and then changes nothing."""
    manifest = _sound_manifest(source)
    files = _sound_files(source, manifest)
    with db.engine.connect() as connection:
        refuse_unless_ready(connection, manifest)
    storage = current_storage()
    for file in files:
        with (source / "files" / file.key).open("rb") as stream:
            storage.save(stream, file.key)
    with db.engine.begin() as connection:
        lift_statement_timeout(connection)
        # Somebody may have begun to work while the files were copied.
        refuse_unless_ready(connection, manifest)
        fill(
            connection,
            manifest["tables"],
            lambda name: _read_lines(source / "tables" / f"{name}.jsonl"),
        )
    rows = sum(table["rows"] for table in manifest["tables"])
    return BackupSummary(rows, len(files), sum(file.size for file in files), tuple(manifest["wrong_files"]))


def _sound_manifest(source: Path) -> dict[str, Any]:
    """Read the manifest, and check its seal and the hash of every table."""
    try:
        content = (source / MANIFEST).read_bytes()
        seal = (source / SEAL).read_text("ascii").split()[0]
        manifest: dict[str, Any] = json.loads(content)
    except (OSError, ValueError, IndexError):
        raise BackupRefused(
            f"« {source} » n’est pas une sauvegarde complète : il y manque un manifeste lisible."
        ) from None
    if hashlib.sha256(content).hexdigest() != seal:
        raise BackupRefused("Le manifeste de cette sauvegarde a été modifié : elle n’est pas sûre.")
    if manifest.get("format") != FORMAT:
        raise BackupRefused("Cette sauvegarde a été faite par une version plus récente du programme.")
    for table in manifest["tables"]:
        if _hash_of(source / "tables" / f"{table['name']}.jsonl") != table["sha256"]:
            raise BackupRefused(
                f"La table « {table['name']} » de cette sauvegarde est abîmée : rien n’a été fait."
            )
    return manifest


def _sound_files(source: Path, manifest: dict[str, Any]) -> list[_DumpedFile]:
    listing = source / "files.jsonl"
    if _hash_of(listing) != manifest["files"]["sha256"]:
        raise BackupRefused("La liste des fichiers de cette sauvegarde est abîmée : rien n’a été fait.")
    files = [_DumpedFile(*line) for line in _read_lines(listing)]
    for file in files:
        if not _KEY.fullmatch(file.key) or _hash_of(source / "files" / file.key) != file.sha256:
            raise BackupRefused(
                f"Le fichier « {file.key} » de cette sauvegarde est abîmé : rien n’a été fait."
            )
    return files


# Files of a backup -----------------------------------------------------------------------------------------------


def _write_lines(path: Path, rows: Iterable[list[Any]]) -> tuple[int, str]:
    """Write one line of JSON for each row; return their number and their SHA-256."""
    count, sha256 = 0, hashlib.sha256()
    with path.open("xb") as file:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            sha256.update(line)
            file.write(line)
            count += 1
        _flush(file)
    return count, sha256.hexdigest()


def _read_lines(path: Path) -> Iterator[list[Any]]:
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def _write_pieces(path: Path, pieces: Iterable[bytes]) -> tuple[int, str]:
    size, sha256 = 0, hashlib.sha256()
    with path.open("xb") as file:
        for piece in pieces:
            size += len(piece)
            sha256.update(piece)
            file.write(piece)
        _flush(file)
    return size, sha256.hexdigest()


def _write_bytes(path: Path, content: bytes) -> None:
    _write_pieces(path, [content])


def _hash_of(path: Path) -> str:
    """Return the SHA-256 of a file; an empty string where it cannot be read."""
    sha256 = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                sha256.update(piece)
    except OSError:
        return ""
    return sha256.hexdigest()


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
