"""Tasks: the list and the board of a chantier, a new task, the page of one task and its edit."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.components.comment_form import CommentForm
from chantiers.components.undo_message import flash_with_undo
from chantiers.policy import can
from chantiers.rooms.tasks import list_queries, queries
from chantiers.rooms.tasks.blueprint import tasks
from chantiers.rooms.tasks.filters import BoardFilters
from chantiers.rooms.tasks.forms import (
    ChecklistItemForm,
    QuickTaskForm,
    StatusForm,
    TaskEditForm,
    TaskForm,
    values_of,
)
from chantiers.rooms.tasks.moves import moves_of
from chantiers.rooms.tasks.rows import drawing, narrowing
from chantiers.web import loaders
from chantiers.web.access import acting, require
from chantiers.web.addresses import address_of
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import clean_line, create_once, saved
from models import Chantier, Comment, Refused, Task, db


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
    filters = BoardFilters.read(request.args, chantier, acting())

    def create() -> str:
        objective = objectives[form.objective.data]
        objective.chantier = chantier
        task = Task.create(objective, form.title.data or "", by=acting())
        flash(_("La tâche « %(title)s » est créée.", title=task.title), "success")
        return f"{url_for('tasks.index', slug=chantier.slug)}?{filters.query()}"

    return create_once(form, create)


def show_index(chantier: Chantier, form: QuickTaskForm) -> str:
    """The page of the chantier's tasks, with the quick form as it stands."""
    user = acting()
    filters = BoardFilters.read(request.args, chantier, user)
    silent_after = current_demarche.silent_after_days
    objectives = queries.objectives(chantier)
    form.offer(objectives, chosen=filters.objectif)
    as_list = filters.vue == "liste"
    decides = user.steers(chantier.id)

    def may_edit(row: list_queries.TaskListRow) -> bool:
        # Who decides here may write in every task: no need to ask it of each.
        return not chantier.is_archived and (decides or can(user, "task.edit", row))

    read = list_queries.listing if as_list else list_queries.board
    return render_template(
        "tasks/list.html" if as_list else "tasks/board.html",
        chantier=chantier,
        filters=filters,
        objectives=objectives,
        narrowing=narrowing(chantier, filters, objectives, list_queries.to_filter(chantier), decides),
        found=read(chantier, filters, objectives, silent_after),
        draw=drawing("row" if as_list else "card", may_edit, decides, request.full_path),
        form=form,
    )


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
        return address_of(task)

    return create_once(form, create)


@tasks.get("/taches/<id:task_id>")
@require("chantier.read", queries.task_to_read)
def show(task: Task) -> ResponseReturnValue:
    """One task: where it stands, who carries it, what can be done, what happened."""
    return show_task(task)


def show_task(
    task: Task, status_form: StatusForm | None = None, item_form: ChecklistItemForm | None = None
) -> str:
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
        item_form=item_form or ChecklistItemForm(),
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
    return redirect(address_of(task), 303)


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
    return redirect(address_of(task), 303)


@tasks.post("/taches/<id:task_id>/supprimer")
@require("task.trash", queries.task)
def trash(task: Task) -> ResponseReturnValue:
    """Put a task in the bin."""
    task.trash(by=acting())
    db.session.commit()
    words = _("« %(title)s » est dans la corbeille, pendant trente jours.", title=task.title)
    flash_with_undo(words, url_for("trash.restore", kind="taches", thing_id=task.id))
    return redirect(url_for("tasks.index", slug=task.chantier.slug), 303)
