"""Checks of integrity: who coordinates, order, links between rows, search index, files, outbox."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select, text

from chantiers.operations.doctor.findings import SHOWN, Finding, note, some, well, wrong
from chantiers.storage.store import StorageDown, StorageFull, current_storage
from models import (
    CommentAttachment,
    Deliverable,
    DeliverableVersion,
    Demarche,
    ImportBatch,
    Objective,
    ObjectiveTally,
    OutgoingMail,
    Role,
    Task,
    User,
    db,
    index_disagreements,
)

#: An upload writes its file before its row: only an older file without a row is one too many.
UPLOADING = timedelta(days=1)


def content() -> Iterator[Finding]:
    """Check that there is a démarche, and somebody of the coordination with an account."""
    demarche = Demarche.current()
    if demarche is None:
        yield note("Aucune démarche n’est chargée : lancez « flask --app app init FICHIER.yaml ».")
        return
    if demarche.is_demonstration != current_app.config["DEMONSTRATION"] and demarche.is_demonstration:
        yield wrong(
            "Cette base est celle d’une démonstration : prenez-en une autre pour travailler pour de bon."
        )
    able = select(User.id).where(User.role == Role.COORDINATOR, User.with_account())
    if not demarche.is_demonstration and db.session.scalar(able.limit(1)) is None:
        yield note(
            "Personne de la coordination ne peut entrer : relancez « flask --app app init FICHIER.yaml »."
        )


def order() -> Iterator[Finding]:
    """Check that positions on the board leave room, and that no two objectives share one."""
    limit = 2**61
    far = db.session.scalar(select(func.max(func.abs(Task.position)))) or 0
    same = db.session.execute(
        select(Objective.chantier_id, Objective.position)
        .where(Objective.live())
        .group_by(Objective.chantier_id, Objective.kind, Objective.position)
        .having(func.count() > 1)
        .limit(SHOWN)
    ).all()
    if far > limit:
        yield wrong(
            "Des cartes du tableau sont au bord des nombres possibles : déplacez-en une dans sa colonne."
        )
    if same:
        yield note("Des objectifs ont le même rang : montez ou descendez l’un d’eux pour les ranger.")
    if far <= limit and not same:
        yield well("L’ordre des cartes et des objectifs se tient.")


def links() -> Iterator[Finding]:
    """Check foreign keys, and that nothing is under an objective of another chantier."""
    misplaced = [
        *db.session.scalars(_elsewhere(Task)),
        *db.session.scalars(_elsewhere(Deliverable)),
        *db.session.scalars(_elsewhere(ObjectiveTally)),
    ]
    if misplaced:
        yield wrong(
            f"Éléments dans un autre chantier que leur objectif : {some(misplaced)}. Restaurez une sauvegarde."
        )
    broken: Sequence[Any] = []
    if db.engine.dialect.name == "sqlite":
        broken = db.session.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        yield wrong(
            f"Lignes qui renvoient à ce qui n’existe plus : {len(broken)} ({tables}). Restaurez une sauvegarde."
        )
    if not misplaced and not broken:
        yield well("Rien n’est orphelin.")


def _elsewhere(kind: Any) -> Any:
    number = kind.objective_id if kind is ObjectiveTally else kind.id
    return (
        select(number)
        .join(Objective, Objective.id == kind.objective_id)
        .where(Objective.chantier_id != kind.chantier_id)
        .limit(1000)
    )


def search() -> Iterator[Finding]:
    """Check the search index against the rows that it indexes."""
    found = index_disagreements()
    if found:
        yield wrong(
            f"La recherche ne trouve pas tout, ou trouve ce qui n’est plus : {sum(found.values())} entrées "
            f"({', '.join(found)}). "
            "Lancez « flask --app app reindex »."
        )
    else:
        yield well("La recherche est à jour.")


def files() -> Iterator[Finding]:
    """Check that every row has its file, of the right size; files without a row are garbage that `purge` sweeps."""
    expected = {
        str(key): size
        for kind in (DeliverableVersion, CommentAttachment, ImportBatch)
        for key, size in db.session.execute(select(kind.storage_key, kind.size))
        if key
    }
    try:
        entries = {entry.key: entry for entry in current_storage().entries()}
    except (StorageDown, StorageFull) as error:
        yield wrong(f"La liste des fichiers ne se lit pas ({error}) : vérifiez STORAGE_URL.")
        return
    lost = [key for key, size in expected.items() if key not in entries or entries[key].size != size]
    limit = datetime.now(UTC) - UPLOADING
    unknown = [key for key, entry in entries.items() if key not in expected and entry.modified < limit]
    if lost:
        yield wrong(f"Fichiers manquants ou tronqués : {some(lost)}. Reprenez-les d’une sauvegarde.")
    else:
        yield well(f"Les fichiers des livrables, des commentaires et des imports sont là ({len(expected)}).")
    if unknown:
        yield note(f"Fichiers sans usage : {len(unknown)}. « flask --app app purge » les effacera.")


def outbox() -> Iterator[Finding]:
    """Check that a worker empties the outbox."""
    if current_app.config["MAIL_URL"] and OutgoingMail.is_stuck():
        yield wrong(
            "Des mails attendent depuis plus d’un quart d’heure : lancez « flask --app app worker », et voyez "
            "« Gérer la démarche », « Mails »."
        )
