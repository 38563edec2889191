"""What an instance needs to be well, looked at point by point; each finding says in a sentence how to mend it."""

import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from flask import current_app
from sqlalchemy import Table, func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from chantiers.config import is_loopback, version
from chantiers.mail.transports import MailServerDown, transport_for
from chantiers.operations.backup import head
from chantiers.storage.folder import FolderStorage
from chantiers.storage.store import StorageDown, StorageFull, current_storage
from models import (
    CATALOGUE,
    Activity,
    Base,
    CommentAttachment,
    Deliverable,
    DeliverableVersion,
    Demarche,
    ImportBatch,
    Objective,
    ObjectiveTally,
    OutgoingMail,
    Role,
    Task,
    TaskStatus,
    User,
    counts_from_traces,
    db,
    index_disagreements,
    kept_counts,
    reading,
    recount,
    stray_traces,
)

GIBIBYTE = 1024**3
#: Under the first, writing may stop any day; under the second, it is time to think of it.
LITTLE_ROOM = GIBIBYTE // 5
SOME_ROOM = 2 * GIBIBYTE
#: An upload writes its file before its row: only an older file without a row is one too many.
UPLOADING = timedelta(days=1)
SHOWN = 5

NEWS = [action for action, kind in CATALOGUE.items() if kind.is_news]


@dataclass(frozen=True)
class Finding:
    """One point: well, worth knowing, or to be mended."""

    words: str
    mark: str = "bien"

    @property
    def is_wrong(self) -> bool:
        return self.mark == "À RÉPARER"


def well(words: str) -> Finding:
    return Finding(words)


def note(words: str) -> Finding:
    return Finding(words, "à savoir")


def wrong(words: str) -> Finding:
    return Finding(words, "À RÉPARER")


def examine() -> Iterator[Finding]:
    """Every finding, in order; when the database does not answer, what needs it is left out."""
    yield from configuration()
    yield from room()
    yield from storage()
    yield from mail_server()
    try:
        with reading():
            found = [*database(), *migrations()]
            db.session.rollback()
    except SQLAlchemyError as error:
        yield wrong(
            f"La base ne répond pas ({reason(error)}) : vérifiez DATABASE_URL et que le serveur est en marche."
        )
        return
    yield from found
    if any(finding.is_wrong for finding in found):
        yield note("Le contenu de la base n’a pas été examiné : réparez d’abord ce qui précède.")
        return
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        content,
        tallies,
        history,
        last_news,
        order,
        links,
        search,
        files,
        outbox,
    )
    with reading():
        for check in checks:
            try:
                yield from check()
            except SQLAlchemyError as error:
                yield wrong(f"L’examen n’a pas pu se faire ({reason(error)}).")
            db.session.rollback()


def repair() -> None:
    """Count the tallies and the past again, and date the last news from the journal. The caller commits."""
    counted = count_tasks()
    for tally in db.session.scalars(select(ObjectiveTally).with_for_update()):
        for status in TaskStatus:
            setattr(tally, status, counted[tally.objective_id, str(status)])
    recount()
    for table, latest, _current in _news():
        known = select(latest.c.at).where(latest.c.subject_id == table.c.id).scalar_subquery()
        told = select(latest.c.subject_id)
        db.session.execute(
            update(table)
            .where(table.c.id.in_(told), table.c.last_news_at != known)
            .values(last_news_at=known)
        )


def reason(error: Exception) -> str:
    """The first line of what the database says: the rest is for nobody."""
    origin = getattr(error, "orig", None) or error
    return (str(origin).strip().splitlines() or [type(error).__name__])[0][:200]


# The instance ----------------------------------------------------------------------------------------------------


def configuration() -> Iterator[Finding]:
    """Examine the version and the settings; the program does not even start with those that are not safe."""
    config = current_app.config
    yield well(f"Chantiers {version()}, sur Python {platform.python_version()}.")
    yield well("Les réglages permettent de démarrer.")
    public = config["PUBLIC_URL"]
    if config["DEMONSTRATION"]:
        yield note(
            "C’est une démonstration : quatre comptes s’ouvrent sans mot de passe, sur cet ordinateur seulement."
        )
    elif not public:
        yield note("PUBLIC_URL n’est pas réglé : les liens à copier commenceront par http://127.0.0.1:5000.")
    elif not public.startswith("https://") and not is_loopback(host_of(public)):
        yield note(f"PUBLIC_URL ({public}) n’est pas en https : les mots de passe passeraient en clair.")
    proxied = bool(config["TRUSTED_PROXIES"])
    if public.startswith("https://") and not proxied:
        yield note(
            "TRUSTED_PROXIES n’est pas réglé : derrière un mandataire, tous les visiteurs semblent venir de lui. "
            "Mettez TRUSTED_PROXIES=1."
        )
    if proxied and not is_loopback(config["HOST"]):
        yield note(
            f"HOST ({config['HOST']}) peut être joint sans passer par le mandataire : n’importe qui peut alors se "
            "donner une autre adresse. Mettez HOST=127.0.0.1, ou fermez ce port."
        )


def host_of(url: str) -> str:
    """The host of an address, without its port."""
    return url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0].strip("[]")


def room() -> Iterator[Finding]:
    """The disks on which this instance writes."""
    folders = {"fichiers": current_storage().root} if isinstance(current_storage(), FolderStorage) else {}  # type: ignore[attr-defined]
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite" and url.database:
        folders["base"] = Path(url.database).parent
    for name, folder in folders.items():
        free = shutil.disk_usage(_existing(folder)).free
        amount = f"{free / GIBIBYTE:.1f} Go libres".replace(".", ",")
        if free < LITTLE_ROOM:
            yield wrong(
                f"Disque ({name}) : {amount} dans {folder}. Faites de la place : bientôt rien ne s’écrira."
            )
        elif free < SOME_ROOM:
            yield note(f"Disque ({name}) : {amount} dans {folder}. Pensez à faire de la place.")
        else:
            yield well(f"Disque ({name}) : {amount}.")


def mail_server() -> Iterator[Finding]:
    """The way out of mails; nothing is sent."""
    url = current_app.config["MAIL_URL"]
    if not url:
        yield note("MAIL_URL n’est pas réglé : aucun mail ne part, et les liens se remettent à la main.")
        return
    try:
        with transport_for(url) as transport:
            transport.check()
    except MailServerDown as down:
        yield wrong(
            f"Le serveur de mails ne répond pas ({down}) : vérifiez MAIL_URL, son mot de passe et le pare-feu. "
            "Les mails attendent, aucun n’est perdu."
        )
        return
    yield well(
        "Le serveur de mails répond." if "smtp" in url[:5] else "Les mails se rangent dans un dossier."
    )


def outbox() -> Iterator[Finding]:
    """Whether somebody works through the mails that wait."""
    if current_app.config["MAIL_URL"] and OutgoingMail.is_stuck():
        yield wrong(
            "Des mails attendent depuis plus d’un quart d’heure : lancez « flask --app app worker », et voyez "
            "« Gérer la démarche », « Mails »."
        )


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def storage() -> Iterator[Finding]:
    """The store of files takes, gives back and forgets."""
    try:
        current_storage().check()
    except (StorageDown, StorageFull) as error:
        yield wrong(
            f"Les fichiers ne s’écrivent pas ({error}) : vérifiez STORAGE_URL, ses droits et la place."
        )
    else:
        yield well("Les fichiers s’écrivent, se lisent et s’effacent.")


def database() -> Iterator[Finding]:
    """The database answers, and keeps what it acknowledges."""
    if db.engine.dialect.name == "sqlite":
        yield from _sqlite()
    else:
        yield from _postgresql()


def _sqlite() -> Iterator[Finding]:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    found = {name: db.session.scalar(text(f"PRAGMA {name}")) for name in wanted}
    if found == wanted:
        yield well("La base SQLite répond (WAL, synchronous=FULL, clés étrangères).")
    else:
        yield wrong(
            f"La base SQLite n’a pas ses réglages ({found}) : son dossier doit permettre le mode WAL."
        )
    verdict = db.session.scalar(text("PRAGMA quick_check(1)"))
    if verdict != "ok":
        yield wrong(f"Le fichier de la base est abîmé ({verdict}) : restaurez la dernière sauvegarde.")


def _postgresql() -> Iterator[Finding]:
    version = db.session.scalar(text("SHOW server_version"))
    encoding = db.session.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        yield wrong(f"La base PostgreSQL est en {encoding} : recréez-la avec ENCODING 'UTF8'.")
    else:
        yield well(f"La base PostgreSQL {version} répond.")
    careless = [
        name for name in ("fsync", "synchronous_commit") if db.session.scalar(text(f"SHOW {name}")) == "off"
    ]
    if careless:
        yield note(f"PostgreSQL peut perdre ce qu’il confirme : remettez {' et '.join(careless)} à « on ».")


def migrations() -> Iterator[Finding]:
    """The tables are those that this program knows."""
    current, wanted = MigrationContext.configure(db.session.connection()).get_current_revision(), head()
    if current == wanted:
        yield well(f"Les tables sont à jour ({current}).")
    else:
        yield wrong(
            f"Les tables sont à « {current or 'rien'} » et non à « {wanted} » : lancez « flask --app app db upgrade »."
        )


# What is in it ---------------------------------------------------------------------------------------------------


def content() -> Iterator[Finding]:
    """There is a démarche, and somebody to coordinate it."""
    demarche = Demarche.current()
    if demarche is None:
        yield note("Aucune démarche n’est chargée : lancez « flask --app app init FICHIER.yaml ».")
        return
    if demarche.is_demonstration != current_app.config["DEMONSTRATION"] and demarche.is_demonstration:
        yield wrong(
            "Cette base est celle d’une démonstration : prenez-en une autre pour travailler pour de bon."
        )
    able = select(User.id).where(User.role == Role.COORDINATOR, User.with_account())
    if not demarche.is_demonstration and db.session.scalar(able.limit(1)) is None:
        yield note(
            "Personne de la coordination ne peut entrer : relancez « flask --app app init FICHIER.yaml »."
        )


def count_tasks() -> Counter[tuple[int, str]]:
    """The plain count of live tasks, by objective and status."""
    query = select(Task.objective_id, Task.status, func.count()).where(Task.live())
    rows = db.session.execute(query.group_by(Task.objective_id, Task.status))
    return Counter({(objective_id, status): number for objective_id, status, number in rows})


def tallies() -> Iterator[Finding]:
    """The figures that screens read are those that one would count."""
    counted = count_tasks()
    kept: Counter[tuple[int, str]] = Counter()
    for tally in db.session.scalars(select(ObjectiveTally)):
        kept.update({(tally.objective_id, str(s)): getattr(tally, s) for s in TaskStatus})
    off = sorted({key[0] for key in kept.keys() | counted.keys() if kept[key] != counted[key]})
    without = db.session.scalars(
        select(Objective.id).where(Objective.id.not_in(select(ObjectiveTally.objective_id)))
    ).all()
    if without:
        yield wrong(f"Objectifs sans compteur : {_some(without)}. Restaurez une sauvegarde.")
    if off:
        yield wrong(f"Compteurs faux, par objectif : {_some(off)}. Relancez avec --repair pour recompter.")
    elif not without:
        yield well("L’avancement affiché est celui que l’on compte.")


def history() -> Iterator[Finding]:
    """The figures of past days are those that the traces add up to, and the traces end where things stand."""
    lost = [f"{kind} {number}" for kind, number, _told, _now in stray_traces()]
    kept, counted = kept_counts(), counts_from_traces()
    off = {key for key in kept.keys() | counted.keys() if kept.get(key) != counted.get(key)}
    if lost:
        yield wrong(f"Traces perdues : {_some(lost)}. Relancez avec --repair : elles reprennent aujourd’hui.")
    if off:
        yield wrong(
            f"Chiffres du passé faux, par objectif et par jour : {len(off)}. Relancez avec --repair pour recompter."
        )
    elif not lost:
        yield well("Les chiffres des jours passés sont ceux de leurs traces.")


def _news() -> Iterator[tuple[Table, Any, Any]]:
    """For tasks and deliverables: the table, the journal's latest news by subject, and the rows that say otherwise."""
    for kind in (Task, Deliverable):
        table: Table = Base.metadata.tables[kind.__tablename__]
        latest = (
            select(Activity.subject_id, func.max(Activity.at).label("at"))
            .where(Activity.subject_type == kind.__tablename__, Activity.action.in_(NEWS))
            .group_by(Activity.subject_id)
            .subquery()
        )
        off = (
            select(table.c.id)
            .join(latest, latest.c.subject_id == table.c.id)
            .where(table.c.last_news_at != latest.c.at)
        )
        yield table, latest, off


def last_news() -> Iterator[Finding]:
    """« Sans nouvelles » is told by a date: it must be the journal's."""
    off = [number for _table, _latest, query in _news() for number in db.session.scalars(query.limit(1000))]
    if off:
        yield wrong(f"Dates de dernières nouvelles fausses : {_some(off)}. Relancez avec --repair.")
    else:
        yield well("Les dernières nouvelles sont celles du journal.")


def order() -> Iterator[Finding]:
    """Places on the board leave room, and objectives have each their own."""
    limit = 2**61
    far = db.session.scalar(select(func.max(func.abs(Task.position)))) or 0
    same = db.session.execute(
        select(Objective.chantier_id, Objective.position)
        .where(Objective.live())
        .group_by(Objective.chantier_id, Objective.kind, Objective.position)
        .having(func.count() > 1)
        .limit(SHOWN)
    ).all()
    if far > limit:
        yield wrong(
            "Des cartes du tableau sont au bord des nombres possibles : déplacez-en une dans sa colonne."
        )
    if same:
        yield note("Des objectifs ont le même rang : montez ou descendez l’un d’eux pour les ranger.")
    if far <= limit and not same:
        yield well("L’ordre des cartes et des objectifs se tient.")


def links() -> Iterator[Finding]:
    """Nothing hangs on what is not there, or on another chantier."""
    astray = [
        *db.session.scalars(_elsewhere(Task)),
        *db.session.scalars(_elsewhere(Deliverable)),
        *db.session.scalars(_elsewhere(ObjectiveTally)),
    ]
    if astray:
        yield wrong(
            f"Éléments dans un autre chantier que leur objectif : {_some(astray)}. Restaurez une sauvegarde."
        )
    broken: Sequence[Any] = []
    if db.engine.dialect.name == "sqlite":
        broken = db.session.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        yield wrong(
            f"Lignes qui renvoient à ce qui n’existe plus : {len(broken)} ({tables}). Restaurez une sauvegarde."
        )
    if not astray and not broken:
        yield well("Rien n’est orphelin.")


def _elsewhere(kind: Any) -> Any:
    number = kind.objective_id if kind is ObjectiveTally else kind.id
    return (
        select(number)
        .join(Objective, Objective.id == kind.objective_id)
        .where(Objective.chantier_id != kind.chantier_id)
        .limit(1000)
    )


def search() -> Iterator[Finding]:
    """The index of the search says what the things themselves say."""
    found = index_disagreements()
    if found:
        yield wrong(
            f"La recherche ne trouve pas tout, ou trouve ce qui n’est plus : {sum(found.values())} entrées "
            f"({', '.join(found)}). "
            "Lancez « flask --app app reindex »."
        )
    else:
        yield well("La recherche est à jour.")


def files() -> Iterator[Finding]:
    """Every row has its file, of the right size; files without a row are garbage to sweep."""
    expected = {
        str(key): size
        for kind in (DeliverableVersion, CommentAttachment, ImportBatch)
        for key, size in db.session.execute(select(kind.storage_key, kind.size))
        if key
    }
    try:
        entries = {entry.key: entry for entry in current_storage().entries()}
    except (StorageDown, StorageFull) as error:
        yield wrong(f"La liste des fichiers ne se lit pas ({error}) : vérifiez STORAGE_URL.")
        return
    lost = [key for key, size in expected.items() if key not in entries or entries[key].size != size]
    limit = datetime.now(UTC) - UPLOADING
    unknown = [key for key, entry in entries.items() if key not in expected and entry.modified < limit]
    if lost:
        yield wrong(f"Fichiers manquants ou tronqués : {_some(lost)}. Reprenez-les d’une sauvegarde.")
    else:
        yield well(f"Les fichiers des livrables, des commentaires et des imports sont là ({len(expected)}).")
    if unknown:
        yield note(f"Fichiers sans usage : {len(unknown)}. « flask --app app purge » les effacera.")


def _some(things: Any) -> str:
    """How many, and which: the first few."""
    listed = list(things)
    shown = ", ".join(str(each) for each in listed[:SHOWN]) + ("…" if len(listed) > SHOWN else "")
    return f"{len(listed)} ({shown})"
