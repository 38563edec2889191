"""Upgrades: what people wrote comes through a change of the tables, once, whole or not at all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from chantiers.config import ROOT
from chantiers.operations.demarche_file.load import load
from chantiers.operations.dump import head
from models import Base, db
from tests.support import databases

KEY = "a key that only the tests know, and long enough"

#: Rebuilds, on SQLite, a table on which most others hang: where a careless upgrade deletes them.
NEXT = '''
"""What the next release may bring."""

import sqlalchemy as sa
from alembic import op

revision = "29990101_next"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("chantier", recreate="auto") as table:
        table.add_column(sa.Column("motto", sa.String(length=300), server_default="", nullable=False))
        table.alter_column("summary", type_=sa.String(length=20000))
    {then}


def downgrade() -> None:
    with op.batch_alter_table("chantier", recreate="auto") as table:
        table.drop_column("motto")
        table.alter_column("summary", type_=sa.Text())
'''

pytestmark = pytest.mark.parametrize("empty_database", databases.asked(), indirect=True)


@pytest.fixture
def instance(empty_database: str, tmp_path: Path) -> Any:
    """Make an instance at the present revision, with a démarche in it."""
    app = instance_at(empty_database, tmp_path)
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
        load((ROOT / "data/demarche.yaml").read_bytes())
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


def instance_at(url: str, folder: Path) -> Flask:
    return create_app(
        {
            "SECRET_KEY": KEY,
            "DEMONSTRATION": False,
            "SQLALCHEMY_DATABASE_URI": url,
            "STORAGE_URL": (folder / "files").as_uri(),
        }
    )


def next_release(folder: Path, then: str = "pass") -> str:
    """Make the migrations of this release and one more, which ends with `then`."""
    migrations = folder / "migrations"
    shutil.copytree(ROOT / "migrations", migrations, ignore=shutil.ignore_patterns("__pycache__"))
    (migrations / "versions" / "29990101_next.py").write_text(NEXT.format(head=head(), then=then))
    return str(migrations)


def state() -> dict[str, Any]:
    """Return how many rows each table holds, the revision, and the columns of the table that changes."""
    counts: dict[str, Any] = {
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }
    counts["revision"] = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    counts["columns"] = {
        column["name"] for column in inspect(db.session.connection()).get_columns("chantier")
    }
    db.session.rollback()
    return counts


def test_a_rebuilt_table_keeps_everything_that_hangs_on_it(instance: Flask, tmp_path: Path) -> None:
    before = state()
    assert before["objective"] > 10
    migrations = next_release(tmp_path)
    upgrade(migrations)
    after = state()
    assert after == {
        **before,
        "revision": "29990101_next",
        "columns": before["columns"] | {"motto"},
    }
    downgrade(migrations)
    assert state() == before


@pytest.mark.parametrize(
    "then",
    [
        "raise ZeroDivisionError",
        "op.execute('UPDATE chantier SET motto = nothing_of_that_name')",
    ],
)
def test_an_upgrade_that_fails_leaves_the_old_state(instance: Flask, tmp_path: Path, then: str) -> None:
    before = state()
    with pytest.raises((ZeroDivisionError, SQLAlchemyError)):
        upgrade(next_release(tmp_path, then))
    assert state() == before
    # And this release still works on it, foreign keys and all.
    with pytest.raises(SQLAlchemyError):
        db.session.execute(text("UPDATE objective SET chantier_id = 12345"))
    db.session.rollback()


@pytest.mark.parametrize("start", ["empty", "filled"])
def test_processes_that_start_at_once_upgrade_once(
    instance: Flask, empty_database: str, tmp_path: Path, start: str
) -> None:
    migrations = next_release(tmp_path, "import time; time.sleep(0.5)")
    if start == "empty":
        downgrade(str(ROOT / "migrations"), revision="base")
    environment = {
        **os.environ,
        "SECRET_KEY": KEY,
        "DATABASE_URL": empty_database,
        "INSTANCE_DIR": str(tmp_path),
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "db", "upgrade", "--directory", migrations]
    running = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert state()["revision"] == "29990101_next"
