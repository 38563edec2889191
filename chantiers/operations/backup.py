"""Backups: the rows and the files in one folder that proves itself whole, from SQLite or PostgreSQL to either."""

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table

from chantiers.config import ROOT
from chantiers.storage.store import FileMissing, InvalidKey, Storage, current_storage
from models import Base, db, now, reading
from models.ground.base import UTCDateTime

FORMAT = 1
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
BATCH = 500
PIECE = 1024 * 1024

#: Tables that migrations fill: a restore replaces their rows, and does not take them for somebody's work.
FILLED_BY_MIGRATIONS = ("deliverable_type",)

#: How a column travels, whatever database it comes from or goes to.
KINDS: dict[str, Any] = {
    "instant": UTCDateTime(),
    "day": sa.Date(),
    "json": sa.JSON(none_as_null=True),
    "boolean": sa.Boolean(),
    "integer": sa.BigInteger(),
    "text": sa.Text(),
}

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


class BackupRefused(Exception):
    """A backup that is not made, or not restored; the message is a sentence for whoever asked."""


@dataclass(frozen=True)
class Summary:
    """What a backup holds. `wrong` names the files that the store did not have, or had damaged."""

    rows: int
    files: int
    size: int
    wrong: tuple[str, ...] = ()


@dataclass
class _File:
    key: str
    size: int
    sha256: str


@dataclass
class _Dump:
    """The tables as they were at one instant, and the files that their rows name."""

    revision: str
    tables: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, _File] = field(default_factory=dict)


# Making a backup -------------------------------------------------------------------------------------------------


def make(target: Path) -> Summary:
    """Write a backup at `target`, which appears only when it is whole. Raises BackupRefused or what the disk raises."""
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupRefused(
            f"« {target} » existe déjà : donnez un nouveau nom, rien ne sera jamais écrit par-dessus une sauvegarde."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    # What an interrupted backup leaves behind bears a name that says so, and no manifest.
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


def _write(folder: Path) -> Summary:
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
    return Summary(rows, len(copied), sum(file.size for file in copied), tuple(wrong))


@contextmanager
def snapshot() -> Iterator[Connection]:
    """A connection that sees the database as it is at one instant, while others go on writing."""
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with reading(), engine.connect() as connection:
        take_your_time(connection)
        yield connection


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


def described(table: Table) -> dict[str, Any]:
    """What `fill` must know of a table."""
    own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
    return {
        "name": table.name,
        "columns": {column.name: kind_of(column.type) for column in table.columns},
        # Columns that name other rows of the same table: they are filled last.
        "own": sorted(own),
    }


def _rows_of(connection: Connection, table: Table, dump: _Dump) -> Iterator[list[Any]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(stream_results=True, yield_per=BATCH).execute(query)
    has_files = "storage_key" in table.columns
    for row in result:
        if has_files and row.storage_key:
            dump.files[row.storage_key] = _File(row.storage_key, row.size, row.sha256)
        yield [plain(each) for each in row]


def plain(value: Any) -> Any:
    """A value as JSON writes it: instants in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def kind_of(of: Any) -> str:
    """How a column of this type travels: one of `KINDS`."""
    if isinstance(of, UTCDateTime):
        return "instant"
    for name in ("day", "json", "boolean"):
        if isinstance(of, type(KINDS[name])):
            return name
    return "integer" if isinstance(of, sa.Integer) else "text"


def _copy_files(files: Iterable[_File], folder: Path, storage: Storage) -> tuple[list[_File], list[str]]:
    """Copy every file; those that are missing or damaged are named, so that the rest is still saved."""
    copied, wrong = [], []
    for file in files:
        try:
            with storage.open(file.key) as chunks:
                target = folder / file.key
                target.parent.mkdir(exist_ok=True)
                found = _File(file.key, *_write_pieces(target, chunks))
        except (FileMissing, InvalidKey):
            wrong.append(file.key)
            continue
        copied.append(found)
        if (found.size, found.sha256) != (file.size, file.sha256):
            wrong.append(file.key)
    return copied, wrong


# Restoring one ---------------------------------------------------------------------------------------------------


def restore(source: Path) -> Summary:
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
        take_your_time(connection)
        # Somebody may have begun to work while the files were copied.
        refuse_unless_ready(connection, manifest)
        fill(
            connection,
            manifest["tables"],
            lambda name: _read_lines(source / "tables" / f"{name}.jsonl"),
        )
    rows = sum(table["rows"] for table in manifest["tables"])
    return Summary(rows, len(files), sum(file.size for file in files), tuple(manifest["wrong_files"]))


def _sound_manifest(source: Path) -> dict[str, Any]:
    """The manifest, once its seal and every table were checked."""
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


def _sound_files(source: Path, manifest: dict[str, Any]) -> list[_File]:
    listing = source / "files.jsonl"
    if _hash_of(listing) != manifest["files"]["sha256"]:
        raise BackupRefused("La liste des fichiers de cette sauvegarde est abîmée : rien n’a été fait.")
    files = [_File(*line) for line in _read_lines(listing)]
    for file in files:
        if not _KEY.fullmatch(file.key) or _hash_of(source / "files" / file.key) != file.sha256:
            raise BackupRefused(
                f"Le fichier « {file.key} » de cette sauvegarde est abîmé : rien n’a été fait."
            )
    return files


def refuse_unless_ready(connection: Connection, manifest: dict[str, Any]) -> None:
    """Raises BackupRefused unless the database is migrated as the manifest's was, and empty."""
    revision = current_revision(connection)
    if revision != manifest["revision"]:
        wanted = manifest["revision"]
        raise BackupRefused(
            f"La sauvegarde est à la révision {wanted}, la base à : {revision or 'rien'}. Sur une base vide : "
            f"« flask --app app db upgrade {wanted} », puis restaurez, puis « flask --app app db upgrade »."
        )
    for table in manifest["tables"]:
        if table["name"] in FILLED_BY_MIGRATIONS:
            continue
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table["name"])).limit(1)):
            raise BackupRefused(
                "Cette base n’est pas vide : on ne restaure que dans une base neuve, pour ne rien écraser."
            )


def fill(
    connection: Connection, tables: list[dict[str, Any]], lines_of: Callable[[str], Iterator[list[Any]]]
) -> None:
    """Write the lines of each table, in the order in which tables name one another, as plain data of their columns."""
    metadata = sa.MetaData()
    made = [
        (each, Table(each["name"], metadata, *(sa.Column(n, KINDS[k]) for n, k in each["columns"].items())))
        for each in tables
    ]
    for facts, table in reversed(made):
        if facts["name"] in FILLED_BY_MIGRATIONS:
            connection.execute(table.delete())
    for facts, table in made:
        own = facts["own"]
        later: list[dict[str, Any]] = []
        lines = lines_of(table.name)
        while batch := [_typed(facts["columns"], line) for line in islice(lines, BATCH)]:
            later += [
                {"of": row["id"], **{n: row[n] for n in own}} for row in batch if any(row[n] for n in own)
            ]
            connection.execute(table.insert(), [{**row, **dict.fromkeys(own)} for row in batch])
        if later:
            changes: dict[str, Any] = {name: sa.bindparam(name) for name in own}
            connection.execute(table.update().where(table.c.id == sa.bindparam("of")).values(changes), later)
        _continue_numbering(connection, table)


def _typed(columns: dict[str, str], line: list[Any]) -> dict[str, Any]:
    row = dict(zip(columns, line, strict=True))
    for name, kind in columns.items():
        if row[name] is not None and kind == "instant":
            row[name] = datetime.fromisoformat(row[name])
        elif row[name] is not None and kind == "day":
            row[name] = date.fromisoformat(row[name])
    return row


def _continue_numbering(connection: Connection, table: Table) -> None:
    """PostgreSQL counts beside the table: its counter must go on from the highest id."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    name = connection.dialect.identifier_preparer.format_table(table)
    counter = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(name, "id")))
    highest = connection.scalar(sa.select(sa.func.max(table.c.id)))
    if counter and highest:
        connection.execute(sa.select(sa.func.setval(counter, highest)))


# Small things ----------------------------------------------------------------------------------------------------


def head() -> str | None:
    """The revision that this program's models describe."""
    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


def current_revision(connection: Connection) -> str:
    """The revision that the database is at."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def take_your_time(connection: Connection) -> None:
    """A page must answer in seconds, a backup of years need not."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))


def _write_lines(path: Path, rows: Iterable[list[Any]]) -> tuple[int, str]:
    """Write one line of JSON for each row; how many, and their SHA-256."""
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
    """The SHA-256 of a file; nothing for one that is not there."""
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
