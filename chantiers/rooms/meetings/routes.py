"""Comités de pilotage: planning one, its agenda, who came, what it decided, and what becomes of that."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from chantiers.language.markdown import plain
from chantiers.language.refusals import say
from chantiers.policy import can
from chantiers.rooms.meetings import queries
from chantiers.rooms.meetings.forms import (
    DecisionEditForm,
    DecisionForm,
    FollowForm,
    ItemEditForm,
    ItemForm,
    MeetingEditForm,
    MeetingForm,
    attendance,
    attendance_form,
    noted,
)
from chantiers.web.access import acting, require
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import Form, asked_page, create_once, saved
from models import AgendaItem, Decision, FollowUp, Meeting, Refused, db

meetings = Blueprint("meetings", __name__)

#: How much of a decision makes the title of its task.
TITLE = 120


# Sessions -------------------------------------------------------------------------------------------------------------


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
        return _refused(refused, "meetings/new.html", form)


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
        return _refused(refused, "meetings/edit.html", form, meeting=queries.meeting(meeting_id))
    saved(form)
    flash(_("Le comité de pilotage est à jour."), "success")
    return _back_to(meeting_id)


@meetings.post("/copil/<id:meeting_id>/annuler")
@require("meeting.manage", queries.meeting)
def cancel(meeting: Meeting) -> ResponseReturnValue:
    """Give a session up."""
    meeting.cancel(by=acting())
    db.session.commit()
    flash(_("Le comité de pilotage est annulé. Vous pouvez le rouvrir."), "success")
    return _back_to(meeting.id)


@meetings.post("/copil/<id:meeting_id>/clore")
@require("meeting.manage", queries.meeting)
def close(meeting: Meeting) -> ResponseReturnValue:
    """Its minutes are done."""
    meeting.close(by=acting())
    db.session.commit()
    flash(_("Le compte rendu est clos."), "success")
    return _back_to(meeting.id)


@meetings.post("/copil/<id:meeting_id>/rouvrir")
@require("meeting.manage", queries.meeting)
def reopen(meeting: Meeting) -> ResponseReturnValue:
    """Take up its minutes again."""
    meeting.reopen(by=acting())
    db.session.commit()
    flash(_("Le comité de pilotage est rouvert."), "success")
    return _back_to(meeting.id)


def _back_to(meeting_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("meetings.show", meeting_id=meeting_id, _anchor=anchor), 303)


def _refused(refused: Refused, template: str, form: Any, **page: Any) -> ResponseReturnValue:
    """The form again, with every word that was typed and what was wrong."""
    db.session.rollback()
    form.form_errors = [*form.form_errors, say(refused)]
    return render_template(template, form=form, **page), 422


# The agenda -----------------------------------------------------------------------------------------------------------


@meetings.route("/copil/<id:meeting_id>/ordre-du-jour", methods=["GET", "POST"])
@require("meeting.propose", queries.meeting)
def add_item(meeting: Meeting) -> ResponseReturnValue:
    """Add a point in one's own words; what waits for a decision is proposed beside."""
    form = ItemForm()
    offered = queries.chantiers(acting(), led=True)
    form.offer(offered, whole=can(acting(), "meeting.manage"))
    if not form.validate_on_submit() or not meeting.is_planned:
        status = 200 if not form.is_submitted() else 422 if meeting.is_planned else 409
        return render_template(
            "meetings/add_item.html", meeting=meeting, form=form, proposed=_proposed(meeting)
        ), status

    def create() -> str:
        item = meeting.put_on_agenda(
            form.title.data or "", form.note.data or "", by=acting(), chantier_id=form.chantier.data or None
        )
        flash(_("Le point est à l’ordre du jour."), "success")
        return url_for("meetings.show", meeting_id=meeting.id, _anchor=f"point-{item.id}")

    return create_once(form, create)


@meetings.post("/copil/<id:meeting_id>/a-arbitrer")
@require("meeting.propose", queries.meeting)
def take_up(meeting: Meeting) -> ResponseReturnValue:
    """Put on the agenda what waits for a decision and was ticked."""
    if not meeting.is_planned:
        raise Refused("meeting_not_planned")
    chosen = set(request.form.getlist("matter")[:200])
    added = 0
    for matter in _proposed(meeting):
        if f"{matter.kind}:{matter.subject_id}" in chosen:
            words = "\n\n".join(each for each in (matter.words, matter.need) if each)
            about = (matter.subject_type, matter.subject_id)
            meeting.put_on_agenda(
                matter.title[:300], words, by=acting(), chantier_id=matter.chantier.id, about=about
            )
            added += 1
    db.session.commit()
    if added:
        words = ngettext(
            "Un point de plus à l’ordre du jour.", "%(num)d points de plus à l’ordre du jour.", added
        )
        flash(words, "success")
    else:
        flash(_("Rien n’était coché : l’ordre du jour n’a pas changé."), "info")
    return _back_to(meeting.id, "ordre-du-jour")


def _proposed(meeting: Meeting) -> list[Any]:
    """What waits for a decision, as far as this person may put it on an agenda."""
    if not meeting.is_planned:
        return []
    silent_after = current_demarche.silent_after_days if current_demarche else 45
    waiting = queries.proposed(acting(), meeting, silent_after)
    return [each for each in waiting if acting().steers(each.chantier.id)]


@meetings.route("/copil/points/<id:item_id>/modifier", methods=["GET", "POST"])
@require("meeting.manage", queries.item)
def edit_item(item: AgendaItem) -> ResponseReturnValue:
    """Say a point of the agenda otherwise."""
    values = {"title": item.title, "note": item.note}
    form = ItemEditForm(data=values)
    page: dict[str, Any] = {"item": item, "meeting": item.meeting, "form": form}
    if not form.is_submitted():
        form.show(values)
        return render_template("meetings/edit_item.html", **page)
    if not form.validate():
        return render_template("meetings/edit_item.html", **page), 422
    late = form.reconcile(values)
    if late.conflicts:
        return render_template("meetings/edit_item.html", late=late, **page), 409
    item.reword(form.title.data or "", form.note.data or "", by=acting())
    db.session.commit()
    saved(form)
    flash(_("Le point est à jour."), "success")
    return _back_to(item.meeting_id, f"point-{item.id}")


@meetings.post("/copil/points/<id:item_id>/monter")
@require("meeting.manage", queries.item)
def move_item_up(item: AgendaItem) -> ResponseReturnValue:
    """Put a point before the one above it."""
    return _move(item, -1)


@meetings.post("/copil/points/<id:item_id>/descendre")
@require("meeting.manage", queries.item)
def move_item_down(item: AgendaItem) -> ResponseReturnValue:
    """Put a point after the one below it."""
    return _move(item, +1)


def _move(item: AgendaItem, places: int) -> ResponseReturnValue:
    item.move(places, by=acting())
    db.session.commit()
    return _back_to(item.meeting_id, f"point-{item.id}")


@meetings.post("/copil/points/<id:item_id>/retirer")
@require("meeting.manage", queries.item)
def withdraw_item(item: AgendaItem) -> ResponseReturnValue:
    """Take a point off the agenda."""
    title, meeting_id = item.title, item.meeting_id
    item.withdraw(by=acting())
    db.session.commit()
    flash(_("« %(title)s » n’est plus à l’ordre du jour.", title=title), "success")
    return _back_to(meeting_id, "ordre-du-jour")


# Who came -------------------------------------------------------------------------------------------------------------


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
    return _back_to(meeting.id, "presences")


# Decisions ------------------------------------------------------------------------------------------------------------


@meetings.get("/copil/decisions")
@require("meeting.read")
def decisions() -> ResponseReturnValue:
    """The decisions of all sessions, and what became of each."""
    chantiers = queries.chantiers(acting())
    chantier = next((each for each in chantiers if each.slug == request.args.get("chantier")), None)
    asked = request.args.get("suite", "")
    follow_up = FollowUp(asked) if asked in list(FollowUp) else None
    page = asked_page()
    found, total = queries.decisions(chantier.id if chantier else None, follow_up, page)
    return render_template(
        "meetings/decisions.html",
        decisions=found,
        total=total,
        page=page,
        pages=max(1, -(-total // queries.DECISIONS)),
        chantier_entries=[(each.slug, f"{each.number}. {each.title}") for each in chantiers],
        chantier=chantier,
        follow_up=follow_up,
    )


@meetings.route("/copil/<id:meeting_id>/decisions/nouvelle", methods=["GET", "POST"])
@require("meeting.manage", queries.meeting)
def decide(meeting: Meeting) -> ResponseReturnValue:
    """Record what was decided; the form stays open for the next one."""
    form = DecisionForm(item=_asked_item(meeting))
    form.offer(meeting.items, queries.chantiers(acting()))
    if not form.validate_on_submit() or not meeting.is_planned:
        status = 200 if not form.is_submitted() else 422 if meeting.is_planned else 409
        return render_template("meetings/decide.html", meeting=meeting, form=form), status

    def create() -> str:
        item = next((each for each in meeting.items if each.id == form.item.data), None)
        Decision.take(
            meeting, form.text.data or "", by=acting(), chantier_id=form.chantier.data or None, item=item
        )
        flash(_("La décision est au compte rendu."), "success")
        if "encore" in request.form:
            return url_for("meetings.decide", meeting_id=meeting.id)
        return url_for("meetings.show", meeting_id=meeting.id, _anchor="decisions")

    return create_once(form, create)


def _asked_item(meeting: Meeting) -> int:
    """The point of the agenda that the address names, if it is on it."""
    asked = request.args.get("point", "")
    return next((each.id for each in meeting.items if str(each.id) == asked), 0)


@meetings.route("/copil/decisions/<id:decision_id>/modifier", methods=["GET", "POST"])
@require("meeting.manage", queries.decision)
def edit_decision(decision: Decision) -> ResponseReturnValue:
    """Correct the words of a decision, or what it is about."""
    values = {"text": decision.text, "chantier": decision.chantier_id or 0}
    form = DecisionEditForm(data=values)
    form.chantier.offer(queries.chantiers(acting()))
    page: dict[str, Any] = {"decision": decision, "meeting": decision.meeting, "form": form}
    if not form.is_submitted():
        form.show(values)
        return render_template("meetings/edit_decision.html", **page)
    if not form.validate():
        return render_template("meetings/edit_decision.html", **page), 422
    late = form.reconcile(values)
    if late.conflicts:
        return render_template("meetings/edit_decision.html", late=late, **page), 409
    decision.reword(form.text.data or "", form.chantier.data or None, by=acting())
    db.session.commit()
    saved(form)
    flash(_("La décision est à jour."), "success")
    return _back_to(decision.meeting_id, f"decision-{decision.id}")


@meetings.post("/copil/decisions/<id:decision_id>/retirer")
@require("meeting.manage", queries.decision)
def withdraw_decision(decision: Decision) -> ResponseReturnValue:
    """Take a decision back; it stays in the minutes, struck out."""
    decision.withdraw(by=acting())
    db.session.commit()
    flash(_("La décision est retirée. Elle reste au compte rendu, barrée."), "success")
    return _back_to(decision.meeting_id, f"decision-{decision.id}")


@meetings.post("/copil/decisions/<id:decision_id>/retablir")
@require("meeting.manage", queries.decision)
def restore_decision(decision: Decision) -> ResponseReturnValue:
    """Let a decision hold again."""
    decision.restore(by=acting())
    db.session.commit()
    flash(_("La décision est rétablie."), "success")
    return _back_to(decision.meeting_id, f"decision-{decision.id}")


@meetings.route("/copil/decisions/<id:decision_id>/suivre", methods=["GET", "POST"])
@require("meeting.manage", queries.decision)
def follow(decision: Decision) -> ResponseReturnValue:
    """Make the task by which a decision is followed."""
    objectives = queries.objectives(decision.chantier_id)
    structures = queries.structures(acting())
    form = FollowForm(title=plain(decision.text, TITLE))
    form.offer(objectives, structures)
    if not form.validate_on_submit():
        page = _follow_page(decision, form, bool(objectives))
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        task = decision.follow(
            next(each for each in objectives if each.id == form.objective.data),
            form.title.data or "",
            by=acting(),
            due_on=form.due_on.data,
            pilote=next((each for each in structures if each.id == form.pilote.data), None),
        )
        flash(_("La tâche « %(title)s » suit la décision.", title=task.title), "success")
        return url_for("meetings.show", meeting_id=decision.meeting_id, _anchor=f"decision-{decision.id}")

    decision_id = decision.id
    try:
        return create_once(form, create)
    except Refused as refused:
        db.session.rollback()
        form.form_errors = [*form.form_errors, say(refused)]
        as_it_is = queries.decision(decision_id)
        assert as_it_is is not None, "a decision is never deleted"
        return _follow_page(as_it_is, form, bool(objectives)), 409


def _follow_page(decision: Decision, form: Form, has_objectives: bool) -> str:
    return render_template(
        "meetings/follow.html",
        decision=decision,
        meeting=decision.meeting,
        form=form,
        has_objectives=has_objectives,
    )
