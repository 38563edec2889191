"""Deliverables: their lists, and each as a resource: shown, promised, changed, tied to tasks, put in the bin."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from chantiers.components.comment_form import CommentForm
from chantiers.components.undo_message import flash_with_undo
from chantiers.language import versions as wording
from chantiers.policy import can
from chantiers.rooms.deliverables import list_queries, queries
from chantiers.rooms.deliverables.answers import back_to
from chantiers.rooms.deliverables.blueprint import deliverables
from chantiers.rooms.deliverables.forms import (
    DeliverableEditForm,
    DeliverableForm,
    in_words,
    values_of,
)
from chantiers.web import loaders
from chantiers.web.access import acting, require, signed_in
from chantiers.web.forms import asked_page, create_once, saved
from chantiers.web.links import absolute
from models import (
    Chantier,
    Comment,
    Deliverable,
    ReviewRound,
    db,
)


@deliverables.app_template_filter("licence")
def licence(value: str) -> str:
    """Name a licence in words."""
    return wording.licence_name(value)


@deliverables.get("/chantiers/<slug:slug>/livrables")
@require("chantier.read", loaders.chantier)
def index(chantier: Chantier) -> ResponseReturnValue:
    """Show the deliverables of a chantier, by objective."""
    filters = list_queries.DeliverableListFilters.of(request.args)
    return render_template(
        "deliverables/index.html",
        chantier=chantier,
        filters=filters,
        found=list_queries.listed(filters, asked_page(), chantier),
        types=list_queries.types(),
        reads_drafts=loaders.reads_drafts(),
    )


@deliverables.get("/livrables")
@signed_in
def everywhere() -> ResponseReturnValue:
    """Show the deliverables of every chantier."""
    filters = list_queries.DeliverableListFilters.of(request.args)
    return render_template(
        "deliverables/everywhere.html",
        filters=filters,
        found=list_queries.listed(filters, asked_page()),
        types=list_queries.types(),
        chantiers=list_queries.chantiers(),
        reads_drafts=loaders.reads_drafts(),
    )


@deliverables.get("/livrables/<id:deliverable_id>")
@require("chantier.read", queries.deliverable)
def show(deliverable: Deliverable) -> ResponseReturnValue:
    """Show a deliverable: its state, its versions, its history. An observer sees what is approved of it."""
    if not loaders.reads_drafts():
        reference = queries.reference(deliverable)
        return render_template(
            "deliverables/observed.html",
            deliverable=deliverable,
            reference=wording.described(reference, reference) if reference else None,
        )
    life = queries.life(deliverable, asked_page())
    return render_template(
        "deliverables/show.html",
        deliverable=deliverable,
        life=life,
        public_address=absolute("publications.show", slug=deliverable.public_slug)
        if deliverable.is_public
        else "",
        reference=wording.described(life.reference, life.reference) if life.reference else None,
        versions=[
            wording.with_comparison(wording.described(version, life.reference), version)
            for version in life.versions
        ],
        rounds=db.session.scalars(ReviewRound.of(deliverable)).all(),
        thread=Comment.thread(deliverable, acting()),
        comment_form=CommentForm(formdata=None),
    )


@deliverables.get("/livrables/<id:deliverable_id>/historique")
@require("deliverable.read_draft", queries.drafted)
def history(deliverable: Deliverable) -> ResponseReturnValue:
    """Everything that happened to a deliverable."""
    pages = queries.history_pages(deliverable)
    page = asked_page(pages)
    return render_template(
        "deliverables/history.html",
        deliverable=deliverable,
        activities=queries.history(deliverable, page),
        page=page,
        pages=pages,
    )


@deliverables.route("/chantiers/<slug:slug>/livrables/nouveau", methods=["GET", "POST"])
@require("deliverable.create", loaders.chantier)
def new(chantier: Chantier) -> ResponseReturnValue:
    """Promise a deliverable."""
    form = DeliverableForm()
    objectives, structures = queries.objectives(chantier.id), queries.structures()
    form.offer(list_queries.types(), objectives, structures)
    if not form.is_submitted():
        form.objective_id.data = request.args.get("objectif", type=int)
    if not form.validate_on_submit():
        page = render_template("deliverables/new.html", chantier=chantier, form=form, objectives=objectives)
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        deliverable = Deliverable.create(
            next(each for each in objectives if each.id == form.objective_id.data),
            form.type_key.data,
            form.title.data or "",
            by=acting(),
            description=form.description.data or "",
            expected_on=form.expected_on.data,
            licence=form.licence.data,
            structures=_chosen(structures, form.structures.data),
        )
        flash(_("Le livrable est annoncé. Ajoutez sa première version dès qu’elle existe."), "success")
        return url_for("deliverables.show", deliverable_id=deliverable.id)

    return create_once(form, create)


@deliverables.route("/livrables/<id:deliverable_id>/modifier", methods=["GET", "POST"])
@require("deliverable.edit", queries.to_change)
def edit(deliverable: Deliverable) -> ResponseReturnValue:
    """Change what is said of a deliverable."""
    form, objectives, structures = _edit_form(deliverable)
    if not form.is_submitted():
        form.process(data=values_of(deliverable, form))
        form.show(values_of(deliverable, form))
        return render_template("deliverables/edit.html", deliverable=deliverable, form=form)
    if not form.validate_on_submit():
        return render_template("deliverables/edit.html", deliverable=deliverable, form=form), 422
    late = form.reconcile(values_of(deliverable, form))
    if late.conflicts:
        page = render_template(
            "deliverables/edit.html", deliverable=deliverable, form=form, conflicts=in_words(late.conflicts)
        )
        return page, 409
    deliverable.edit(
        by=acting(),
        type_key=form.type_key.data,
        title=form.title.data,
        description=form.description.data,
        licence=form.licence.data,
    )
    if "objective_id" in form:
        objective = next(each for each in objectives if each.id == form.objective_id.data)
        deliverable.move_to(objective, by=acting())
        deliverable.reschedule(form.expected_on.data, by=acting())
        deliverable.entrust(_chosen(structures, form.structures.data), by=acting())
    db.session.commit()
    saved(form)
    flash(_("Le livrable est à jour."), "success")
    if late.merged:
        names = ", ".join(str(field.label.text) for field in late.merged)
        flash(_("D’autres avaient changé entre-temps, et c’est gardé : %(fields)s.", fields=names), "info")
    return back_to(deliverable)


def _edit_form(deliverable: Deliverable) -> tuple[DeliverableEditForm, Any, Any]:
    form = DeliverableEditForm()
    form.keep_licence(deliverable.licence)
    if not can(current_user, "deliverable.entrust", deliverable):
        form.keep_words_only()
        form.offer(list_queries.types(), (), ())
        return form, (), ()
    objectives, structures = queries.objectives(deliverable.chantier_id), queries.structures()
    form.offer(list_queries.types(), objectives, structures)
    return form, objectives, structures


@deliverables.route("/livrables/<id:deliverable_id>/taches", methods=["GET", "POST"])
@require("deliverable.edit", queries.to_change)
def tasks(deliverable: Deliverable) -> ResponseReturnValue:
    """Say by which tasks a deliverable is made."""
    if request.method == "GET":
        search = request.args.get("q", "")[:100]
        return render_template(
            "deliverables/tasks.html",
            deliverable=deliverable,
            linked=[task for task in deliverable.tasks if not task.is_trashed],
            offered=queries.offered_tasks(deliverable, search),
            search=search,
        )
    # Only what the page showed is decided by it: tasks that others linked meanwhile stay.
    shown, chosen = _numbers("shown"), _numbers("tasks")
    kept = [task for task in deliverable.tasks if task.id not in shown or task.id in chosen]
    present = {task.id for task in kept}
    added = queries.tasks_of(deliverable.chantier_id, sorted(chosen - present))
    deliverable.rely_on([*kept, *added], by=acting())
    db.session.commit()
    flash(_("Les tâches du livrable sont à jour."), "success")
    return back_to(deliverable)


def _numbers(name: str) -> set[int]:
    """Read the ids sent under this name; anything else is ignored, as is more than the page could show."""
    sent = request.form.getlist(name)[:1000]
    return {int(value) for value in sent if value.isascii() and value.isdigit() and len(value) < 19}


@deliverables.route("/livrables/<id:deliverable_id>/supprimer", methods=["GET", "POST"])
@require("deliverable.trash", queries.to_change)
def trash(deliverable: Deliverable) -> ResponseReturnValue:
    """Put a deliverable in the bin, once that was confirmed."""
    if request.method == "GET":
        return render_template("deliverables/trash.html", deliverable=deliverable)
    deliverable.trash(by=acting())
    db.session.commit()
    flash_with_undo(
        _("« %(title)s » est dans la corbeille pour trente jours.", title=deliverable.title),
        url_for("trash.restore", kind="livrables", thing_id=deliverable.id),
    )
    return redirect(url_for("deliverables.index", slug=deliverable.chantier.slug), 303)


def _chosen(things: Any, ids: list[int] | None) -> list[Any]:
    return [thing for thing in things if thing.id in (ids or [])]
