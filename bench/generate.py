"""Generator of a démarche of any size as the verbs would have left it, for benchmarks.

python -m bench.generate --chantiers 5 --tasks 200 --database sqlite:////tmp/measured.sqlite3
"""

import argparse
import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from app import create_app
from bench.deliverables import DeliverableRows
from bench.rows import MeasuredChantier, NamedRow
from bench.tasks import TaskRows
from bench.words import (
    FIELDS,
    OPERATIONAL,
    PEOPLE_PER_STRUCTURE,
    PLACES,
    POLITICAL,
    SENTENCE,
    STRUCTURES,
    STRUCTURES_PER_CHANTIER,
    TASKS_PER_DELIVERABLE,
)
from chantiers.config import ROOT, database_url
from migrations.backfill_history import retrace
from models import (
    HUES,
    ChantierRole,
    Demarche,
    ObjectiveKind,
    Role,
    StructureKind,
    TaskStatus,
    db,
    fold,
    reindex,
)
from models.ground.slugs import slugify


@dataclass(frozen=True)
class Made:
    """Slugs and numbers of what was made, as the addresses of screens need them."""

    slugs: list[str]
    structure_slugs: list[str]
    coordinator_id: int
    observer_id: int
    #: The référent of each chantier, in the order of `slugs`.
    referent_ids: list[int]
    #: The participants of each chantier.
    member_ids: list[list[int]]
    rows: int


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
    return DemarcheRows(connection, Random(seed)).make(chantiers, tasks, structures)


class DemarcheRows(TaskRows, DeliverableRows):
    """Maker of a whole démarche: its people and structures, its chantiers, and what stands in each."""

    def make(self, chantiers: int, tasks: int, structures: int) -> Made:
        """Make the whole démarche."""
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
        self._set_sequences()
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

    def _person(self, name: str, address: str, role: Role) -> NamedRow:
        number = self._add(
            "user",
            name=name,
            name_key=fold(name),
            email=f"{address}@example.org",
            role=str(role),
            created_at=self.began,
            version=1,
        )
        self._record(self.began, None, "person.created", ("user", number, None, name))
        return NamedRow(number, name)

    def _structures(self, count: int) -> tuple[list[NamedRow], dict[int, list[NamedRow]]]:
        """Make the member structures, and the people of each."""
        kinds = [kind for kind in StructureKind if kind]
        found: list[NamedRow] = []
        people: dict[int, list[NamedRow]] = {}
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
            self._record(self.began, None, "structure.created", ("structure", number, None, name))
            found.append(NamedRow(number, name))
            people[number] = []
            for each in range(1, PEOPLE_PER_STRUCTURE + 1):
                person = self._person(f"Personne {rank}-{each}", f"personne-{rank}-{each}", Role.MEMBER)
                self._add("structure_member", structure_id=number, user_id=person.id, since=self.began)
                subject = ("user", person.id, None, person.name)
                self._record(self.began, None, "person.joined_structure", subject, structure=name)
                people[number].append(person)
        return found, people

    def _chantier(
        self,
        rank: int,
        referent: NamedRow,
        structures: list[NamedRow],
        people: dict[int, list[NamedRow]],
        coordinator: NamedRow,
    ) -> MeasuredChantier:
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
        self._record(self.began, coordinator.id, "chantier.created", subject)
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
            self._record(self.began, coordinator.id, "structure.enrolled", subject, structure=structure.name)
            for person in people[structure.id]:
                self._member(subject, person, ChantierRole.PARTICIPANT, coordinator)
                members.append(person)
        objectives = self._objectives(number)
        return MeasuredChantier(number, slug, referent, taking_part, members, objectives, self.began)

    def _member(self, chantier: Any, person: NamedRow, role: ChantierRole, by: NamedRow) -> None:
        self._add(
            "chantier_membership",
            chantier_id=chantier[1],
            user_id=person.id,
            role=str(role),
            since=self.began,
            added_by_id=by.id,
        )
        self._record(self.began, by.id, "member.added", chantier, person=person.name, role=str(role))

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
                self._record(self.began, None, "objective.created", ("objective", number, chantier, words))
                if kind == ObjectiveKind.OPERATIONAL:
                    operational.append(number)
        return operational


def application(url: str, **settings: Any) -> Flask:
    """Create the product on that database, with a key of its own and an empty store."""
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
    """Index what was written past the verbs."""
    for _number in reindex():
        db.session.commit()
    db.session.remove()


def main() -> None:
    """Run the command."""
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
