"""What the search room reads: a page of what answers, with what each line says of its subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import String, and_, case, null, select
from sqlalchemy.orm import load_only

from chantiers.language.dates import day
from chantiers.rooms.search.highlight import around, marked
from chantiers.web.addresses import discussion
from chantiers.web.addresses import page as page_of
from models import (
    Chantier,
    Comment,
    Decision,
    Deliverable,
    Meeting,
    Objective,
    ProgressUpdate,
    SearchEntry,
    Structure,
    Task,
    Term,
    User,
    db,
    find,
    kinds_of,
)

LINES = 20
#: As far into a text as an excerpt is looked for.
READ = 20_000

#: How addresses call each kind. A deliverable is found as its draft by those who read drafts.
PLACES = {
    "taches": ("task",),
    "livrables": ("deliverable", "draft"),
    "commentaires": ("comment",),
    "points": ("progress",),
    "decisions": ("decision",),
    "structures": ("structure",),
    "chantiers": ("chantier",),
}


@dataclass(frozen=True)
class SearchLine:
    """One result: what it is, where it leads, and the words that answer."""

    place: str
    title: Any
    href: str
    excerpt: Any
    at: Any
    chantier: Chantier | None
    #: The status of a task or the state of a deliverable.
    state: str = ""
    #: Who said it.
    author: str = ""


@dataclass(frozen=True)
class Results:
    """A page of results, and how many there are of each kind that this person reads."""

    lines: Sequence[SearchLine]
    counts: dict[str, int]


def chantiers() -> Sequence[Chantier]:
    """Every chantier, for the filter and for the marks of results."""
    facts = (Chantier.number, Chantier.title, Chantier.slug, Chantier.hue, Chantier.archived_at)
    return db.session.scalars(select(Chantier).options(load_only(*facts)).order_by(Chantier.number)).all()


def places_of(user: User) -> list[str]:
    """Where this person may search."""
    kinds = kinds_of(user)
    return [place for place, names in PLACES.items() if any(name in kinds for name in names)]


def results(
    user: User,
    terms: Sequence[Term],
    known: Sequence[Chantier],
    *,
    place: str,
    chantier_id: int | None,
    page: int,
) -> Results:
    """What answers, as a page shows it."""
    by_kind = {kind: name for name, kinds in PLACES.items() for kind in kinds}
    kind = next((each for each in PLACES.get(place, ()) if each in kinds_of(user)), None)
    found = find(user, terms, kind=kind, chantier_id=chantier_id, first=(page - 1) * LINES, limit=LINES)
    numbered = {chantier.id: chantier for chantier in known}
    facts = _facts(found.entries)
    lines = []
    for entry in found.entries:
        fact = facts.get((by_kind[entry.kind], entry.subject_id))
        # What went to the bin while this page was read is not shown.
        if fact is None:
            continue
        title, href, state, author = fact
        lines.append(
            SearchLine(
                by_kind[entry.kind],
                marked(title, terms),
                href,
                around(entry.body[:READ], terms),
                entry.at,
                numbered.get(entry.chantier_id or 0),
                state,
                author,
            )
        )
    return Results(lines, {by_kind[each]: number for each, number in found.counts.items()})


def _facts(entries: Sequence[SearchEntry]) -> dict[tuple[str, int], tuple[str, str, str, str]]:
    """(place, number) → title, address, state and author; one statement for each kind, whatever there is."""
    ids: dict[str, list[int]] = {}
    for entry in entries:
        ids.setdefault(entry.kind, []).append(entry.subject_id)
    facts: dict[tuple[str, int], tuple[str, str, str, str]] = {}
    tasks = select(Task.id, Task.title, Task.status).where(Task.id.in_(ids.get("task", [])), Task.live())
    for number, title, status in db.session.execute(tasks):
        facts["taches", number] = (title, page_of("task", number), status, "")
    wanted = ids.get("deliverable", []) + ids.get("draft", [])
    deliverables = select(Deliverable.id, Deliverable.title, Deliverable.state)
    for number, title, state in db.session.execute(
        deliverables.where(Deliverable.id.in_(wanted), Deliverable.live())
    ):
        facts["livrables", number] = (title, page_of("deliverable", number), state, "")
    for row in db.session.execute(_comments(ids.get("comment", []))):
        if row.title is not None:
            where = discussion(row.subject_type, row.subject_id, row.slug)
            facts["commentaires", row.id] = (row.title, f"{where}#commentaire-{row.id}", "", row.name or "")
    facts |= _progress_updates(ids.get("progress", [])) | _decisions(ids.get("decision", []))
    structures = select(Structure.id, Structure.name, Structure.slug)
    for number, name, slug in db.session.execute(
        structures.where(Structure.id.in_(ids.get("structure", [])), Structure.merged_into_id.is_(None))
    ):
        facts["structures", number] = (name, page_of("structure", number, slug), "", "")
    for entry in entries:
        if entry.kind == "chantier":
            facts["chantiers", entry.subject_id] = (entry.title, "", "", "")
    return facts


def _progress_updates(ids: Sequence[int]) -> dict[tuple[str, int], tuple[str, str, str, str]]:
    rows = (
        select(ProgressUpdate.id, Chantier.title, Chantier.slug, User.name)
        .join(Chantier, Chantier.id == ProgressUpdate.chantier_id)
        .join(User, User.id == ProgressUpdate.author_id)
        .where(ProgressUpdate.id.in_(ids))
    )
    return {
        ("points", number): (title, url_for("progress.index", slug=slug, _anchor=f"point-{number}"), "", name)
        for number, title, slug, name in db.session.execute(rows)
    }


def _decisions(ids: Sequence[int]) -> dict[tuple[str, int], tuple[str, str, str, str]]:
    rows = (
        select(Decision.id, Decision.meeting_id, Meeting.held_on)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(Decision.id.in_(ids), Decision.withdrawn_at.is_(None))
    )
    return {
        ("decisions", number): (
            _("Comité du %(day)s", day=day(held_on)),
            url_for("meetings.show", meeting_id=meeting_id, _anchor=f"decision-{number}"),
            "",
            "",
        )
        for number, meeting_id, held_on in db.session.execute(rows)
    }


def _comments(ids: Sequence[int]) -> Any:
    """Comments with the title of what they are about, which is nothing for what is in the bin."""
    titles = case(
        (Comment.subject_type == "task", Task.title),
        (Comment.subject_type == "deliverable", Deliverable.title),
        (Comment.subject_type == "objective", Objective.text),
        (Comment.subject_type == "chantier", Chantier.title),
        else_=null(),
    ).cast(String)
    query = select(
        Comment.id, Comment.subject_type, Comment.subject_id, Chantier.slug, User.name, titles.label("title")
    ).join(Chantier, Chantier.id == Comment.chantier_id)
    for kind in (Task, Deliverable, Objective):
        about = and_(Comment.subject_type == kind.__tablename__, kind.id == Comment.subject_id, kind.live())
        query = query.outerjoin(kind, about)
    return query.outerjoin(User, User.id == Comment.author_id).where(
        Comment.id.in_(ids), Comment.deleted_at.is_(None)
    )
