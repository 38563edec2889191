"""Migrations: they make the tables as they are, nothing is left to migrate, and every step goes back."""

import ast
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from app import create_app
from chantiers.config import ROOT
from models import db
from tests.support import databases

KEY = "a key that only the tests know, and long enough"


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Tell ours from what looks words up in the index of the search, which is each database's own."""
    if kind == "table":
        return not (name or "").startswith("search_index")
    return name not in ("vector", "ix_search_entry_vector") or parents["table_name"] != "search_entry"


@pytest.mark.parametrize("empty_database", databases.asked(), indirect=True)
def test_nothing_is_left_to_migrate_and_each_step_goes_back(empty_database: str, tmp_path: Path) -> None:
    settings = {"SQLALCHEMY_DATABASE_URI": empty_database, "SECRET_KEY": KEY, "INSTANCE_DIR": str(tmp_path)}
    app = create_app(settings)
    folder = str(ROOT / "migrations")
    with app.app_context():
        upgrade(folder)
        with db.engine.connect() as connection:
            opts = {"compare_type": True, "include_name": is_ours}
            context = MigrationContext.configure(connection, opts=opts)
            assert compare_metadata(context, db.metadata) == []
        downgrade(folder, revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade(folder)
        made = {name for name in inspect(db.engine).get_table_names() if is_ours(name, "table", {})}
        assert made == {"alembic_version", *db.metadata.tables}
        db.engine.dispose()


def test_models_commit_nothing_and_see_no_request() -> None:
    for path in sorted((ROOT / "models").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert node.attr != "commit", f"{path.name}:{node.lineno} commits"
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in ("flask", "flask_login", "werkzeug"), path
            if isinstance(node, ast.Import):
                assert all(each.name.partition(".")[0] != "flask" for each in node.names), path
