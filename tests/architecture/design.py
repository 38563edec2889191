"""Permission table of the design written a second time, and who stands in which of its columns, read from the tables.

Nothing here asks the application: what it answers is compared with this.
"""

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

COLUMNS = ("observer", "elsewhere", "participant", "in charge", "référent", "coordination")

#: ✓: holds it. o: on what they created. !: whoever stands in no other column. –: does not. In the order of COLUMNS, each line a permission of the code.
TABLE = {
    "chantier.read": "✓✓✓✓✓✓",
    "dashboard.read": "✓✓✓✓✓✓",
    "deliverable.read_draft": "–✓✓✓✓✓",
    "comment.write": "–✓✓✓✓✓",
    "comment.edit": "–ooooo",
    "comment.delete": "–ooo✓✓",
    "task.offer_help": "–✓✓✓✓✓",
    "silence.read": "––––✓✓",
    "relaunch.send": "––––✓✓",
    "task.create": "––✓✓✓✓",
    "task.take": "––✓✓✓✓",
    "task.edit": "––o✓✓✓",
    "task.entrust": "––o–✓✓",
    "task.validate": "––––✓✓",
    "task.trash": "––o–✓✓",
    "deliverable.create": "––––✓✓",
    "deliverable.add_version": "––✓✓✓✓",
    "deliverable.edit": "––o✓✓✓",
    "deliverable.entrust": "––o–✓✓",
    "deliverable.decide": "––––✓✓",
    "deliverable.trash": "––o–✓✓",
    # In charge of a request is whoever it is put to, or a member of the structure that it is put to.
    "review.answer": "–––✓✓✓",
    "review.manage": "––––✓✓",
    "objective.manage": "––––✓✓",
    "progress.read": "–✓✓✓✓✓",
    "progress.write": "––––✓✓",
    "chantier.manage_members": "––––✓✓",
    "invitation.manage": "––––✓✓",
    "structure.leave": "––––✓✓",
    # Whoever stands in a further column, that is a member or the coordination, has nothing to ask.
    "chantier.ask_to_join": "–!––––",
    # What they created: their own part in the chantier.
    "membership.hand_over": "––o–✓✓",
    "chantier.manage": "–––––✓",
    "structure.manage": "–––––✓",
    "meeting.read": "✓✓✓✓✓✓",
    "meeting.propose": "––––✓✓",
    "meeting.manage": "–––––✓",
    "checkpoint.read": "––––✓✓",
    "checkpoint.manage": "–––––✓",
    "person.manage": "–––––✓",
    "import.manage": "–––––✓",
    "demarche.manage": "–––––✓",
    # A structure belongs to no chantier: whoever is a référent somewhere is one for it.
    "structure.read_silence": "––––✓✓",
}

#: An archived chantier is read, and opened again; nothing is written in it.
IN_ARCHIVE = {
    "chantier.read",
    "dashboard.read",
    "deliverable.read_draft",
    "progress.read",
    "silence.read",
    "chantier.manage",
}


class Thing(NamedTuple):
    """Thing, with what the table needs to know of it."""

    chantier: int | None = None
    creator: int | None = None
    structures: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    is_archived: bool = False


class Facts:
    """Facts that the tables say at this instant: who is what, and what belongs to whom."""

    def __init__(self, connection: Connection) -> None:
        rows = _Rows(connection)
        self.roles = {user: role for user, role, closed in rows("id, role, closed_at", "user") if not closed}
        self.memberships: dict[int, dict[int, str]] = defaultdict(dict)
        for user, chantier, role in rows("user_id, chantier_id, role", "chantier_membership"):
            self.memberships[user][chantier] = role
        self.structures = rows.sets("user_id, structure_id", "structure_member")
        archived = {chantier for chantier, at in rows("id, archived_at", "chantier") if at}
        carriers = rows.sets("task_id, structure_id", "task_structure")
        named = rows.sets("task_id, user_id", "task_person")
        responsible = rows.sets("deliverable_id, structure_id", "deliverable_structure")
        self.things: dict[tuple[str, int], Thing] = {}
        for (chantier,) in rows("id", "chantier"):
            self.things["chantier", chantier] = Thing(chantier, is_archived=chantier in archived)
        for objective, chantier in rows("id, chantier_id", "objective"):
            self.things["objective", objective] = Thing(chantier, is_archived=chantier in archived)
        for task, chantier, creator, pilote in rows("id, chantier_id, created_by_id, pilote_id", "task"):
            structures = carriers[task] | ({pilote} if pilote else set())
            self.things["task", task] = Thing(
                chantier, creator, frozenset(structures), frozenset(named[task]), chantier in archived
            )
        for deliverable, chantier, creator in rows("id, chantier_id, created_by_id", "deliverable"):
            self.things["deliverable", deliverable] = Thing(
                chantier, creator, frozenset(responsible[deliverable]), is_archived=chantier in archived
            )
        rounds = dict(rows("id, deliverable_id", "review_round"))
        for number, deliverable in rounds.items():
            self.things["review_round", number] = self.things["deliverable", deliverable]
        for request, number, person, structure in rows(
            "id, round_id, person_id, structure_id", "review_request"
        ):
            about = self.things["deliverable", rounds[number]]
            # A structure speaks through those of its members who take part.
            people = {
                user
                for user, structures in self.structures.items()
                if structure in structures and about.chantier in self.memberships[user]
            }
            self.things["review_request", request] = Thing(
                about.chantier, people=frozenset(people | {person} - {None}), is_archived=about.is_archived
            )
        for comment, chantier, author in rows("id, chantier_id, author_id", "comment"):
            self.things["comment", comment] = Thing(chantier, author, is_archived=chantier in archived)
        for part, chantier, member in rows("id, chantier_id, user_id", "chantier_membership"):
            self.things["membership", part] = Thing(chantier, member, is_archived=chantier in archived)
        for request, chantier in rows("id, chantier_id", "join_request"):
            self.things["join_request", request] = Thing(chantier, is_archived=chantier in archived)
        for (structure,) in rows("id", "structure"):
            self.things["structure", structure] = Thing()

    def columns(self, user: int, thing: Thing) -> set[str]:
        """Return the columns of the table in which this person stands, for this thing."""
        role, chantiers = self.roles.get(user), self.memberships[user]
        if role is None:
            return set()
        if role == "observer" and not chantiers:
            return {"observer"}
        found = {"elsewhere"}
        part = chantiers.get(thing.chantier) if thing.chantier else None
        leads = part == "referent" or (thing.chantier is None and "referent" in chantiers.values())
        if part:
            found.add("participant")
        if user in thing.people or self.structures[user] & thing.structures:
            found.add("in charge")
        if leads:
            found.add("référent")
        if role == "coordinator":
            found.add("coordination")
        return found

    def may(self, user: int | None, permission: str, thing: Thing) -> bool:
        """Return what the design answers."""
        if user is None or (thing.is_archived and permission not in IN_ARCHIVE):
            return False
        columns = self.columns(user, thing)
        for column in columns:
            mark = TABLE[permission][COLUMNS.index(column)]
            if mark == "!" and columns == {column}:
                return True
            if mark == "✓" or (mark == "o" and thing.creator == user):
                return True
        return False

    def is_only_observer(self, user: int | None) -> bool:
        """Tell whether this person is a funder who takes part in nothing."""
        return user is not None and self.columns(user, Thing()) == {"observer"}


class _Rows:
    """Reader of tables by their names."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __call__(self, columns: str, table: str) -> list[Any]:
        return [tuple(row) for row in self.connection.execute(text(f'SELECT {columns} FROM "{table}"'))]

    def sets(self, columns: str, table: str) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for owner, owned in self(columns, table):
            found[owner].add(owned)
        return found
