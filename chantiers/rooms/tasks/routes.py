"""Tasks: the board and the list of a chantier, and one task with everything that can be done to it."""

from operator import attrgetter
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from chantiers.components.comment_form import CommentForm
from chantiers.components.undo_message import flash_with_undo
from chantiers.language.labels import TASK_STATUSES
from chantiers.language.refusals import say
from chantiers.policy import can
from chantiers.rooms.tasks import queries
from chantiers.rooms.tasks.filters import Filters
from chantiers.rooms.tasks.forms import (
    ItemForm,
    PlaceForm,
    QuickTaskForm,
    StatusForm,
    TaskEditForm,
    TaskForm,
    values_of,
)
from chantiers.rooms.tasks.moves import ASKING, moves_of
from chantiers.rooms.tasks.rows import drawing, narrowing, redrawn
from chantiers.web import loaders
from chantiers.web.access import acting, require
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import clean_line, create_once, saved
from chantiers.web.sessions import local_path
from models import Activity, Chantier, Comment, Refused, Task, TaskStatus, db

tasks = Blueprint("tasks", __name__)


# The board and the list -----------------------------------------------------------------------------------------------


@tasks.get("/chantiers/<slug:slug>/taches")
@require("chantier.read", loaders.chantier)
def index(chantier: Chantier) -> ResponseReturnValue:
    """The tasks of a chantier, as a board by status or as a list by objective."""
    return show_index(chantier, QuickTaskForm())


@tasks.post("/chantiers/<slug:slug>/taches")
@require("task.create", loaders.chantier)
def create_quickly(chantier: Chantier) -> ResponseReturnValue:
    """Add a task by its title alone."""
    form = QuickTaskForm()
    objectives = {objective.id: objective for objective in queries.objectives(chantier)}
    form.offer(list(objectives.values()))
    if not form.validate_on_submit():
        return show_index(chantier, form), 422
    filters = Filters.read(request.args, chantier, acting())

    def create() -> str:
        objective = objectives[form.objective.data]
        objective.chantier = chantier
        task = Task.create(objective, form.title.data or "", by=acting())
        flash(_("La tâche « %(title)s » est créée.", title=task.title), "success")
        return f"/chantiers/{chantier.slug}/taches?{filters.query()}"

    return create_once(form, create)


def show_index(chantier: Chantier, form: QuickTaskForm) -> str:
    """The page of the chantier's tasks, with the quick form as it stands."""
    user = acting()
    filters = Filters.read(request.args, chantier, user)
    silent_after = current_demarche.silent_after_days
    objectives = queries.objectives(chantier)
    form.offer(objectives, chosen=filters.objectif)
    as_list = filters.vue == "liste"
    decides = user.steers(chantier.id)

    def may_edit(row: queries.Row) -> bool:
        # Who decides here may write in every task: no need to ask it of each.
        return not chantier.is_archived and (decides or can(user, "task.edit", row))

    read = queries.listing if as_list else queries.board
    return render_template(
        "tasks/list.html" if as_list else "tasks/board.html",
        chantier=chantier,
        filters=filters,
        objectives=objectives,
        narrowing=narrowing(chantier, filters, objectives, queries.to_filter(chantier), decides),
        found=read(chantier, filters, objectives, silent_after),
        draw=drawing("row" if as_list else "card", may_edit, decides, request.full_path),
        form=form,
    )


# Birth ----------------------------------------------------------------------------------------------------------------


@tasks.route("/chantiers/<slug:slug>/taches/nouvelle", methods=["GET", "POST"])
@require("task.create", loaders.chantier)
def new(chantier: Chantier) -> ResponseReturnValue:
    """Add a task with all that one knows of it already."""
    form = TaskForm()
    form.offer(queries.objectives(chantier), queries.structures(chantier), queries.members(chantier))
    if not form.is_submitted():
        form.objective.data = request.args.get("objectif", type=int)
        form.title.data = clean_line(request.args.get("titre"))[:300]
    if not form.validate_on_submit():
        return render_template(
            "tasks/new.html", chantier=chantier, form=form
        ), 422 if form.is_submitted() else 200

    def create() -> str:
        objective = form.chosen_objective
        objective.chantier = chantier
        task = Task.create(
            objective,
            form.title.data or "",
            by=acting(),
            description=form.description.data or "",
            due_on=form.due_on.data,
            pilote=form.chosen_pilote,
            contributors=form.chosen_contributors,
            people=form.chosen_people,
        )
        flash(_("La tâche est créée."), "success")
        return f"/taches/{task.id}"

    return create_once(form, create)


# One task -------------------------------------------------------------------------------------------------------------


@tasks.get("/taches/<id:task_id>")
@require("chantier.read", queries.task_to_read)
def show(task: Task) -> ResponseReturnValue:
    """One task: where it stands, who carries it, what can be done, what happened."""
    return show_task(task)


def show_task(task: Task, status_form: StatusForm | None = None, item_form: ItemForm | None = None) -> str:
    """The page of a task, with its forms as they stand."""
    user = acting()
    history = queries.history(task)
    takes = can(user, "task.take", task) and not task.carrier_ids and task.is_open
    return render_template(
        "tasks/show.html",
        task=task,
        chantier=task.chantier,
        moves=moves_of(task, user.steers(task.chantier_id)) if can(user, "task.edit", task) else [],
        status_form=status_form or StatusForm(),
        item_form=item_form or ItemForm(),
        deliverables=queries.deliverables(task),
        neighbours=queries.neighbours(task),
        history=history,
        thread=Comment.thread(task, user),
        comment_form=CommentForm(formdata=None),
        blocked_by=next((line.actor for line in history if line.action == "task.blocked"), None),
        own_structures=queries.own_structures(user) if takes else [],
        is_silent=user.steers(task.chantier_id) and task.is_silent(current_demarche.silent_after_days),
    )


@tasks.route("/taches/<id:task_id>/modifier", methods=["GET", "POST"])
@require("task.edit", queries.task)
def edit(task: Task) -> ResponseReturnValue:
    """Change what is said of a task, and for those who may: its date and who carries it."""
    values = values_of(task)
    form = TaskEditForm(data=values)
    if not can(acting(), "task.entrust", task):
        form.keep_to_words()
    values = {name: value for name, value in values.items() if name in form}
    present, others = queries.structures(task.chantier)
    form.offer(queries.objectives(task.chantier), (present, others), offered_people(task))
    page = {"chantier": task.chantier, "task": task, "form": form}
    if not form.is_submitted():
        form.show(values)
        return render_template("tasks/edit.html", **page)
    if not form.validate():
        return render_template("tasks/edit.html", **page), 422
    late = form.reconcile(values)
    if late.conflicts:
        return render_template("tasks/edit.html", late=late, last=queries.last_change(task), **page), 409
    apply(form, task)
    db.session.commit()
    saved(form)
    flash(_("La tâche est à jour."), "success")
    if late.merged:
        kept = ", ".join(str(field.label.text) for field in late.merged)
        flash(
            _("Quelqu’un d’autre avait modifié entre-temps : %(fields)s. C’est gardé aussi.", fields=kept),
            "info",
        )
    return redirect(f"/taches/{task.id}", 303)


def offered_people(task: Task) -> list[Any]:
    """The chantier's members, and those named on the task who left it since."""
    members = list(queries.members(task.chantier))
    return members + [person for person in task.people if person not in members]


def apply(form: TaskEditForm, task: Task) -> None:
    """Call the verb of each thing that the form sets."""
    user = acting()
    task.reword(form.title.data or "", form.description.data or "", by=user)
    task.move_to(form.chosen_objective, by=user)
    if "due_on" in form:
        task.reschedule(form.due_on.data, by=user)
        task.entrust(form.chosen_pilote, form.chosen_contributors, form.chosen_people, by=user)


@tasks.post("/taches/<id:task_id>/prendre")
@require("task.take", queries.task)
def take(task: Task) -> ResponseReturnValue:
    """Make one's own structure the pilote of a task that nobody carries."""
    chosen = request.form.get("structure", type=int)
    structure = next((line for line in queries.own_structures(acting()) if line.id == chosen), None)
    if structure is None:
        raise Refused("not_own_structure")
    task.take(structure, by=acting())
    db.session.commit()
    flash(_("%(structure)s pilote maintenant cette tâche. Merci !", structure=structure.name), "success")
    return redirect(f"/taches/{task.id}", 303)


# Status ---------------------------------------------------------------------------------------------------------------


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
    return redirect(local_path(request.form.get("next")) or f"/taches/{task.id}", 303)


def refuse_move(task: Task, form: StatusForm, status: int, **page: Any) -> ResponseReturnValue:
    """The moves again with what was typed: as a page, or inside the line of the list that they were made from."""
    moves = show_status(task, form, **page)
    return (row_again(task, Markup(moves)) if "HX-Request" in request.headers else moves), status


def row_again(task: Task, menu: Markup | None = None) -> str:
    """The line of the list that shows a task, as it is now."""
    user = acting()
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = local_path(f"{page.path}?{page.query}") or board_of(task)
    row = queries.row(task, current_demarche.silent_after_days)
    return redrawn(row, can(user, "task.edit", task), user.steers(task.chantier_id), back, menu)


# Place on the board ---------------------------------------------------------------------------------------------------


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
    return f"/chantiers/{task.chantier.slug}/taches"


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
        return jsonify(page=f"/taches/{task.id}/statut?{query}")
    try:
        task.become(TaskStatus(column), by=acting())
        if task.status == column:
            task.place_after(queries.card_above(request.form.get("after")), by=acting())
    except Refused as refused:
        db.session.rollback()
        return jsonify(message=say(refused)), 409
    db.session.commit()
    return jsonify(version=task.version, status=task.status)


# Checklist ------------------------------------------------------------------------------------------------------------


@tasks.post("/taches/<id:task_id>/points")
@require("task.edit", queries.task)
def add_item(task: Task) -> ResponseReturnValue:
    """Add a line to the checklist."""
    form = ItemForm()
    if not form.validate():
        return show_task(task, item_form=form), 422

    def add() -> str:
        task.add_item(form.text.data or "", by=acting())
        return f"/taches/{task.id}#points"

    return create_once(form, add)


@tasks.post("/taches/<id:task_id>/points/<id:item_id>")
@require("task.edit", queries.line, about=attrgetter("task"))
def tick_item(line: queries.Line) -> ResponseReturnValue:
    """Tick a line of the checklist, or take the tick away."""
    if request.form.get("done") == "1":
        line.item.check(by=acting())
    else:
        line.item.uncheck(by=acting())
    db.session.commit()
    return redirect(f"/taches/{line.task.id}#points", 303)


@tasks.post("/taches/<id:task_id>/points/<id:item_id>/retirer")
@require("task.edit", queries.line, about=attrgetter("task"))
def remove_item(line: queries.Line) -> ResponseReturnValue:
    """Take a line off the checklist."""
    line.item.remove(by=acting())
    db.session.commit()
    return redirect(f"/taches/{line.task.id}#points", 303)


# What it waits for ----------------------------------------------------------------------------------------------------


@tasks.get("/taches/<id:task_id>/attend")
@require("task.edit", queries.task)
def blockers(task: Task) -> ResponseReturnValue:
    """Choose a task, of any chantier, that this one waits for."""
    words = clean_line(request.args.get("q"))[:100]
    found = [other for other in queries.matching(task, words) if other not in task.blockers]
    return render_template("tasks/blockers.html", task=task, chantier=task.chantier, words=words, found=found)


@tasks.post("/taches/<id:task_id>/attend/<id:other_id>")
@require("task.edit", queries.task_beside, about=attrgetter("task"))
def add_blocker(pair: queries.Pair) -> ResponseReturnValue:
    """Say that a task waits for another."""
    pair.task.depend_on(pair.other, by=acting())
    db.session.commit()
    return redirect(f"/taches/{pair.task.id}#attend", 303)


@tasks.post("/taches/<id:task_id>/attend/<id:other_id>/retirer")
@require("task.edit", queries.task_beside, about=attrgetter("task"))
def remove_blocker(pair: queries.Pair) -> ResponseReturnValue:
    """Say that a task no longer waits for another."""
    pair.task.no_longer_depend_on(pair.other, by=acting())
    db.session.commit()
    return redirect(f"/taches/{pair.task.id}#attend", 303)


# Bin ------------------------------------------------------------------------------------------------------------------


@tasks.post("/taches/<id:task_id>/supprimer")
@require("task.trash", queries.task)
def trash(task: Task) -> ResponseReturnValue:
    """Put a task in the bin."""
    task.trash(by=acting())
    db.session.commit()
    words = _("« %(title)s » est dans la corbeille, pendant trente jours.", title=task.title)
    flash_with_undo(words, url_for("trash.restore", kind="taches", thing_id=task.id))
    return redirect(url_for("tasks.index", slug=task.chantier.slug), 303)
