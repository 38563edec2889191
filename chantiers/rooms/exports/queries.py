"""What exports hold: the lines of a list under its own filters, and the whole démarche, kind by kind.

A list's export asks the list's own question, so that they cannot disagree. Nothing here grows with what is exported but
the number of lines that are read. Sheets and columns bear French names for every reader: others build on them.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import SelectBase, func, literal, select

from chantiers.language.journal import sentence
from chantiers.language.labels import label, type_name
from chantiers.rooms.chantier import member_queries
from chantiers.rooms.chantier import queries as chantier_queries
from chantiers.rooms.coordination import queries as coordination_queries
from chantiers.rooms.coordination.queries import Period
from chantiers.rooms.coordination.queries import TaskFilters as EveryTaskFilters
from chantiers.rooms.deliverables import queries as deliverable_queries
from chantiers.rooms.exports.tables import Column, Sheet
from chantiers.rooms.history.queries import Past
from chantiers.rooms.structures import directory_queries as structure_queries
from chantiers.rooms.tasks import list_queries as task_queries
from chantiers.web.links import absolute
from models import (
    OPEN,
    Chantier,
    ChantierStructure,
    Objective,
    ObjectiveTally,
    ProgressUpdate,
    Structure,
    Task,
    User,
    db,
    task_person,
    task_structure,
    today,
)

#: How many lines are asked for at a time where a list is read page by page.
PAGE = 5_000
#: Between names that the database joins: no name holds it.
BETWEEN = "\n"


def days_past(day: date | None, is_awaited: bool) -> int | None:
    """By how many days something awaited is late; nothing where it is not."""
    return (today() - day).days if is_awaited and day is not None and day < today() else None


def pages(read: Callable[[int], tuple[Sequence[Any], int]]) -> Iterator[Any]:
    """Everything that a list shows, page after page; `read` gives a page and how many there are in all."""
    page, seen = 1, 0
    while True:
        rows, total = read(page)
        yield from rows
        seen += len(rows)
        if not rows or seen >= total:
            return
        page += 1


# Tasks ----------------------------------------------------------------------------------------------------------------


def tasks_of(chantier: Chantier, filters: task_queries.BoardFilters, silent_after: int) -> Sheet:
    """The tasks that the list shows under these filters, on all of its pages, in its order."""
    return _tasks(
        task_queries.in_order(chantier, filters, silent_after),
        (Objective.position, *task_queries.IN_OBJECTIVE),
    )


def tasks_everywhere(user: User, filters: EveryTaskFilters, silent_after: int, period: Period) -> Sheet:
    """The tasks that the coordination's list shows under these filters, on all of its pages, in its order."""
    shown = coordination_queries.task_numbers(user, filters, silent_after, period)
    return _tasks(shown.order_by(None), coordination_queries.IN_ORDER)


def all_tasks(user: User) -> Sheet:
    """Every task of the démarche, chantier by chantier."""
    shown = Task.visible_to(user).with_only_columns(Task.id)
    return _tasks(shown, (Chantier.number, Objective.position, *task_queries.IN_OBJECTIVE))


def _tasks(shown: SelectBase, order: Sequence[Any]) -> Sheet:
    given = (
        select(func.aggregate_strings(Structure.name, BETWEEN))
        .join(task_structure, task_structure.c.structure_id == Structure.id)
        .where(task_structure.c.task_id == Task.id)
        .scalar_subquery()
    )
    named = (
        select(func.aggregate_strings(User.name, BETWEEN))
        .join(task_person, task_person.c.user_id == User.id)
        .where(task_person.c.task_id == Task.id, User.closed_at.is_(None))
        .scalar_subquery()
    )
    pilote = select(Structure.name).where(Structure.id == Task.pilote_id).scalar_subquery()
    query = (
        select(
            Task.id,
            Chantier.number,
            Chantier.title,
            Objective.text,
            Task.title,
            Task.description,
            Task.status,
            Task.status_since,
            Task.due_on,
            pilote,
            given,
            named,
            Task.blocked_reason,
            Task.created_at,
        )
        .join(Objective, Objective.id == Task.objective_id)
        .join(Chantier, Chantier.id == Task.chantier_id)
        .where(Task.id.in_(shown))
        .order_by(*order)
        .execution_options(yield_per=1_000)
    )
    columns = [
        Column("Numéro", 9),
        Column("Chantier", 30),
        Column("Objectif", 40),
        Column("Titre", 50),
        Column("Description", 40),
        Column("Statut", 14),
        Column("Statut depuis le", 17),
        Column("Échéance", 12),
        Column("Jours de retard", 15),
        Column("Pilote", 26),
        Column("Structures", 40),
        Column("Personnes", 30),
        Column("Ce qui bloque", 30),
        Column("Créée le", 17),
        Column("Adresse", 50),
    ]
    return Sheet("Tâches", columns, _task_lines(query))


def _task_lines(query: Any) -> Iterator[Sequence[Any]]:
    address = _addresses("tasks.show", "task_id")
    for (
        task_id,
        number,
        chantier,
        objective,
        title,
        text,
        status,
        since,
        due,
        pilote,
        given,
        named,
        why,
        made,
    ) in db.session.execute(query):
        others = sorted((given or "").split(BETWEEN), key=str.casefold)
        yield (
            task_id,
            f"{number}. {chantier}",
            objective,
            title,
            text,
            label(status, "status"),
            since,
            due,
            days_past(due, status in OPEN),
            pilote,
            ", ".join(name for name in (pilote, *others) if name),
            ", ".join(sorted((named or "").split(BETWEEN), key=str.casefold)),
            why if status == "blocked" else None,
            made,
            address(task_id),
        )


def _addresses(endpoint: str, name: str) -> Callable[[int], str]:
    """The full address of things of one kind: made once, for there may be a hundred thousand."""
    start = absolute(endpoint, **{name: 1}).removesuffix("1")
    return lambda number: f"{start}{number}"


# Deliverables ---------------------------------------------------------------------------------------------------------


def deliverables(filters: deliverable_queries.Filters, chantier: Chantier | None = None) -> Sheet:
    """The deliverables that a list shows under these filters; observers get titles, types and states."""

    def read(page: int) -> tuple[Sequence[Any], int]:
        found = deliverable_queries.listed(filters, page, chantier, PAGE)
        return found.rows, found.total

    def lines() -> Iterator[Sequence[Any]]:
        address = _addresses("deliverables.show", "deliverable_id")
        for row in pages(read):
            yield (
                row.id,
                f"{row.chantier.number}. {row.chantier.title}",
                row.objective[1],
                row.title,
                type_name(row.type),
                label(row.state, "state"),
                row.expected_on,
                days_past(row.expected_on, row.is_late),
                ", ".join(row.structures),
                row.latest,
                row.reference,
                address(row.id),
            )

    columns = [
        Column("Numéro", 9),
        Column("Chantier", 30),
        Column("Objectif", 40),
        Column("Titre", 50),
        Column("Type", 22),
        Column("État", 16),
        Column("Attendu le", 12),
        Column("Jours de retard", 15),
        Column("Structures", 40),
        Column("Dernière version", 16),
        Column("Version de référence", 20),
        Column("Adresse", 50),
    ]
    return Sheet("Livrables", columns, lines())


# Structures and people ------------------------------------------------------------------------------------------------


def structures(search: str = "", kind: str = "", chantier: str = "") -> Sheet:
    """The structures of the directory under these filters, with the chantiers where they take part."""

    def lines() -> Iterator[Sequence[Any]]:
        page = 1
        while True:
            found = structure_queries.directory(search, kind, chantier, page, PAGE)
            for _letter, rows in found.letters:
                for row in rows:
                    marks = found.marks.get(row.id, [])
                    yield (
                        row.name,
                        label(row.kind, "kind") if row.kind else None,
                        row.territory,
                        ", ".join(f"{mark.number}. {mark.title}" for mark in marks),
                        len(marks),
                        absolute("structures.show", slug=row.slug),
                    )
            if page >= found.pages:
                return
            page += 1

    columns = [
        Column("Nom", 36),
        Column("Nature", 22),
        Column("Territoire", 24),
        Column("Chantiers", 60),
        Column("Nombre de chantiers", 19),
        Column("Adresse", 50),
    ]
    return Sheet("Structures", columns, lines())


def members(chantier: Chantier, with_email: bool) -> Sheet:
    """The people of a chantier; their e-mail addresses only for who manages them."""

    def read(page: int) -> tuple[Sequence[Any], int]:
        return member_queries.members(chantier, page, with_email=with_email, size=PAGE)

    def lines() -> Iterator[Sequence[Any]]:
        for row in pages(read):
            told = (row.email,) if with_email else ()
            structures = ", ".join(structure.name for structure in row.structures)
            yield (row.name, row.title, label(row.role, "chantier_role"), structures, row.since, *told)

    columns = [
        Column("Nom", 30),
        Column("Fonction", 30),
        Column("Rôle dans le chantier", 22),
        Column("Structures", 40),
        Column("Membre depuis le", 17),
        *([Column("Adresse e-mail", 34)] if with_email else []),
    ]
    return Sheet("Membres", columns, lines())


# The journal ----------------------------------------------------------------------------------------------------------


def journal(chantier: Chantier, user: User, kind: str, actor_id: int | None) -> Sheet:
    """The lines of a chantier's journal under these filters, latest first."""

    def lines() -> Iterator[Sequence[Any]]:
        before = None
        while True:
            entries = chantier_queries.entries(
                chantier, user, limit=PAGE, before=before, kind=kind, actor_id=actor_id
            )
            for entry in entries:
                words = sentence(entry.activity, entry.is_trashed, at_home=True).striptags()
                yield entry.activity.at, words
            if len(entries) < PAGE:
                return
            before = entries[-1].activity.id

    return Sheet("Journal", [Column("Date", 17), Column("Ce qui s’est passé", 110)], lines())


# The démarche ---------------------------------------------------------------------------------------------------------


def dashboard(user: User, silent_after: int) -> Sheet:
    """The table of the coordination: one line for each chantier, with its figures."""
    board = coordination_queries.dashboard(user, silent_after)
    columns = [
        Column("Chantier", 40),
        Column("Référent·es", 30),
        Column("Avancement (%)", 15),
        *(Column(label(status, "status"), 12) for status in coordination_queries.STATUSES),
        Column("En retard", 12),
        Column("Sans pilote", 12),
        *([Column("Sans nouvelles", 14)] if board.show_silence else []),
        Column("Structures", 12),
        Column("Livrables", 12),
        Column("Livrables approuvés", 19),
    ]
    lines = (
        (
            f"{row.chantier.number}. {row.chantier.title}",
            ", ".join(row.referents),
            row.progress,
            *(row.statuses[status] for status in coordination_queries.STATUSES),
            row.late,
            row.without_pilote,
            *((row.silent,) if board.show_silence else ()),
            row.structures,
            row.deliverables,
            row.deliverables_approved,
        )
        for row in board.rows
    )
    return Sheet("Tableau de bord", columns, lines)


def chantiers(user: User) -> Sheet:
    """Every chantier, the archived ones included."""
    rows = db.session.execute(
        Chantier.visible_to(user).with_only_columns(
            Chantier.number,
            Chantier.title,
            Chantier.summary,
            Chantier.created_at,
            Chantier.archived_at,
            Chantier.slug,
        )
    )
    lines = ((*row[:5], absolute("chantier.show", slug=row.slug)) for row in rows)
    columns = [
        Column("Numéro", 9),
        Column("Titre", 50),
        Column("Présentation", 60),
        Column("Créé le", 17),
        Column("Archivé le", 17),
        Column("Adresse", 50),
    ]
    return Sheet("Chantiers", columns, lines)


def progress_updates() -> Sheet:
    """Every point d'avancement, for those who may read what référents say."""
    rows = db.session.execute(
        select(
            Chantier.number,
            Chantier.title,
            ProgressUpdate.at,
            User.name,
            ProgressUpdate.weather,
            ProgressUpdate.words,
            ProgressUpdate.needs,
        )
        .join(Chantier, Chantier.id == ProgressUpdate.chantier_id)
        .join(User, User.id == ProgressUpdate.author_id)
        .order_by(Chantier.number, ProgressUpdate.at, ProgressUpdate.id)
    )
    lines = (
        (f"{number}. {title}", at, author, label(weather, "weather"), words, needs)
        for number, title, at, author, weather, words, needs in rows
    )
    columns = [
        Column("Chantier", 40),
        Column("Date", 17),
        Column("Par", 24),
        Column("Météo", 14),
        Column("Ce qu’en disent les référent·es", 80),
        Column("Ce qu’il faudrait", 60),
    ]
    return Sheet("Points d’avancement", columns, lines)


def history(past: Past) -> Sheet:
    """The figures at a past day: two lines for each chantier or objective, that day's and today's."""
    lines = (
        (
            f"{row.chantier.number}. {row.title}" if row.chantier else row.title,
            day,
            figures.progress,
            *figures.statuses.values(),
            figures.late,
            figures.without_pilote,
            figures.deliverables,
            figures.finished,
        )
        for row in past.rows
        for day, figures in ((past.day, row.then), (today(), row.now))
        if figures is not None
    )
    columns = [
        Column("Objectif" if past.chantier else "Chantier", 60),
        Column("Au", 12),
        Column("Avancement (%)", 15),
        *(Column(label(status, "status"), 12) for status in past.now.statuses),
        Column("En retard", 12),
        Column("Sans pilote", 12),
        Column("Livrables", 12),
        Column("Livrables validés", 17),
    ]
    return Sheet("Historique", columns, lines)


def objectives() -> Sheet:
    """Every objective, with how many tasks stand in each status."""
    figures = [getattr(ObjectiveTally, status) for status in coordination_queries.STATUSES]
    rows = db.session.execute(
        select(Chantier.number, Chantier.title, Objective.kind, Objective.text, *figures)
        .join(Chantier, Chantier.id == Objective.chantier_id)
        .outerjoin(ObjectiveTally, ObjectiveTally.objective_id == Objective.id)
        .where(Objective.live())
        .order_by(Chantier.number, Objective.kind.desc(), Objective.position, Objective.id)
    )
    lines = (
        (f"{number}. {title}", "politique" if kind == "political" else "opérationnel", text, *counts)
        for number, title, kind, text, *counts in rows
    )
    columns = [
        Column("Chantier", 40),
        Column("Genre", 14),
        Column("Objectif", 80),
        *(Column(label(status, "status"), 12) for status in coordination_queries.STATUSES),
    ]
    return Sheet("Objectifs", columns, lines)


def engagements() -> Sheet:
    """Which structure takes part in which chantier, with the open tasks that it leads and shares there."""
    leads = (
        select(func.count())
        .where(Task.pilote_id == Structure.id, Task.chantier_id == Chantier.id, Task.open_now())
        .scalar_subquery()
    )
    shares = (
        select(func.count(literal(1)))
        .select_from(Task)
        .join(task_structure, task_structure.c.task_id == Task.id)
        .where(
            task_structure.c.structure_id == Structure.id, Task.chantier_id == Chantier.id, Task.open_now()
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Structure.name,
            Chantier.number,
            Chantier.title,
            ChantierStructure.joined_at,
            ChantierStructure.left_at,
            leads,
            shares,
        )
        .select_from(ChantierStructure)
        .join(Structure, Structure.id == ChantierStructure.structure_id)
        .join(Chantier, Chantier.id == ChantierStructure.chantier_id)
        .where(Structure.merged_into_id.is_(None))
        .order_by(Structure.name_key, Structure.id, Chantier.number)
    )
    lines = ((name, f"{number}. {title}", *rest) for name, number, title, *rest in rows)
    columns = [
        Column("Structure", 36),
        Column("Chantier", 40),
        Column("Depuis le", 17),
        Column("Jusqu’au", 17),
        Column("Tâches ouvertes pilotées", 24),
        Column("Autres tâches ouvertes", 22),
    ]
    return Sheet("Engagements", columns, lines)
