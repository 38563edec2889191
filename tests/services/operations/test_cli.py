"""Commands: each does what it says, says it in French, and fails in one sentence."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app import create_app
from chantiers.config import ROOT
from chantiers.operations.dump import head
from chantiers.storage.store import current_storage
from models import (
    Activity,
    Chantier,
    DayCount,
    Deliverable,
    DeliverableVersion,
    ObjectiveTally,
    OutgoingMail,
    PasswordLink,
    Role,
    StoredFile,
    Structure,
    Task,
    User,
    UserSession,
    now,
)
from tests.conftest import Clock
from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_demarche,
    make_objective,
    make_referent,
    make_task,
)
from tests.support.mailbox import Mailbox
from tests.support.terminal import said
from tests.support.visitor import Visitor

REAL = str(ROOT / "data/demarche.yaml")

InApp = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def run(app: Flask) -> Callable[..., str]:
    """Return `run("init", path)`: runs a command in a context of its own and returns what it printed."""
    return partial(said, app)


def link_in(output: str) -> str:
    return next(word for word in output.split() if "/mot-de-passe/" in word)


# A démarche ------------------------------------------------------------------------------------------------------


def test_init_loads_and_prints_a_link_that_works(run: Callable[..., str], app: Flask, in_app: InApp) -> None:
    result = run("init", REAL)
    assert "Ajouté" in result and "Mickaël Vartuaroglu choisisse son mot de passe" in result
    with in_app() as session:
        coordinator = session.scalars(select(User).where(User.role == Role.COORDINATOR)).one()
        assert coordinator.name == "Mickaël Vartuaroglu" and not coordinator.has_account
    address = link_in(result)
    assert address.startswith("http://localhost/mot-de-passe/")
    Visitor(app).get(address.removeprefix("http://localhost"))


def test_init_again_makes_a_new_link_until_there_is_an_account(
    run: Callable[..., str], in_app: InApp
) -> None:
    first = link_in(run("init", REAL))
    result = run("init", REAL)
    assert "Rien n’a changé" in result and link_in(result) != first
    with in_app():
        assert PasswordLink.with_token(first.rpartition("/")[2]) is None
        link = PasswordLink.with_token(link_in(result).rpartition("/")[2])
        assert link is not None
        link.use("une phrase à moi seule")
    result = run("init", REAL)
    assert "a déjà un compte" in result and "/mot-de-passe/" not in result
    with in_app() as session:
        assert (
            session.scalar(
                select(func.count()).select_from(Activity).where(Activity.action == "person.role_changed")
            )
            == 1
        )


def test_a_dry_run_says_what_would_change_and_changes_nothing(run: Callable[..., str], in_app: InApp) -> None:
    result = run("init", REAL, "--dry-run")
    assert "Serait ajouté" in result and "la structure « Actes »" in result
    assert "/mot-de-passe/" not in result
    with in_app() as session:
        for table in (Chantier, Structure, User, Activity, PasswordLink):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_import_tells_the_difference(run: Callable[..., str], tmp_path: Path) -> None:
    run("init", REAL)
    assert "Rien n’a changé" in run("import", REAL)
    changed = tmp_path / "autre.yaml"
    changed.write_text(
        Path(REAL).read_text(encoding="utf-8").replace("  - UNADEL\n", "  - Une de plus\n"), "utf-8"
    )
    dry = run("import", str(changed), "--dry-run")
    assert (
        "Serait ajouté (1)" in dry
        and "N’est plus dans le fichier" in dry
        and "la structure « UNADEL »" in dry
    )
    assert "Ajouté (1)" in run("import", str(changed))


def test_a_file_without_coordination_loads_nothing(
    run: Callable[..., str], tmp_path: Path, in_app: InApp
) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("demarche: {nom: X}\nchantiers: []\nstructures: [A]\n", "utf-8")
    assert "ne dit pas qui coordonne" in run("init", str(path), status=1)
    with in_app() as session:
        assert session.scalar(select(func.count()).select_from(Structure)) == 0
    assert "Ajouté" in run("import", str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("init",), "Indiquez le fichier"),
        (("import",), "Indiquez le fichier"),
        (("init", "/nulle/part.yaml"), "Il n’y a pas de fichier"),
        (("init", "/"), "Il n’y a pas de fichier"),
        (("link",), "Indiquez l’adresse"),
        (("link", "personne@example.org"), "Personne n’a l’adresse"),
        (("backup",), "Indiquez le dossier"),
        (("restore",), "Indiquez le dossier"),
        (("restore", "/nulle/part"), "n’est pas une sauvegarde complète"),
        (("demonstration", "load"), "ne se charge que là où elle est demandée"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    run: Callable[..., str], arguments: tuple[str, ...], words: str
) -> None:
    output = run(*arguments, status=1)
    assert words in output and len(output.strip().splitlines()) == 1


def test_a_bad_file_lists_its_problems(run: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("demarche: {nom: X, couleur: bleu}\nchantiers: []\nstructures: [A, a]\n", "utf-8")
    output = run("init", str(path), status=1)
    assert "ligne 1 : la démarche : « couleur »" in output and "ligne 3 : la structure « a »" in output


def test_link_lets_a_person_choose_a_password_again(run: Callable[..., str], in_app: InApp) -> None:
    with in_app():
        User.create("Camille", email="camille@example.org", by=None)
    token = link_in(run("link", "Camille@example.org")).rpartition("/")[2]
    with in_app():
        link = PasswordLink.with_token(token)
        assert link is not None and link.user.name == "Camille"


@pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)
def test_without_tables_every_command_says_what_to_run(empty_database: str, tmp_path: Path) -> None:
    app = create_app(
        {
            "SECRET_KEY": "k" * 40,
            "DEMONSTRATION": False,
            "SQLALCHEMY_DATABASE_URI": empty_database,
            "STORAGE_URL": (tmp_path / "files").as_uri(),
        }
    )
    for arguments in (("init", REAL), ("link", "a@example.org"), ("purge",), ("doctor",)):
        assert "flask --app app db upgrade" in said(app, *arguments, status=1)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


# The doctor ------------------------------------------------------------------------------------------------------


def deliverable_with_file(content: bytes = b"un fichier") -> tuple[Deliverable, str]:
    """Make a deliverable of one version, a file; return it and the key of that file."""
    make_demarche()
    chantier = make_chantier()
    deliverable = make_deliverable(make_objective(chantier), by=make_referent(chantier))
    stored = current_storage().save(BytesIO(content))
    file = StoredFile(stored.key, "a.txt", "text/plain", stored.size, stored.sha256)
    deliverable.add_file(file, by=make_referent(chantier))
    return deliverable, stored.key


def test_the_doctor_finds_a_sound_instance_sound(run: Callable[..., str], in_app: InApp) -> None:
    with in_app():
        deliverable_with_file()
        task = make_task(make_objective(make_chantier()))
        task.start(by=make_referent(task.chantier))
    output = run("doctor")
    assert "Tout va bien." in output and "À RÉPARER" not in output
    assert "Les fichiers des livrables, des commentaires et des imports sont là (1)." in output


@pytest.mark.databases("sqlite")
def test_the_doctor_asks_the_mail_server(
    make_app: Callable[..., Flask], in_app: InApp, mailbox: Mailbox
) -> None:
    app = make_app(MAIL_URL=mailbox.url, MAIL_FROM="c@example.org")
    assert "Le serveur de mails répond." in said(app, "doctor")
    with in_app():
        OutgoingMail.post("invitation", address="camille@example.org", due_at=now() - timedelta(hours=1))
    assert "flask --app app worker" in said(app, "doctor", status=1)
    mailbox.down()
    assert "Le serveur de mails ne répond pas" in said(app, "doctor", status=1)
    assert mailbox.received == []


def test_the_doctor_counts_again(run: Callable[..., str], in_app: InApp) -> None:
    with in_app() as session:
        make_demarche()
        objective = make_objective(make_chantier())
        make_task(objective)
        session.commit()
        session.execute(update(ObjectiveTally).values(todo=7))
        session.execute(update(DayCount).values(todo=7))
        session.execute(update(Task).values(last_news_at=now() - timedelta(days=90)))
    output = run("doctor", status=1)
    assert (
        "Compteurs faux, par objectif : 1 (" in output
        and "Dates de dernières nouvelles fausses : 1 (" in output
        and "Chiffres du passé faux, par objectif et par jour : 1." in output
    )
    assert "Tout va bien." in run("doctor", "--repair")
    with in_app() as session:
        assert session.scalar(select(ObjectiveTally.todo)) == 1


def test_the_doctor_misses_a_file_and_finds_a_stray_one(run: Callable[..., str], in_app: InApp) -> None:
    with in_app():
        _deliverable, key = deliverable_with_file()
        current_storage().delete(key)
    output = run("doctor", status=1)
    assert "Fichiers manquants ou tronqués : 1 (" in output and key in output


def test_the_doctor_sees_a_task_under_another_chantier(run: Callable[..., str], in_app: InApp) -> None:
    with in_app() as session:
        make_demarche()
        make_task(make_objective(make_chantier()))
        other = make_chantier()
        session.execute(update(Task).values(chantier_id=other.id))
    assert "dans un autre chantier que leur objectif : 1" in run("doctor", status=1)


def test_the_doctor_says_when_the_tables_are_old(run: Callable[..., str], in_app: InApp) -> None:
    with in_app() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'ancienne'"))
    try:
        assert "lancez « flask --app app db upgrade »" in run("doctor", status=1)
    finally:
        with in_app() as session:
            session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()})


def test_the_doctor_says_when_files_cannot_be_written(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    app = make_app(STORAGE_URL=(blocked / "files").as_uri())
    assert "Les fichiers ne s’écrivent pas" in said(app, "doctor", status=1)


@pytest.mark.databases("sqlite")
def test_the_doctor_says_what_is_not_right_behind_a_proxy(make_app: Callable[..., Flask]) -> None:
    alone = said(make_app(PUBLIC_URL="https://chantiers.example.org"), "doctor")
    assert "Mettez TRUSTED_PROXIES=1" in alone and "Mettez HOST" not in alone
    exposed = make_app(PUBLIC_URL="https://chantiers.example.org", TRUSTED_PROXIES=1, HOST="0.0.0.0")
    assert "Mettez HOST=127.0.0.1" in said(exposed, "doctor")
    sound = make_app(PUBLIC_URL="https://chantiers.example.org", TRUSTED_PROXIES=1)
    assert "Mettez" not in said(sound, "doctor")


# The purge -------------------------------------------------------------------------------------------------------


def test_the_purge_erases_what_had_its_thirty_days(
    run: Callable[..., str], in_app: InApp, clock: Clock
) -> None:
    with in_app() as session:
        deliverable, key = deliverable_with_file()
        deliverable.trash(by=make_referent(deliverable.chantier))
        UserSession.open(session.scalars(select(User)).first())  # type: ignore[arg-type]
    assert "Corbeille : 0" in run("purge")
    clock.forward(days=31)
    assert "Corbeille : 1" in run("purge")
    with in_app() as session:
        assert not current_storage().exists(key)
        assert session.scalar(select(DeliverableVersion.storage_key)) is None
        assert session.scalar(select(func.count()).select_from(UserSession)) == 1
    clock.forward(days=60)
    assert "traces expirées : 1" in run("purge")
    with in_app() as session:
        assert session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_the_purge_sweeps_files_without_a_row(run: Callable[..., str], in_app: InApp, clock: Clock) -> None:
    with in_app():
        _deliverable, kept = deliverable_with_file()
        stray = current_storage().save(BytesIO(b"personne")).key
    assert "fichiers sans usage : 0" in run("purge")
    clock.forward(days=2)
    assert "Fichiers sans usage : 1" in run("doctor")
    assert "fichiers sans usage : 1" in run("purge")
    with in_app():
        assert current_storage().exists(kept) and not current_storage().exists(stray)


def test_the_instance_s_folder_is_made_where_it_is_missing(tmp_path: Path) -> None:
    instance = tmp_path / "new" / "instance"
    url = f"sqlite:///{instance}/chantiers.sqlite3"
    app = create_app(
        {
            "SECRET_KEY": "k" * 40,
            "DEMONSTRATION": False,
            "INSTANCE_DIR": str(instance),
            "SQLALCHEMY_DATABASE_URI": url,
        }
    )
    assert "flask --app app db upgrade" in said(app, "init", REAL, status=1)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
