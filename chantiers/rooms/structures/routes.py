"""Structures: the directory, one structure's commitments, and their management by the coordination."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.refusals import say
from chantiers.policy import can
from chantiers.rooms.structures import directory_queries, queries
from chantiers.rooms.structures.forms import (
    GatherForm,
    MergeForm,
    StructureEditForm,
    StructureForm,
    facts,
    lines_of,
    values_of,
)
from chantiers.web.access import acting, require
from chantiers.web.forms import bounded_int, clean_line, create_once, saved
from models import Refused, Structure, db, merge_structures

structures = Blueprint("structures", __name__)


@structures.get("/structures")
@require("chantier.read")
def index() -> ResponseReturnValue:
    """The directory, sixty structures a page."""
    search, kind, chantier = directory_queries.asked(request.args)
    page = max(1, min(_number("page"), 10_000))
    return render_template(
        "structures/index.html",
        directory=directory_queries.directory(search, kind, chantier, page),
        chantiers=directory_queries.chantiers_to_filter(),
        filters={"q": search or None, "nature": kind or None, "chantier": chantier or None},
    )


@structures.get("/structures/<slug:slug>")
@require("chantier.read", queries.structure)
def show(structure: Structure) -> ResponseReturnValue:
    """What a structure carries, chantier by chantier; the address of a merged one leads to the one that stays."""
    if structure.merged_into is not None:
        return redirect(url_for("structures.show", slug=structure.merged_into.slug), 301)
    may_read = can(acting(), "structure.read_silence", structure)
    return render_template(
        "structures/show.html",
        structure=structure,
        commitments=queries.commitments(structure),
        is_mine=structure.id in acting().standing.structures,
        last_activity=queries.last_activity(structure) if may_read else None,
    )


# Managing the directory -----------------------------------------------------------------------------------------------


@structures.route("/structures/nouvelle", methods=["GET", "POST"])
@require("structure.manage")
def new() -> ResponseReturnValue:
    """Add a structure to the directory."""
    form = StructureForm()

    def create() -> str:
        structure = Structure.create(form.name.data or "", by=acting(), **facts(form))
        structure.also_known_as(lines_of(form.aliases.data), by=acting())
        flash(_("%(name)s est dans l’annuaire.", name=structure.name), "success")
        return url_for("structures.show", slug=structure.slug)

    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return create_once(form, create)
        except Refused as refused:
            db.session.rollback()
            form.form_errors.append(say(refused))
            status = 409
    return render_template("structures/new.html", form=form), status


@structures.get("/structures/<slug:slug>/modifier")
@require("structure.manage", queries.structure_to_change)
def edit(structure: Structure) -> ResponseReturnValue:
    """Change what is said of a structure."""
    form = StructureEditForm(formdata=None, data=values_of(structure))
    form.show(values_of(structure))
    return render_template("structures/edit.html", structure=structure, form=form)


@structures.post("/structures/<slug:slug>/modifier")
@require("structure.manage", queries.structure_to_change)
def save(structure: Structure) -> ResponseReturnValue:
    """Save what was changed of a structure, unless somebody else has just changed the same."""
    form = StructureEditForm()
    if not form.validate_on_submit():
        return render_template("structures/edit.html", structure=structure, form=form), 422
    late = form.reconcile(values_of(structure))
    if late.conflicts:
        return render_template("structures/edit.html", structure=structure, form=form, late=late), 409
    try:
        structure.edit(by=acting(), name=form.name.data or "", **facts(form))
        structure.also_known_as(lines_of(form.aliases.data), by=acting())
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(say(refused))
        return render_template("structures/edit.html", structure=structure, form=form), 409
    db.session.commit()
    saved(form)
    flash(_("La fiche de %(name)s est à jour.", name=structure.name), "success")
    return redirect(url_for("structures.show", slug=structure.slug), 303)


@structures.get("/structures/<slug:slug>/reunir")
@require("structure.manage", queries.structure_to_change)
def choose_merge(structure: Structure) -> ResponseReturnValue:
    """Choose the structure that stays, then see what it would take over."""
    search = clean_line(request.args.get("q"))[:100]
    into = queries.other(structure, _number("avec"))
    return render_template(
        "structures/merge.html",
        structure=structure,
        into=into,
        estate=queries.estate(structure) if into else None,
        found=None if into else queries.structures_to_merge_into(structure, search),
        search=search,
    )


@structures.post("/structures/<slug:slug>/reunir")
@require("structure.manage", queries.structure_to_change)
def merge(structure: Structure) -> ResponseReturnValue:
    """Make two records of one structure one."""
    form = MergeForm()
    into = queries.other(structure, _bounded(form.into.data))
    if into is None or not form.validate_on_submit():
        flash(_("Choisissez la structure qui reste. Rien n’a été modifié."), "warning")
        return redirect(url_for("structures.choose_merge", slug=structure.slug), 303)
    gone, kept, slug = structure.name, into.name, into.slug
    merge_structures(structure, into=into, by=acting())
    db.session.commit()
    flash(_("%(gone)s est réunie à %(kept)s : rien ne s’est perdu.", gone=gone, kept=kept), "success")
    return redirect(url_for("structures.show", slug=slug), 303)


# Its people -----------------------------------------------------------------------------------------------------------


@structures.get("/structures/<slug:slug>/personnes/ajouter")
@require("structure.manage", queries.structure_to_change)
def choose_person(structure: Structure) -> ResponseReturnValue:
    """Choose somebody to bring into a structure."""
    search = clean_line(request.args.get("q"))[:100]
    form = GatherForm(formdata=None)
    form.offer(queries.people_to_gather(structure, search))
    return render_template("structures/gather.html", structure=structure, form=form, search=search)


@structures.post("/structures/<slug:slug>/personnes/ajouter")
@require("structure.manage", queries.structure_to_change)
def gather(structure: Structure) -> ResponseReturnValue:
    """Bring somebody into a structure, and with it into its chantiers."""
    form = GatherForm()
    person = queries.person(form.person.data or 0)
    offered = queries.people_to_gather(structure, "")
    form.offer([*([(person.id, person.name)] if person else []), *offered])
    if not form.validate_on_submit() or person is None:
        form.offer(offered)
        return render_template("structures/gather.html", structure=structure, form=form, search=""), 422
    structure.gather(person, by=acting())
    db.session.commit()
    flash(_("%(person)s fait partie de %(name)s.", person=person.name, name=structure.name), "success")
    return redirect(url_for("structures.show", slug=structure.slug), 303)


@structures.post("/structures/<slug:slug>/personnes/<id:user_id>/retirer")
@require("structure.manage", queries.structure_and_person)
def part(belonging: queries.StructureAndPerson) -> ResponseReturnValue:
    """End somebody's belonging to a structure."""
    structure, person = belonging.structure, belonging.person
    structure.part_with(person, by=acting())
    db.session.commit()
    flash(
        _("%(person)s ne fait plus partie de %(name)s.", person=person.name, name=structure.name), "success"
    )
    return redirect(url_for("structures.show", slug=structure.slug), 303)


def _number(name: str) -> int:
    return _bounded(request.args.get(name))


def _bounded(text: str | None) -> int:
    try:
        return bounded_int(text or "")
    except ValueError:
        return 0
