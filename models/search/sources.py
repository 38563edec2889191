"""Sources of the search index: for each kind of entry, what is read of the things that it is about."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    and_,
    exists,
    func,
    or_,
    select,
)

from models.deliverables.deliverable import Deliverable, DeliverableType
from models.deliverables.state import FINISHED
from models.deliverables.version import DeliverableVersion
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.demarche.structure import Structure, StructureAlias
from models.discussion.comment import Comment
from models.discussion.mentions import MENTION
from models.ground.base import db
from models.search.words import LONGEST_BODY
from models.steering.decision import Decision
from models.steering.progress_update import ProgressUpdate
from models.tasks.task import Task


class Source(NamedTuple):
    """Source of an entry: what is read of one thing."""

    subject_id: int
    chantier_id: int | None
    title: str
    body: str
    at: datetime
    #: The names that count as its title, where it goes by others too.
    names: str = ""


def _lines(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text)


def _tasks(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(
        Task.id,
        Task.chantier_id,
        Task.title,
        Task.created_at,
        Task.description,
        Task.blocked_reason,
        Task.blocked_need,
    ).where(Task.id.in_(ids), Task.live())
    for number, chantier_id, title, at, *texts in db.session.execute(rows):
        yield Source(number, chantier_id, title, _lines(*texts), at)


def _deliverables(ids: Sequence[int]) -> Iterator[Source]:
    """Read what everybody may read of them: the reference version, and nothing of a draft but its title."""
    versions = _versions(ids, DeliverableVersion.is_reference())
    for row in _rows_of_deliverables(ids):
        description = row.description if row.state in FINISHED else ""
        body = _lines(row.name, description, versions.get(row.id))
        yield Source(row.id, row.chantier_id, row.title, body, row.created_at)


def _drafts(ids: Sequence[int]) -> Iterator[Source]:
    """Read what those who read drafts may read of them: every version, the latest first."""
    versions = _versions(ids)
    for row in _rows_of_deliverables(ids):
        body = _lines(row.name, row.description, versions.get(row.id))
        yield Source(row.id, row.chantier_id, row.title, body, row.created_at)


def _rows_of_deliverables(ids: Sequence[int]) -> Any:
    return db.session.execute(
        select(
            Deliverable.id,
            Deliverable.chantier_id,
            Deliverable.title,
            Deliverable.description,
            Deliverable.state,
            Deliverable.created_at,
            DeliverableType.name,
        )
        .join(DeliverableType, DeliverableType.key == Deliverable.type_key)
        .where(Deliverable.id.in_(ids), Deliverable.live())
    )


def _versions(ids: Sequence[int], *which: Any) -> dict[int, str]:
    rows = (
        select(
            DeliverableVersion.deliverable_id,
            DeliverableVersion.note,
            DeliverableVersion.file_name,
            DeliverableVersion.url,
            func.substr(DeliverableVersion.text, 1, LONGEST_BODY),
        )
        .where(DeliverableVersion.deliverable_id.in_(ids), *which)
        .order_by(DeliverableVersion.deliverable_id, DeliverableVersion.number.desc())
    )
    found: dict[int, str] = {}
    for number, *texts in db.session.execute(rows):
        found[number] = _lines(found.get(number), *texts)[:LONGEST_BODY]
    return found


def _comments(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(Comment.id, Comment.chantier_id, Comment.body, Comment.at).where(
        Comment.id.in_(ids), Comment.deleted_at.is_(None), _about_something_live()
    )
    for number, chantier_id, body, at in db.session.execute(rows):
        yield Source(number, chantier_id, "", MENTION.sub(r"\1", body), at)


def _about_something_live() -> Any:
    """Return the SQL condition of a comment whose subject is not in the bin."""
    binned = [
        and_(
            Comment.subject_type == kind.__tablename__,
            exists().where(kind.id == Comment.subject_id, kind.trashed_at.is_not(None)),
        )
        for kind in (Task, Deliverable, Objective)
    ]
    return ~or_(*binned)


def _structures(ids: Sequence[int]) -> Iterator[Source]:
    aliases: dict[int, str] = {}
    names = select(StructureAlias.structure_id, StructureAlias.name).where(
        StructureAlias.structure_id.in_(ids)
    )
    for number, name in db.session.execute(names.order_by(StructureAlias.id)):
        aliases[number] = _lines(aliases.get(number), name)
    rows = select(
        Structure.id,
        Structure.name,
        Structure.created_at,
        Structure.territory,
        Structure.site,
        Structure.summary,
    ).where(Structure.id.in_(ids), Structure.merged_into_id.is_(None))
    for number, name, at, *texts in db.session.execute(rows):
        also = aliases.get(number)
        yield Source(number, None, name, _lines(also, *texts), at, names=_lines(name, also))


def _chantiers(ids: Sequence[int]) -> Iterator[Source]:
    objectives: dict[int, str] = {}
    texts = select(Objective.chantier_id, Objective.text).where(
        Objective.chantier_id.in_(ids), Objective.live()
    )
    for number, text in db.session.execute(texts.order_by(Objective.position, Objective.id)):
        objectives[number] = _lines(objectives.get(number), text)
    rows = select(Chantier.id, Chantier.title, Chantier.summary, Chantier.created_at).where(
        Chantier.id.in_(ids)
    )
    for number, title, summary, at in db.session.execute(rows):
        yield Source(number, number, title, _lines(summary, objectives.get(number)), at)


def _progress_updates(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(
        ProgressUpdate.id,
        ProgressUpdate.chantier_id,
        ProgressUpdate.at,
        ProgressUpdate.words,
        ProgressUpdate.needs,
    ).where(ProgressUpdate.id.in_(ids))
    for number, chantier_id, at, *texts in db.session.execute(rows):
        yield Source(number, chantier_id, "", _lines(*texts), at)


def _decisions(ids: Sequence[int]) -> Iterator[Source]:
    rows = select(Decision.id, Decision.chantier_id, Decision.created_at, Decision.text).where(
        Decision.id.in_(ids), Decision.withdrawn_at.is_(None)
    )
    for number, chantier_id, at, text in db.session.execute(rows):
        yield Source(number, chantier_id, "", text, at)


#: Sources of each kind: the model whose ids number it, and the function that reads it.
SOURCES: dict[str, tuple[Any, Any]] = {
    "task": (Task, _tasks),
    "deliverable": (Deliverable, _deliverables),
    "draft": (Deliverable, _drafts),
    "comment": (Comment, _comments),
    "structure": (Structure, _structures),
    "chantier": (Chantier, _chantiers),
    "progress": (ProgressUpdate, _progress_updates),
    "decision": (Decision, _decisions),
}
