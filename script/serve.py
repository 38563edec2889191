"""Entry point of script/server: prepares the database, prints the address, and becomes the production server (exec)."""

import fcntl
import os
import secrets
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from flask.cli import ScriptInfo
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic.migration import MigrationContext  # noqa: E402
from alembic.script import ScriptDirectory  # noqa: E402

from app import create_app  # noqa: E402
from chantiers.config import is_loopback  # noqa: E402

#: Written in the header of the SQLite file that this script makes for the demonstration ("Chan" in ASCII). A file
#: without it belongs to someone: the demonstration never opens it.
MARK = 0x4368616E


def main() -> None:
    """Prepare the instance, then replace this process by gunicorn."""
    os.chdir(ROOT)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    host = os.environ.setdefault("HOST", "127.0.0.1")
    port = read_port()
    check_port_is_free(host, port)
    instance = Path(os.environ.get("INSTANCE_DIR") or ROOT / "instance").expanduser().resolve()
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["INSTANCE_DIR"] = str(instance)
    address = public_address(host, port)
    os.environ.setdefault("SECRET_KEY", secret_key(instance / "secret_key"))

    with preparation_lock(instance):
        demonstration = prepare_demonstration(instance, host)
        if not demonstration:
            os.environ.setdefault("PUBLIC_URL", address)
        app = create_app()
        with app.app_context():
            migrate(app, instance)
            if demonstration:
                run_command(app, "demonstration", "load")
            filled = has_demarche(app)
            app.extensions["sqlalchemy"].engine.dispose()

    words = demonstration_words(address) if demonstration else real_words(address, host, filled)
    os.environ["READY_MESSAGE"] = words
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(ROOT / "gunicorn.conf.py"),
        "app:create_app()",
    ]
    sys.stdout.flush()
    os.execv(sys.executable, command)


def stop(*sentences: str) -> NoReturn:
    """Exit with a message rather than with a traceback."""
    print("", *sentences, "", sep="\n", file=sys.stderr)
    sys.exit(1)


def read_port() -> int:
    """Read PORT, 5000 by default; exit if it is no port."""
    given = os.environ.setdefault("PORT", "5000")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        stop(
            f"PORT={given} : un port est un nombre de 1 à 65535.",
            f"PORT={given}: a port is a number from 1 to 65535.",
        )
    return int(given)


def check_port_is_free(host: str, port: int) -> None:
    """Exit, before doing anything else, if the address cannot be bound."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        other = port + 1 if port < 65535 else 8000
        stop(
            f"Impossible d’écouter sur {host}, port {port} : {error.strerror}.",
            f"S’il est déjà pris, choisissez-en un autre : PORT={other} script/server",
            f"Cannot listen on {host}, port {port}. If it is taken, choose another: PORT={other} script/server",
        )


def public_address(host: str, port: int) -> str:
    """Return the address to type in a browser of this machine."""
    if host in {"0.0.0.0", "::", ""}:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def secret_key(path: Path) -> str:
    """Read the key that signs sessions, made once and readable by its owner only."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


@contextmanager
def preparation_lock(instance: Path) -> Iterator[None]:
    """Hold a file lock (flock): one process at a time prepares this instance."""
    with (instance / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare_demonstration(instance: Path, host: str) -> bool:
    """Choose the demonstration only on our own SQLite file and on a loopback address; return whether it is chosen."""
    os.environ.pop("CHANTIERS_DEMONSTRATION", None)
    path = instance / "demonstration.sqlite3"
    meant_for_others = any(os.environ.get(name) for name in ("DATABASE_URL", "PUBLIC_URL", "TRUSTED_PROXIES"))
    if meant_for_others or not is_loopback(host) or not is_ours(path):
        return False
    os.environ["DATABASE_URL"] = URL.create("sqlite", database=str(path)).render_as_string()
    os.environ.setdefault("STORAGE_URL", (instance / "demonstration-files").as_uri())
    os.environ["CHANTIERS_DEMONSTRATION"] = "1"
    return True


def is_ours(path: Path) -> bool:
    """Tell whether this SQLite file bears our `application_id`; a new one is made with it."""
    new = not path.exists()
    with closing(sqlite3.connect(path)) as connection:
        if new:
            connection.execute(f"PRAGMA application_id = {MARK}")
        try:
            return bool(connection.execute("PRAGMA application_id").fetchone()[0] == MARK)
        except sqlite3.DatabaseError:
            return False


def migrate(app: Any, instance: Path) -> None:
    """Run the missing migrations; a SQLite file is copied first, and put back if they fail."""
    directory = str(ROOT / "migrations")
    engine = app.extensions["sqlalchemy"].engine
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == ScriptDirectory(directory).get_current_head():
        return
    file = make_url(str(engine.url)).database if engine.dialect.name == "sqlite" else None
    if current is None or file is None:
        upgrade(directory)
        if current is not None:
            run_command(app, "reindex")
        return
    copy = instance / f"before-{current}-{datetime.now(UTC):%Y%m%dT%H%M%S}.sqlite3"
    copy_sqlite(Path(file), copy)
    print(f"Mise à jour de la base ; copie de l’ancienne : {copy}")
    try:
        upgrade(directory)
    except BaseException:
        engine.dispose()
        copy_sqlite(copy, Path(file))
        print(f"La mise à jour a échoué ; la base est restée comme avant ({current}).", file=sys.stderr)
        raise
    # What was written before there was a search is found from now on.
    run_command(app, "reindex")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database with SQLite's backup API, which includes what its journal (WAL) holds."""
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)


def run_command(app: Any, *arguments: str) -> None:
    """Run one of the application's own commands, in this process."""
    info = ScriptInfo(create_app=lambda: app)
    app.cli.main(list(arguments), prog_name="flask", obj=info, standalone_mode=False)


def has_demarche(app: Any) -> bool:
    """Tell whether a démarche has been loaded."""
    with app.extensions["sqlalchemy"].engine.connect() as connection:
        return connection.execute(text("SELECT 1 FROM demarche LIMIT 1")).first() is not None


def demonstration_words(address: str) -> str:
    """Return the message of the demonstration: what to do next."""
    return f"""
  Chantiers est prêt :  {address}

  C’est une démonstration : les contributions, les structures « (exemple) » et les comptes sont inventés.
  Sur la page de connexion ({address}/connexion), quatre boutons font entrer sans mot de passe :
  coordination, référent·e, participant·e, observatrice ou observateur.

  Ctrl + C pour arrêter. Ce que vous écrivez reste dans le dossier instance/.
"""


def real_words(address: str, host: str, filled: bool) -> str:
    """Return the message of a real instance: what to do next."""
    words = f"""
  Chantiers est prêt :  {address}
"""
    if not filled:
        words += """
  La base est vide. Pour charger votre démarche et obtenir le lien qui ouvre le premier compte,
  dans un autre terminal, avec les mêmes réglages (DATABASE_URL, INSTANCE_DIR…) :

    .venv/bin/flask --app app init FICHIER.yaml
"""
    if not is_loopback(host) and os.environ["PUBLIC_URL"] == address:
        words += f"""
  Les liens envoyés commenceront par {address}. Si l’on vous rejoint par une autre adresse,
  donnez-la : PUBLIC_URL=https://chantiers.example.org script/server (voir docs/production.md).
"""
    return words + "\n  Ctrl + C pour arrêter.\n"


if __name__ == "__main__":
    main()
