"""Sessions of the comité de pilotage: plan one, show it, edit, cancel, close or reopen it, note who came."""

from typing import Any

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from chantiers.rooms.meetings import queries
from chantiers.rooms.meetings.answers import back_to, refused_page
from chantiers.rooms.meetings.blueprint import meetings
from chantiers.rooms.meetings.forms import (
    MeetingEditForm,
    MeetingForm,
    attendance,
    attendance_form,
    noted,
)
from chantiers.web.access import acting, require
from chantiers.web.forms import create_once, saved
from models import Meeting, Refused, db


@meetings.get("/copil")
@require("meeting.read")
def index() -> ResponseReturnValue:
    """The next session, and those before it with what became of their decisions."""
    coming, past = queries.sessions()
    return render_template("meetings/index.html", coming=coming, past=past)


@meetings.route("/copil/nouveau", methods=["GET", "POST"])
@require("meeting.manage")
def new() -> ResponseReturnValue:
    """Set the date of a session."""
    form = MeetingForm()
    if not form.validate_on_submit():
        return render_template("meetings/new.html", form=form), 422 if form.is_submitted() else 200

    def create() -> str:
        planned = Meeting.plan(form.day, form.place.data or "", form.opening.data or "", by=acting())
        db.session.flush()
        flash(_("Le comité de pilotage est prévu. Composez maintenant son ordre du jour."), "success")
        return url_for("meetings.show", meeting_id=planned.id)

    try:
        return create_once(form, create)
    except Refused as refused:
        return refused_page(refused, "meetings/new.html", form)


@meetings.get("/copil/<id:meeting_id>")
@require("meeting.read", queries.meeting)
def show(meeting: Meeting) -> ResponseReturnValue:
    """A session: its agenda, what it decided, who came."""
    return render_template("meetings/show.html", meeting=meeting, decisions=queries.decisions_of(meeting))


@meetings.route("/copil/<id:meeting_id>/modifier", methods=["GET", "POST"])
@require("meeting.manage", queries.meeting)
def edit(meeting: Meeting) -> ResponseReturnValue:
    """Change its date, its place, its first words."""
    values = {name: getattr(meeting, name) for name in ("held_on", "place", "opening")}
    form = MeetingEditForm(data=values)
    page: dict[str, Any] = {"meeting": meeting, "form": form}
    if not form.is_submitted():
        form.show(values)
        return render_template("meetings/edit.html", **page)
    if not form.validate():
        return render_template("meetings/edit.html", **page), 422
    late = form.reconcile(values)
    if late.conflicts:
        return render_template("meetings/edit.html", late=late, **page), 409
    meeting_id = meeting.id
    try:
        meeting.move(form.day, by=acting())
        meeting.edit(by=acting(), place=form.place.data or "", opening=form.opening.data or "")
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        return refused_page(refused, "meetings/edit.html", form, meeting=queries.meeting(meeting_id))
    saved(form)
    flash(_("Le comité de pilotage est à jour."), "success")
    return back_to(meeting_id)


@meetings.post("/copil/<id:meeting_id>/annuler")
@require("meeting.manage", queries.meeting)
def cancel(meeting: Meeting) -> ResponseReturnValue:
    """Give a session up."""
    meeting.cancel(by=acting())
    db.session.commit()
    flash(_("Le comité de pilotage est annulé. Vous pouvez le rouvrir."), "success")
    return back_to(meeting.id)


@meetings.post("/copil/<id:meeting_id>/clore")
@require("meeting.manage", queries.meeting)
def close(meeting: Meeting) -> ResponseReturnValue:
    """Its minutes are done."""
    meeting.close(by=acting())
    db.session.commit()
    flash(_("Le compte rendu est clos."), "success")
    return back_to(meeting.id)


@meetings.post("/copil/<id:meeting_id>/rouvrir")
@require("meeting.manage", queries.meeting)
def reopen(meeting: Meeting) -> ResponseReturnValue:
    """Take up its minutes again."""
    meeting.reopen(by=acting())
    db.session.commit()
    flash(_("Le comité de pilotage est rouvert."), "success")
    return back_to(meeting.id)


@meetings.route("/copil/<id:meeting_id>/presences", methods=["GET", "POST"])
@require("meeting.manage", queries.meeting)
def note_attendance(meeting: Meeting) -> ResponseReturnValue:
    """Note who came; two people may do it at once, each for some structures."""
    structures = queries.structures_expected(meeting)
    values = noted(structures, meeting.presences)
    form = attendance_form(structures)(data=values)
    page: dict[str, Any] = {"meeting": meeting, "form": form, "structures": structures}
    if not form.is_submitted():
        form.show(values)
        return render_template("meetings/attendance.html", **page)
    if not form.validate():
        return render_template("meetings/attendance.html", **page), 422
    late = form.reconcile(values)
    if late.conflicts:
        return render_template("meetings/attendance.html", late=late, **page), 409
    said = attendance(structures, form.data)
    meeting.note_attendance(said, by=acting())
    db.session.commit()
    present = sum(each.presence == "present" for each in said.values())
    flash(ngettext("Une structure présente.", "%(num)d structures présentes.", present), "success")
    return back_to(meeting.id, "presences")
