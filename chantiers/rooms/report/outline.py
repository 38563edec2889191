"""The document in its order and in words: what the screen, the PDF and the DOCX draw, each in its way, from one list.

Every element is a plain dictionary with a `kind`: heading, lead, figures, prose, told, bars, table, lines or break.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from chantiers.language.dates import day, instant, short_date
from chantiers.rooms.report.contents import (
    ChantierPart,
    CommitteeReport,
    DecisionLine,
    ReportLine,
    ReportList,
)
from chantiers.rooms.report.prose import blocks, plain, sayable
from models import Figures

Element = dict[str, Any]


def outline(report: CommitteeReport) -> list[Element]:
    """The whole document, element by element."""
    return [_sound(element) for element in _elements(report)]


def title_of(report: CommitteeReport) -> str:
    """What the document is called: « Comité de pilotage du 12 mars 2026 »."""
    if report.held_on:
        return str(_("Comité de pilotage du %(day)s", day=day(report.held_on)))
    return str(_("Où en sont les chantiers au %(day)s", day=day(report.made_at)))


def _since(report: CommitteeReport) -> str:
    return str(_("depuis le dernier comité") if report.is_since_committee else _("sur la période"))


def _sound(element: Any) -> Any:
    """The element without what no document can hold."""
    if isinstance(element, str):
        return sayable(element)
    if isinstance(element, list):
        return [_sound(each) for each in element]
    if isinstance(element, dict):
        return {key: value if key == "href" else _sound(value) for key, value in element.items()}
    return element


def _elements(report: CommitteeReport) -> Iterator[Element]:
    yield _heading(1, _("Synthèse"))
    if report.opening:
        yield {"kind": "prose", "blocks": blocks(report.opening)}
    yield {"kind": "figures", "items": _figures(report.figures)}
    yield _side_by_side(report)
    yield from _asked_and_decided(report)
    yield _heading(1, _("Chantier par chantier, %(since)s", since=_since(report)))
    for part in report.chantiers:
        yield from _chantier(part, report)
    yield from _presences(report)
    yield from _annex(report)


def _heading(level: int, text: str, part: ChantierPart | None = None) -> Element:
    return {
        "kind": "heading",
        "level": level,
        "text": text,
        "number": part.number if part else 0,
        "hue": part.hue if part else 0,
    }


# Synthesis ------------------------------------------------------------------------------------------------------------


def _figures(figures: Figures) -> list[dict[str, str]]:
    """The great figures, each with its word."""
    share = f"{figures.progress}\u00a0%" if figures.progress is not None else "–"
    done = ngettext(
        "tâche terminée sur %(counted)d",
        "tâches terminées sur %(counted)d",
        figures.done,
        counted=figures.counted,
    )
    promised = ngettext(
        "livrable validé sur %(total)d",
        "livrables validés sur %(total)d",
        figures.finished,
        total=figures.deliverables,
    )
    return [
        {"value": share, "label": _("d’avancement")},
        {"value": str(figures.done), "label": done},
        {"value": str(figures.finished), "label": promised},
        {
            "value": str(figures.blocked),
            "label": ngettext("tâche bloquée", "tâches bloquées", figures.blocked),
        },
        {"value": str(figures.late), "label": ngettext("tâche en retard", "tâches en retard", figures.late)},
        {"value": str(figures.without_pilote), "label": _("sans pilote")},
    ]


def _side_by_side(report: CommitteeReport) -> Element:
    """The chantiers in one table."""
    weather = any(part.told for part in report.chantiers)
    columns = [
        _("Chantier"),
        *([_("Météo")] if weather else []),
        _("Avancement"),
        _("Bloquées"),
        _("En retard"),
    ]
    columns += [_("Sans pilote"), _("Livrables")]
    rows = []
    for part in report.chantiers:
        figures = part.figures
        share = f"{figures.progress}\u00a0%" if figures.progress is not None else "–"
        rows.append(
            [
                f"{part.number}. {part.title}",
                *([part.told.weather if part.told else "–"] if weather else []),
                _(
                    "%(share)s (%(done)d sur %(counted)d)",
                    share=share,
                    done=figures.done,
                    counted=figures.counted,
                ),
                str(figures.blocked),
                str(figures.late),
                str(figures.without_pilote),
                _("%(done)d sur %(total)d", done=figures.finished, total=figures.deliverables),
            ]
        )
    widths = [6, *([2] if weather else []), 3, 2, 2, 2, 2]
    return _table(_("Les chantiers côte à côte"), columns, rows, widths)


def _table(
    caption: str, columns: list[str], rows: list[list[str]], widths: list[int], note: str = ""
) -> Element:
    return {
        "kind": "table",
        "caption": caption,
        "columns": columns,
        "rows": rows,
        "widths": widths,
        "note": note,
    }


# Decisions ------------------------------------------------------------------------------------------------------------


def _asked_and_decided(report: CommitteeReport) -> Iterator[Element]:
    if report.agenda:
        yield _heading(1, _("Ordre du jour : décisions demandées"))
        for number, line in enumerate(report.agenda, 1):
            yield {
                "kind": "point",
                "number": number,
                "title": line.title,
                "about": line.chantier,
                "blocks": blocks(line.note),
            }
    if report.decisions:
        yield _heading(1, _("Décisions prises"))
        yield _decisions(_("Décisions de ce comité"), report.decisions)
    if report.earlier_decisions:
        yield _heading(1, _("Suites du comité précédent"))
        yield _decisions(
            _("Décisions du comité précédent et ce qu’elles deviennent"), report.earlier_decisions
        )


def _decisions(caption: str, decisions: Sequence[DecisionLine]) -> Element:
    rows = [
        [plain(each.text), each.chantier or _("Toute la démarche"), " : ".join(_follow_up(each))]
        for each in decisions
    ]
    return _table(caption, [_("Décision"), _("Concerne"), _("Suite donnée")], rows, [6, 3, 4])


def _follow_up(decision: DecisionLine) -> list[str]:
    return [decision.follow_up, *([decision.task] if decision.task else [])]


# One chantier ---------------------------------------------------------------------------------------------------------


def _chantier(part: ChantierPart, report: CommitteeReport) -> Iterator[Element]:
    yield _heading(2, part.title, part)
    if part.referents:
        names = ", ".join(part.referents)
        yield {"kind": "lead", "text": _("Référent·es : %(names)s", names=names)}
    if part.told:
        yield {
            "kind": "told",
            "title": part.told.weather,
            "by": _("Ce qu’en dit %(name)s le %(day)s", name=part.told.author, day=day(part.told.at)),
            "blocks": blocks(part.told.words),
            "needs_label": _("Ce qu’il faudrait"),
            "needs": blocks(part.told.needs),
        }
    yield {"kind": "figures", "items": _figures(part.figures)}
    if part.objectives:
        yield {
            "kind": "bars",
            "caption": _("Avancement par objectif"),
            "hue": part.hue,
            "items": [
                {
                    "text": each.text,
                    "share": each.done / each.counted if each.counted else 0,
                    "label": _how_far(each.done, each.counted, each.blocked),
                }
                for each in part.objectives
            ],
        }
    yield from _lines(_("Terminé %(since)s", since=_since(report)), part.finished)
    yield from _lines(_("Mis en cours %(since)s", since=_since(report)), part.started)
    yield from _lines(_("Livrables qui ont bougé"), part.deliverables_moved)
    yield from _blocked(part.blocked)
    if part.deliverables.lines:
        rows = [
            [each.title, each.who, each.state, _when(each.on, each.is_late)]
            for each in part.deliverables.lines
        ]
        columns = [_("Livrable"), _("Type"), _("État"), _("Attendu")]
        yield _table(_("Livrables attendus"), columns, rows, [6, 3, 3, 3], _others(part.deliverables))


def _how_far(done: int, counted: int, blocked: int) -> str:
    if not counted:
        return str(_("aucune tâche"))
    words: str = _(
        "%(share)d %%, %(done)d sur %(counted)d", share=done * 100 // counted, done=done, counted=counted
    )
    if blocked:
        words += ", " + ngettext("%(num)d bloquée", "%(num)d bloquées", blocked)
    return words


def _lines(title: str, listed: ReportList) -> Iterator[Element]:
    """A list of titles with their days, and who leads them."""
    if listed.lines:
        items = [
            {
                "text": each.title,
                "detail": ", ".join(part for part in (_step(each), each.who, short_date(each.on)) if part),
                "href": each.address,
            }
            for each in listed.lines
        ]
        yield {"kind": "lines", "title": title, "items": items, "note": _others(listed)}


def _step(line: ReportLine) -> str:
    """What a deliverable went through; a task's status is told by the title of its list."""
    return "" if line.who or line.is_task else line.state


def _blocked(listed: ReportList) -> Iterator[Element]:
    if listed.lines:
        items = []
        for each in listed.lines:
            need = _("Il faudrait : %(need)s", need=plain(each.need)) if each.need else ""
            since = _("depuis le %(day)s", day=short_date(each.on))
            words = " ".join(part for part in (plain(each.words), need) if part)
            items.append({"text": each.title, "detail": f"{since}. {words}", "href": each.address})
        yield {"kind": "lines", "title": _("Ce qui bloque"), "items": items, "note": _others(listed)}


def _others(listed: ReportList) -> str:
    if not listed.others:
        return ""
    words: str = ngettext(
        "et %(num)d autre, dans le classeur de la démarche",
        "et %(num)d autres, dans le classeur de la démarche",
        listed.others,
    )
    return words


def _when(on: date | None, is_late: bool) -> str:
    if on is None:
        return "–"
    return _("%(day)s, en retard", day=short_date(on)) if is_late else short_date(on)


# The end --------------------------------------------------------------------------------------------------------------


def _presences(report: CommitteeReport) -> Iterator[Element]:
    if report.presences:
        yield _heading(1, _("Présences"))
        rows = [[each.structure, each.presence, each.people or "–"] for each in report.presences]
        columns = [_("Structure"), _("Présence"), _("Représentée par")]
        yield _table(_("Qui était là"), columns, rows, [5, 2, 5])


def _annex(report: CommitteeReport) -> Iterator[Element]:
    listed = [part for part in report.chantiers if part.open_tasks.lines]
    if listed:
        yield {"kind": "break"}
        yield _heading(1, _("Annexe : les tâches ouvertes"))
    for part in listed:
        yield _heading(2, part.title, part)
        yield _open_tasks(part)


def _open_tasks(part: ChantierPart) -> Element:
    rows = [
        [each.title, each.state, each.who or _("Sans pilote"), _when(each.on, each.is_late)]
        for each in part.open_tasks.lines
    ]
    columns = [_("Tâche"), _("Statut"), _("Pilote"), _("Échéance")]
    caption = _("Tâches ouvertes du chantier %(number)d", number=part.number)
    return _table(caption, columns, rows, [6, 2, 4, 3], _others(part.open_tasks))


def preface(report: CommitteeReport) -> dict[str, str]:
    """What stands under the title: whose document it is, of when."""
    if report.is_past:
        made = _("Chiffres tels qu’ils étaient au soir du %(day)s", day=day(report.held_on))
    else:
        made = _("Chiffres du %(when)s", when=instant(report.made_at))
    return {
        "title": title_of(report),
        "demarche": sayable(report.demarche),
        "bearer": sayable(report.bearer),
        "place": sayable(report.place),
        "made": made,
        "period": _("Ce qui a bougé est compté depuis le %(day)s", day=day(report.since)),
    }
