"""Place of a task on the board: a card moved by a page, or dropped by a drag."""

from urllib.parse import urlencode

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.labels import TASK_STATUSES
from chantiers.language.refusals import say
from chantiers.rooms.tasks import queries
from chantiers.rooms.tasks.blueprint import tasks
from chantiers.rooms.tasks.forms import (
    PlaceForm,
)
from chantiers.rooms.tasks.moves import ASKING
from chantiers.web.access import acting, require
from chantiers.web.forms import saved
from chantiers.web.sessions import local_path
from models import Activity, Refused, Task, TaskStatus, db


@tasks.get("/taches/<id:task_id>/deplacer")
@require("task.edit", queries.task)
def place(task: Task) -> ResponseReturnValue:
    """« Déplacer vers… »: what a drag does, by keyboard and without JavaScript."""
    back = local_path(request.args.get("next")) or board_of(task)
    return show_place(task, PlaceForm(status=task.status, seen_status=task.status, next=back))


def show_place(task: Task, form: PlaceForm, overtaken: Activity | None = None) -> str:
    """The page that moves a card."""
    back = local_path(form.next.data) or board_of(task)
    return render_template(
        "tasks/place.html", task=task, chantier=task.chantier, form=form, back=back, overtaken=overtaken
    )


def board_of(task: Task) -> str:
    """The address of the board that a task stands on."""
    return url_for("tasks.index", slug=task.chantier.slug)


@tasks.post("/taches/<id:task_id>/deplacer")
@require("task.edit", queries.task)
def move(task: Task) -> ResponseReturnValue:
    """Put a task in a column, or at another place of its own."""
    if request.accept_mimetypes.best == "application/json":
        return drop(task)
    form = PlaceForm()
    if not form.validate():
        return show_place(task, form), 422
    if form.seen_status.data and form.seen_status.data != task.status:
        form.seen_status.data = task.status
        return show_place(task, form, overtaken=queries.last_change(task)), 409
    changes = form.status.data != task.status
    try:
        if changes:
            task.become(
                TaskStatus(form.status.data),
                by=acting(),
                reason=form.reason.data or "",
                need=form.need.data or "",
            )
        else:
            task.shift(form.place.data, by=acting())
    except Refused as refused:
        db.session.rollback()
        form.reason.errors = [say(refused)]
        return show_place(queries.task(task.id) or task, form), 422
    db.session.commit()
    saved(form)
    word = TASK_STATUSES[TaskStatus(task.status)]
    if changes:
        flash(_("« %(title)s » : %(status)s.", title=task.title, status=word), "success")
    else:
        flash(_("« %(title)s » a changé de place.", title=task.title), "success")
    return redirect(local_path(form.next.data) or board_of(task), 303)


def drop(task: Task) -> ResponseReturnValue:
    """Answer a drag: the column it was dropped in, behind which card, from which column. The board then follows.

    A column that asks for words answers with the page that takes them.
    """
    seen, column = request.form.get("seen_status"), request.form.get("status", "")
    if column not in list(TaskStatus):
        return jsonify(message=_("Cette colonne n’existe pas.")), 422
    if seen and seen != task.status:
        word = TASK_STATUSES[TaskStatus(task.status)]
        return jsonify(message=_("Entre-temps, le statut a changé : %(status)s.", status=word)), 409
    if column != task.status and column in ASKING:
        back = local_path(request.form.get("next")) or board_of(task)
        query = urlencode({"pour": ASKING[TaskStatus(column)], "next": back})
        return jsonify(page=f"{url_for('tasks.status', task_id=task.id)}?{query}")
    try:
        task.become(TaskStatus(column), by=acting())
        if task.status == column:
            task.place_after(queries.card_above(request.form.get("after")), by=acting())
    except Refused as refused:
        db.session.rollback()
        return jsonify(message=say(refused)), 409
    db.session.commit()
    return jsonify(version=task.version, status=task.status)
