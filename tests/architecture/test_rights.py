"""Rights over time: whoever comes, goes, is given or leaves something, `can()` says at each step what the design says."""

from typing import Any, cast

import pytest
from flask import Flask
from flask.ctx import AppContext
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import inspect

from chantiers.policy import TABLE, can
from models import (
    Chantier,
    ChantierRole,
    Deliverable,
    Objective,
    Refused,
    Role,
    Structure,
    Task,
    User,
    close_account,
    db,
    merge_structures,
)
from tests.architecture.design import Facts, Thing
from tests.support.databases import Database
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_structure,
    make_task,
    make_user,
)

#: Which permissions are asked of which kind of thing.
ABOUT = {
    "task": [name for name in TABLE if name.startswith("task.") and name != "task.create"],
    "deliverable": [
        name for name in TABLE if name.startswith("deliverable.") and name != "deliverable.create"
    ],
    "chantier": [
        "chantier.read",
        "silence.read",
        "relaunch.send",
        "task.create",
        "deliverable.create",
        "objective.manage",
        "chantier.manage_members",
        "chantier.ask_to_join",
        "structure.leave",
        "chantier.manage",
    ],
    "structure": ["structure.read_silence", "structure.manage"],
}
EVERYWHERE = ["dashboard.read", "person.manage", "demarche.manage", "chantier.read", "deliverable.read_draft"]

few = st.integers(0, 5)
pairs = st.integers(0, 1)


class Rights(RuleBasedStateMachine):
    """Rights of six people in two chantiers and three structures, with every verb that changes who may do what."""

    app: Flask
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.database.reset()
        self.context: AppContext = self.app.app_context()
        self.context.push()

    @initialize()
    def begin(self) -> None:
        make_demarche()
        self.coordinator = make_coordinator()
        roles = [Role.OBSERVER, Role.OBSERVER, Role.MEMBER, Role.MEMBER, Role.MEMBER]
        self.people = [*(make_user(role=role) for role in roles), self.coordinator]
        self.chantiers = [make_chantier(), make_chantier()]
        self.structures = [make_structure() for _ in range(3)]
        self.objectives = [make_objective(chantier) for chantier in self.chantiers]
        self.tasks: list[Task] = []
        self.deliverables: list[Deliverable] = []

    def attempt(self, verb: Any, *values: Any, **named: Any) -> Any:
        """Call a verb; what it refuses changes nothing."""
        db.session.commit()
        try:
            done = verb(*values, **named)
            db.session.flush()
            return done
        except Refused:
            db.session.rollback()
            self.read_again()
            return None

    # Who is here ------------------------------------------------------------------------------------------------------

    @rule(who=few, where=pairs, role=st.sampled_from(list(ChantierRole)))
    def welcome(self, who: int, where: int, role: ChantierRole) -> None:
        self.attempt(self.chantiers[where].welcome, self.people[who], role, by=self.coordinator)

    @rule(who=few, where=pairs, role=st.sampled_from(list(ChantierRole)))
    def appoint(self, who: int, where: int, role: ChantierRole) -> None:
        self.attempt(self.chantiers[where].appoint, self.people[who], role, by=self.coordinator)

    @rule(who=few, where=pairs)
    def dismiss(self, who: int, where: int) -> None:
        self.attempt(self.chantiers[where].dismiss, self.people[who], by=self.coordinator)

    @rule(who=few, role=st.sampled_from(list(Role)))
    def become(self, who: int, role: Role) -> None:
        self.attempt(self.people[who].become, role, by=self.coordinator)

    @rule(who=few, which=st.integers(0, 2))
    def gather(self, who: int, which: int) -> None:
        self.attempt(self.structures[which].gather, self.people[who], by=self.coordinator)

    @rule(who=few, which=st.integers(0, 2))
    def part(self, who: int, which: int) -> None:
        self.attempt(self.structures[which].part_with, self.people[who], by=self.coordinator)

    @rule(which=st.integers(0, 2), where=pairs)
    def enrol(self, which: int, where: int) -> None:
        self.attempt(self.chantiers[where].enrol, self.structures[which], by=self.coordinator)

    @rule(which=st.integers(0, 2), where=pairs)
    def withdraw(self, which: int, where: int) -> None:
        self.attempt(self.chantiers[where].withdraw, self.structures[which], by=self.coordinator)

    @rule(one=st.integers(0, 2), other=st.integers(0, 2))
    def merge(self, one: int, other: int) -> None:
        self.attempt(merge_structures, self.structures[one], into=self.structures[other], by=self.coordinator)
        # A merge forgets everything that was read: the next page reads it again.
        self.open_a_new_page()

    @rule(where=pairs)
    def archive_or_reopen(self, where: int) -> None:
        chantier = self.chantiers[where]
        self.attempt(chantier.reopen if chantier.is_archived else chantier.archive, by=self.coordinator)

    @rule(who=st.integers(0, 4))
    def close(self, who: int) -> None:
        self.attempt(close_account, self.people[who], by=self.coordinator)

    # What there is ----------------------------------------------------------------------------------------------------

    @rule(
        who=few,
        where=pairs,
        pilote=st.none() | st.integers(0, 2),
        named=st.lists(few, max_size=2, unique=True),
    )
    def create_task(self, who: int, where: int, pilote: int | None, named: list[int]) -> None:
        task = self.attempt(
            make_task,
            self.objectives[where],
            by=self.people[who],
            pilote=None if pilote is None else self.structures[pilote],
            people=[self.people[each] for each in named],
        )
        self.tasks += [task] if task else []

    @rule(who=few, where=pairs, structures=st.lists(st.integers(0, 2), max_size=2, unique=True))
    def create_deliverable(self, who: int, where: int, structures: list[int]) -> None:
        deliverable = self.attempt(
            make_deliverable,
            self.objectives[where],
            by=self.people[who],
            structures=[self.structures[each] for each in structures],
        )
        self.deliverables += [deliverable] if deliverable else []

    @rule(which=few, pilote=st.none() | st.integers(0, 2), named=st.lists(few, max_size=2, unique=True))
    def entrust(self, which: int, pilote: int | None, named: list[int]) -> None:
        if which < len(self.tasks):
            structure = None if pilote is None else self.structures[pilote]
            people = [self.people[each] for each in named]
            self.attempt(self.tasks[which].entrust, structure, [], people, by=self.coordinator)

    @rule()
    def open_a_new_page(self) -> None:
        """Forget all that was read before."""
        db.session.commit()
        self.read_again()

    def read_again(self) -> None:
        """Read everything as a new request does."""
        db.session.expunge_all()

        def again(kind: Any, things: list[Any]) -> list[Any]:
            options = kind.whole() if hasattr(kind, "whole") else ()
            numbers = [inspect(thing).identity for thing in things]
            return [db.session.get_one(kind, number, options=options) for number in numbers]

        self.people = again(User, self.people)
        self.coordinator = self.people[-1]
        self.chantiers, self.structures = again(Chantier, self.chantiers), again(Structure, self.structures)
        self.tasks, self.deliverables = again(Task, self.tasks), again(Deliverable, self.deliverables)
        self.objectives = again(Objective, self.objectives)
        for objective, chantier in zip(self.objectives, self.chantiers, strict=True):
            objective.chantier = chantier

    # The table --------------------------------------------------------------------------------------------------------

    @invariant()
    def rights_are_those_of_the_design(self) -> None:
        if not hasattr(self, "people"):
            return
        db.session.flush()
        facts = Facts(db.session.connection())
        for person in self.people:
            if not person.may_sign_in:
                continue
            for kind, things in (
                ("task", self.tasks),
                ("deliverable", self.deliverables),
                ("chantier", self.chantiers),
                ("structure", self.structures),
            ):
                for thing in things:
                    self.compare(facts, person, ABOUT[kind], thing, facts.things[kind, thing.id])
            self.compare(facts, person, EVERYWHERE, None, Thing())

    def compare(self, facts: Facts, person: User, permissions: list[str], thing: Any, told: Thing) -> None:
        for permission in permissions:
            expected = facts.may(person.id, permission, told)
            assert can(person, permission, thing) == expected, (
                f"{permission} on {told}: the design says {expected} to {facts.columns(person.id, told)}"
            )

    def teardown(self) -> None:
        db.session.rollback()
        db.session.remove()
        self.context.pop()


def explore(app: Flask, database: Database, examples: int, steps: int) -> None:
    """Run the machine, the same way each time."""

    class Here(Rights):
        pass

    Here.app, Here.database = app, database
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        cast(Any, Here),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_rights_follow_what_happens(app: Flask, database: Database) -> None:
    explore(app, database, 15 if database.name == "sqlite" else 5, 25)


@pytest.mark.long
def test_rights_follow_a_long_life(app: Flask, database: Database) -> None:
    explore(app, database, 300, 60)
