"""Line chart of open and done tasks: the geometry of `ui.curve`, in hundredths of its plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models import CurvePoint, curve, today

#: Top and bottom of the plot: room is left above for the labels of its lines, and below for its days.
TOP, BOTTOM = 12.0, 84.0
#: Distance under which the labels of two lines would touch.
NEAR = 14.0
#: The most rows of the short table.
TABLE_ROWS = 12
#: Abscissa from which the label at the end of a line stands over it, or under.
LABEL_START = 80.0


@dataclass(frozen=True)
class CurveLine:
    """Line of the chart: what it counts, its path, and where its label stands."""

    kind: str
    path: str
    amount: int
    words_at: float
    #: Whether its label stands above it, or below.
    is_above: bool


@dataclass(frozen=True)
class Curve:
    """Curve ready to be drawn: its lines, the amounts and the days on its axes, and its points."""

    points: Sequence[CurvePoint]
    lines: Sequence[CurveLine]
    #: (Ordinate, amount) of each graduation.
    amounts: Sequence[tuple[float, int]]
    #: (Abscissa, day) of the chosen day, if it is on the curve.
    marked: tuple[float, date] | None

    @property
    def first(self) -> CurvePoint:
        return self.points[0]

    @property
    def middle(self) -> CurvePoint:
        return self.points[len(self.points) // 2]

    @property
    def last(self) -> CurvePoint:
        return self.points[-1]

    @property
    def told(self) -> Sequence[CurvePoint]:
        """Sample of its points at equal distances, for the short table; the last one among them."""
        step = -(-len(self.points) // TABLE_ROWS)
        return self.points[::-1][::step][::-1]


def curve_since(first: date, chantier_id: int | None = None, marked: date | None = None) -> Curve | None:
    """Draw the curve from a day until today, of one chantier or of all; None where there is nothing to draw yet."""
    points = curve(first, today(), chantier_id=chantier_id, through=marked)
    if len(points) < 2 or not any(point.open or point.done for point in points):
        return None
    return draw_curve(points, marked)


def draw_curve(points: Sequence[CurvePoint], marked: date | None = None) -> Curve:
    """Draw the curve of open and done tasks through these points, with a day marked on it."""
    top = _round(max(max(point.open, point.done) for point in points))
    first, last = points[0].day, points[-1].day
    days = max((last - first).days, 1)

    def across(day: date) -> float:
        return round((day - first).days * 100 / days, 2)

    def up(amount: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * amount / top, 2)

    ends = {kind: up(getattr(points[-1], kind)) for kind in ("open", "done")}
    # A label stands clear of the end of its own line, which passes over or under it.
    tail = [*(point for point in points if across(point.day) >= LABEL_START), points[-1]]
    lines = []
    for kind, other in (("open", "done"), ("done", "open")):
        is_lower = ends[kind] > ends[other] or (ends[kind] == ends[other] and kind == "open")
        is_above = not (is_lower and abs(ends[kind] - ends[other]) < NEAR)
        passed = [up(getattr(point, kind)) for point in tail]
        lines.append(
            CurveLine(
                kind=kind,
                path=" ".join(f"{across(point.day)},{up(getattr(point, kind))}" for point in points),
                amount=getattr(points[-1], kind),
                words_at=min(passed) if is_above else max(passed),
                is_above=is_above,
            )
        )
    within = marked is not None and first < marked < last
    return Curve(
        points=points,
        lines=lines,
        amounts=[(up(amount), amount) for amount in (top // 2, top)],
        marked=(across(marked), marked) if marked and within else None,
    )


def _round(amount: int) -> int:
    """Round an amount up to a round one whose half is whole too."""
    unit = 2
    while amount > unit * 5:
        unit *= 10 if unit > 2 else 5
    return max(-(-amount // unit), 1) * unit
