"""Checks of the figures that are kept beside the rows (tallies, history, last news), and their repair."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, func, select, update

from chantiers.operations.doctor.findings import Finding, some, well, wrong
from models import (
    CATALOGUE,
    Activity,
    Base,
    Deliverable,
    Objective,
    ObjectiveTally,
    Task,
    TaskStatus,
    counts_from_traces,
    db,
    kept_counts,
    recount,
    stray_traces,
)

NEWS = [action for action, kind in CATALOGUE.items() if kind.is_news]


def tallies() -> Iterator[Finding]:
    """Check the kept tallies, which screens read, against a plain count."""
    counted = count_tasks()
    kept: Counter[tuple[int, str]] = Counter()
    for tally in db.session.scalars(select(ObjectiveTally)):
        kept.update({(tally.objective_id, str(s)): getattr(tally, s) for s in TaskStatus})
    off = sorted({key[0] for key in kept.keys() | counted.keys() if kept[key] != counted[key]})
    without = db.session.scalars(
        select(Objective.id).where(Objective.id.not_in(select(ObjectiveTally.objective_id)))
    ).all()
    if without:
        yield wrong(f"Objectifs sans compteur : {some(without)}. Restaurez une sauvegarde.")
    if off:
        yield wrong(f"Compteurs faux, par objectif : {some(off)}. Relancez avec --repair pour recompter.")
    elif not without:
        yield well("L’avancement affiché est celui que l’on compte.")


def count_tasks() -> Counter[tuple[int, str]]:
    """Count the live tasks by objective and status."""
    query = select(Task.objective_id, Task.status, func.count()).where(Task.live())
    rows = db.session.execute(query.group_by(Task.objective_id, Task.status))
    return Counter({(objective_id, status): number for objective_id, status, number in rows})


def history() -> Iterator[Finding]:
    """Check that day counts are the sum of the traces, and that the last trace of each thing is its present state."""
    lost = [f"{kind} {number}" for kind, number, _told, _now in stray_traces()]
    kept, counted = kept_counts(), counts_from_traces()
    off = {key for key in kept.keys() | counted.keys() if kept.get(key) != counted.get(key)}
    if lost:
        yield wrong(f"Traces perdues : {some(lost)}. Relancez avec --repair : elles reprennent aujourd’hui.")
    if off:
        yield wrong(
            f"Chiffres du passé faux, par objectif et par jour : {len(off)}. Relancez avec --repair pour recompter."
        )
    elif not lost:
        yield well("Les chiffres des jours passés sont ceux de leurs traces.")


def last_news() -> Iterator[Finding]:
    """Check the dates of last news, on which « Sans nouvelles » rests, against the journal."""
    off = [number for _table, _latest, query in _news() for number in db.session.scalars(query.limit(1000))]
    if off:
        yield wrong(f"Dates de dernières nouvelles fausses : {some(off)}. Relancez avec --repair.")
    else:
        yield well("Les dernières nouvelles sont celles du journal.")


def _news() -> Iterator[tuple[Table, Any, Any]]:
    """Yield by kind the table, the journal's latest news by subject, and a query of the rows that say otherwise."""
    for kind in (Task, Deliverable):
        table: Table = Base.metadata.tables[kind.__tablename__]
        latest = (
            select(Activity.subject_id, func.max(Activity.at).label("at"))
            .where(Activity.subject_type == kind.__tablename__, Activity.action.in_(NEWS))
            .group_by(Activity.subject_id)
            .subquery()
        )
        off = (
            select(table.c.id)
            .join(latest, latest.c.subject_id == table.c.id)
            .where(table.c.last_news_at != latest.c.at)
        )
        yield table, latest, off


def repair() -> None:
    """Recount the tallies and the history, and date the last news from the journal. The caller commits."""
    counted = count_tasks()
    for tally in db.session.scalars(select(ObjectiveTally).with_for_update()):
        for status in TaskStatus:
            setattr(tally, status, counted[tally.objective_id, str(status)])
    recount()
    for table, latest, _current in _news():
        known = select(latest.c.at).where(latest.c.subject_id == table.c.id).scalar_subquery()
        told = select(latest.c.subject_id)
        db.session.execute(
            update(table)
            .where(table.c.id.in_(told), table.c.last_news_at != known)
            .values(last_news_at=known)
        )
