"""Checklist of a task: add a line, tick it, take it off."""

from operator import attrgetter

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from chantiers.rooms.tasks import queries
from chantiers.rooms.tasks.blueprint import tasks
from chantiers.rooms.tasks.forms import (
    ChecklistItemForm,
)
from chantiers.rooms.tasks.routes import show_task
from chantiers.web.access import acting, require
from chantiers.web.forms import create_once
from models import Task, db


@tasks.post("/taches/<id:task_id>/points")
@require("task.edit", queries.task)
def add_item(task: Task) -> ResponseReturnValue:
    """Add a line to the checklist."""
    form = ChecklistItemForm()
    if not form.validate():
        return show_task(task, item_form=form), 422

    def add() -> str:
        task.add_item(form.text.data or "", by=acting())
        return url_for("tasks.show", task_id=task.id, _anchor="points")

    return create_once(form, add)


@tasks.post("/taches/<id:task_id>/points/<id:item_id>")
@require("task.edit", queries.line, about=attrgetter("task"))
def tick_item(line: queries.ChecklistLine) -> ResponseReturnValue:
    """Tick a line of the checklist, or take the tick away."""
    if request.form.get("done") == "1":
        line.item.check(by=acting())
    else:
        line.item.uncheck(by=acting())
    db.session.commit()
    return redirect(url_for("tasks.show", task_id=line.task.id, _anchor="points"), 303)


@tasks.post("/taches/<id:task_id>/points/<id:item_id>/retirer")
@require("task.edit", queries.line, about=attrgetter("task"))
def remove_item(line: queries.ChecklistLine) -> ResponseReturnValue:
    """Take a line off the checklist."""
    line.item.remove(by=acting())
    db.session.commit()
    return redirect(url_for("tasks.show", task_id=line.task.id, _anchor="points"), 303)
