"""Sheets of the whole démarche: the dashboard, its past, chantiers, objectives, points d'avancement, engagements."""

from sqlalchemy import func, literal, select

from chantiers.language.labels import label
from chantiers.rooms.coordination import queries as coordination_queries
from chantiers.rooms.exports.tables import Column, Sheet
from chantiers.rooms.history.queries import Past
from chantiers.web.links import absolute
from models import (
    Chantier,
    ChantierStructure,
    Objective,
    ObjectiveTally,
    ProgressUpdate,
    Structure,
    Task,
    User,
    db,
    task_structure,
    today,
)


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
