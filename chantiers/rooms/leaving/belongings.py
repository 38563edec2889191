"""Everything that the product keeps about one person, read in as many statements whatever they did.

Keys are French words: whoever opens the archive reads them. Other people appear by the names that pages show, never by
an address; nothing secret is read: no password, no token, nobody's address but one's own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased

from chantiers.language.journal import OPINIONS, sentence
from chantiers.language.labels import DELIVERABLE_STATES, TASK_STATUSES, WEATHERS
from models import (
    Activity,
    Chantier,
    ChantierMembership,
    CharterAcceptance,
    CharterVersion,
    Comment,
    CommentAttachment,
    Deliverable,
    DeliverableVersion,
    Following,
    ImportBatch,
    Invitation,
    JoinRequest,
    Notification,
    Objective,
    ProgressUpdate,
    Review,
    ReviewRequest,
    ReviewRound,
    Structure,
    StructureMember,
    Task,
    User,
    UserSession,
    db,
    task_person,
)


@dataclass(frozen=True)
class File:
    """A file that the person sent: where it goes in the archive, where the store keeps it."""

    path: str
    key: str
    size: int


@dataclass(frozen=True)
class Belongings:
    """The parts of the archive, each a JSON document, and the files."""

    parts: dict[str, Any]
    files: list[File]


def belongings_of(user: User) -> Belongings:
    """Read everything, and let go of the database: the archive is written from this alone."""
    versions, files = _versions(user)
    comments, attached = _comments_and_files(user)
    return Belongings(
        {
            "profil": _profile(user),
            "chantiers": _rows(_memberships(user)),
            "structures": _rows(_structures(user)),
            "demandes": _rows(_requests(user)),
            "invitations": _rows(_invitations(user)),
            "connexions": _rows(_sessions(user)),
            "charte": _rows(_charters(user)),
            "commentaires": comments,
            "points_d_avancement": [
                {**row, "meteo": str(WEATHERS[row["meteo"]])} for row in _rows(_progress_updates(user))
            ],
            "avis": [{**row, "avis": _opinion(row["avis"])} for row in _rows(_opinions(user))],
            "taches": [{**row, "statut": str(TASK_STATUSES[row["statut"]])} for row in _rows(_tasks(user))],
            "versions": versions,
            "imports": _rows(_imports(user)),
            "suivis": _rows(_following(user)),
            "notifications": _rows(_notifications(user)),
            "journal": list(_journal(user)),
        },
        [*files, *attached],
    )


def _rows(query: "Select[*tuple[Any, ...]]") -> list[dict[str, Any]]:
    return [dict(row) for row in db.session.execute(query).mappings()]


def plain(value: Any) -> Any:
    """A date or an instant as JSON writes it."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not for the archive")


def _profile(user: User) -> dict[str, Any]:
    return {
        "nom": user.name,
        "fonction": user.title,
        "adresse": user.email,
        "role": user.role,
        "langue": user.locale or "celle du navigateur",
        "compte_ouvert_le": user.created_at,
        "mot_de_passe_change_le": user.password_changed_at,
        "derniere_visite": user.seen_at,
        "mails": {
            "tout_de_suite": user.mail_at_once,
            "points_d_etape": user.mail_checkpoints,
            "bilan": user.digest,
            "jour_du_bilan": user.digest_day,
            "prochain_bilan": user.next_digest_at,
        },
    }


def _memberships(user: User) -> "Select[*tuple[Any, ...]]":
    part = ChantierMembership
    return (
        select(Chantier.title.label("chantier"), part.role.label("role"), part.since.label("depuis"))
        .join(part, part.chantier_id == Chantier.id)
        .where(part.user_id == user.id)
        .order_by(Chantier.number)
    )


def _structures(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        select(Structure.name.label("structure"), StructureMember.since.label("depuis"))
        .join(StructureMember, StructureMember.structure_id == Structure.id)
        .where(StructureMember.user_id == user.id)
        .order_by(Structure.name_key)
    )


def _requests(user: User) -> "Select[*tuple[Any, ...]]":
    asked = JoinRequest
    return (
        select(
            Chantier.title.label("chantier"),
            Structure.name.label("au_nom_de"),
            asked.words.label("mots"),
            asked.asked_at.label("date"),
            asked.state.label("etat"),
            asked.answered_at.label("reponse_le"),
            asked.answer.label("reponse"),
        )
        .join(Chantier, Chantier.id == asked.chantier_id)
        .outerjoin(Structure, Structure.id == asked.structure_id)
        .where(asked.person_id == user.id)
        .order_by(asked.id)
    )


def _invitations(user: User) -> "Select[*tuple[Any, ...]]":
    """Those that they sent: to whom, by name; the address is that person's own."""
    sent = Invitation
    return (
        select(
            Chantier.title.label("chantier"),
            sent.name.label("personne"),
            sent.created_at.label("date"),
            sent.accepted_at.label("acceptee_le"),
            sent.revoked_at.label("annulee_le"),
        )
        .join(Chantier, Chantier.id == sent.chantier_id)
        .where(sent.created_by_id == user.id)
        .order_by(sent.id)
    )


def _imports(user: User) -> "Select[*tuple[Any, ...]]":
    """The files that they brought in: their names, not what others wrote in them."""
    made = ImportBatch
    return (
        select(
            made.file_name.label("fichier"),
            made.created_at.label("date"),
            made.imported_at.label("importe_le"),
        )
        .where(made.created_by_id == user.id)
        .order_by(made.id)
    )


def _sessions(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        select(
            UserSession.browser.label("navigateur"),
            UserSession.created_at.label("ouverte_le"),
            UserSession.expires_at.label("expire_le"),
            UserSession.ended_at.label("fermee_le"),
        )
        .where(UserSession.user_id == user.id)
        .order_by(UserSession.id)
    )


def _charters(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        select(CharterVersion.number.label("version"), CharterAcceptance.at.label("acceptee_le"))
        .join(CharterVersion, CharterVersion.id == CharterAcceptance.charter_id)
        .where(CharterAcceptance.user_id == user.id)
        .order_by(CharterVersion.number)
    )


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


def _comments_and_files(user: User) -> tuple[list[dict[str, Any]], list[File]]:
    """What the person said, and the files that they attached to it, in two statements."""
    told = _rows(_comments(user))
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
        files.append(File(path, each.storage_key, each.size))
        by_number[each.comment_id].append(path)
    return [{**row, "fichiers": by_number[row["numero"]]} for row in told], files


def _progress_updates(user: User) -> "Select[*tuple[Any, ...]]":
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


def _following(user: User) -> "Select[*tuple[Any, ...]]":
    wish = case({"follow": "suivi", "mute": "en sourdine"}, value=Following.wish, else_=Following.wish)
    return (
        _about(Following, wish.label("choix"), Following.since.label("depuis"))
        .where(Following.user_id == user.id)
        .order_by(Following.id)
    )


def _notifications(user: User) -> "Select[*tuple[Any, ...]]":
    return (
        _about(Notification, Notification.at.label("date"), Notification.unread.label("non_lues"))
        .where(Notification.user_id == user.id, Notification.readable_by(user))
        .order_by(Notification.id)
    )


def _opinions(user: User) -> "Select[*tuple[Any, ...]]":
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


def _opinion(value: str) -> str:
    return str(OPINIONS[value])  # type: ignore[index]


def _tasks(user: User) -> "Select[*tuple[Any, ...]]":
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


def _versions(user: User) -> tuple[list[dict[str, Any]], list[File]]:
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
            files.append(File(path, version.storage_key, version.size or 0))
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


def _journal(user: User) -> Iterator[dict[str, Any]]:
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
