"""Objectives of a chantier: adding one, rewording it, ordering them, putting one in the bin."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.rooms.objectives import queries
from chantiers.rooms.objectives.forms import ObjectiveEditForm, ObjectiveForm
from chantiers.web import loaders
from chantiers.web.access import acting, require
from chantiers.web.forms import Reconciliation, create_once, saved
from models import Chantier, Objective, ObjectiveKind, db

objectives = Blueprint("objectives", __name__)


@objectives.route("/chantiers/<slug:slug>/objectifs/nouveau", methods=["GET", "POST"])
@require("objective.manage", loaders.chantier)
def new(chantier: Chantier) -> ResponseReturnValue:
    """Add an objective at the end of its kind."""
    form = ObjectiveForm()
    if not form.validate_on_submit():
        page = render_template("objectives/new.html", chantier=chantier, form=form)
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        objective = Objective.create(
            chantier, form.text.data or "", ObjectiveKind(form.kind.data), by=acting()
        )
        flash(_("L’objectif est ajouté."), "success")
        return _place_of(chantier, objective)

    return create_once(form, create)


@objectives.get("/objectifs/<id:objective_id>")
@require("chantier.read", queries.objective)
def show(objective: Objective) -> ResponseReturnValue:
    """An objective is shown on its chantier's page."""
    return redirect(_place_of(objective.chantier, objective), 302)


@objectives.get("/objectifs/<id:objective_id>/modifier")
@require("objective.manage", queries.objective)
def edit(objective: Objective) -> ResponseReturnValue:
    """Change the words of an objective, its rank, or put it in the bin."""
    form = ObjectiveEditForm(formdata=None, data=_values_of(objective))
    form.show(_values_of(objective))
    return _edit_page(objective, form), 200


@objectives.post("/objectifs/<id:objective_id>/modifier")
@require("objective.manage", queries.objective)
def save(objective: Objective) -> ResponseReturnValue:
    """Save the words of an objective, unless somebody else has just changed them too."""
    form = ObjectiveEditForm()
    if not form.validate_on_submit():
        return _edit_page(objective, form), 422
    late = form.reconcile(_values_of(objective))
    if late.conflicts:
        return _edit_page(objective, form, late), 409
    objective.edit(by=acting(), text=form.text.data or "")
    db.session.commit()
    saved(form)
    flash(_("L’objectif est à jour."), "success")
    return redirect(_place_of(objective.chantier, objective), 303)


@objectives.post("/objectifs/<id:objective_id>/monter")
@require("objective.manage", queries.objective)
def move_up(objective: Objective) -> ResponseReturnValue:
    """Put an objective before the one above it."""
    return _move(objective, -1)


@objectives.post("/objectifs/<id:objective_id>/descendre")
@require("objective.manage", queries.objective)
def move_down(objective: Objective) -> ResponseReturnValue:
    """Put an objective after the one below it."""
    return _move(objective, +1)


@objectives.post("/objectifs/<id:objective_id>/supprimer")
@require("objective.manage", queries.objective)
def trash(objective: Objective) -> ResponseReturnValue:
    """Put an objective in the bin, once nothing hangs on it any more."""
    objective.trash(by=acting())
    db.session.commit()
    flash(_("L’objectif est dans la corbeille : vous pouvez le rétablir pendant trente jours."), "success")
    return redirect(url_for("chantier.show", slug=objective.chantier.slug), 303)


def _move(objective: Objective, places: int) -> ResponseReturnValue:
    objective.move(places, by=acting())
    db.session.commit()
    flash(_("L’ordre des objectifs est changé."), "success")
    return redirect(_place_of(objective.chantier, objective), 303)


def _edit_page(objective: Objective, form: ObjectiveEditForm, late: Reconciliation | None = None) -> str:
    tasks, deliverables = queries.hanging_on(objective)
    return render_template(
        "objectives/edit.html",
        chantier=objective.chantier,
        objective=objective,
        form=form,
        late=late,
        tasks=tasks,
        deliverables=deliverables,
    )


def _values_of(objective: Objective) -> dict[str, str]:
    return {"text": objective.text}


def _place_of(chantier: Chantier, objective: Objective) -> str:
    return url_for("chantier.show", slug=chantier.slug, _anchor=f"objectif-{objective.id}")
