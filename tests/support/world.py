"""World of a small démarche with one of everything, made through the verbs: ground of the tests that go everywhere."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chantiers.files.spreadsheets import SourceSheet, pack
from chantiers.storage.setup import storage_at
from chantiers.storage.store import Storage
from models import (
    Attendance,
    Chantier,
    ChantierMembership,
    ChantierRole,
    Checkpoint,
    Comment,
    Decision,
    Deliverable,
    ImportBatch,
    ImportKind,
    Invitation,
    JoinRequest,
    Meeting,
    Objective,
    ObjectiveKind,
    OutgoingMail,
    PasswordLink,
    Presence,
    ProgressUpdate,
    ReviewRound,
    Role,
    StoredFile,
    Structure,
    Task,
    TaskStatus,
    User,
    Weather,
    at,
    close_account,
    merge_structures,
    now,
    purge_bin,
    today,
)
from tests.support.factories import (
    make_chantier,
    make_demarche,
    make_objective,
    make_structure,
    make_task,
    make_user,
)

#: Who asks to join which chantier.
ASKING = {"ours": "referent_elsewhere", "theirs": "participant"}
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8


@dataclass
class World:
    """World: number (or address) of everything, under a name that says what it is to the chantier « ours »."""

    people: dict[str, int] = field(default_factory=dict)
    chantiers: dict[str, str] = field(default_factory=dict)
    structures: dict[str, str] = field(default_factory=dict)
    objectives: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    deliverables: dict[str, int] = field(default_factory=dict)
    comments: dict[str, int] = field(default_factory=dict)
    #: The file of a comment, by the name of the comment.
    attachments: dict[str, int] = field(default_factory=dict)
    #: Checklist lines: (task, line).
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: A link by which the newcomer chooses a password.
    token: str = ""
    invitations: dict[str, int] = field(default_factory=dict)
    #: What a relecture asks of a person and of a structure.
    review_requests: dict[str, int] = field(default_factory=dict)
    review_round: int = 0
    checkpoints: dict[str, int] = field(default_factory=dict)
    progress_updates: dict[str, int] = field(default_factory=dict)
    meetings: dict[str, int] = field(default_factory=dict)
    #: A point of the agenda of the planned session, and what it decided.
    agenda_item: int = 0
    decisions: dict[str, int] = field(default_factory=dict)
    #: Imports: one whose columns are to be named, one to be looked at, one that was made, one undone.
    imports: dict[str, int] = field(default_factory=dict)
    #: The part of some people in some chantiers: « ours participant ».
    parts: dict[str, int] = field(default_factory=dict)
    #: Who asks to join which chantier.
    join_requests: dict[str, int] = field(default_factory=dict)
    #: A mail that could not be sent.
    mail: int = 0


def make_world(session: Session, storage_url: str) -> World:
    """Make it in the database of this session, and its file in this store. The caller commits."""
    return _Maker(session, storage_at(storage_url)).make()


class _Maker:
    """Maker of the world, one family of things after the other."""

    def __init__(self, session: Session, storage: Storage) -> None:
        self.session = session
        self.storage = storage
        self.world = World()
        self.people: dict[str, User] = {}
        self.chantiers: dict[str, Chantier] = {}
        self.structures: dict[str, Structure] = {}
        self.objectives: dict[str, Objective] = {}
        self.comments: dict[str, Comment] = {}
        self.imports: dict[str, ImportBatch] = {}
        self.tasks: dict[str, Task] = {}
        self.deliverables: dict[str, Deliverable] = {}

    def make(self) -> World:
        with at(now() - timedelta(days=90)):
            self._make_demarche()
            self._make_people()
            self._make_chantiers()
            self._make_structures()
            self._make_objectives()
            self._make_early_tasks()
        with at(now() - timedelta(days=50)):
            self._make_purged_things()
        purge_bin()
        self._make_tasks()
        self._make_deliverables()
        self._make_bin()
        self._make_comments()
        self._make_checkpoints()
        self._make_progress_updates()
        self._make_meetings()
        self._make_imports()
        self._change_who_is_here()
        self.session.flush()
        self._keep_numbers()
        return self.world

    # People and places ------------------------------------------------------------------------------------------------

    def _make_demarche(self) -> None:
        self.demarche = make_demarche(
            presentation="Des **chantiers** pour coopérer.", bearer="Le Labo", contact_name="Ada L."
        )
        self.charter = self.demarche.publish_charter("# Charte\n\nOn se parle.", by=None)
        self.session.flush()

    def _make_people(self) -> None:
        roles = {"observer": Role.OBSERVER, "observer_inside": Role.OBSERVER, "coordinator": Role.COORDINATOR}
        names = (
            "observer",
            "observer_inside",
            "elsewhere",
            "participant",
            "in_charge",
            "carrier",
            "carrier_outside",
            "creator",
            "creator_outside",
            "referent",
            "referent_elsewhere",
            "coordinator",
            "closed",
            "newcomer",
        )
        for name in names:
            person = make_user(
                f"Personne {name.replace('_', ' ')}",
                roles.get(name, Role.MEMBER),
                email=f"{name.replace('_', '.')}@secret.example.org",
            )
            self.people[name] = person
            if name != "newcomer":
                self.charter.accept(by=person)
        self.by = self.people["coordinator"]

    def _make_chantiers(self) -> None:
        for number, (name, title) in enumerate(
            [
                ("ours", "Le chantier d’ici"),
                ("theirs", "Le chantier d’ailleurs"),
                ("archived", "Le chantier fini"),
            ],
            1,
        ):
            self.chantiers[name] = make_chantier(title, number=number)
            self.chantiers[name].edit(by=self.by, summary="Ce qu’on veut **changer**.")
        ours, theirs, archived = self.chantiers.values()
        for name in ("participant", "observer_inside", "creator", "creator_outside", "closed"):
            ours.welcome(self.people[name], by=self.by)
        ours.welcome(self.people["referent"], ChantierRole.REFERENT, by=self.by)
        theirs.welcome(self.people["elsewhere"], by=self.by)
        for chantier in (theirs, archived):
            chantier.welcome(self.people["referent_elsewhere"], ChantierRole.REFERENT, by=self.by)
        archived.welcome(self.people["referent"], ChantierRole.REFERENT, by=self.by)
        archived.welcome(self.people["creator"], by=self.by)

    def _make_structures(self) -> None:
        for name in ("carrying", "elsewhere", "apart", "gone", "merged", "taking"):
            self.structures[name] = make_structure(f"Structure {name}")
        self.structures["carrying"].also_known_as(["Structure d’avant"], by=self.by)
        self.structures["carrying"].edit(
            by=self.by, site="https://structure.example", territory="Nantes", summary="Une **association**"
        )
        self.structures["carrying"].gather(self.people["carrier"], by=self.by)
        self.structures["carrying"].gather(self.people["carrier_outside"], by=self.by)
        self.structures["taking"].gather(self.people["participant"], by=self.by)
        ours, theirs, _archived = self.chantiers.values()
        ours.enrol(self.structures["carrying"], by=self.by)
        ours.enrol(self.structures["gone"], by=self.by)
        ours.withdraw(self.structures["gone"], by=self.by)
        theirs.enrol(self.structures["elsewhere"], by=self.by)
        merge_structures(self.structures["merged"], into=self.structures["carrying"], by=self.by)

    def _make_objectives(self) -> None:
        for name in ("ours", "theirs", "archived"):
            self.objectives[name] = make_objective(self.chantiers[name], f"Objectif opérationnel {name}")
        political = make_objective(
            self.chantiers["ours"], "Peser dans la transition", ObjectiveKind.POLITICAL
        )
        empty = make_objective(self.chantiers["ours"], "Un objectif que rien n’occupe")
        binned = make_objective(self.chantiers["ours"], "Un objectif supprimé")
        self.objectives |= {"political": political, "empty": empty, "binned": binned}

    # Tasks ------------------------------------------------------------------------------------------------------------

    def _task(self, name: str, by: str = "referent", where: str = "ours", **fields: Any) -> Task:
        task = make_task(
            self.objectives[where], f"Tâche {name.replace('_', ' ')}", by=self.people[by], **fields
        )
        self.tasks[name] = task
        return task

    def _make_early_tasks(self) -> None:
        """Make what began long ago: silent work, and the work of the archived chantier."""
        self._task("silent", due_on=today() - timedelta(days=30)).start(by=self.people["referent"])
        self._task("archived", by="creator", where="archived").start(by=self.people["creator"])

    def _make_purged_things(self) -> None:
        task = self._task("purged", by="creator", description="Des mots qui s’en vont")
        task.trash(by=self.people["creator"])
        self.session.flush()

    def _make_tasks(self) -> None:
        referent, carrying = self.people["referent"], self.structures["carrying"]
        self._task("open", due_on=today() + timedelta(days=7), description="À **faire** bientôt")
        self._task("named", people=[self.people["in_charge"]]).start(by=referent)
        self._task("carried", pilote=carrying, due_on=today()).start(by=referent)
        self._task("contributed", contributors=[carrying])
        self._task("created", by="creator")
        self._task("created_outside", by="creator_outside")
        self._task("to_validate", by="creator", pilote=carrying).submit(by=self.people["creator"])
        self._task("done").finish(by=referent)
        self._task("late", due_on=today() - timedelta(days=3))
        self._task("blocked", people=[self.people["in_charge"]]).block(
            "Rien ne vient.", "Un contact", by=referent
        )
        self._task("abandoned").abandon("Le besoin a disparu.", by=referent)
        self._task("theirs", where="theirs", by="elsewhere", pilote=self.structures["elsewhere"])
        self._task("long", description="# Un titre\n\n" + "- un point\n" * 30)
        self.tasks["open"].depend_on(self.tasks["theirs"], by=referent)
        for name in ("open", "carried", "created", "theirs", "archived"):
            line = self.tasks[name].add_item(f"Une ligne de {name}", by=self.by)
            self.tasks[name].add_item("Une ligne faite", by=self.by).check(by=self.by)
            self.world.lines[name] = (self.tasks[name].id, line.id)
        assert {task.status for task in self.tasks.values()} == set(TaskStatus)

    # Deliverables -----------------------------------------------------------------------------------------------------

    def _deliverable(
        self, name: str, by: str = "referent", where: str = "ours", **fields: Any
    ) -> Deliverable:
        deliverable = Deliverable.create(
            self.objectives[where],
            "autre",
            f"Livrable {name.replace('_', ' ')}",
            by=self.people[by],
            **fields,
        )
        self.session.flush()
        self.deliverables[name] = deliverable
        return deliverable

    def _make_deliverables(self) -> None:
        referent, carrying = self.people["referent"], self.structures["carrying"]
        self._deliverable("expected", expected_on=today() - timedelta(days=2), description="Un **livrable**")
        self._deliverable("drafting", structures=[carrying]).add_text(
            "# Brouillon", "Premier jet", by=referent
        )
        self._deliverable("in_review").add_link("https://texte.example/", "En ligne", by=referent)
        self.deliverables["in_review"].submit(
            by=referent, reviewers=([self.people["in_charge"]], [carrying]), message="Avant l’assemblée"
        )
        self._deliverable("to_rework").add_text("Un texte", by=referent)
        self.deliverables["to_rework"].submit(by=referent)
        self.deliverables["to_rework"].send_back("Il manque les sources.", by=referent)
        self._deliverable("approved", licence="CC-BY-4.0").add_file(self._file(), by=referent)
        self.deliverables["approved"].approve(by=referent)
        self._deliverable("rewritten").add_text("Une référence", by=referent)
        self.deliverables["rewritten"].approve(by=referent)
        self.deliverables["rewritten"].add_file(self._file(), "La suite", by=referent)
        self.deliverables["rewritten"].rely_on([self.tasks["open"], self.tasks["carried"]], by=referent)
        self._deliverable("published").add_file(self._file(), by=referent)
        self.deliverables["published"].approve(by=referent)
        self.deliverables["published"].publish("CC BY-SA 4.0", by=referent)
        self._deliverable("withdrawn").add_text("Publié par erreur", by=referent)
        self.deliverables["withdrawn"].approve(by=referent)
        self.deliverables["withdrawn"].publish("CC BY-SA 4.0", by=referent)
        self.deliverables["withdrawn"].unpublish("Par erreur", by=referent)
        self._deliverable("created", by="creator").add_text("De ma main", by=self.people["creator"])
        self._deliverable("theirs", where="theirs", by="referent_elsewhere").add_text(
            "D’ailleurs", by=self.people["elsewhere"]
        )
        self._deliverable("archived", where="archived", by="creator").add_text("D’avant", by=referent)
        self.deliverables["archived"].approve(by=self.by)

    def _make_comments(self) -> None:
        """Make what people said, of everything that can be spoken of."""
        for name, subject, by in (
            ("on_task", self.tasks["open"], "participant"),
            ("from_outside", self.tasks["carried"], "elsewhere"),
            ("on_draft", self.deliverables["drafting"], "participant"),
            ("on_approved", self.deliverables["approved"], "carrier"),
            ("on_objective", self.tasks["open"].objective, "creator"),
            ("on_chantier", self.chantiers["ours"], "referent"),
            ("theirs", self.tasks["theirs"], "elsewhere"),
            ("archived", self.chantiers["archived"], "creator"),
            ("deleted", self.tasks["open"], "participant"),
            ("of_the_bin", self.tasks["binned"], "participant"),
        ):
            self.comments[name] = Comment.write(
                subject,
                f"Un mot, @[{self.people['referent'].name}] ?",
                by=self.people[by],
                files=[self._file()] if name in ("on_task", "on_draft", "deleted") else (),
            )
        self.comments["deleted"].delete(subject=self.tasks["open"], by=self.people["participant"])

    def _make_checkpoints(self) -> None:
        """Make a date that people were asked about, one that is to come, one that was given up."""
        self.checkpoints = {
            name: Checkpoint.plan(
                f"COPIL {name}", today() + timedelta(days=number), words="À **bientôt**", by=self.by
            )
            for number, name in enumerate(("asked", "planned", "cancelled"), 12)
        }
        self.checkpoints["asked"].ask(by=self.by)
        # Whoever came gets digests from then on.
        self.people["referent_elsewhere"].be_seen()
        self.checkpoints["cancelled"].cancel(by=self.by)

    def _make_progress_updates(self) -> None:
        """Make what the référents say of three chantiers, one of which is archived since."""
        self.progress_updates = {
            name: ProgressUpdate.write(
                self.chantiers[name], Weather.RAIN, "On **avance**.", "Un lieu.", by=self.people[who]
            )
            for name, who in (
                ("ours", "referent"),
                ("theirs", "referent_elsewhere"),
                ("archived", "coordinator"),
            )
        }

    def _make_meetings(self) -> None:
        """Make a session whose minutes are open, with a point and its decisions, and one with closed minutes."""
        meeting = Meeting.plan(today(), "À Nantes", "On **fait** le point.", by=self.by)
        past = Meeting.plan(today() - timedelta(days=40), by=self.by)
        self.meetings = {"open": meeting, "closed": past}
        ours = self.chantiers["ours"]
        self.item = meeting.put_on_agenda("Un lieu", "Lequel ?", by=self.by, chantier_id=ours.id)
        meeting.put_on_agenda("Le calendrier", by=self.by)
        meeting.note_attendance(
            {self.structures["carrying"].id: Attendance(Presence.PRESENT, "Ada")}, by=self.by
        )
        self.decisions = {
            "taken": Decision.take(meeting, "On **cherche** un lieu.", by=self.by, item=self.item),
            "followed": Decision.take(meeting, "On demande à la mairie.", by=self.by, chantier_id=ours.id),
            "withdrawn": Decision.take(meeting, "On attend.", by=self.by),
        }
        self.decisions["followed"].follow(self.objectives["ours"], "Écrire à la mairie", by=self.by)
        self.decisions["withdrawn"].withdraw(by=self.by)
        past.close(by=self.by)

    def _make_imports(self) -> None:
        """Make a spreadsheet at each of its steps: a good line, one here already, one that nobody understands."""
        objective = self.objectives["ours"]
        mapping = {
            "sheet": 0,
            "header": 1,
            "titles": [[0, "Tâche"], [1, "Échéance"]],
            "columns": {"0": "title", "1": "due_on"},
            "objective": objective.id,
        }
        for name in ("uploaded", "mapped", "done", "undone"):
            titles = (f"Reprise {name}", self.tasks["open"].title, "Sans date")
            rows = [["Tâche", "Échéance"], *([title, "12/03/2026"] for title in titles)]
            kept = self.storage.save(BytesIO(pack([SourceSheet("Suivi", rows)])))
            file = StoredFile(kept.key, f"{name}.xlsx", "application/json", kept.size, kept.sha256)
            batch = self.imports[name] = ImportBatch.receive(ImportKind.TASKS, file, by=self.by)
            self.session.flush()
            if name != "uploaded":
                batch.keep(mapping, _lines_of(titles, objective.id, self.tasks["open"].id))
        self.imports["done"].run(by=self.by)
        self.imports["undone"].run(by=self.by)
        self.imports["undone"].undo(by=self.by)

    def _file(self) -> StoredFile:
        kept = self.storage.save(BytesIO(PDF))
        return StoredFile(kept.key, "Grille d’été.pdf", "application/pdf", kept.size, kept.sha256)

    # The bin, and what moved last -------------------------------------------------------------------------------------

    def _make_bin(self) -> None:
        """Make what is thrown away, with what was said of it."""
        self._task("binned").trash(by=self.people["referent"])
        self._task("binned_created", by="creator").trash(by=self.people["creator"])
        self._task("binned_theirs", where="theirs", by="elsewhere").trash(by=self.people["elsewhere"])
        self._deliverable("binned").trash(by=self.people["referent"])
        self._deliverable("binned_created", by="creator").trash(by=self.people["creator"])
        self.objectives["binned"].trash(by=self.people["referent"])

    def _change_who_is_here(self) -> None:
        """Make some leave, close the account of others; and archive the chantier that is over."""
        ours = self.chantiers["ours"]
        for name in ("carrier_outside", "creator_outside"):
            ours.dismiss(self.people[name], by=self.by)
        self.chantiers["archived"].archive(by=self.by)
        close_account(self.people["closed"], by=self.by)
        for where in ("ours", "theirs"):
            invited = Invitation.send(
                self.chantiers[where], f"{where}@example.org", "Une personne invitée", by=self.by
            )
            self.world.invitations[where] = invited.id
            asked = JoinRequest.ask(self.chantiers[where], "J’ai du temps.", by=self.people[ASKING[where]])
            self.session.flush()
            self.world.join_requests[where] = asked.id
        OutgoingMail.post("mention", address="personne@example.org", comment=0)
        failed = self.session.scalars(
            select(OutgoingMail).where(OutgoingMail.kind == "mention", OutgoingMail.address.is_not(None))
        ).one()
        failed.fail("550", for_good=True)
        self.world.mail = failed.id
        self.world.token = PasswordLink.issue(self.people["newcomer"], by=self.by)

    def _keep_numbers(self) -> None:
        world = self.world
        world.people = {name: person.id for name, person in self.people.items()}
        world.chantiers = {name: chantier.slug for name, chantier in self.chantiers.items()}
        for name in self.structures:
            with suppress(KeyError):
                world.structures[name] = self.structures[name].slug
        found = self.session.scalar(ReviewRound.of(self.deliverables["in_review"]))
        assert found is not None
        world.review_round = found.id
        world.review_requests = {
            "of a structure" if each.structure else "of a person": each.id for each in found.requests
        }
        world.objectives = {name: objective.id for name, objective in self.objectives.items()}
        parts = {
            (part.chantier_id, part.user_id): part.id
            for part in self.session.scalars(select(ChantierMembership))
        }
        world.parts = {
            f"{where} {name}": parts[chantier.id, person.id]
            for where, chantier in self.chantiers.items()
            for name, person in self.people.items()
            if (chantier.id, person.id) in parts
        }
        world.tasks = {name: task.id for name, task in self.tasks.items()}
        world.attachments = {
            name: each.attachments[0]["id"] for name, each in self.comments.items() if each.attachments
        }
        world.checkpoints = {name: each.id for name, each in self.checkpoints.items()}
        world.meetings = {name: each.id for name, each in self.meetings.items()}
        world.agenda_item = self.item.id
        world.decisions = {name: each.id for name, each in self.decisions.items()}
        world.progress_updates = {name: each.id for name, each in self.progress_updates.items()}
        world.imports = {name: each.id for name, each in self.imports.items()}
        world.comments = {name: comment.id for name, comment in self.comments.items()}
        world.deliverables = {name: deliverable.id for name, deliverable in self.deliverables.items()}


def _lines_of(titles: tuple[str, ...], objective_id: int, known_id: int) -> list[dict[str, Any]]:
    """Return the lines of a small spreadsheet as they are kept: new, here already and different, wrong."""
    plain = {"fate": "", "subject_type": "", "subject_id": None, "before": None, "after": None}
    facts = [{"title": title, "objective": objective_id, "due_on": "2026-03-12"} for title in titles]
    new, known, wrong = titles
    return [
        {**plain, "line": 2, "outcome": "new", "title": new, "cells": [], "facts": facts[0], "reasons": []},
        {
            **plain,
            "line": 3,
            "outcome": "different",
            "title": known,
            "cells": [],
            "facts": facts[1],
            "reasons": [],
            "subject_type": "task",
            "subject_id": known_id,
            "before": {"due_on": None},
            "after": {"due_on": "2026-03-12"},
        },
        {
            **plain,
            "line": 4,
            "outcome": "wrong",
            "title": wrong,
            "cells": [wrong, "un jour"],
            "facts": {},
            "reasons": [["day_unknown", {"words": "un jour"}]],
        },
    ]
