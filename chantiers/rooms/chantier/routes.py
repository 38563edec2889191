"""The chantiers: all of them, one at a glance, its calendar, its journal, and who takes part in it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from chantiers.components.calendar import format_week, parse_week
from chantiers.language.refusals import say
from chantiers.policy import can
from chantiers.rooms.chantier import journal_queries, list_queries, member_queries, queries
from chantiers.rooms.chantier.calendar import calendar_of
from chantiers.rooms.chantier.forms import AddPersonForm, EnrolForm, NewPersonForm, NewStructureForm, RoleForm
from chantiers.web import loaders
from chantiers.web.access import acting, require
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import asked_number, asked_page, clean_line, create_once, saved
from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Checkpoint,
    JoinRequest,
    Refused,
    Structure,
    StructureKind,
    User,
    db,
)

chantier = Blueprint("chantier", __name__)


@chantier.get("/chantiers")
@require("chantier.read")
def index() -> ResponseReturnValue:
    """Show the chantiers side by side, the archived ones apart."""
    return render_template("chantier/index.html", cards=list_queries.cards())


@chantier.get("/chantiers/<slug:slug>")
@require("chantier.read", loaders.chantier)
def show(chantier: Chantier) -> ResponseReturnValue:
    """Show a chantier at a glance."""
    silent_after = current_demarche.silent_after_days if current_demarche else 45
    glance = queries.glance(chantier, silent_after, acting())
    coming = Checkpoint.coming() if acting().steers(chantier.id) and not chantier.is_archived else None
    asked = (
        JoinRequest.latest_of(acting(), chantier)
        if can(current_user, "chantier.ask_to_join", chantier)
        else None
    )
    return render_template(
        "chantier/show.html", chantier=chantier, tab="overview", glance=glance, coming=coming, asked=asked
    )


@chantier.get("/chantiers/<slug:slug>/calendrier")
@require("chantier.read", loaders.chantier)
def calendar(chantier: Chantier) -> ResponseReturnValue:
    """Thirteen weeks around one, this one unless told otherwise."""
    middle = parse_week(request.args.get("semaine", ""))
    return render_template(
        "chantier/calendar.html",
        chantier=chantier,
        tab="calendar",
        calendar=calendar_of(chantier, middle),
        middle=format_week(middle),
    )


@chantier.get("/chantiers/<slug:slug>/journal")
@require("chantier.read", loaders.chantier)
def journal(chantier: Chantier) -> ResponseReturnValue:
    """Show what happened in the chantier, latest first."""
    kind = request.args.get("quoi", "")
    actor_id, before = asked_number("personne"), asked_number("before")
    entries = journal_queries.entries(
        chantier,
        acting(),
        limit=journal_queries.LINES + 1,
        before=before,
        kind=kind,
        actor_id=actor_id,
    )
    older = len(entries) > journal_queries.LINES
    return render_template(
        "chantier/journal.html",
        chantier=chantier,
        tab="journal",
        days=journal_queries.by_day(entries[: journal_queries.LINES]),
        oldest=entries[journal_queries.LINES - 1].activity.id if older else None,
        before=before,
        kind=kind,
        actor_id=actor_id,
        people=journal_queries.people_to_filter(chantier),
    )


# Members --------------------------------------------------------------------------------------------------------------


@chantier.get("/chantiers/<slug:slug>/membres")
@require("chantier.read", loaders.chantier)
def members(chantier: Chantier) -> ResponseReturnValue:
    """Show the people and the structures of the chantier. Addresses are for those who manage them."""
    page = asked_page()
    may_manage = can(current_user, "chantier.manage_members", chantier)
    people, total = member_queries.members(chantier, page, with_email=may_manage)
    return render_template(
        "chantier/members.html",
        chantier=chantier,
        tab="members",
        people=people,
        total=total,
        page=page,
        pages=-(-total // member_queries.PEOPLE),
        enrolments=member_queries.enrolments(chantier),
        joining=member_queries.asking_to_join(chantier) if may_manage else [],
    )


@chantier.get("/chantiers/<slug:slug>/membres/structures/ajouter")
@require("chantier.manage_members", loaders.chantier)
def choose_structures(chantier: Chantier) -> ResponseReturnValue:
    """Choose among the directory, or name a structure that it does not know."""
    search = clean_line(request.args.get("q"))[:100]
    form = EnrolForm(formdata=None)
    form.offer(member_queries.structures_to_enrol(chantier, search))
    new = NewStructureForm(formdata=None, name=search)
    return render_template("chantier/enrol.html", chantier=chantier, form=form, new=new, search=search)


@chantier.post("/chantiers/<slug:slug>/membres/structures/ajouter")
@require("chantier.manage_members", loaders.chantier)
def enrol(chantier: Chantier) -> ResponseReturnValue:
    """Enrol structures of the directory, with their people."""
    form = EnrolForm()
    chosen = member_queries.structures_by_id((form.structures.data or [])[:100])
    offered = member_queries.structures_to_enrol(chantier, "")
    form.offer([*((structure.id, structure.name) for structure in chosen), *offered])
    if not form.validate_on_submit():
        form.offer(offered)
        new = NewStructureForm(formdata=None)
        return render_template("chantier/enrol.html", chantier=chantier, form=form, new=new, search=""), 422
    for structure in chosen:
        chantier.enrol(structure, by=acting())
    db.session.commit()
    names = ", ".join(structure.name for structure in chosen)
    flash(
        ngettext(
            "%(names)s participe maintenant au chantier.",
            "%(names)s participent maintenant au chantier.",
            len(chosen),
            names=names,
        ),
        "success",
    )
    return redirect(url_for("chantier.members", slug=chantier.slug), 303)


@chantier.post("/chantiers/<slug:slug>/membres/structures/nouvelle")
@require("chantier.manage_members", loaders.chantier)
def enrol_new(chantier: Chantier) -> ResponseReturnValue:
    """Add a structure to the directory and enrol it."""
    new = NewStructureForm()

    def create() -> str:
        structure = Structure.create(new.name.data or "", by=acting(), kind=StructureKind(new.kind.data))
        chantier.enrol(structure, by=acting())
        flash(_("%(name)s est dans l’annuaire et participe au chantier.", name=structure.name), "success")
        return url_for("chantier.members", slug=chantier.slug)

    status = 422
    if new.validate_on_submit():
        try:
            return create_once(new, create)
        except Refused as refused:
            db.session.rollback()
            new.name.errors = [*new.name.errors, say(refused)]
            status = 409
    search = new.name.data or "" if status == 409 else ""
    form = EnrolForm(formdata=None)
    form.offer(member_queries.structures_to_enrol(chantier, search))
    return render_template(
        "chantier/enrol.html", chantier=chantier, form=form, new=new, search=search
    ), status


@chantier.get("/chantiers/<slug:slug>/membres/structures/<id:structure_id>/quitter")
@require("structure.leave", member_queries.enrolment)
def confirm_leave(enrolment: ChantierStructure) -> ResponseReturnValue:
    """Show what a structure still carries, before it leaves."""
    return render_template(
        "chantier/leave.html",
        chantier=enrolment.chantier,
        structure=enrolment.structure,
        load=member_queries.load_of_structure(enrolment),
    )


@chantier.post("/chantiers/<slug:slug>/membres/structures/<id:structure_id>/quitter")
@require("structure.leave", member_queries.enrolment)
def leave(enrolment: ChantierStructure) -> ResponseReturnValue:
    """Let a structure leave the chantier."""
    enrolment.chantier.withdraw(enrolment.structure, by=acting())
    db.session.commit()
    flash(_("%(name)s ne participe plus au chantier.", name=enrolment.structure.name), "success")
    return redirect(url_for("chantier.members", slug=enrolment.chantier.slug), 303)


@chantier.get("/chantiers/<slug:slug>/membres/personnes/ajouter")
@require("chantier.manage_members", loaders.chantier)
def choose_person(chantier: Chantier) -> ResponseReturnValue:
    """Choose somebody who is known."""
    search = clean_line(request.args.get("q"))[:100]
    form = AddPersonForm(formdata=None)
    form.offer(member_queries.people_to_add(chantier, search))
    return render_template("chantier/add_person.html", chantier=chantier, form=form, search=search)


@chantier.post("/chantiers/<slug:slug>/membres/personnes/ajouter")
@require("chantier.manage_members", loaders.chantier)
def add_person(chantier: Chantier) -> ResponseReturnValue:
    """Make somebody who is known a participant or a référent of this chantier."""
    form = AddPersonForm()
    person = member_queries.person(form.person.data or 0)
    offered = member_queries.people_to_add(chantier, "")
    form.offer([*([(person.id, person.name)] if person else []), *offered])
    if not form.validate_on_submit() or person is None:
        form.offer(offered)
        return render_template("chantier/add_person.html", chantier=chantier, form=form, search=""), 422
    chantier.welcome(person, ChantierRole(form.role.data), by=acting())
    db.session.commit()
    flash(_("%(name)s participe maintenant au chantier.", name=person.name), "success")
    return redirect(url_for("chantier.members", slug=chantier.slug), 303)


@chantier.route("/chantiers/<slug:slug>/membres/personnes/nouvelle", methods=["GET", "POST"])
@require("chantier.manage_members", loaders.chantier)
def new_person(chantier: Chantier) -> ResponseReturnValue:
    """Bring somebody new into the chantier. They have no account until the coordination hands them a link."""
    form = NewPersonForm(name=clean_line(request.args.get("nom"))[:100])
    form.offer(member_queries.structures_to_bring_people_into(chantier, acting()))

    def create() -> str:
        person = User.create(
            form.name.data or "", by=acting(), email=form.email.data or None, title=form.title.data or ""
        )
        # Their part in this chantier first: the structure would make them a participant of it.
        chantier.welcome(person, ChantierRole(form.role.data), by=acting())
        for structure in member_queries.structures_by_id([form.structure.data or 0]):
            structure.gather(person, by=acting())
        flash(_("%(name)s participe maintenant au chantier.", name=person.name), "success")
        if can(current_user, "person.manage"):
            return url_for("management.person", user_id=person.id)
        return url_for("chantier.members", slug=chantier.slug)

    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return create_once(form, create)
        except Refused as refused:
            db.session.rollback()
            form.form_errors.append(say(refused))
            status = 409
    return render_template("chantier/new_person.html", chantier=chantier, form=form), status


@chantier.get("/chantiers/<slug:slug>/membres/<id:user_id>")
@require("chantier.manage_members", member_queries.membership)
def member(membership: ChantierMembership) -> ResponseReturnValue:
    """Change somebody's part in the chantier."""
    form = RoleForm(formdata=None, role=membership.role)
    return _member_page(membership, form, 200)


@chantier.post("/chantiers/<slug:slug>/membres/<id:user_id>/role")
@require("chantier.manage_members", member_queries.membership)
def appoint(membership: ChantierMembership) -> ResponseReturnValue:
    """Make a member participant or référent of this chantier."""
    form = RoleForm()
    if not form.validate_on_submit():
        return _member_page(membership, form, 422)
    membership.chantier.appoint(membership.user, ChantierRole(form.role.data), by=acting())
    db.session.commit()
    saved(form)
    flash(_("%(name)s a changé de rôle dans ce chantier.", name=membership.user.name), "success")
    return redirect(url_for("chantier.members", slug=membership.chantier.slug), 303)


@chantier.post("/chantiers/<slug:slug>/membres/<id:user_id>/retirer")
@require("chantier.manage_members", member_queries.membership)
def dismiss(membership: ChantierMembership) -> ResponseReturnValue:
    """End somebody's part in the chantier."""
    membership.chantier.dismiss(membership.user, by=acting())
    db.session.commit()
    flash(_("%(name)s ne participe plus au chantier.", name=membership.user.name), "success")
    return redirect(url_for("chantier.members", slug=membership.chantier.slug), 303)


def _member_page(membership: ChantierMembership, form: RoleForm, status: int) -> ResponseReturnValue:
    load = member_queries.load_of_person(membership)
    return render_template(
        "chantier/member.html",
        chantier=membership.chantier,
        membership=membership,
        person=membership.user,
        form=form,
        load=load,
    ), status
