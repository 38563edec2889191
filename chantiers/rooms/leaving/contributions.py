"""Contributions of one person to the archive: what they wrote, sent, followed and did, with their files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased

from chantiers.language.journal import OPINIONS, sentence
from chantiers.language.labels import DELIVERABLE_STATES
from models import (
    Activity,
    Chantier,
    Comment,
    CommentAttachment,
    Deliverable,
    DeliverableVersion,
    Following,
    Notification,
    Objective,
    ProgressUpdate,
    Review,
    ReviewRequest,
    ReviewRound,
    Structure,
    Task,
    User,
    db,
    task_person,
)


@dataclass(frozen=True)
class ArchivedFile:
    """A file that the person sent: where it goes in the archive, where the store keeps it."""

    path: str
    key: str
    size: int


def rows_of(query: "Select[*tuple[Any, ...]]") -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(query).mappings()]


def _subject_of(thing: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """The title of what a row speaks of, and the tables to read it from: (table, condition)."""
    kinds: tuple[tuple[str, Any, str], ...] = (
        ("task", Task, "title"),
        ("deliverable", Deliverable, "title"),
        ("objective", Objective, "text"),
        ("chantier", Chantier, "title"),
    )
    tables = [(kind, aliased(model), title) for kind, model, title in kinds]
    title = func.coalesce(*(getattr(table, name) for _kind, table, name in tables)).label("titre")
    joins = [
        (table, (thing.subject_type == kind) & (table.id == thing.subject_id))
        for kind, table, _name in tables
    ]
    return title, joins


def _about(thing: Any, *columns: Any) -> "Select[*tuple[Any, ...]]":
    title, joins = _subject_of(thing)
    kind = case(
        {
            "task": "tâche",
            "deliverable": "livrable",
            "objective": "objectif",
            "chantier": "chantier",
        },
        value=thing.subject_type,
        else_=thing.subject_type,
    ).label("a_propos_de")
    query = select(kind, title, *columns).select_from(thing)
    for table, condition in joins:
        query = query.outerjoin(table, condition)
    return query


def _comments(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        _about(
            Comment,
            Comment.body.label("texte"),
            Comment.at.label("date"),
            Comment.edited_at.label("modifie_le"),
            Comment.deleted_at.label("supprime_le"),
            Comment.id.label("numero"),
        )
        .where(Comment.author_id == user.id)
        .order_by(Comment.id)
    )


def comments_and_files(user: User) -> tuple[list[dict[str, Any]], list[ArchivedFile]]:
    """What the person said, and the files that they attached to it, in two statements."""
    told = rows_of(_comments(user))
    by_number: dict[int, list[str]] = {row["numero"]: [] for row in told}
    files = []
    attached = (
        select(CommentAttachment)
        .join(Comment, Comment.id == CommentAttachment.comment_id)
        .where(Comment.author_id == user.id)
        .order_by(CommentAttachment.id)
    )
    for each in db.session.scalars(attached):
        path = f"fichiers/commentaire-{each.comment_id}-{each.id}-{each.file_name}"
        files.append(ArchivedFile(path, each.storage_key, each.size))
        by_number[each.comment_id].append(path)
    return [{**row, "fichiers": by_number[row["numero"]]} for row in told], files


def progress_told(user: User) -> "Select[*tuple[Any, ...]]":
    told = ProgressUpdate
    return (
        select(
            Chantier.title.label("chantier"),
            told.at.label("date"),
            told.weather.label("meteo"),
            told.words.label("texte"),
            told.needs.label("besoins"),
        )
        .join(Chantier, Chantier.id == told.chantier_id)
        .where(told.author_id == user.id)
        .order_by(told.id)
    )


def followed(user: User) -> "Select[*tuple[Any, ...]]":
    wish = case({"follow": "suivi", "mute": "en sourdine"}, value=Following.wish, else_=Following.wish)
    return (
        _about(Following, wish.label("choix"), Following.since.label("depuis"))
        .where(Following.user_id == user.id)
        .order_by(Following.id)
    )


def notified(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        _about(Notification, Notification.at.label("date"), Notification.unread.label("non_lues"))
        .where(Notification.user_id == user.id, Notification.readable_by(user))
        .order_by(Notification.id)
    )


def opinions_given(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        select(
            Deliverable.title.label("livrable"),
            DeliverableVersion.number.label("version"),
            Structure.name.label("au_nom_de"),
            Review.opinion.label("avis"),
            Review.words.label("texte"),
            Review.quote.label("passage"),
            Review.at.label("date"),
            Review.changed_at.label("modifie_le"),
        )
        .join(ReviewRequest, ReviewRequest.id == Review.request_id)
        .join(ReviewRound, ReviewRound.id == ReviewRequest.round_id)
        .join(Deliverable, Deliverable.id == ReviewRound.deliverable_id)
        .join(DeliverableVersion, DeliverableVersion.id == ReviewRound.version_id)
        .outerjoin(Structure, Structure.id == ReviewRequest.structure_id)
        .where(Review.by_id == user.id)
        .order_by(Review.id)
    )


def opinion_label(value: str) -> str:
    return str(OPINIONS[value])  # type: ignore[index]


def tasks_of(user: User) -> "Select[*tuple[Any, ...]]":
    named = select(task_person.c.task_id).where(task_person.c.user_id == user.id)
    return (
        select(
            Chantier.title.label("chantier"),
            Task.title.label("tache"),
            Task.description.label("description"),
            Task.status.label("statut"),
            Task.due_on.label("echeance"),
            Task.created_at.label("creee_le"),
            (func.coalesce(Task.created_by_id, 0) == user.id).label("creee_par_moi"),
            Task.id.in_(named).label("j_y_suis_nomme"),
        )
        .join(Chantier, Chantier.id == Task.chantier_id)
        .where(or_(Task.created_by_id == user.id, Task.id.in_(named)), Task.purged_at.is_(None))
        .order_by(Task.id)
    )


def contributed_versions(user: User) -> tuple[list[dict[str, Any]], list[ArchivedFile]]:
    made = DeliverableVersion
    rows: Sequence[Any] = db.session.execute(
        select(made, Deliverable.title, Deliverable.state)
        .join(Deliverable, Deliverable.id == made.deliverable_id)
        .where(made.author_id == user.id, Deliverable.purged_at.is_(None))
        .order_by(made.id)
    ).all()
    told, files = [], []
    for version, title, state in rows:
        path = None
        if version.storage_key:
            path = f"fichiers/{version.deliverable_id}-v{version.number}-{version.file_name}"
            files.append(ArchivedFile(path, version.storage_key, version.size or 0))
        told.append(
            {
                "livrable": title,
                "etat_du_livrable": str(DELIVERABLE_STATES[state]),
                "version": version.number,
                "date": version.at,
                "note": version.note,
                "texte": version.text or None,
                "lien": version.url or None,
                "fichier": path,
                "empreinte_sha256": version.sha256,
            }
        )
    return told, files


def journal_of(user: User) -> Iterator[dict[str, Any]]:
    """What they did, in the journal's own sentences."""
    rows = db.session.execute(
        select(
            Activity.at,
            Activity.action,
            Activity.subject_type,
            Activity.subject_id,
            Activity.title,
            Activity.particulars,
        )
        .where(Activity.actor_id == user.id)
        .order_by(Activity.id)
    )
    for row in rows:
        line: Any = SimpleNamespace(**row._mapping, actor=user)
        yield {"date": row.at, "phrase": Markup(sentence(line)).striptags()}
