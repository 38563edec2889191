"""Status of a task: its menu of moves, one move, and the line of the list drawn again."""

from typing import Any
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from chantiers.language.labels import TASK_STATUSES
from chantiers.language.refusals import say
from chantiers.policy import can
from chantiers.rooms.tasks import list_queries, queries
from chantiers.rooms.tasks.blueprint import tasks
from chantiers.rooms.tasks.board_routes import board_of
from chantiers.rooms.tasks.forms import (
    StatusForm,
)
from chantiers.rooms.tasks.moves import moves_of
from chantiers.rooms.tasks.rows import redrawn
from chantiers.web.access import acting, require
from chantiers.web.addresses import address_of
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import saved
from chantiers.web.sessions import local_path
from models import Refused, Task, TaskStatus, db


@tasks.get("/taches/<id:task_id>/statut")
@require("task.edit", queries.task)
def status(task: Task) -> ResponseReturnValue:
    """The moves that a task offers: a page, or the menu of a row of the list."""
    return show_status(task, StatusForm(), asked=request.args.get("pour"))


def show_status(task: Task, form: StatusForm, **page: Any) -> str:
    """The moves of a task as a page or as a fragment, whichever was asked for."""
    template = "tasks/_status_menu.html" if "HX-Request" in request.headers else "tasks/status.html"
    moves = moves_of(task, acting().steers(task.chantier_id))
    return render_template(
        template,
        task=task,
        chantier=task.chantier,
        moves=moves,
        form=form,
        back=local_path(request.values.get("next")),
        **page,
    )


@tasks.post("/taches/<id:task_id>/statut")
@require("task.edit", queries.task)
def change_status(task: Task) -> ResponseReturnValue:
    """Make one of the moves, from the status that the page showed."""
    form = StatusForm()
    asked = form.move.data or ""
    moves = {move.key: move for move in moves_of(task, acting().steers(task.chantier_id))}
    changed = form.seen_status.data and form.seen_status.data != task.status
    if changed or asked not in moves:
        # Somebody was quicker: what was typed stays on the page, beside what is possible now.
        return refuse_move(task, form, 409, asked=asked, is_over=True, overtaken=queries.last_change(task))
    if not form.validate():
        return refuse_move(task, form, 422, asked=asked)
    try:
        moves[asked].perform(task, acting(), form.reason.data or "", form.need.data or "")
    except Refused as refused:
        db.session.rollback()
        form.reason.errors = [say(refused)]
        return refuse_move(queries.task(task.id) or task, form, 422, asked=asked)
    db.session.commit()
    saved(form)
    if "HX-Request" in request.headers:
        return row_again(task)
    word = TASK_STATUSES[TaskStatus(task.status)]
    flash(_("« %(title)s » : %(status)s.", title=task.title, status=word), "success")
    return redirect(local_path(request.form.get("next")) or address_of(task), 303)


def refuse_move(task: Task, form: StatusForm, status: int, **page: Any) -> ResponseReturnValue:
    """The moves again with what was typed: as a page, or inside the line of the list that they were made from."""
    moves = show_status(task, form, **page)
    return (row_again(task, Markup(moves)) if "HX-Request" in request.headers else moves), status


def row_again(task: Task, menu: Markup | None = None) -> str:
    """The line of the list that shows a task, as it is now."""
    user = acting()
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = local_path(f"{page.path}?{page.query}") or board_of(task)
    row = list_queries.row(task, current_demarche.silent_after_days)
    return redrawn(row, can(user, "task.edit", task), user.steers(task.chantier_id), back, menu)
