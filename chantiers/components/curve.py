"""Where the lines of a curve pass: the arithmetic of `ui.curve`, in hundredths of its plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models import CurvePoint, curve, today

#: The plot leaves room above for the words on its lines, and below for its days.
TOP, BOTTOM = 12.0, 84.0
#: Closer than that, the words on two lines would touch.
NEAR = 14.0
#: How many points a short table tells.
TOLD = 12
#: From where on the words at the end of a line stand over it, or under.
WORDS = 80.0


@dataclass(frozen=True)
class CurveLine:
    """A line: what it counts, where it passes, and where its words stand."""

    kind: str
    path: str
    amount: int
    words_at: float
    #: Whether its words stand above it, or below.
    is_above: bool


@dataclass(frozen=True)
class Curve:
    """A curve ready to be drawn: its lines, the amounts and the days that its axes name, and what it was made of."""

    points: Sequence[Point]
    lines: Sequence[CurveLine]
    #: Where an amount stands, and the amount.
    amounts: Sequence[tuple[float, int]]
    #: Where the chosen day stands, if it is on the curve.
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
        """Some of its points at equal distances, for a short table; the last one among them."""
        step = -(-len(self.points) // TOLD)
        return self.points[::-1][::step][::-1]


def curve_since(first: date, chantier_id: int | None = None, marked: date | None = None) -> Curve | None:
    """The curve from a day until today, of one chantier or of all; None where there is nothing to draw yet."""
    points = curve(first, today(), chantier_id=chantier_id, through=marked)
    if len(points) < 2 or not any(point.open or point.done for point in points):
        return None
    return draw_curve(points, marked)


def draw_curve(points: Sequence[Point], marked: date | None = None) -> Curve:
    """The curve of tasks open and done through these points, with a day marked on it."""
    top = _round(max(max(point.open, point.done) for point in points))
    first, last = points[0].day, points[-1].day
    days = max((last - first).days, 1)

    def across(day: date) -> float:
        return round((day - first).days * 100 / days, 2)

    def up(amount: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * amount / top, 2)

    ends = {kind: up(getattr(points[-1], kind)) for kind in ("open", "done")}
    # The words stand clear of what of their line passes over or under them.
    tail = [*(point for point in points if across(point.day) >= WORDS), points[-1]]
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
    """The round amount at or above this one of which half is whole too."""
    unit = 2
    while amount > unit * 5:
        unit *= 10 if unit > 2 else 5
    return max(-(-amount // unit), 1) * unit
