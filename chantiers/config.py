"""Settings, read from the environment. Production refuses to start on a setting that would not be safe."""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click import ClickException

ROOT = Path(__file__).resolve().parent.parent
MEBIBYTE = 1024 * 1024

#: Loopback names of a machine.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Misconfigured(ClickException):
    """Setting that is missing or that contradicts another; the message says how to mend it.

    A command that cannot even begin shows the message alone, without a traceback.
    """

    def show(self, file: Any = None) -> None:
        print(self.message, file=sys.stderr)


def version() -> str:
    """Read the version of this program from pyproject.toml, which nothing needs to install."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Read the settings of this process. Raises Misconfigured."""
    instance = Path(environ.get("INSTANCE_DIR", ROOT / "instance")).resolve()
    public_url = environ.get("PUBLIC_URL", "").rstrip("/")
    return {
        "INSTANCE_DIR": str(instance),
        "SQLALCHEMY_DATABASE_URI": database_url(environ.get("DATABASE_URL", ""), instance),
        "SECRET_KEY": environ.get("SECRET_KEY") or kept_secret(instance),
        "STORAGE_URL": environ.get("STORAGE_URL", (instance / "files").as_uri()),
        "PUBLIC_URL": public_url,
        "TRUSTED_PROXIES": number(environ, "TRUSTED_PROXIES", 0),
        "DEMONSTRATION": environ.get("CHANTIERS_DEMONSTRATION") == "1",
        # Legal notice, which only the operator of an instance knows: one line each.
        "LEGAL_DIRECTOR": environ.get("LEGAL_DIRECTOR", ""),
        "LEGAL_HOST": environ.get("LEGAL_HOST", ""),
        "HOST": environ.get("HOST", "127.0.0.1"),
        "PORT": number(environ, "PORT", 5000),
        # Where mails go: smtp://user:password@host:587, smtps://…, or file:///folder, which keeps them and sends none.
        "MAIL_URL": environ.get("MAIL_URL", ""),
        "MAIL_FROM": environ.get("MAIL_FROM", ""),
        # Where answers by mail arrive, for `flask --app app receive`; without it none is offered.
        "MAIL_REPLY_TO": environ.get("MAIL_REPLY_TO", ""),
        "WORKER": environ.get("WORKER", ""),
        "LOG_LEVEL": environ.get("LOG_LEVEL", "INFO").upper(),
        "MAX_CONTENT_LENGTH": number(environ, "MAX_UPLOAD_MB", 50) * MEBIBYTE,
    }


def number(environ: Mapping[str, str], name: str, default: int) -> int:
    """Read a setting that is a whole number. Raises Misconfigured."""
    given = environ.get(name) or str(default)
    if not (given.isascii() and given.isdigit()):
        raise Misconfigured(f"{name} doit être un nombre entier.")
    return int(given)


def kept_secret(instance: Path) -> str:
    """Read the secret key that `script/server` made for this instance; commands beside the server need the same one."""
    kept = instance / "secret_key"
    return kept.read_text(encoding="ascii").strip() if kept.is_file() else ""


def defaults() -> dict[str, Any]:
    """Return the settings that do not depend on the environment."""
    return {
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Paris",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "chantiers" / "language" / "translations"),
        # A form left open for a week still saves: the token lives as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
        # Behind HTTPS the session cookie is Secure and same-site; a referrer check would only break strict browsers.
        "WTF_CSRF_SSL_STRICT": False,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_FORM_MEMORY_SIZE": 2 * MEBIBYTE,
        "MAX_FORM_PARTS": 2000,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 3,
        "COMPRESS_LEVEL": 4,
        "COMPRESS_MIMETYPES": ["text/html", "application/json"],
    }


def complete(config: dict[str, Any]) -> None:
    """Derive what follows from the settings, and refuse those that would not be safe. Raises Misconfigured."""
    if not config.get("SECRET_KEY"):
        raise Misconfigured(
            "SECRET_KEY manque : donnez-lui un long texte tiré au hasard, et gardez le même à chaque démarrage."
        )
    if len(config["SECRET_KEY"]) < 32:
        raise Misconfigured("SECRET_KEY est trop court : 32 caractères au moins.")
    if not config["SQLALCHEMY_DATABASE_URI"].startswith(("sqlite:", "postgresql+psycopg:")):
        raise Misconfigured(
            "DATABASE_URL doit commencer par postgresql:// ou par sqlite:/// (sans elle, la base est un fichier)."
        )
    make_instance_folder(config)
    config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(config["SQLALCHEMY_DATABASE_URI"])
    complete_mail(config)
    if config.get("PUBLIC_URL") and config.get("TRUSTED_HOSTS") is None:
        # Requests for another host name are refused; monitors and the proxy itself use loopback names.
        config["TRUSTED_HOSTS"] = [urlsplit(config["PUBLIC_URL"]).hostname or "", *LOOPBACK]
    secure = config.get("PUBLIC_URL", "").startswith("https://")
    config["SESSION_COOKIE_SECURE"] = secure
    config["SESSION_COOKIE_NAME"] = "__Host-chantiers" if secure else "chantiers"
    if config.get("DEMONSTRATION"):
        refuse_exposed_demonstration(config)


def complete_mail(config: dict[str, Any]) -> None:
    """Complete the settings of mails and of the worker; a demonstration writes to a folder. Raises Misconfigured."""
    if config.get("DEMONSTRATION"):
        instance = Path(config.get("INSTANCE_DIR") or ROOT / "instance")
        config["MAIL_URL"] = config.get("MAIL_URL") or (instance / "mails").absolute().as_uri()
    scheme = config.get("MAIL_URL", "").partition(":")[0]
    if scheme and scheme not in ("smtp", "smtps", "file"):
        raise Misconfigured("MAIL_URL doit commencer par smtp://, smtps:// ou file:///.")
    if scheme.startswith("smtp"):
        if config.get("DEMONSTRATION"):
            raise Misconfigured("La démonstration n’écrit à personne : retirez MAIL_URL.")
        if "@" not in config.get("MAIL_FROM", "") or not config.get("PUBLIC_URL"):
            raise Misconfigured(
                "Pour envoyer des mails, réglez aussi MAIL_FROM (qui les signe) et PUBLIC_URL (pour les liens)."
            )
    reply_to = config.get("MAIL_REPLY_TO", "")
    if reply_to and not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,15}@[a-z0-9.-]+", reply_to):
        raise Misconfigured(
            "MAIL_REPLY_TO doit être une adresse courte, en minuscules et sans « + » : carnet@example.org."
        )
    config["MAIL_REPLY_TO"] = reply_to
    config["MAIL_FROM"] = config.get("MAIL_FROM") or "Chantiers <chantiers@localhost>"
    # One file of SQLite is served by one process: the worker lives in it. Elsewhere it is a process of its own.
    if not config.get("WORKER"):
        config["WORKER"] = "embedded" if config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite") else "apart"


def make_instance_folder(config: Mapping[str, Any]) -> None:
    """Make the instance's folder (mode 0700) when the database is its SQLite file. Raises Misconfigured."""
    instance = Path(config.get("INSTANCE_DIR") or ROOT / "instance")
    if config["SQLALCHEMY_DATABASE_URI"] != database_url("", instance):
        return
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(
            f"Le dossier {instance} ne se crée pas ({error.strerror}) : réglez INSTANCE_DIR."
        ) from None


def refuse_exposed_demonstration(config: Mapping[str, Any]) -> None:
    """Refuse a demonstration, whose accounts open in one click, but on a local SQLite file served on loopback."""
    if not config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite:///"):
        raise Misconfigured(
            "La démonstration ne tourne que dans son propre fichier SQLite : retirez CHANTIERS_DEMONSTRATION."
        )
    if not is_loopback(config.get("HOST", "")):
        raise Misconfigured(
            "La démonstration n’est servie que sur cet ordinateur : retirez HOST ou CHANTIERS_DEMONSTRATION."
        )
    if config.get("PUBLIC_URL") or config.get("TRUSTED_PROXIES"):
        raise Misconfigured(
            "La démonstration n’a pas d’adresse publique : retirez PUBLIC_URL et TRUSTED_PROXIES."
        )


def is_loopback(host: str | None) -> bool:
    """Tell whether an address is a loopback one: this computer's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def database_url(given: str, instance: Path) -> str:
    """Return the database URL for SQLAlchemy: psycopg for PostgreSQL, a SQLite file of the instance by default."""
    if not given:
        return f"sqlite:///{instance / 'chantiers.sqlite3'}"
    for prefix in ("postgres://", "postgresql://"):
        if given.startswith(prefix):
            return "postgresql+psycopg://" + given.removeprefix(prefix)
    return given


def engine_options(url: str) -> dict[str, Any]:
    """Return the options of the connection pool: one connection per thread of the server, and timeouts."""
    if url.startswith("sqlite"):
        # LIFO: the connection used last has the pages that everybody reads in its cache.
        return {
            "pool_use_lifo": True,
            "pool_size": 64,
            "max_overflow": 16,
            "connect_args": {"timeout": 10, "check_same_thread": False},
        }
    return {
        "pool_size": 16,
        "max_overflow": 16,
        "pool_timeout": 8,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 5, "options": "-c statement_timeout=9000 -c lock_timeout=8000"},
    }
