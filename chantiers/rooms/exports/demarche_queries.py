"""Sheets of the whole démarche: the dashboard, its past, chantiers, objectives, points d'avancement, engagements."""

from sqlalchemy import func, literal, select

from chantiers.language.labels import label
from chantiers.rooms.coordination import queries as coordination_queries
from chantiers.rooms.exports.tables import ExportColumn, ExportSheet
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


def dashboard(user: User, silent_after: int) -> ExportSheet:
    """Return the table of the coordination: one line for each chantier, with its figures."""
    board = coordination_queries.dashboard(user, silent_after)
    columns = [
        ExportColumn("Chantier", 40),
        ExportColumn("Référent·es", 30),
        ExportColumn("Avancement (%)", 15),
        *(ExportColumn(label(status, "status"), 12) for status in coordination_queries.STATUSES),
        ExportColumn("En retard", 12),
        ExportColumn("Sans pilote", 12),
        *([ExportColumn("Sans nouvelles", 14)] if board.show_silence else []),
        ExportColumn("Structures", 12),
        ExportColumn("Livrables", 12),
        ExportColumn("Livrables approuvés", 19),
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
    return ExportSheet("Tableau de bord", columns, lines)


def history(past: Past) -> ExportSheet:
    """Return the figures at a past day: two lines for each chantier or objective, that day's and today's."""
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
        ExportColumn("Objectif" if past.chantier else "Chantier", 60),
        ExportColumn("Au", 12),
        ExportColumn("Avancement (%)", 15),
        *(ExportColumn(label(status, "status"), 12) for status in past.now.statuses),
        ExportColumn("En retard", 12),
        ExportColumn("Sans pilote", 12),
        ExportColumn("Livrables", 12),
        ExportColumn("Livrables validés", 17),
    ]
    return ExportSheet("Historique", columns, lines)


def chantiers(user: User) -> ExportSheet:
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
        ExportColumn("Numéro", 9),
        ExportColumn("Titre", 50),
        ExportColumn("Présentation", 60),
        ExportColumn("Créé le", 17),
        ExportColumn("Archivé le", 17),
        ExportColumn("Adresse", 50),
    ]
    return ExportSheet("Chantiers", columns, lines)


def objectives() -> ExportSheet:
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
        ExportColumn("Chantier", 40),
        ExportColumn("Genre", 14),
        ExportColumn("Objectif", 80),
        *(ExportColumn(label(status, "status"), 12) for status in coordination_queries.STATUSES),
    ]
    return ExportSheet("Objectifs", columns, lines)


def progress_updates() -> ExportSheet:
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
        ExportColumn("Chantier", 40),
        ExportColumn("Date", 17),
        ExportColumn("Par", 24),
        ExportColumn("Météo", 14),
        ExportColumn("Ce qu’en disent les référent·es", 80),
        ExportColumn("Ce qu’il faudrait", 60),
    ]
    return ExportSheet("Points d’avancement", columns, lines)


def engagements() -> ExportSheet:
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
        ExportColumn("Structure", 36),
        ExportColumn("Chantier", 40),
        ExportColumn("Depuis le", 17),
        ExportColumn("Jusqu’au", 17),
        ExportColumn("Tâches ouvertes pilotées", 24),
        ExportColumn("Autres tâches ouvertes", 22),
    ]
    return ExportSheet("Engagements", columns, lines)
