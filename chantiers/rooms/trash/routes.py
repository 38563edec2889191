"""The bin: what was deleted, by whom, until when it can be brought back, and bringing it back."""

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.labels import excerpt
from chantiers.language.refusals import say
from chantiers.rooms.trash import queries
from chantiers.web.access import acting, signed_in
from chantiers.web.addresses import address_of
from chantiers.web.forms import asked_page
from models import Objective, Refused, db

trash = Blueprint("trash", __name__)


@trash.get("/corbeille")
@signed_in
def index() -> ResponseReturnValue:
    """What this person may bring back."""
    return render_template("trash/index.html", found=queries.bin_of_person(asked_page()))


@trash.post("/corbeille/<any(taches, livrables, objectifs):kind>/<id:thing_id>/retablir")
@signed_in
def restore(kind: str, thing_id: int) -> ResponseReturnValue:
    """Bring a thing back; what somebody else alone may bring back is not found."""
    thing = queries.restorable(kind, thing_id)
    if thing is None:
        abort(404)
    try:
        thing.restore(by=acting())
    except Refused as refused:
        db.session.rollback()
        page = render_template(
            "trash/index.html", found=queries.bin_of_person(asked_page()), refusal=say(refused)
        )
        return page, 409
    db.session.commit()
    flash(_("« %(title)s » est de retour.", title=excerpt(thing.journal_title)), "success")
    return redirect(address_of(thing.chantier if isinstance(thing, Objective) else thing), 303)
