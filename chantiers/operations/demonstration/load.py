"""Loads the demonstration: six months of invented work, done through the domain's own verbs while time moves."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from flask import current_app
from sqlalchemy import delete, select, update

from chantiers.config import ROOT
from chantiers.files import spreadsheets
from chantiers.operations.demarche_file.load import load as load_demarche
from chantiers.operations.demonstration.opendocument import opendocument
from chantiers.policy import can
from chantiers.storage.store import current_storage
from models import (
    DEMONSTRATION_ENTRIES,
    HOME,
    Attendance,
    Chantier,
    ChantierRole,
    Checkpoint,
    Decision,
    Deliverable,
    Demarche,
    ImportBatch,
    ImportKind,
    Meeting,
    Notification,
    Objective,
    OutgoingMail,
    Presence,
    ProgressUpdate,
    Role,
    StoredFile,
    Structure,
    StructureKind,
    Task,
    User,
    Weather,
    at,
    db,
    fold,
    notify_recorded,
    now,
    relaunch,
    today,
    whom_to_relaunch,
)

CONTENT = Path(__file__).parent / "content"
DEMARCHE = ROOT / "data" / "demarche.yaml"
#: How many days ago the démarche was loaded, and its first example account opened.
BEGINNING = 190
OPENING = 186
#: What the coordination is about to bring in.
SPREADSHEET = "suivi-des-actions.csv"
#: When its people came last.
LAST_VISIT = 9

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".odt": "application/vnd.oasis.opendocument.text",
}


class DemonstrationRefused(Exception):
    """Here the demonstration is not loaded; the message says why."""


@dataclass(frozen=True)
class Calendar:
    """Tells days by their distance from the day of the load: nobody here works on Sundays."""

    today: date

    def day(self, ago: int) -> date:
        """The working day that many days ago; in the future when negative."""
        day = self.today - timedelta(days=ago)
        weekend = max(0, day.weekday() - 4)
        return day + timedelta(days=3 - weekend) if weekend and ago < 0 else day - timedelta(days=weekend)

    def instant(self, ago: int, share: float) -> datetime:
        """An instant of that working day, at a share of its hours."""
        return datetime.combine(self.day(ago), time(9), HOME) + timedelta(hours=8.5 * share)


@dataclass(frozen=True)
class Event:
    """Something that somebody did, so many days ago."""

    days: int
    act: Callable[[], object]


@dataclass
class Cast:
    """Everything that the stories name, by the name they use."""

    people: dict[str, User] = field(default_factory=dict)
    structures: dict[str, Structure] = field(default_factory=dict)
    chantiers: dict[int, Chantier] = field(default_factory=dict)
    objectives: dict[str, Objective] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    deliverables: dict[str, Deliverable] = field(default_factory=dict)
    #: By how many days ago they were held.
    meetings: dict[int, Meeting] = field(default_factory=dict)


#: Which right a verb on a task takes, where it is not that of changing it.
ASKED_OF = {"send_back": "task.validate", "take": "task.take", "relaunch": "relaunch.send"}


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
    calendar = Calendar(today())
    with at(calendar.instant(BEGINNING, 0)):
        load_demarche(DEMARCHE.read_bytes())
        demarche = Demarche.current()
        assert demarche is not None
        demarche.is_demonstration = True
        db.session.flush()
    with at(calendar.instant(OPENING, 0)):
        cast = _open_cast()
        db.session.flush()
    _play(_Stage(cast, calendar).events(), calendar)
    _leave_the_past_behind()
    with at(calendar.instant(1, 0.5)):
        _leave_a_spreadsheet(by=cast.people["coordination"])
    return True


def _leave_the_past_behind() -> None:
    """Months of news were read as they came, and no mail of then is sent now: a fortnight is new."""
    notify_recorded(db.session)
    old = update(Notification).where(Notification.at < now() - timedelta(days=14))
    read = old.values(unread=0, read_up_to=Notification.activity_id)
    db.session.execute(read.execution_options(synchronize_session=False))
    db.session.execute(delete(OutgoingMail))


def _leave_a_spreadsheet(by: User) -> None:
    """A spreadsheet that waits for somebody to name its columns, with lines of every kind."""
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


# Who and when ----------------------------------------------------------------------------------------------------


def _open_cast() -> Cast:
    """The invented structures and accounts, all marked, and the démarche's own chantiers and objectives."""
    facts = _read("people")
    cast = Cast()
    for key, person in facts["people"].items():
        cast.people[key] = _open_account(key, person, by=cast.people.get("coordination"))
    coordination = cast.people["coordination"]
    for key, structure in facts["structures"].items():
        made = Structure.create(
            structure["name"],
            by=coordination,
            kind=StructureKind(structure["kind"]),
            territory=structure["territory"],
            summary=structure["summary"].strip(),
            is_example=True,
        )
        db.session.flush()
        cast.structures[key] = made
    for key, person in facts["people"].items():
        if "structure" in person:
            cast.structures[person["structure"]].gather(cast.people[key], by=coordination)
    cast.chantiers = {chantier.number: chantier for chantier in db.session.scalars(select(Chantier))}
    for objective in db.session.scalars(select(Objective).where(Objective.source_key.is_not(None))):
        objective.chantier = db.session.get_one(Chantier, objective.chantier_id)
        cast.objectives[str(objective.source_key)] = objective
    for deliverable in db.session.scalars(select(Deliverable).options(*Deliverable.whole())).unique():
        cast.deliverables[fold(deliverable.title)] = deliverable
    return cast


def _open_account(key: str, facts: dict[str, Any], *, by: User | None) -> User:
    email = dict(DEMONSTRATION_ENTRIES).get(key, f"{key}@example.org")
    person = User.create(
        facts["name"], email=email, title=facts.get("title", ""), role=Role(facts["role"]), by=by
    )
    person.is_example = True
    db.session.flush()
    return person


def _read(name: str) -> Any:
    return yaml.safe_load((CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))


def _play(events: Iterator[Event], calendar: Calendar) -> None:
    """Let everything happen in the order of its days, each at an hour of its own."""
    by_day: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        by_day[calendar.day(event.days)].append(event)
    for day in sorted(by_day):
        for rank, event in enumerate(by_day[day], start=1):
            ago = (calendar.today - day).days
            with at(min(calendar.instant(ago, rank / (len(by_day[day]) + 1)), now())):
                event.act()
                db.session.flush()


# What they did ---------------------------------------------------------------------------------------------------


class _Stage:
    """Turns the content into events; each does what it says only if its author may, as a page would ask."""

    def __init__(self, cast: Cast, calendar: Calendar) -> None:
        self.cast, self.calendar = cast, calendar

    def events(self) -> Iterator[Event]:
        for number in sorted(self.cast.chantiers):
            content = _read(f"chantier-{number}")
            for entry in content["members"]:
                yield self._membership(number, entry)
            for facts in content["tasks"]:
                yield from self._task(facts)
            for facts in content["deliverables"]:
                yield from self._deliverable(facts)
            for line in content["progress"]:
                yield self._progress(number, line)
        for facts in _read("meetings"):
            yield from self._meeting(facts)
        yield Event(LAST_VISIT, self._visit)

    def _meeting(self, facts: dict[str, Any]) -> Iterator[Event]:
        """A comité de pilotage: planned, then held, then followed."""
        yield Event(facts["planned"], partial(self._plan_meeting, facts))
        if "decisions" in facts:
            yield Event(facts["held"], partial(self._hold_meeting, facts))

    def _plan_meeting(self, facts: dict[str, Any]) -> None:
        by, held_on = self.cast.people["coordination"], self.calendar.day(facts["held"])
        meeting = Meeting.plan(held_on, facts["place"], facts["opening"].strip(), by=by)
        db.session.flush()
        for point in facts["agenda"]:
            meeting.put_on_agenda(
                point["title"], point.get("note", ""), by=by, chantier_id=self._number_of(point)
            )
        self.cast.meetings[facts["held"]] = meeting

    def _hold_meeting(self, facts: dict[str, Any]) -> None:
        by, meeting = self.cast.people["coordination"], self.cast.meetings[facts["held"]]
        came = {
            self.cast.structures[key].id: Attendance(Presence(presence), people)
            for key, (presence, people) in facts["came"].items()
        }
        meeting.note_attendance(came, by=by)
        for each in facts["decisions"]:
            decision = Decision.take(meeting, each["text"], by=by, chantier_id=self._number_of(each))
            if "objective" in each:
                decision.follow(
                    self.cast.objectives[each["objective"]],
                    each["task"],
                    by=by,
                    due_on=self.calendar.day(-each["due"]),
                    pilote=self.cast.structures[each["pilote"]],
                )
        if facts.get("closed"):
            meeting.close(by=by)

    def _number_of(self, facts: dict[str, Any]) -> int | None:
        return self.cast.chantiers[facts["chantier"]].id if "chantier" in facts else None

    def _visit(self) -> None:
        """Everybody was here, and the coordination saw the next committee coming."""
        for person in self.cast.people.values():
            person.be_seen()
        coordination = self.cast.people["coordination"]
        Checkpoint.plan("Comité de pilotage", self.calendar.day(-20), by=coordination)

    def _membership(self, number: int, entry: str) -> Event:
        """« 180 referente leads », « 170 referente enrols rivieres »."""
        days, who, verb, *what = entry.split()
        chantier, person = self.cast.chantiers[number], self.cast.people[who]
        if verb == "leads":
            coordination = self.cast.people["coordination"]
            return Event(int(days), partial(chantier.welcome, person, ChantierRole.REFERENT, by=coordination))
        if verb == "enrols":
            structure = self.cast.structures[what[0]]
            return Event(int(days), partial(chantier.enrol, structure, by=person))
        raise ValueError(f"nobody {verb} a chantier")

    def _progress(self, number: int, line: str) -> Event:
        """« 152 referente bright | ce qu’elle en dit | ce qu’il faudrait »."""
        days, who, weather, words = _parse(line)
        return Event(days, partial(self._tell_progress, number, who, Weather(weather), words))

    def _tell_progress(self, number: int, who: str, weather: Weather, words: list[str]) -> None:
        chantier, person = self.cast.chantiers[number], self.cast.people[who]
        _check(person, "progress.write", chantier)
        ProgressUpdate.write(chantier, weather, *words, by=person)

    def _task(self, facts: dict[str, Any]) -> Iterator[Event]:
        yield Event(facts["born"], partial(self._create_task, facts))
        for line in facts.get("story", ()):
            days, who, verb, words = _parse(line)
            yield Event(days, partial(self._on_task, facts["key"], who, verb, words))

    def _create_task(self, facts: dict[str, Any]) -> None:
        objective = self.cast.objectives[facts["objective"]]
        author = self.cast.people[facts["by"]]
        _check(author, "task.create", objective)
        structures = self.cast.structures
        task = Task.create(
            objective,
            facts["title"],
            by=author,
            description=facts.get("description", "").strip(),
            due_on=self.calendar.day(-facts["due"]) if "due" in facts else None,
            pilote=structures[facts["pilote"]] if "pilote" in facts else None,
            contributors=[structures[key] for key in facts.get("with", ())],
            people=[self.cast.people[key] for key in facts.get("people", ())],
        )
        self.cast.tasks[facts["key"]] = task
        for text in facts.get("checklist", ()):
            task.add_item(text, by=author)
        for key in facts.get("waits", ()):
            task.depend_on(self.cast.tasks[key], by=author)

    def _on_task(self, key: str, who: str, verb: str, words: list[str]) -> None:
        task, person = self.cast.tasks[key], self.cast.people[who]
        _check(person, ASKED_OF.get(verb, "task.edit"), task)
        if verb == "check":
            for number in words[0].split():
                task.checklist[int(number) - 1].check(by=person)
        elif verb == "take":
            task.take(self.cast.structures[words[0]], by=person)
        elif verb == "relaunch":
            people = whom_to_relaunch(task, by=person)
            relaunch(task, [each.id for each in people if each.is_in_charge], *words, by=person)
        elif verb == "reschedule":
            task.reschedule(self.calendar.day(-int(words[0])), by=person)
        elif verb == "depends":
            task.depend_on(self.cast.tasks[words[0]], by=person)
        else:
            getattr(task, verb)(*words, by=person)

    def _deliverable(self, facts: dict[str, Any]) -> Iterator[Event]:
        yield Event(facts["begun"], partial(self._announce, facts))
        for line in facts.get("story", ()):
            days, who, verb, words = _parse(line)
            yield Event(days, partial(self._on_deliverable, fold(facts["title"]), who, verb, words))

    def _announce(self, facts: dict[str, Any]) -> None:
        """Give the démarche's own deliverable a date and its structures, or announce one more."""
        author = self.cast.people[facts["by"]]
        structures = [self.cast.structures[key] for key in facts.get("structures", ())]
        expected_on = self.calendar.day(-facts["expected"])
        key = fold(facts["title"])
        if key not in self.cast.deliverables:
            objective = self.cast.objectives[facts["objective"]]
            _check(author, "deliverable.create", objective)
            self.cast.deliverables[key] = Deliverable.create(
                objective,
                facts["type"],
                facts["title"],
                by=author,
                expected_on=expected_on,
                structures=structures,
            )
        deliverable = self.cast.deliverables[key]
        _check(author, "deliverable.edit", deliverable)
        deliverable.reschedule(expected_on, by=author)
        deliverable.entrust(structures, by=author)
        changes = {name: facts[name].strip() for name in ("description", "licence") if name in facts}
        deliverable.edit(by=author, **changes)

    def _on_deliverable(self, key: str, who: str, verb: str, words: list[str]) -> None:
        deliverable, person = self.cast.deliverables[key], self.cast.people[who]
        adds = verb in ("text", "file", "link")
        _check(person, "deliverable.add_version" if adds else "deliverable.decide", deliverable)
        if verb == "text":
            deliverable.add_text(_words_of(words[0]), words[1], by=person)
        elif verb == "file":
            deliverable.add_file(_stored(words[0]), words[1], by=person)
        elif verb == "link":
            deliverable.add_link(words[0], words[1], by=person)
        elif verb == "tasks":
            deliverable.rely_on([self.cast.tasks[name] for name in words[0].split()], by=person)
        else:
            getattr(deliverable, verb)(*words, by=person)


def _parse(line: str) -> tuple[int, str, str, list[str]]:
    """« 31 participante block | ce qui bloque | ce qu’il faut »: when, who, what, and with which words."""
    head, *words = (part.strip() for part in line.split(" | "))
    days, who, verb = head.split()
    return int(days), who, verb, words


def _check(person: User, permission: str, thing: Any) -> None:
    if not can(person, permission, thing):
        raise ValueError(f"{person.name} may not {permission} {thing.journal_title}")


def _words_of(name: str) -> str:
    return (CONTENT / "texts" / f"{name}.md").read_text(encoding="utf-8").strip()


def _stored(name: str) -> StoredFile:
    """A file of the content, in the store; an .odt is made from the text of that name."""
    path = CONTENT / "files" / name
    suffix = path.suffix
    content = opendocument(_words_of(path.stem)) if suffix == ".odt" else path.read_bytes()
    stored = current_storage().save(BytesIO(content))
    return StoredFile(stored.key, name, MEDIA_TYPES[suffix], stored.size, stored.sha256)
