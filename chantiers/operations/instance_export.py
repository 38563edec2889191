"""JSON export of the whole instance, and its restore into either database; secrets are left out.

A backup is made to start again after a loss: it holds everything, sessions and passwords too. This file is made to be
read, kept and taken elsewhere: the same content gives the same bytes, line by line, but for the line of its date.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from chantiers.operations.dump import (
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
from chantiers.storage.store import Storage, current_storage
from models import Base, db, now, reindex

FORMAT, NUMBER = "chantiers", 1
BATCH = 500
#: Tables that the file leaves out, and why.
LEFT_OUT = {
    "sign_in_failure": "slows guessing down for a quarter of an hour",
    "password_link": "opens an account",
    "sign_in_link": "opens an account",
    "user_session": "opens an account",
    "submission": "keeps a form from being sent twice within a day",
    "outgoing_mail": "would be sent a second time from elsewhere",
    "search_entry": "is made again from the rest",
}
#: Columns that it leaves empty, and what stands there once it is restored.
SECRET: dict[tuple[str, str], Callable[[], str | None]] = {
    ("user", "password_hash"): lambda: None,
    # What an invitation's link is signed with: those that wait have to be sent again.
    ("invitation", "nonce"): lambda: secrets.token_urlsafe(16),
}


@dataclass(frozen=True)
class Restored:
    """Report of a restore: its rows, and the files that they name and that the store does not have."""

    rows: int
    missing: tuple[str, ...]


def tables() -> list[Table]:
    """Return the tables of the file, in the order of their foreign keys."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


# Writing --------------------------------------------------------------------------------------------------------------


def lines() -> Iterator[str]:
    """Yield the file line by line from a snapshot of one instant; memory holds a few hundred rows at most."""
    with snapshot() as connection:
        yield "{\n"
        yield f' "format": "{FORMAT}", "number": {NUMBER}, "revision": {json.dumps(current_revision(connection))},\n'
        yield f' "exported_at": "{now().isoformat(timespec="seconds")}",\n'
        yield ' "tables": {\n'
        for place, table in enumerate(tables()):
            yield f"{',' if place else ''} {json.dumps(table.name)}: [\n"
            for number, row in enumerate(_rows(connection, table)):
                said = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                yield f"{',' if number else ''}{said}\n"
            yield " ]\n"
        yield " }\n}\n"


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    names = [column.name for column in table.columns]
    result = connection.execution_options(stream_results=True, yield_per=BATCH).execute(query)
    for row in result:
        said = {name: _sorted(plain(value)) for name, value in zip(names, row, strict=True)}
        yield {name: None if (table.name, name) in SECRET else value for name, value in said.items()}


def _sorted(value: Any) -> Any:
    """Sort the keys of a JSON value: databases keep them in orders of their own."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


# Reading --------------------------------------------------------------------------------------------------------------


def restore(file: IO[bytes], files: Path | None = None) -> Restored:
    """Fill an empty, migrated instance from such a file. Raises BackupRefused, and then changes nothing.

    `files` is the folder of files of a backup, for what people sent: the JSON only names it.
    """
    rows = _sound(file)
    for table in tables():
        _check_rows(table, rows[table.name])
    _check_references(rows)
    described_tables = [described(table) for table in tables()]
    manifest = {"revision": head(), "tables": described_tables}
    with db.engine.begin() as connection:
        lift_statement_timeout(connection)
        refuse_unless_ready(connection, manifest)
        fill(connection, described_tables, lambda name: _lines_of(name, rows))
    for _number in reindex():
        db.session.commit()
    missing = _bring_files(rows, current_storage(), files)
    return Restored(sum(len(each) for each in rows.values()), missing)


def _sound(file: IO[bytes]) -> dict[str, list[Any]]:
    """Parse the file and return the rows of each table. Raises BackupRefused where the file is none of ours."""
    try:
        content = json.loads(file.read().decode("utf-8"))
    except (ValueError, RecursionError):
        raise BackupRefused(
            "Ce fichier n’est pas du JSON entier : il a été coupé, ou c’est autre chose."
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise BackupRefused("Ce fichier n’est pas l’export d’une instance de Chantiers.")
    if content.get("number") != NUMBER:
        raise BackupRefused("Ce fichier a été fait par une version plus récente du programme.")
    if content.get("revision") != head():
        raise BackupRefused(
            f"Ce fichier est à la révision « {content.get('revision')} », ce programme à « {head()} » : restaurez-le "
            "avec la version du programme qui l’a fait, puis mettez à jour."
        )
    found, expected = content.get("tables"), [table.name for table in tables()]
    if not isinstance(found, dict) or sorted(found) != sorted(expected):
        raise BackupRefused(
            "Ce fichier n’a pas les tables attendues : il est incomplet, ou il a été modifié."
        )
    for name, rows in found.items():
        if not isinstance(rows, list):
            raise BackupRefused(f"Table « {name} » : une liste de lignes est attendue.")
    return found


#: JSON types of each kind of column.
WRITTEN: dict[str, tuple[type, ...]] = {
    "instant": (str,),
    "day": (str,),
    "json": (dict, list, str, int, float, bool),
    "boolean": (bool,),
    "integer": (int,),
    "text": (str,),
}
#: Largest integer that both databases hold.
LARGEST = 2**63 - 1


def _check_rows(table: Table, rows: list[Any]) -> None:
    """Check that each row has the columns of its table, of their kinds, and that no two share a primary key."""
    facts, seen = described(table)["columns"], set()
    for number, row in enumerate(rows, 1):
        where = f"Table « {table.name} », ligne {number}"
        if not isinstance(row, dict) or row.keys() != facts.keys():
            raise BackupRefused(f"{where} : ses colonnes ne sont pas celles de la table.")
        for name, kind in facts.items():
            _check_value(f"{where}, colonne « {name} »", row[name], kind, table.columns[name])
        key = tuple(row[column.name] for column in table.primary_key.columns)
        if key in seen:
            raise BackupRefused(f"{where} : elle porte le même numéro qu’une autre ligne.")
        seen.add(key)


def _check_value(where: str, given: Any, kind: str, column: Any) -> None:
    value: Any = given
    if value is None:
        if not column.nullable and (column.table.name, column.name) not in SECRET:
            raise BackupRefused(f"{where} : une valeur est nécessaire.")
        return
    if not _is_written_as(kind, value):
        raise BackupRefused(f"{where} : ce n’est pas le genre de valeur attendu.")
    if kind == "integer" and abs(value) > LARGEST:
        raise BackupRefused(f"{where} : ce nombre est trop grand.")
    if kind == "text" and ("\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
        raise BackupRefused(f"{where} : ce texte contient un signe qu’aucune base ne garde.")
    length = getattr(column.type, "length", None)
    if kind == "text" and length and len(value) > length:
        raise BackupRefused(f"{where} : ce texte est trop long ({length} caractères au plus).")
    if kind in ("instant", "day"):
        _check_date(where, value, kind)


def _is_written_as(kind: str, value: Any) -> bool:
    return isinstance(value, WRITTEN[kind]) and not (kind == "integer" and isinstance(value, bool))


def _check_date(where: str, value: str, kind: str) -> None:
    try:
        sound = (
            datetime.fromisoformat(value).tzinfo is not None
            if kind == "instant"
            else date.fromisoformat(value)
        )
    except ValueError:
        sound = False
    if not sound:
        raise BackupRefused(f"{where} : cette date n’est pas comprise.")


def _check_references(rows: dict[str, list[Any]]) -> None:
    """Check that every foreign key names a row of the file."""
    for table in tables():
        for key in table.foreign_keys:
            target, column = key.column.table.name, key.parent.name
            if target in LEFT_OUT:
                continue
            known = {row[key.column.name] for row in rows[target]}
            for number, row in enumerate(rows[table.name], 1):
                if row[column] is not None and row[column] not in known:
                    raise BackupRefused(
                        f"Table « {table.name} », ligne {number}, colonne « {column} » : ce qu’elle désigne n’est "
                        f"pas dans la table « {target} »."
                    )


def _lines_of(name: str, rows: dict[str, list[Any]]) -> Iterator[list[Any]]:
    """Yield the rows of a table as `fill` wants them, with a fresh value in place of each secret."""
    fresh = {column: make for (table, column), make in SECRET.items() if table == name}
    columns = Base.metadata.tables[name].columns.keys()
    for row in rows[name]:
        yield [fresh[column]() if column in fresh else row[column] for column in columns]


def _bring_files(rows: dict[str, list[Any]], storage: Storage, files: Path | None) -> tuple[str, ...]:
    """Copy the files that rows name from a backup's folder into the store; return the names of missing ones."""
    named = (
        (row["storage_key"], row["file_name"])
        for table in tables()
        if "storage_key" in table.columns
        for row in rows[table.name]
        if row["storage_key"]
    )
    missing = []
    for key, name in named:
        if storage.exists(key):
            continue
        source = files / key if files else None
        if source is not None and source.is_file():
            with source.open("rb") as stream:
                storage.save(stream, key)
        else:
            missing.append(name)
    return tuple(missing)
