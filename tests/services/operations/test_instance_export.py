"""JSON export of the instance: what it holds, what it never does, and that it comes back to the byte."""

import json
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from chantiers.operations import instance_export
from chantiers.operations.dump import BackupRefused
from chantiers.storage.store import current_storage
from models import Base, Invitation, Task, User, db, find, terms_of
from tests.services.operations.test_backup import another_instance, fill
from tests.support.factories import make_coordinator, make_demarche, make_user
from tests.support.world import make_world


def taken() -> str:
    """Return the export, without the line of its date."""
    return "".join(line for line in instance_export.lines() if '"exported_at"' not in line)


def test_every_table_and_column_is_exported_or_said_to_be_left_out() -> None:
    known = set(Base.metadata.tables)
    assert set(instance_export.LEFT_OUT) <= known
    assert {name for name, _column in instance_export.SECRET} <= known - set(instance_export.LEFT_OUT)
    for table in instance_export.tables():
        for column in table.columns:
            secret = any(word in column.name for word in ("password_hash", "token", "nonce", "secret"))
            assert not secret or (table.name, column.name) in instance_export.SECRET, (
                f"{table.name}.{column.name}"
            )


@pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)
def test_it_comes_back_to_the_byte_on_either_database(
    app, session, empty_database, tmp_path, database
) -> None:
    make_world(session, database.config["STORAGE_URL"])
    session.commit()
    person = session.scalar(select(User).where(User.password_hash.is_not(None)).limit(1)) or make_user()
    person.choose_password("Une phrase que personne ne devine")
    session.commit()
    secret, said = person.password_hash, taken()
    assert secret and secret not in said and json.loads(said)["tables"]["task"]
    nonce = session.scalar(select(Invitation.nonce).limit(1))
    assert nonce and nonce not in said
    files = {entry.key for entry in current_storage().entries()}
    with another_instance(empty_database, tmp_path) as other, other.app_context():
        restored = instance_export.restore(BytesIO(said.encode()))
        assert taken() == said
        assert restored.missing and files
        assert db.session.scalar(select(func.count(Task.id))) == len(json.loads(said)["tables"]["task"])
        assert db.session.scalar(select(User.password_hash).where(User.id == person.id)) is None
        reader = make_coordinator()
        db.session.commit()
        assert find(reader, terms_of("changer")).entries
        db.session.rollback()
        with pytest.raises(BackupRefused, match="n’est pas vide"):
            instance_export.restore(BytesIO(said.encode()))


WRONGS: dict[str, tuple[Any, str]] = {
    "cut": (lambda whole: whole["tables"].pop("task"), "tables attendues"),
    "of another kind": (lambda whole: whole.update(format="autre"), "export d’une instance"),
    "newer": (lambda whole: whole.update(number=2), "version plus récente"),
    "older": (lambda whole: whole.update(revision="20200101"), "révision « 20200101 »"),
    "a wrong type": (lambda whole: _task(whole).update(title=12), "ligne 1, colonne « title »"),
    "a boolean for a number": (lambda whole: _task(whole).update(position=True), "colonne « position »"),
    "a huge number": (lambda whole: _task(whole).update(position=10**30), "trop grand"),
    "nothing where something is needed": (lambda whole: _task(whole).update(title=None), "nécessaire"),
    "a reference to nothing": (lambda whole: _task(whole).update(objective_id=987654), "ce qu’elle désigne"),
    "a date of no calendar": (lambda whole: _task(whole).update(created_at="2024-13-45"), "date n’est pas"),
    "a naive instant": (
        lambda whole: _task(whole).update(created_at="2024-01-02T03:04:05"),
        "date n’est pas",
    ),
    "a sign that no base keeps": (lambda whole: _task(whole).update(title="a\0b"), "aucune base"),
    "a text too long": (lambda whole: _task(whole).update(title="x" * 301), "trop long"),
    "the same row twice": (lambda whole: whole["tables"]["task"].append(_task(whole)), "même numéro"),
    "a column too many": (lambda whole: _task(whole).update(autre=1), "colonnes"),
    "no list": (lambda whole: whole["tables"].update(task={}), "liste de lignes"),
}


def _task(whole: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = whole["tables"]["task"][0]
    return row


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_what_is_wrong_is_named_and_nothing_is_written(app, session, empty_database, tmp_path) -> None:
    fill()
    said = "".join(instance_export.lines())
    with another_instance(empty_database, tmp_path) as other, other.app_context():
        for spoil, expected in WRONGS.values():
            whole = json.loads(said)
            spoil(whole)
            with pytest.raises(BackupRefused, match=expected):
                instance_export.restore(BytesIO(json.dumps(whole).encode()))
        for nonsense in (said[: len(said) // 2], "[" * 100_000, "\xff", ""):
            with pytest.raises(BackupRefused):
                instance_export.restore(BytesIO(nonsense.encode("latin-1", "replace")))
        assert db.session.scalar(select(func.count(Task.id))) == 0
        db.session.rollback()
        # Rearranged by another tool, it is still the same.
        instance_export.restore(BytesIO(json.dumps(json.loads(said), indent=2, sort_keys=True).encode()))
        assert "".join(instance_export.lines()).count("\n") == said.count("\n")
        assert db.session.scalar(select(Task.title)) == "Être prêt·e\nà tout 🌱"


def test_only_the_coordination_takes_it_and_the_journal_says_so(session, visitor) -> None:
    make_demarche()
    person = visitor(make_coordinator())
    page = person.get("/gestion")
    assert page.has("Il contient les adresses de tout le monde")
    answer = person.post("/exports/instance.json", status=200)
    assert json.loads(answer.data)["tables"]["user"]
    assert any(row["action"] == "demarche.exported" for row in json.loads(answer.data)["tables"]["activity"])
    visitor(make_user()).post("/exports/instance.json", status=403)
