"""Everything that the document of a comité de pilotage says: plain data, before it has any look."""

from dataclasses import dataclass, field
from datetime import date, datetime

from models import Figures


@dataclass(frozen=True)
class ReportList:
    """The first of many things, and how many there are."""

    lines: list["ReportLine"] = field(default_factory=list)
    total: int = 0

    @property
    def others(self) -> int:
        """How many are not named."""
        return max(0, self.total - len(self.lines))


@dataclass(frozen=True)
class ReportLine:
    """A task or a deliverable as a document names it."""

    title: str
    state: str = ""
    on: date | None = None
    who: str = ""
    words: str = ""
    need: str = ""
    is_late: bool = False
    address: str = ""
    is_task: bool = False


@dataclass(frozen=True)
class ObjectiveLine:
    """An objective and how far it is."""

    text: str
    done: int
    counted: int
    blocked: int


@dataclass(frozen=True)
class ReportedProgress:
    """What the référents said last, in Markdown."""

    weather: str
    at: datetime
    author: str
    words: str
    needs: str


@dataclass(frozen=True)
class ChantierPart:
    """One chantier: what its référents say, what its figures say, what moved since."""

    number: int
    title: str
    hue: int
    address: str
    referents: list[str]
    figures: Figures
    told: ReportedProgress | None
    objectives: list[ObjectiveLine]
    finished: ReportList
    started: ReportList
    blocked: ReportList
    deliverables_moved: ReportList
    deliverables: ReportList
    open_tasks: ReportList


@dataclass(frozen=True)
class AgendaLine:
    """A decision that is asked: the point of the agenda, in Markdown, and its chantier."""

    title: str
    note: str
    chantier: str


@dataclass(frozen=True)
class DecisionLine:
    """A decision that was taken: its words in Markdown, its chantier, what became of it."""

    text: str
    chantier: str
    follow_up: str
    task: str


@dataclass(frozen=True)
class PresenceLine:
    """A structure that came or was excused."""

    structure: str
    presence: str
    people: str


@dataclass(frozen=True)
class CommitteeReport:
    """The whole document."""

    demarche: str
    bearer: str
    #: The session that it is for; nothing for a report of a period.
    held_on: date | None
    place: str
    opening: str
    made_at: datetime
    #: Whether it tells how things stood on the evening of the session, and not how they stand now.
    is_past: bool
    since: datetime
    #: Whether that is the day of the committee before, or the beginning of a period that somebody chose.
    is_since_committee: bool
    figures: Figures
    chantiers: list[ChantierPart]
    agenda: list[AgendaLine]
    decisions: list[DecisionLine]
    earlier_decisions: list[DecisionLine]
    presences: list[PresenceLine]
