"""Exports: each list as a file with what its filters show, the whole démarche as a workbook, calendars (iCal)."""

from collections.abc import Callable, Sequence
from functools import wraps
from tempfile import TemporaryFile
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from chantiers.files import types
from chantiers.files.downloads import send_as_attachment
from chantiers.operations import instance_export
from chantiers.policy import can
from chantiers.rooms.coordination.queries import TaskFilters as EveryTaskFilters
from chantiers.rooms.coordination.queries import period_of
from chantiers.rooms.deliverables.list_queries import DeliverableListFilters
from chantiers.rooms.exports import demarche_queries, feeds, filter_summary, queries, task_queries
from chantiers.rooms.exports.tables import ExportSheet, as_csv, as_workbook
from chantiers.rooms.history import queries as history_queries
from chantiers.rooms.structures.directory_queries import asked
from chantiers.rooms.tasks.filters import BoardFilters as TaskFilters
from chantiers.web import loaders
from chantiers.web.access import acting, public, require, signed_in
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import asked_number
from models import HOME, Chantier, Demarche, db, now, record

exports = Blueprint("exports", __name__)

#: What the first sheet says where a list was not narrowed.
ALL = "Aucun\N{NO-BREAK SPACE}: tout ce que la liste montre."
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def silent_after() -> int:
    """After how many days without a word a started task is silent."""
    return current_demarche.silent_after_days if current_demarche else 45


def in_french(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Make a view speak French whoever asks: what is built on a file's columns must not break with its reader."""

    @wraps(view)
    def spoken(*arguments: Any, **named: Any) -> ResponseReturnValue:
        with force_locale("fr"):
            return view(*arguments, **named)

    return spoken


# Lists ----------------------------------------------------------------------------------------------------------------


@exports.get("/chantiers/<slug:slug>/taches/exporter")
@require("chantier.read", loaders.chantier)
@in_french
def tasks(chantier: Chantier) -> ResponseReturnValue:
    """Hand over the tasks of a chantier, as its list shows them."""
    filters = TaskFilters.read(request.args, chantier, acting())
    return handed(
        task_queries.tasks_of(chantier, filters, silent_after()),
        chantier.title,
        filter_summary.of_tasks(filters, chantier),
    )


@exports.get("/chantiers/<slug:slug>/livrables/exporter")
@require("chantier.read", loaders.chantier)
@in_french
def deliverables(chantier: Chantier) -> ResponseReturnValue:
    """Hand over the deliverables of a chantier, as its list shows them."""
    filters = DeliverableListFilters.of(request.args)
    return handed(
        queries.deliverables(filters, chantier), chantier.title, filter_summary.of_deliverables(filters)
    )


@exports.get("/chantiers/<slug:slug>/membres/exporter")
@require("chantier.read", loaders.chantier)
@in_french
def members(chantier: Chantier) -> ResponseReturnValue:
    """Hand over the people of a chantier."""
    with_email = can(acting(), "chantier.manage_members", chantier)
    return handed(queries.members(chantier, with_email), chantier.title)


@exports.get("/chantiers/<slug:slug>/journal/exporter")
@require("chantier.read", loaders.chantier)
@in_french
def journal(chantier: Chantier) -> ResponseReturnValue:
    """Hand over the journal of a chantier."""
    actor_id = asked_number("personne")
    kind = request.args.get("quoi", "")
    lines = queries.journal(chantier, acting(), kind, actor_id)
    return handed(lines, chantier.title, filter_summary.of_journal(kind, actor_id, chantier))


@exports.get("/exports/livrables")
@signed_in
@in_french
def all_deliverables() -> ResponseReturnValue:
    """Hand over the deliverables of every chantier, as their list shows them."""
    filters = DeliverableListFilters.of(request.args)
    return handed(queries.deliverables(filters), filters=filter_summary.of_deliverables(filters))


@exports.get("/exports/taches")
@require("dashboard.read")
@in_french
def all_tasks() -> ResponseReturnValue:
    """Hand over the tasks of every chantier, as the coordination's list shows them."""
    filters = EveryTaskFilters.read(request.args)
    period = period_of(filters)
    lines = task_queries.tasks_everywhere(acting(), filters, silent_after(), period)
    return handed(lines, filters=filter_summary.of_every_task(filters, period))


@exports.get("/exports/structures")
@require("chantier.read")
@in_french
def structures() -> ResponseReturnValue:
    """Hand over the directory, as its list shows it."""
    filters = asked(request.args)
    return handed(queries.structures(*filters), filters=filter_summary.of_structures(*filters))


@exports.get("/exports/tableau-de-bord")
@require("dashboard.read")
@in_french
def dashboard() -> ResponseReturnValue:
    """Hand over the table of the coordination."""
    return handed(demarche_queries.dashboard(acting(), silent_after()))


@exports.get("/exports/historique")
@require("dashboard.read")
@in_french
def history() -> ResponseReturnValue:
    """Hand over the figures at a past day beside today's, as the page of the past shows them."""
    past = history_queries.past(acting(), request.args)
    about = f"au {past.day.strftime('%d/%m/%Y')}"
    return handed(demarche_queries.history(past), about, filter_summary.of_history(past))


@exports.get("/exports/demarche.xlsx")
@require("dashboard.read")
@in_french
def demarche() -> ResponseReturnValue:
    """Hand over the whole démarche as one workbook: a sheet for each kind of thing."""
    user, name = acting(), current_demarche.name if current_demarche else "Chantiers"
    sheets = (
        demarche_queries.chantiers(user),
        demarche_queries.objectives(),
        task_queries.all_tasks(user),
        queries.deliverables(DeliverableListFilters()),
        queries.structures(),
        demarche_queries.engagements(),
        *((demarche_queries.progress_updates(),) if can(user, "progress.read") else ()),
    )
    return in_workbook(sheets, "Démarche", "Tout ce que vous pouvez lire, sans filtre.", name)


def handed(sheet: ExportSheet, about: str = "", filters: str = "") -> ResponseReturnValue:
    """Hand over a list as the file asked for: a workbook, unless they asked for a CSV."""
    title = " - ".join(part for part in (sheet.name, about) if part)
    if request.args.get("format") == "csv":
        return send_as_attachment(f"{title}.csv", as_csv(sheet), "text/csv; charset=utf-8")
    name = current_demarche.name if current_demarche else "Chantiers"
    return in_workbook((sheet,), title, filters or ALL, name)


def in_workbook(
    sheets: Sequence[ExportSheet], title: str, filters: str, demarche: str
) -> ResponseReturnValue:
    """Hand over sheets after a first one that says what they are, of when, and under which filters."""
    preface = [
        ("Démarche", demarche),
        ("Contenu", ", ".join(sheet.name for sheet in sheets)),
        ("Exporté le", now().astimezone(HOME).strftime("%d/%m/%Y %H:%M")),
        ("Par", acting().name),
        ("Filtres", filters),
        ("À savoir", "Ce fichier ne change plus, les chantiers continuent. Les heures sont celles de Paris."),
    ]
    return send_as_attachment(f"{title}.xlsx", as_workbook(sheets, preface, title), XLSX)


# The whole instance ---------------------------------------------------------------------------------------------------


@exports.post("/exports/instance.json")
@require("demarche.manage")
def whole_instance() -> ResponseReturnValue:
    """Hand over everything as JSON, but for what is secret; the journal keeps that it was taken."""
    if current_demarche is not None:
        record(Demarche.current(), "demarche.exported", by=acting())
    db.session.commit()
    file = TemporaryFile("w+b")  # noqa: SIM115 (it is handed over open)
    for line in instance_export.lines():
        file.write(line.encode())
    file.seek(0)
    return send_as_attachment("Instance.json", file, "application/json")


# Calendars ------------------------------------------------------------------------------------------------------------


@exports.get("/profil/agendas")
@signed_in
def calendars() -> ResponseReturnValue:
    """Show the addresses of one's calendars, to copy into a diary."""
    user = acting()
    chantiers = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    return render_template(
        "exports/calendars.html",
        mine=feeds.address(user, feeds.MINE),
        demarche_address=feeds.address(user, feeds.DEMARCHE),
        chantiers=[
            (chantier, feeds.address(user, feeds.CHANTIER, chantier.id), user.takes_part_in(chantier.id))
            for chantier in chantiers
        ],
    )


@exports.post("/profil/agendas/renouveler")
@signed_in
def renew() -> ResponseReturnValue:
    """Put an end to the addresses of one's calendars."""
    acting().renew_feeds()
    db.session.commit()
    flash(
        _(
            "Vos agendas ont de nouvelles adresses. Les anciennes ne donnent plus rien : abonnez-vous de nouveau."
        ),
        "success",
    )
    return redirect(url_for("exports.calendars"), 303)


@exports.get("/agenda/<signed:token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """Serve a calendar (iCal) to whoever holds its address: what its person may read now, no more."""
    body = feeds.read(token)
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = types.content_disposition("chantiers.ics")
    response.add_etag()
    return response.make_conditional(request)
