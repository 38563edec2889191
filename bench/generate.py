"""Makes a démarche of any size as the verbs would have left it, many rows at a time: for measures, never for people.

python -m bench.generate --chantiers 5 --tasks 200 --database sqlite:////tmp/measured.sqlite3
"""

import argparse
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Connection

from app import create_app
from chantiers.config import ROOT, database_url
from migrations.backfill_history import retrace
from models import (
    CATALOGUE,
    HUES,
    Base,
    ChantierRole,
    DeliverableState,
    Demarche,
    ObjectiveKind,
    Role,
    StructureKind,
    TaskStatus,
    VersionKind,
    db,
    fold,
    now,
    reindex,
)
from models.ground.slugs import slugify
from models.tasks.task import GAP

#: How long the démarche has been at work.
PAST = timedelta(days=210)
STRUCTURES = 40
PEOPLE_PER_STRUCTURE = 2
STRUCTURES_PER_CHANTIER = 12
POLITICAL, OPERATIONAL = 2, 4
#: One deliverable for so many tasks.
TASKS_PER_DELIVERABLE = 20
JOURNAL = (
    "at", "actor_id", "action", "subject_type", "subject_id", "chantier_id", "title", "particulars"
)  # fmt: skip
#: How many rows of one kind wait before they are written.
BATCH = 20_000

DEEDS = (
    "Rédiger", "Relire", "Mettre en page", "Tester auprès de trois structures", "Présenter au comité de pilotage",
    "Recenser", "Cartographier", "Chiffrer", "Illustrer", "Faire traduire", "Partager avec les réseaux", "Préparer",
)  # fmt: skip
WORKS = (
    "la fiche métier", "le questionnaire", "la grille d’analyse", "la note de plaidoyer", "le module de formation",
    "la liste des lieux", "l’argumentaire", "le compte rendu", "le calendrier", "l’entretien", "la méthode",
)  # fmt: skip
FIELDS = (
    "du réemploi", "de la rénovation énergétique", "de l’alimentation durable", "de la mobilité", "des déchets",
    "de l’insertion", "des territoires ruraux", "de l’économie circulaire", "de la précarité", "du numérique",
)  # fmt: skip
SENTENCE = (
    "Partir de ce qui existe dans les réseaux, le dire **en mots simples**, et citer les sources. "
    "Prévoir une relecture croisée avant le comité de pilotage.\n\n"
    "- un premier jet\n- deux retours\n- une version propre\n\n"
)
OBSTACLE = "La convention avec le financeur n’est pas signée."
NEED = "Un contact à la région pour avancer."
PLACES = ("National", "Bretagne", "Occitanie", "Nouvelle-Aquitaine", "Hauts-de-France", "")

#: How a task ends up, with which weight, and the verbs that led there.
LIVES: Sequence[tuple[TaskStatus, int, tuple[tuple[str, TaskStatus], ...]]] = (
    (TaskStatus.TODO, 25, ()),
    (TaskStatus.IN_PROGRESS, 24, (("task.started", TaskStatus.IN_PROGRESS),)),
    (
        TaskStatus.TO_VALIDATE,
        6,
        (("task.started", TaskStatus.IN_PROGRESS), ("task.submitted", TaskStatus.TO_VALIDATE)),
    ),
    (
        TaskStatus.BLOCKED,
        5,
        (("task.started", TaskStatus.IN_PROGRESS), ("task.blocked", TaskStatus.BLOCKED)),
    ),
    (TaskStatus.DONE, 36, (("task.started", TaskStatus.IN_PROGRESS), ("task.finished", TaskStatus.DONE))),
    (TaskStatus.ABANDONED, 4, (("task.abandoned", TaskStatus.ABANDONED),)),
)
#: The same for deliverables.
COURSES: Sequence[tuple[DeliverableState, int, tuple[str, ...]]] = (
    (DeliverableState.EXPECTED, 35, ()),
    (DeliverableState.DRAFTING, 25, ("version_added",)),
    (DeliverableState.IN_REVIEW, 10, ("version_added", "submitted")),
    (DeliverableState.TO_REWORK, 5, ("version_added", "submitted", "sent_back")),
    (
        DeliverableState.APPROVED,
        25,
        ("version_added", "submitted", "sent_back", "version_added", "submitted", "approved"),
    ),
)
TYPES = ("referentiel_metier", "cartographie", "recensement", "argumentaire", "methode", "autre")
AFTER = {
    "version_added": DeliverableState.DRAFTING,
    "submitted": DeliverableState.IN_REVIEW,
    "sent_back": DeliverableState.TO_REWORK,
    "approved": DeliverableState.APPROVED,
}


@dataclass(frozen=True)
class Made:
    """What a screen's address needs to know of what was made."""

    slugs: list[str]
    structure_slugs: list[str]
    coordinator_id: int
    observer_id: int
    #: The référent of each chantier, in the order of `slugs`.
    referent_ids: list[int]
    #: The participants of each chantier.
    member_ids: list[list[int]]
    rows: int


@dataclass
class Named:
    """A person or a structure: its number and its name."""

    id: int
    name: str


@dataclass
class Place:
    """A chantier while its tasks are made."""

    id: int
    slug: str
    referent: Named
    structures: list[Named]
    members: list[Named]
    objectives: list[int]
    began: datetime
    tasks: list[tuple[int, str]] = field(default_factory=list)
    #: The top and the bottom of each column of its board.
    tops: Counter[str] = field(default_factory=Counter)
    bottom: int = 0


def generate(
    connection: Connection,
    *,
    chantiers: int,
    tasks: int,
    structures: int = STRUCTURES,
    seed: int = 1,
) -> Made:
    """Fill an empty, migrated database with `chantiers` × `tasks`; the same seed makes the same démarche.

    Dates count back from the present moment. The caller commits. Raises ValueError where there is a démarche already.
    """
    if connection.scalar(select(func.count()).select_from(Demarche)):
        raise ValueError("this database holds a démarche already: give an empty one")
    return _Maker(connection, Random(seed)).make(chantiers, tasks, structures)


class _Maker:
    def __init__(self, connection: Connection, random: Random) -> None:
        self.connection = connection
        self.random = random
        self.now = now().replace(microsecond=0)
        self.began = self.now - PAST
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.numbers: Counter[str] = Counter()
        self.written = 0
        #: Its lines, as JOURNAL names their columns.
        self.journal: list[tuple[datetime, int | None, str, str, int, int | None, str, dict[str, Any]]] = []

    def make(self, chantiers: int, tasks: int, structures: int) -> Made:
        """The whole démarche."""
        self._add("demarche", name="Démarche de mesure", presentation="Inventée pour mesurer.", version=1)
        coordinator = self._person("Coordination", "coordination", Role.COORDINATOR)
        observer = self._person("Observation", "observation", Role.OBSERVER)
        referents = [
            self._person(f"Référent·e {n}", f"referent-{n}", Role.MEMBER) for n in range(1, chantiers + 1)
        ]
        members, people = self._structures(structures)
        places = [
            self._chantier(rank, referent, members, people, coordinator)
            for rank, referent in enumerate(referents, start=1)
        ]
        self._write()
        for place in places:
            for began in sorted(self._moment(place.began) for _ in range(tasks)):
                self._task(place, began)
            for _ in range(max(3, tasks // TASKS_PER_DELIVERABLE)):
                self._deliverable(place)
            self._write()
        self._write_journal()
        retrace(self.connection)
        self._tell_sequences()
        return Made(
            slugs=[place.slug for place in places],
            structure_slugs=[slugify(each.name, taken=lambda _slug: False) for each in members],
            coordinator_id=coordinator.id,
            observer_id=observer.id,
            referent_ids=[referent.id for referent in referents],
            member_ids=[[member.id for member in place.members] for place in places],
            rows=self.written,
        )

    # People, structures, chantiers ---------------------------------------------------------------------------------

    def _person(self, name: str, address: str, role: Role) -> Named:
        number = self._add(
            "user",
            name=name,
            name_key=fold(name),
            email=f"{address}@example.org",
            role=str(role),
            created_at=self.began,
            version=1,
        )
        self._tell(self.began, None, "person.created", ("user", number, None, name))
        return Named(number, name)

    def _structures(self, count: int) -> tuple[list[Named], dict[int, list[Named]]]:
        """The member structures, and the people of each."""
        kinds = [kind for kind in StructureKind if kind]
        found: list[Named] = []
        people: dict[int, list[Named]] = {}
        for rank in range(1, count + 1):
            name = f"Structure {rank} {self.random.choice(FIELDS)}"
            number = self._add(
                "structure",
                name=name,
                name_key=fold(name),
                slug=slugify(name, taken=lambda _slug: False),
                kind=str(self.random.choice(kinds)),
                territory=self.random.choice(PLACES),
                created_at=self.began,
                version=1,
            )
            self._tell(self.began, None, "structure.created", ("structure", number, None, name))
            found.append(Named(number, name))
            people[number] = []
            for each in range(1, PEOPLE_PER_STRUCTURE + 1):
                person = self._person(f"Personne {rank}-{each}", f"personne-{rank}-{each}", Role.MEMBER)
                self._add("structure_member", structure_id=number, user_id=person.id, since=self.began)
                subject = ("user", person.id, None, person.name)
                self._tell(self.began, None, "person.joined_structure", subject, structure=name)
                people[number].append(person)
        return found, people

    def _chantier(
        self,
        rank: int,
        referent: Named,
        structures: list[Named],
        people: dict[int, list[Named]],
        coordinator: Named,
    ) -> Place:
        title = f"Chantier {rank} {self.random.choice(FIELDS)}"
        slug = slugify(title, taken=lambda _slug: False)
        number = self._add(
            "chantier",
            number=rank,
            title=title,
            slug=slug,
            hue=(rank - 1) % HUES + 1,
            summary=SENTENCE,
            created_at=self.began,
            version=1,
        )
        subject = ("chantier", number, number, title)
        self._tell(self.began, coordinator.id, "chantier.created", subject)
        self._member(subject, referent, ChantierRole.REFERENT, coordinator)
        taking_part = self.random.sample(structures, min(STRUCTURES_PER_CHANTIER, len(structures)))
        members = []
        for structure in taking_part:
            self._add(
                "chantier_structure",
                chantier_id=number,
                structure_id=structure.id,
                joined_at=self.began,
                enrolled_by_id=coordinator.id,
            )
            self._tell(self.began, coordinator.id, "structure.enrolled", subject, structure=structure.name)
            for person in people[structure.id]:
                self._member(subject, person, ChantierRole.PARTICIPANT, coordinator)
                members.append(person)
        objectives = self._objectives(number)
        return Place(number, slug, referent, taking_part, members, objectives, self.began)

    def _member(self, chantier: Any, person: Named, role: ChantierRole, by: Named) -> None:
        self._add(
            "chantier_membership",
            chantier_id=chantier[1],
            user_id=person.id,
            role=str(role),
            since=self.began,
            added_by_id=by.id,
        )
        self._tell(self.began, by.id, "member.added", chantier, person=person.name, role=str(role))

    def _objectives(self, chantier: int) -> list[int]:
        operational = []
        for kind, count in ((ObjectiveKind.POLITICAL, POLITICAL), (ObjectiveKind.OPERATIONAL, OPERATIONAL)):
            for position in range(1, count + 1):
                words = f"{self._work()} avec l’ensemble des structures de la démarche"
                number = self._add(
                    "objective",
                    chantier_id=chantier,
                    kind=str(kind),
                    position=position,
                    text=words,
                    version=1,
                )
                tally = {str(status): 0 for status in TaskStatus}
                self._add("objective_tally", objective_id=number, chantier_id=chantier, **tally)
                self._tell(self.began, None, "objective.created", ("objective", number, chantier, words))
                if kind == ObjectiveKind.OPERATIONAL:
                    operational.append(number)
        return operational

    # Tasks ---------------------------------------------------------------------------------------------------------

    def _task(self, place: Place, began: datetime) -> None:
        chance = self.random.random
        title = f"{self._work()}, volet {len(place.tasks) + 1}"
        number = self.numbers["task"] + 1
        subject = ("task", number, place.id, title)
        author = self._somebody(place)
        self._tell(began, author.id, "task.created", subject)
        carriers, people = self._carriers(place), self._some(place.members, 0.3, 2)
        if carriers[0] or carriers[1] or people:
            self._entrust(subject, began, author, *carriers, people)
        place.bottom += GAP
        status, since, reached, position = self._live(place, subject, began, place.bottom)
        news = self._add_items(place, subject, reached) or reached
        news = self._depend(place, subject, news) or news
        if status in (TaskStatus.TODO, TaskStatus.IN_PROGRESS) and chance() < 0.4:
            news = self._moment(news)
            self._tell(news, self._somebody(place).id, "task.edited", subject, fields=["description"])
        trashed_at = self._moment(news) if chance() < 0.01 else None
        if trashed_at:
            self._tell(trashed_at, place.referent.id, "task.trashed", subject)
        blocked = status == TaskStatus.BLOCKED
        objective = self.random.choice(place.objectives)
        self._add(
            "task",
            chantier_id=place.id,
            objective_id=objective,
            title=title,
            title_key=fold(title),
            description=SENTENCE * self.random.randrange(4),
            status=str(status),
            status_since=since,
            blocked_reason=OBSTACLE if blocked else "",
            blocked_need=NEED if blocked else "",
            position=position,
            due_on=(began + timedelta(days=self.random.randint(20, 260))).date() if chance() < 0.7 else None,
            pilote_id=carriers[0].id if carriers[0] else None,
            created_by_id=author.id,
            created_at=began,
            last_news_at=news,
            version=1,
            trashed_at=trashed_at,
            trashed_by_id=place.referent.id if trashed_at else None,
        )
        if trashed_at is None:
            self.numbers[f"{objective} {status}"] += 1
        place.tasks.append((number, title))

    def _carriers(self, place: Place) -> tuple[Named | None, list[Named]]:
        """The pilote, and the contributing structures."""
        chosen = self.random.sample(place.structures, min(len(place.structures), self.random.randint(1, 4)))
        return (chosen[0] if self.random.random() < 0.85 else None), chosen[1:]

    def _entrust(
        self,
        subject: Any,
        at: datetime,
        by: Named,
        pilote: Named | None,
        contributors: list[Named],
        people: list[Named],
    ) -> None:
        for structure in contributors:
            self._add("task_structure", task_id=subject[1], structure_id=structure.id)
        for person in people:
            self._add("task_person", task_id=subject[1], user_id=person.id)
        self._tell(
            at,
            by.id,
            "task.entrusted",
            subject,
            pilote=pilote.name if pilote else None,
            added=[each.name for each in (*contributors, *people)],
            removed=[],
        )

    def _live(
        self, place: Place, subject: Any, began: datetime, bottom: int
    ) -> tuple[TaskStatus, datetime, datetime, int]:
        """The status it ends up in, since when, its latest news, and its place on the board."""
        [(status, _weight, path)] = self.random.choices(LIVES, [life[1] for life in LIVES])
        before, at, position = TaskStatus.TODO, began, bottom
        self._status_change(subject, began, place.referent, "", TaskStatus.TODO)
        for action, to in path:
            at = self._moment(at)
            decides = to in (TaskStatus.DONE, TaskStatus.ABANDONED)
            by = place.referent if decides else self._somebody(place)
            reason = OBSTACLE if to in (TaskStatus.BLOCKED, TaskStatus.ABANDONED) else ""
            need = NEED if to == TaskStatus.BLOCKED else ""
            self._status_change(subject, at, by, str(before), to, reason, need)
            words = {"reason": reason, "need": need}
            told = {name: words[name] for name in CATALOGUE[action].particulars if name in words}
            self._tell(at, by.id, action, subject, **{"from": str(before)}, **told)
            position = place.tops[str(to)]
            place.tops[str(to)] -= GAP
            before = to
        return status, at, at, position

    def _status_change(
        self, subject: Any, at: datetime, by: Named, before: str, to: str, reason: str = "", need: str = ""
    ) -> None:
        self._add(
            "status_change",
            task_id=subject[1],
            at=at,
            by_id=by.id,
            from_status=before,
            to_status=str(to),
            reason=reason,
            need=need,
        )

    def _add_items(self, place: Place, subject: Any, at: datetime) -> datetime | None:
        """A checklist, for some; the moment of its latest news."""
        if self.random.random() > 0.12:
            return None
        for position in range(1, self.random.randint(2, 4) + 1):
            at = self._moment(at)
            words, by = f"Point {position} : {self.random.choice(WORKS)}", self._somebody(place)
            self._tell(at, by.id, "task.item_added", subject, text=words)
            ticked = self.random.random() < 0.4
            if ticked:
                at = self._moment(at)
                self._tell(at, by.id, "task.item_checked", subject, text=words)
            self._add(
                "checklist_item",
                task_id=subject[1],
                text=words,
                position=position,
                done_at=at if ticked else None,
                done_by_id=by.id if ticked else None,
            )
        return at

    def _depend(self, place: Place, subject: Any, at: datetime) -> datetime | None:
        """It waits for an earlier task, for some: earlier ones never wait for later ones, so there is no circle."""
        if not place.tasks or self.random.random() > 0.08:
            return None
        at = self._moment(at)
        blocker, title = self.random.choice(place.tasks)
        self._add("task_dependency", task_id=subject[1], blocker_id=blocker)
        self._tell(at, self._somebody(place).id, "task.dependency_added", subject, blocker=title)
        return at

    # Deliverables --------------------------------------------------------------------------------------------------

    def _deliverable(self, place: Place) -> None:
        number = self.numbers["deliverable"] + 1
        title = f"{self.random.choice(WORKS).capitalize()} {self.random.choice(FIELDS)}, tome {number}"
        subject = ("deliverable", number, place.id, title)
        began, by = self._moment(place.began), place.referent
        self._tell(began, by.id, "deliverable.created", subject)
        structures = self._some(place.structures, 0.9, 2)
        for structure in structures:
            self._add("deliverable_structure", deliverable_id=number, structure_id=structure.id)
        if structures:
            names = [structure.name for structure in structures]
            self._tell(began, by.id, "deliverable.entrusted", subject, added=names, removed=[])
        news = began
        tasks = self._some(place.tasks, 0.5, 3)
        for task, _title in tasks:
            self._add("deliverable_task", deliverable_id=number, task_id=task)
        if tasks:
            news = self._moment(news)
            self._tell(news, by.id, "deliverable.edited", subject, fields=["tasks"])
        [(state, _weight, course)] = self.random.choices(COURSES, [each[1] for each in COURSES])
        since = began
        if course:
            since = news = self._write_versions(place, subject, news, course)
        self._add(
            "deliverable",
            chantier_id=place.id,
            objective_id=self.random.choice(place.objectives),
            type_key=self.random.choice(TYPES),
            title=title,
            description=SENTENCE,
            expected_on=(began + timedelta(days=self.random.randint(60, 300))).date(),
            state=str(state),
            state_since=since,
            created_by_id=by.id,
            created_at=began,
            last_news_at=news,
            version=1,
        )

    def _write_versions(self, place: Place, subject: Any, at: datetime, course: Iterable[str]) -> datetime:
        version: dict[str, Any] = {}
        by = place.referent
        for deed in course:
            at = self._moment(at)
            if deed == "version_added":
                version = self._version(subject, at, self._somebody(place), version.get("number", 0) + 1)
                self._tell(
                    at, version["author_id"], f"deliverable.{deed}", subject,
                    number=version["number"], note=version["note"],
                )  # fmt: skip
                continue
            words = {"reason": OBSTACLE} if deed == "sent_back" else {}
            self._tell(at, by.id, f"deliverable.{deed}", subject, number=version["number"], **words)
            if deed in ("sent_back", "approved"):
                self._add(
                    "verdict",
                    deliverable_id=subject[1],
                    version_id=version["id"],
                    approved=deed == "approved",
                    words=words.get("reason", ""),
                    by_id=by.id,
                    at=at,
                )
            if deed == "approved":
                version["approved_at"] = at
        return at

    def _version(self, subject: Any, at: datetime, by: Named, number: int) -> dict[str, Any]:
        written_here = self.random.random() < 0.6
        self._add(
            "deliverable_version",
            deliverable_id=subject[1],
            number=number,
            kind=str(VersionKind.TEXT if written_here else VersionKind.LINK),
            note="Un premier jet." if number == 1 else "Les retours du groupe.",
            author_id=by.id,
            at=at,
            approved_at=None,
            url="" if written_here else f"https://example.org/{subject[1]}/{number}",
            text=SENTENCE * 10 if written_here else "",
        )
        return self.rows["deliverable_version"][-1]

    # Ground --------------------------------------------------------------------------------------------------------

    def _moment(self, since: datetime) -> datetime:
        """Some moment after `since` and before now, more often soon than late."""
        seconds = (self.now - since).total_seconds()
        return since + timedelta(seconds=int(seconds * self.random.random() ** 1.5))

    def _work(self) -> str:
        """Something to do, in a few words."""
        return " ".join(self.random.choice(words) for words in (DEEDS, WORKS, FIELDS))

    def _somebody(self, place: Place) -> Named:
        return self.random.choice(place.members) if self.random.random() < 0.7 else place.referent

    def _some(self, things: list[Any], likely: float, most: int) -> list[Any]:
        if not things or self.random.random() > likely:
            return []
        return self.random.sample(things, min(len(things), self.random.randint(1, most)))

    def _add(self, table: str, **values: Any) -> int:
        """One more row; its number where its table has numbers."""
        self.numbers[table] += 1
        if "id" in Base.metadata.tables[table].c:
            values["id"] = self.numbers[table]
        self.rows.setdefault(table, []).append(values)
        return self.numbers[table]

    def _tell(
        self,
        at: datetime,
        by: int | None,
        action: str,
        subject: tuple[str, int, int | None, str],
        **particulars: Any,
    ) -> None:
        if particulars.keys() != CATALOGUE[action].particulars:
            raise ValueError(f"{action} needs {sorted(CATALOGUE[action].particulars)}")
        self.journal.append((at, by, action, *subject, particulars))

    def _write(self) -> None:
        """Write what waits: what others name comes first. Tallies wait for the counts of their tasks."""
        for table in Base.metadata.sorted_tables:
            rows = self.rows.get(table.name, [])
            if table.name == "objective_tally":
                continue
            for start in range(0, len(rows), BATCH):
                self.connection.execute(insert(table), rows[start : start + BATCH])
            self.written += len(rows)
            rows.clear()

    def _write_journal(self) -> None:
        for tally in self.rows["objective_tally"]:
            for status in TaskStatus:
                tally[str(status)] = self.numbers[f"{tally['objective_id']} {status}"]
        self.connection.execute(insert(Base.metadata.tables["objective_tally"]), self.rows["objective_tally"])
        self.journal.sort(key=lambda line: line[0])
        for start in range(0, len(self.journal), BATCH):
            lines = self.journal[start : start + BATCH]
            self.connection.execute(
                insert(Base.metadata.tables["activity"]),
                [dict(zip(JOURNAL, line, strict=True)) for line in lines],
            )
        self.written += len(self.journal) + len(self.rows["objective_tally"])

    def _tell_sequences(self) -> None:
        """PostgreSQL counts by itself, and has not seen our numbers."""
        if self.connection.dialect.name != "postgresql":
            return
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and table.c.id.autoincrement:
                last = f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), max(id)) FROM \"{table.name}\""
                self.connection.execute(text(last))


def application(url: str, **settings: Any) -> Flask:
    """The product on that database, with a key of its own and a store that nothing is put into."""
    instance = Path(tempfile.mkdtemp(prefix="chantiers-bench-"))
    return create_app(
        {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SQLALCHEMY_DATABASE_URI": database_url(url, ROOT),
            "INSTANCE_DIR": str(instance),
            "STORAGE_URL": instance.as_uri(),
            "DEMONSTRATION": False,
            "PUBLIC_URL": "",
            **settings,
        }
    )


def fill(app: Flask, **size: int) -> Made:
    """Migrate the database of this app and fill it."""
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
        with db.engine.begin() as connection:
            made = generate(connection, **size)
        index()
        if db.engine.dialect.name == "postgresql":
            # What its own housekeeping does within a minute.
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ANALYZE"))
    return made


def index() -> None:
    """What was written past the verbs is found by the search too."""
    for _number in reindex():
        db.session.commit()
    db.session.remove()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.generate", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--chantiers", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=200, help="in each chantier")
    parser.add_argument("--structures", type=int, default=STRUCTURES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", required=True, help="the address of an empty database")
    given = vars(parser.parse_args())
    began = time.perf_counter()
    made = fill(application(given.pop("database")), **given)
    print(
        f"{given['chantiers']} × {given['tasks']} tasks, {made.rows} rows in {time.perf_counter() - began:.1f} s"
    )


if __name__ == "__main__":
    main()
