"""The lines of the list, the cards of the board and what narrows them: drawn once for each state, then kept.

Most of a page is as it was at the page before. What is kept depends on nothing but what it was asked with.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

from flask import current_app
from flask_babel import get_locale
from markupsafe import Markup

from chantiers.rooms.tasks.filters import BoardFilters
from chantiers.rooms.tasks.list_queries import FilterOption, TaskListRow
from models import Chantier, Objective, today

#: How many pieces of HTML one process keeps, of less than a kilobyte each.
KEPT = 8192
#: The same of forms that narrow a chantier's tasks, of some kilobytes each.
FORMS_KEPT = 256

Drawing = Callable[[Iterable[TaskListRow]], Markup]


def drawing(
    kind: str, may_edit: Callable[[TaskListRow], bool], tells_silence: bool, back: str = ""
) -> Drawing:
    """What draws tasks one after the other, each as `kind`: a macro of tasks/_rows.html.

    `back` is the address to which a change of status returns.
    """
    language, year = str(get_locale()), today().year
    # Whoever changes the icons or the template wants to see it.
    made = _drawn.__wrapped__ if current_app.debug else _drawn

    def draw(rows: Iterable[TaskListRow]) -> Markup:
        pieces = [made(kind, language, year, row, may_edit(row), tells_silence, back) for row in rows]
        return Markup("".join(pieces))

    return draw


def redrawn(
    row: TaskListRow, may_edit: bool, tells_silence: bool, back: str, menu: Markup | None = None
) -> Markup:
    """One line of the list again: after its change, or with its menu open where a change was refused."""
    macro = current_app.jinja_env.get_template("tasks/_rows.html").module.row  # type: ignore[attr-defined]
    line: Markup = macro(row, may_edit, tells_silence, back, moved=menu is None, menu=menu or "")
    return line


@lru_cache(maxsize=KEPT)
def _drawn(
    kind: str, _language: str, _year: int, row: TaskListRow, may_edit: bool, tells_silence: bool, back: str
) -> Markup:
    """One piece of HTML. Its words are in the language of the request, its dates leave out the present year."""
    macro = getattr(current_app.jinja_env.get_template("tasks/_rows.html").module, kind)
    drawn: Markup = macro(row, may_edit, tells_silence, back)
    return drawn


def narrowing(
    chantier: Chantier,
    filters: BoardFilters,
    objectives: Iterable[Objective],
    offered: tuple[tuple[FilterOption, ...], tuple[FilterOption, ...]],
    tells_silence: bool,
) -> Markup:
    """The form that narrows a chantier's tasks: by these objectives, structures and people, and the rest."""
    aims = tuple(FilterOption(objective.id, objective.text) for objective in objectives)
    return _narrowing(str(get_locale()), chantier.slug, filters, aims, *offered, tells_silence)


@lru_cache(maxsize=FORMS_KEPT)
def _narrowing(
    _language: str,
    slug: str,
    filters: BoardFilters,
    objectives: tuple[FilterOption, ...],
    structures: tuple[FilterOption, ...],
    people: tuple[FilterOption, ...],
    tells_silence: bool,
) -> Markup:
    head = current_app.jinja_env.get_template("tasks/_head.html").module
    drawn: Markup = head.narrow(slug, filters, objectives, structures, people, tells_silence)  # type: ignore[attr-defined]
    return drawn
