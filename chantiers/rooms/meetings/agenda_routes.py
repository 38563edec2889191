"""Agenda of a comité de pilotage: points added, taken from what waits for a decision, moved, withdrawn."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from chantiers.policy import can
from chantiers.rooms.meetings import queries
from chantiers.rooms.meetings.answers import back_to
from chantiers.rooms.meetings.blueprint import meetings
from chantiers.rooms.meetings.forms import (
    AgendaItemForm,
    ItemEditForm,
)
from chantiers.web.access import acting, require
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import create_once, saved
from models import AgendaItem, Meeting, Refused, db


@meetings.route("/copil/<id:meeting_id>/ordre-du-jour", methods=["GET", "POST"])
@require("meeting.propose", queries.meeting)
def add_item(meeting: Meeting) -> ResponseReturnValue:
    """Add a point in one's own words; what waits for a decision is proposed beside."""
    form = AgendaItemForm()
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
    return back_to(meeting.id, "ordre-du-jour")


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
    return back_to(item.meeting_id, f"point-{item.id}")


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
    return back_to(item.meeting_id, f"point-{item.id}")


@meetings.post("/copil/points/<id:item_id>/retirer")
@require("meeting.manage", queries.item)
def withdraw_item(item: AgendaItem) -> ResponseReturnValue:
    """Take a point off the agenda."""
    title, meeting_id = item.title, item.meeting_id
    item.withdraw(by=acting())
    db.session.commit()
    flash(_("« %(title)s » n’est plus à l’ordre du jour.", title=title), "success")
    return back_to(meeting_id, "ordre-du-jour")
