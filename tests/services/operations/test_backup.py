"""Backups: the same rows and files elsewhere, whatever goes on meanwhile; and never half of one."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from chantiers.config import ROOT
from chantiers.operations import backup
from chantiers.operations.demarche_file.load import load
from chantiers.operations.dump import BackupRefused
from chantiers.storage.store import StorageDown, current_storage
from models import (
    Base,
    Chantier,
    Comment,
    DeliverableVersion,
    Objective,
    StoredFile,
    Structure,
    Task,
    User,
    db,
    find,
    merge_structures,
    terms_of,
)
from tests.support.factories import make_deliverable, make_referent, make_task
from tests.support.terminal import said

InApp = Callable[[], AbstractContextManager[Session]]


def fill() -> None:
    """Make a démarche with everything that could be lost on the way: accents, JSON, dates, merges, files."""
    load((ROOT / "data/demarche.yaml").read_bytes())
    chantier = db.session.scalars(select(Chantier).where(Chantier.number == 1)).one()
    referent = make_referent(chantier)
    objective = db.session.scalars(select(Objective).where(Objective.source_key == "1-o1")).one()
    objective.chantier = chantier
    task = make_task(objective, "Être prêt·e\nà tout 🌱", by=referent, due_on=date(2024, 3, 15))
    task.add_item("Un point", by=referent).check(by=referent)
    task.block("Il manque « tout »", "Un rien", by=referent)
    first, second = Structure.known_as("Actes"), Structure.known_as("UNADEL")
    assert first and second
    # A row that names a later one of its own table.
    merge_structures(first, into=second, by=referent)
    deliverable = make_deliverable(objective, by=referent)
    for content in (b"premier", b"", b"x" * 3_000_000):
        stored = current_storage().save(BytesIO(content))
        file = StoredFile(stored.key, "a.txt", "text/plain", stored.size, stored.sha256)
        deliverable.add_file(file, by=referent)
    stored = current_storage().save(BytesIO(b"une piece"))
    file = StoredFile(stored.key, "piece.txt", "text/plain", stored.size, stored.sha256)
    Comment.write(task, "Avec une pièce", by=referent, files=[file])
    db.session.commit()


def contents() -> dict[str, list[str]]:
    """Return every row of every table, and the bytes of every file, to compare."""
    rows = {
        table.name: sorted(
            repr([each.isoformat() if isinstance(each, date) else each for each in row])
            for row in db.session.execute(select(table))
        )
        for table in Base.metadata.sorted_tables
    }
    rows["files"] = []
    for entry in sorted(current_storage().entries(), key=lambda each: each.key):
        with current_storage().open(entry.key) as chunks:
            rows["files"].append(f"{entry.key} {hashlib.sha256(b''.join(chunks)).hexdigest()}")
    db.session.rollback()
    return rows


@contextmanager
def another_instance(url: str, folder: Path) -> Iterator[Flask]:
    """Make another instance, migrated and empty."""
    app = create_app(
        {
            "SECRET_KEY": "k" * 40,
            "DEMONSTRATION": False,
            "SQLALCHEMY_DATABASE_URI": url,
            "STORAGE_URL": (folder / "other-files").as_uri(),
        }
    )
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
        try:
            yield app
        finally:
            db.session.remove()
            app.extensions["sqlalchemy"].engine.dispose()


@pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_is_restored_whole_on_either_database(
    in_app: InApp, empty_database: str, tmp_path: Path
) -> None:
    with in_app():
        fill()
        before = contents()
        summary = backup.make(tmp_path / "copie")
    assert summary.files == 4 and summary.wrong == () and summary.rows > 150
    with another_instance(empty_database, tmp_path) as app:
        assert "fichiers : 4" in said(app, "restore", str(tmp_path / "copie"))
        assert contents() == before
        # The index of the search is no row of a backup: it is made again as rows come in.
        finder = db.session.scalars(select(User).where(User.source_key.is_(None)).limit(1)).one()
        assert find(finder, terms_of("prete")).entries
        # The counters go on from there: what is made next takes no number twice.
        User.create("Après", by=None)
        db.session.commit()
        assert "Tout va bien." in said(app, "doctor")


def test_a_backup_under_writes_holds_one_instant(app: Flask, in_app: InApp, tmp_path: Path) -> None:
    """A pair of rows is always written together: no backup may see one without the other."""
    with in_app():
        fill()
        objective_id = db.session.scalars(select(Objective.id).where(Objective.source_key == "1-o2")).one()
    stop, written, failed = threading.Event(), [0], []

    def write() -> None:
        try:
            while not stop.is_set():
                with app.app_context():
                    objective = db.session.get_one(Objective, objective_id)
                    objective.chantier = db.session.get_one(Chantier, objective.chantier_id)
                    make_task(objective, "Pendant la sauvegarde")
                    stored = current_storage().save(BytesIO(b"pendant"))
                    version = DeliverableVersion(
                        deliverable_id=db.session.scalar(select(func.min(DeliverableVersion.deliverable_id))),
                        number=100 + written[0],
                        kind="file",
                        note="",
                        at=objective.chantier.created_at,
                        storage_key=stored.key,
                        size=stored.size,
                        sha256=stored.sha256,
                    )
                    db.session.add(version)
                    db.session.commit()
                    written[0] += 1
        except Exception as error:  # Told by the test itself, which a thread cannot fail.
            failed.append(error)

    writers = [threading.Thread(target=write)]
    for writer in writers:
        writer.start()
    try:
        with in_app():
            for number in range(3):
                summary = backup.make(tmp_path / f"copie-{number}")
                assert summary.wrong == ()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not failed and written[0] > 0
    for number in range(3):
        lines = {
            name: (tmp_path / f"copie-{number}/tables/{name}.jsonl").read_text("utf-8").count(words)
            for name, words in (("task", "Pendant la sauvegarde"), ("deliverable_version", '"file"'))
        }
        assert lines["task"] == lines["deliverable_version"] - 3


def test_a_backup_is_never_written_over_another(in_app: InApp, tmp_path: Path) -> None:
    with in_app():
        backup.make(tmp_path / "copie")
        with pytest.raises(BackupRefused, match="existe déjà"):
            backup.make(tmp_path / "copie")
        (tmp_path / "vide").mkdir()
        backup.make(tmp_path / "vide")


def test_an_interrupted_backup_leaves_nothing_that_looks_like_one(
    in_app: InApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_app():
        fill()

        def fall(*_arguments: Any) -> None:
            raise StorageDown("plus rien")

        monkeypatch.setattr(type(current_storage()), "open", fall)
        with pytest.raises(StorageDown):
            backup.make(tmp_path / "copie")
        assert list(tmp_path.iterdir()) == []


def test_what_a_killed_backup_leaves_is_refused(in_app: InApp, tmp_path: Path) -> None:
    with in_app():
        fill()
        backup.make(tmp_path / "copie")
    (tmp_path / "copie" / "manifest.json").unlink()
    with in_app(), pytest.raises(BackupRefused, match="n’est pas une sauvegarde complète"):
        backup.restore(tmp_path / "copie")


def test_a_missing_file_is_told_and_the_rest_is_saved(app: Flask, in_app: InApp, tmp_path: Path) -> None:
    with in_app() as session:
        fill()
        key = session.scalars(select(DeliverableVersion.storage_key)).first()
        session.rollback()
        current_storage().delete(str(key))
    result = said(app, "backup", str(tmp_path / "copie"), status=1)
    assert "fichiers : 3" in result and f"manquaient ou étaient abîmés : 1 ({key})" in result


def test_only_an_empty_database_is_filled(in_app: InApp, tmp_path: Path) -> None:
    with in_app():
        fill()
        before = contents()
        backup.make(tmp_path / "copie")
        with pytest.raises(BackupRefused, match="n’est pas vide"):
            backup.restore(tmp_path / "copie")
        assert contents() == before


DAMAGE: list[tuple[str, Callable[[Path], Any], str]] = [
    ("a row changed", lambda f: _change(f / "tables/task.jsonl"), "table « task »"),
    ("a table lost", lambda f: (f / "tables/user.jsonl").unlink(), "table « user »"),
    ("a file changed", lambda f: _change(next((f / "files").glob("*/*"))), "Le fichier"),
    ("a file lost", lambda f: next((f / "files").glob("*/*")).unlink(), "Le fichier"),
    ("the list changed", lambda f: _change(f / "files.jsonl"), "liste des fichiers"),
    ("the manifest changed", lambda f: _change(f / "manifest.json"), "manifeste"),
    ("the seal lost", lambda f: (f / "manifest.sha256").unlink(), "n’est pas une sauvegarde complète"),
    ("a later format", lambda f: _reseal(f, format=99), "version plus récente"),
    ("another revision", lambda f: _reseal(f, revision="plus_tard"), "db upgrade plus_tard"),
]


def _change(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + b" " + content[-2:] if content else b"x")


def _reseal(folder: Path, **changes: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    content = json.dumps({**manifest, **changes}).encode()
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_text(hashlib.sha256(content).hexdigest())


@pytest.mark.databases("sqlite")
def test_a_damaged_backup_changes_nothing(in_app: InApp, database: Any, app: Flask, tmp_path: Path) -> None:
    with in_app():
        fill()
        backup.make(tmp_path / "copie")
    with another_instance(f"sqlite:///{tmp_path}/autre.sqlite3", tmp_path) as other:
        for name, damage, words in DAMAGE:
            folder = tmp_path / "abîmée"
            shutil.copytree(tmp_path / "copie", folder)
            damage(folder)
            assert words in said(other, "restore", str(folder), status=1), name
            assert db.session.scalar(select(func.count()).select_from(User)) == 0, name
            db.session.rollback()
            assert not list(current_storage().entries()), name
            shutil.rmtree(folder)
        said(other, "restore", str(tmp_path / "copie"))
        assert db.session.scalar(select(func.count()).select_from(Task)) == 1


@pytest.mark.databases("sqlite")
def test_a_backup_comes_out_of_a_bucket_too(
    make_app: Callable[..., Flask], s3_storage_url: str, tmp_path: Path
) -> None:
    with make_app(STORAGE_URL=s3_storage_url).app_context():
        fill()
        before = contents()
        assert backup.make(tmp_path / "copie").files == 4
        db.session.remove()
    with another_instance(f"sqlite:///{tmp_path}/autre.sqlite3", tmp_path):
        backup.restore(tmp_path / "copie")
        assert contents() == before
