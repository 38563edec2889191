"""Everything that the product keeps about one person, read in as many statements whatever they did.

Keys are French words: whoever opens the archive reads them. Other people appear by the names that pages show, never by
an address; nothing secret is read: no password, no token, nobody's address but one's own.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from chantiers.language.labels import TASK_STATUSES, WEATHERS
from chantiers.rooms.leaving.contributions import (
    ArchivedFile,
    comments_and_files,
    contributed_versions,
    followed,
    journal_of,
    notified,
    opinion_label,
    opinions_given,
    progress_told,
    rows_of,
    tasks_of,
)
from models import (
    Chantier,
    ChantierMembership,
    CharterAcceptance,
    CharterVersion,
    ImportBatch,
    Invitation,
    JoinRequest,
    Structure,
    StructureMember,
    User,
    UserSession,
)


@dataclass(frozen=True)
class Belongings:
    """The parts of the archive, each a JSON document, and the files."""

    parts: dict[str, Any]
    files: list[ArchivedFile]


def belongings_of(user: User) -> Belongings:
    """Read everything, and let go of the database: the archive is written from this alone."""
    versions, files = contributed_versions(user)
    comments, attached = comments_and_files(user)
    return Belongings(
        {
            "profil": _profile(user),
            "chantiers": rows_of(_memberships(user)),
            "structures": rows_of(_structures(user)),
            "demandes": rows_of(_requests(user)),
            "invitations": rows_of(_invitations(user)),
            "connexions": rows_of(_sessions(user)),
            "charte": rows_of(_charters(user)),
            "commentaires": comments,
            "points_d_avancement": [
                {**row, "meteo": str(WEATHERS[row["meteo"]])} for row in rows_of(progress_told(user))
            ],
            "avis": [{**row, "avis": opinion_label(row["avis"])} for row in rows_of(opinions_given(user))],
            "taches": [
                {**row, "statut": str(TASK_STATUSES[row["statut"]])} for row in rows_of(tasks_of(user))
            ],
            "versions": versions,
            "imports": rows_of(_imports(user)),
            "suivis": rows_of(followed(user)),
            "notifications": rows_of(notified(user)),
            "journal": list(journal_of(user)),
        },
        [*files, *attached],
    )


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
