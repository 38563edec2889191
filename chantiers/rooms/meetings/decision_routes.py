"""Decisions of the comités de pilotage: record, correct and withdraw one, and say what becomes of it."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.markdown import plain
from chantiers.language.refusals import say
from chantiers.rooms.meetings import queries
from chantiers.rooms.meetings.answers import back_to
from chantiers.rooms.meetings.blueprint import meetings
from chantiers.rooms.meetings.forms import (
    DecisionEditForm,
    DecisionForm,
    FollowForm,
)
from chantiers.web.access import acting, require
from chantiers.web.forms import Form, asked_page, create_once, saved
from models import Decision, FollowUp, Meeting, Refused, db

#: How much of a decision makes the title of its task.
TITLE = 120


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
    return back_to(decision.meeting_id, f"decision-{decision.id}")


@meetings.post("/copil/decisions/<id:decision_id>/retirer")
@require("meeting.manage", queries.decision)
def withdraw_decision(decision: Decision) -> ResponseReturnValue:
    """Take a decision back; it stays in the minutes, struck out."""
    decision.withdraw(by=acting())
    db.session.commit()
    flash(_("La décision est retirée. Elle reste au compte rendu, barrée."), "success")
    return back_to(decision.meeting_id, f"decision-{decision.id}")


@meetings.post("/copil/decisions/<id:decision_id>/retablir")
@require("meeting.manage", queries.decision)
def restore_decision(decision: Decision) -> ResponseReturnValue:
    """Let a decision hold again."""
    decision.restore(by=acting())
    db.session.commit()
    flash(_("La décision est rétablie."), "success")
    return back_to(decision.meeting_id, f"decision-{decision.id}")


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
