"""Settings: how the environment is read, and what production refuses to start on."""

from pathlib import Path
from typing import Any

import pytest

from chantiers import config
from chantiers.config import Misconfigured

KEY = "k" * 40
LOCAL = "sqlite:////tmp/chantiers.sqlite3"


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "SECRET_KEY": KEY,
        "SQLALCHEMY_DATABASE_URI": LOCAL,
        "HOST": "127.0.0.1",
        "PUBLIC_URL": "",
        "TRUSTED_PROXIES": 0,
        **changes,
    }


@pytest.mark.parametrize("key", ["", "short", "k" * 31])
def test_nothing_starts_without_a_true_secret(key: str) -> None:
    with pytest.raises(Misconfigured, match="SECRET_KEY"):
        config.complete(settings(SECRET_KEY=key))


def test_behind_https_cookies_never_travel_in_clear() -> None:
    secure = settings(PUBLIC_URL="https://chantiers.example.org")
    config.complete(secure)
    assert secure["SESSION_COOKIE_SECURE"]
    assert secure["SESSION_COOKIE_NAME"] == "__Host-chantiers"
    plain = settings()
    config.complete(plain)
    assert not plain["SESSION_COOKIE_SECURE"]


def test_the_demonstration_starts_on_its_own_local_file() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.8.9.10"):
        config.complete(settings(DEMONSTRATION=True, HOST=host))


@pytest.mark.parametrize(
    "changes",
    [
        {"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://localhost/chantiers"},
        {"SQLALCHEMY_DATABASE_URI": "mysql://localhost/chantiers"},
        {"SQLALCHEMY_DATABASE_URI": "sqlite://"},
        {"HOST": "0.0.0.0"},
        {"HOST": "::"},
        {"HOST": ""},
        {"HOST": "192.168.1.20"},
        {"HOST": "chantiers.example.org"},
        {"HOST": "127.0.0.1.example.org"},
        {"HOST": "localhost.example.org"},
        {"PUBLIC_URL": "https://chantiers.example.org"},
        {"PUBLIC_URL": "http://127.0.0.1:5000"},
        {"TRUSTED_PROXIES": 1},
    ],
)
def test_the_demonstration_starts_nowhere_else(changes: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        config.complete(settings(DEMONSTRATION=True, **changes))


def test_only_the_one_word_opens_the_demonstration(tmp_path: Path) -> None:
    for value in ("", "0", "true", "yes", " 1"):
        environ = {"CHANTIERS_DEMONSTRATION": value, "INSTANCE_DIR": str(tmp_path)}
        assert not config.from_environment(environ)["DEMONSTRATION"]
    assert not config.from_environment({})["DEMONSTRATION"]
    assert config.from_environment({"CHANTIERS_DEMONSTRATION": "1"})["DEMONSTRATION"]


def test_the_instance_holds_what_is_not_set_elsewhere(tmp_path: Path) -> None:
    read = config.from_environment({"INSTANCE_DIR": str(tmp_path)})
    assert read["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path.resolve()}/chantiers.sqlite3"
    assert read["STORAGE_URL"] == (tmp_path.resolve() / "files").as_uri()
    assert (read["SECRET_KEY"], read["HOST"], read["LEGAL_HOST"]) == ("", "127.0.0.1", "")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_postgresql_is_reached_by_its_driver(scheme: str, tmp_path: Path) -> None:
    url = config.database_url(f"{scheme}://user@db/chantiers", tmp_path)
    assert url == "postgresql+psycopg://user@db/chantiers"
    assert config.engine_options(url)["connect_args"]["connect_timeout"] <= 5


@pytest.mark.parametrize("host", [None, "", "example.org", "10.0.0.1", "127.0.0.1:80", "[::1]", "127.1 "])
def test_what_is_not_this_computer(host: str | None) -> None:
    assert not config.is_loopback(host)
