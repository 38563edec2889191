"""Queries of the document of a comité de pilotage: a fixed number of statements, whatever there is.

It names the first of each sort in each chantier and counts the others: its cost and its length grow with what is
shown, not with what is stored. The whole is in the workbook of the démarche.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import select

from chantiers.language.labels import label
from chantiers.rooms.report.chantier_queries import chantiers_now, chantiers_then
from chantiers.rooms.report.contents import (
    AgendaLine,
    CommitteeReport,
    DecisionLine,
    PresenceLine,
)
from chantiers.rooms.report.line_queries import beginning_of
from models import (
    Chantier,
    Decision,
    Demarche,
    Figures,
    Meeting,
    User,
    db,
    now,
    today,
)

#: What a report without a session looks back on.
USUAL_PERIOD = timedelta(days=90)


def meeting(meeting_id: int) -> Meeting | None:
    """A session with its agenda and who came."""
    return db.session.scalar(select(Meeting).where(Meeting.id == meeting_id).options(*Meeting.whole()))


def report_of(user: User, demarche: Demarche | None, session: Meeting) -> CommitteeReport:
    """The document of a session: what moved since the one before it."""
    earlier = Meeting.last_before(session.held_on)
    since = earlier.held_on if earlier else session.held_on - USUAL_PERIOD
    decisions = _decisions([each.id for each in (session, earlier) if each])
    return _report(
        user,
        demarche,
        beginning_of(since),
        session=session,
        earlier=earlier,
        decisions=decisions,
    )


def report_since(user: User, demarche: Demarche | None, since: date) -> CommitteeReport:
    """The same without a session: what moved since a day."""
    return _report(user, demarche, beginning_of(since), session=None, earlier=None, decisions={})


def _report(
    user: User,
    demarche: Demarche | None,
    since: datetime,
    *,
    session: Meeting | None,
    earlier: Meeting | None,
    decisions: dict[int, list[DecisionLine]],
) -> CommitteeReport:
    # A session that was held keeps the figures of its day, whatever happened since.
    past = session.held_on if session and session.is_held and session.held_on < today() else None
    parts = chantiers_then(user, since, past) if past else chantiers_now(user, since)
    return CommitteeReport(
        demarche=demarche.name if demarche else "Chantiers",
        bearer=demarche.bearer if demarche else "",
        held_on=session.held_on if session else None,
        place=session.place if session else "",
        opening=session.opening if session else "",
        made_at=now(),
        is_past=past is not None,
        since=since,
        is_since_committee=earlier is not None,
        figures=sum((part.figures for part in parts), Figures()),
        chantiers=parts,
        agenda=_agenda(session) if session else [],
        decisions=decisions.get(session.id, []) if session else [],
        earlier_decisions=decisions.get(earlier.id, []) if earlier else [],
        presences=_presences(session) if session else [],
    )


def _agenda(session: Meeting) -> list[AgendaLine]:
    return [
        AgendaLine(item.title, item.note, _named(item.chantier) if item.chantier else "")
        for item in session.items
    ]


def _presences(session: Meeting) -> list[PresenceLine]:
    present_first = sorted(session.presences, key=lambda each: (not each.is_present, each.structure.name_key))
    return [
        PresenceLine(each.structure.name, label(each.presence, "presence"), each.people)
        for each in present_first
    ]


def _decisions(meeting_ids: list[int]) -> dict[int, list[DecisionLine]]:
    query = (
        select(Decision)
        .where(Decision.meeting_id.in_(meeting_ids), Decision.withdrawn_at.is_(None))
        .order_by(Decision.id)
        .options(*Decision.with_task())
    )
    found: dict[int, list[DecisionLine]] = defaultdict(list)
    for decision in db.session.scalars(query):
        followed = decision.task if decision.task and not decision.task.trashed_at else None
        found[decision.meeting_id].append(
            DecisionLine(
                decision.text,
                _named(decision.chantier) if decision.chantier else "",
                label(decision.follow_up, "follow_up"),
                followed.title if followed else "",
            )
        )
    return found


def _named(chantier: Chantier) -> str:
    return f"{chantier.number}. {chantier.title}"
