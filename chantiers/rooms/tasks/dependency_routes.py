"""Dependencies of a task: the other tasks that it waits for."""

from operator import attrgetter

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chantiers.rooms.tasks import queries
from chantiers.rooms.tasks.blueprint import tasks
from chantiers.web.access import acting, require
from chantiers.web.forms import clean_line
from models import Task, db


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
    return redirect(url_for("tasks.show", task_id=pair.task.id, _anchor="attend"), 303)


@tasks.post("/taches/<id:task_id>/attend/<id:other_id>/retirer")
@require("task.edit", queries.task_beside, about=attrgetter("task"))
def remove_blocker(pair: queries.Pair) -> ResponseReturnValue:
    """Say that a task no longer waits for another."""
    pair.task.no_longer_depend_on(pair.other, by=acting())
    db.session.commit()
    return redirect(url_for("tasks.show", task_id=pair.task.id, _anchor="attend"), 303)
