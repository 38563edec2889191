"""Loader of the demonstration: six months of invented work, done by the domain's own verbs while the clock moves."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

from flask import current_app
from sqlalchemy import delete, select, update

from chantiers.config import ROOT
from chantiers.files import spreadsheets
from chantiers.operations.demarche_file.load import load as load_demarche
from chantiers.operations.demonstration.cast import StoryCalendar, StoryEvent, open_cast
from chantiers.operations.demonstration.content_files import CONTENT
from chantiers.operations.demonstration.stage import Stage
from chantiers.storage.store import current_storage
from models import (
    Demarche,
    ImportBatch,
    ImportKind,
    Notification,
    OutgoingMail,
    StoredFile,
    Structure,
    Task,
    User,
    at,
    db,
    notify_recorded,
    now,
    today,
)

DEMARCHE = ROOT / "data" / "demarche.yaml"
#: How many days ago the démarche was loaded, and its first example account opened.
BEGINNING = 190
OPENING = 186
#: Spreadsheet that the coordination is about to import.
SPREADSHEET = "suivi-des-actions.csv"


class DemonstrationRefused(Exception):
    """Refusal to load the demonstration here; the message says why."""


def load() -> bool:
    """Load the démarche and the invented work into the session; False when they are there already.

    Raises DemonstrationRefused outside the demonstration's own database.
    """
    if not current_app.config["DEMONSTRATION"]:
        raise DemonstrationRefused(
            "La démonstration ne se charge que là où elle est demandée : script/server s’en occupe, ou réglez "
            "CHANTIERS_DEMONSTRATION=1."
        )
    if db.engine.dialect.name != "sqlite":
        raise DemonstrationRefused("La démonstration ne se charge que dans son propre fichier SQLite.")
    demarche = Demarche.current()
    if demarche is not None and demarche.is_demonstration:
        return False
    _refuse_if_somebody_works_here()
    calendar = StoryCalendar(today())
    with at(calendar.instant(BEGINNING, 0)):
        load_demarche(DEMARCHE.read_bytes())
        demarche = Demarche.current()
        assert demarche is not None
        demarche.is_demonstration = True
        db.session.flush()
    with at(calendar.instant(OPENING, 0)):
        cast = open_cast()
        db.session.flush()
    _play(Stage(cast, calendar).events(), calendar)
    _leave_the_past_behind()
    with at(calendar.instant(1, 0.5)):
        _leave_a_spreadsheet(by=cast.people["coordination"])
    return True


def _leave_the_past_behind() -> None:
    """Mark news older than a fortnight as read, and empty the outbox: no mail of the past leaves now."""
    notify_recorded(db.session)
    old = update(Notification).where(Notification.at < now() - timedelta(days=14))
    read = old.values(unread=0, read_up_to=Notification.activity_id)
    db.session.execute(read.execution_options(synchronize_session=False))
    db.session.execute(delete(OutgoingMail))


def _leave_a_spreadsheet(by: User) -> None:
    """Upload a spreadsheet with lines of every kind, which waits for somebody to name its columns."""
    content = (CONTENT / "files" / SPREADSHEET).read_bytes()
    _name, sheets = spreadsheets.read(content, SPREADSHEET)
    kept = current_storage().save(BytesIO(spreadsheets.pack(sheets)))
    file = StoredFile(kept.key, "Suivi des actions (exemple).csv", "application/json", kept.size, kept.sha256)
    ImportBatch.receive(ImportKind.TASKS, file, by=by)
    db.session.flush()


def _refuse_if_somebody_works_here() -> None:
    invited = select(User.id).where(User.source_key.is_(None) | User.password_hash.is_not(None))
    for query in (invited, select(Task.id), select(Structure.id).where(Structure.source_key.is_(None))):
        if db.session.scalar(query.limit(1)) is not None:
            raise DemonstrationRefused(
                "Cette base sert déjà : la démonstration ne se mêle pas au travail de quelqu’un."
            )


def _play(events: Iterator[StoryEvent], calendar: StoryCalendar) -> None:
    """Run the events in the order of their days, each at an hour of its own."""
    by_day: dict[date, list[StoryEvent]] = defaultdict(list)
    for event in events:
        by_day[calendar.day(event.days)].append(event)
    for day in sorted(by_day):
        for rank, event in enumerate(by_day[day], start=1):
            ago = (calendar.today - day).days
            with at(min(calendar.instant(ago, rank / (len(by_day[day]) + 1)), now())):
                event.act()
                db.session.flush()
