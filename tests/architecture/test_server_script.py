"""Script of the server: it opens the demonstration only where it harms no one, and keeps its key to itself."""

import importlib.util
import os
import runpy
import socket
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = (
    "DATABASE_URL",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "STORAGE_URL",
    "CHANTIERS_DEMONSTRATION",
    "HOST",
    "PORT",
)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Load the module that script/server runs, in an environment without our settings."""
    monkeypatch.setattr(
        os, "environ", {name: value for name, value in os.environ.items() if name not in SETTINGS}
    )
    specification = importlib.util.spec_from_file_location("serve", ROOT / "script" / "serve.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_a_new_local_file_opens_the_demonstration_and_so_does_its_next_start(
    serve: Any, tmp_path: Path
) -> None:
    assert serve.prepare_demonstration(tmp_path, "127.0.0.1")
    assert os.environ["CHANTIERS_DEMONSTRATION"] == "1"
    assert os.environ["DATABASE_URL"].endswith("demonstration.sqlite3")
    for name in ("DATABASE_URL", "CHANTIERS_DEMONSTRATION"):
        del os.environ[name]
    assert serve.prepare_demonstration(tmp_path, "localhost")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "chantiers.example.org"])
def test_an_address_that_others_reach_never_opens_it(serve: Any, tmp_path: Path, host: str) -> None:
    os.environ["CHANTIERS_DEMONSTRATION"] = "1"
    assert not serve.prepare_demonstration(tmp_path, host)
    assert "CHANTIERS_DEMONSTRATION" not in os.environ


@pytest.mark.parametrize("name", ["DATABASE_URL", "PUBLIC_URL", "TRUSTED_PROXIES"])
def test_a_setting_of_a_real_instance_never_opens_it(serve: Any, tmp_path: Path, name: str) -> None:
    os.environ["CHANTIERS_DEMONSTRATION"] = "1"
    os.environ[name] = "1"
    assert not serve.prepare_demonstration(tmp_path, "127.0.0.1")
    assert "CHANTIERS_DEMONSTRATION" not in os.environ


def test_a_file_that_someone_else_made_never_opens_it(serve: Any, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "demonstration.sqlite3")) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    assert not serve.prepare_demonstration(tmp_path, "127.0.0.1")
    (tmp_path / "demonstration.sqlite3").write_bytes(b"something else altogether" * 100)
    assert not serve.prepare_demonstration(tmp_path, "127.0.0.1")


def test_the_key_is_made_once_for_its_owner_only(serve: Any, tmp_path: Path) -> None:
    key = serve.secret_key(tmp_path / "secret_key")
    assert len(key) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert serve.secret_key(tmp_path / "secret_key") == key


def test_gunicorn_itself_refuses_an_exposed_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    exposed = SimpleNamespace(cfg=SimpleNamespace(bind=["0.0.0.0:5000"]))
    settings["on_starting"](exposed)
    monkeypatch.setenv("CHANTIERS_DEMONSTRATION", "1")
    settings["on_starting"](SimpleNamespace(cfg=SimpleNamespace(bind=["127.0.0.1:5000", "[::1]:5000"])))
    with pytest.raises(SystemExit):
        settings["on_starting"](exposed)


def test_a_port_that_is_taken_is_said_in_words(serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder, pytest.raises(SystemExit):
        serve.check_port_is_free("127.0.0.1", holder.getsockname()[1])
    assert "choisissez-en un autre" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1", "5000 "])
def test_a_port_is_a_number(serve: Any, port: str) -> None:
    os.environ["PORT"] = port
    with pytest.raises(SystemExit):
        serve.read_port()
