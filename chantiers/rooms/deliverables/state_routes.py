"""States of a deliverable: put up for relecture, withdrawn, approved, sent back."""

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.rooms.deliverables import queries
from chantiers.rooms.deliverables.answers import back_to, refused_page, seen_number
from chantiers.rooms.deliverables.blueprint import deliverables
from chantiers.rooms.deliverables.forms import (
    SendBackForm,
)
from chantiers.web.access import acting, require
from chantiers.web.forms import saved
from models import (
    Deliverable,
    Refused,
    db,
)


@deliverables.post("/livrables/<id:deliverable_id>/relecture")
@require("deliverable.decide", queries.to_change)
def submit(deliverable: Deliverable) -> ResponseReturnValue:
    """Put the latest version up for relecture."""
    deliverable.submit(by=acting(), number=seen_number())
    db.session.commit()
    flash(_("La version est en relecture. Plus personne n’en ajoute jusqu’à la réponse."), "success")
    return back_to(deliverable)


@deliverables.post("/livrables/<id:deliverable_id>/relecture/retirer")
@require("deliverable.decide", queries.to_change)
def withdraw(deliverable: Deliverable) -> ResponseReturnValue:
    """Take the version back from relecture."""
    deliverable.withdraw(by=acting(), number=seen_number())
    db.session.commit()
    flash(_("La version n’est plus en relecture : l’écriture peut reprendre."), "success")
    return back_to(deliverable)


@deliverables.post("/livrables/<id:deliverable_id>/valider")
@require("deliverable.decide", queries.to_change)
def approve(deliverable: Deliverable) -> ResponseReturnValue:
    """Make the latest version the reference."""
    deliverable.approve(by=acting(), number=seen_number())
    db.session.commit()
    flash(_("C’est validé : cette version est maintenant la référence."), "success")
    return back_to(deliverable)


@deliverables.route("/livrables/<id:deliverable_id>/reprendre", methods=["GET", "POST"])
@require("deliverable.decide", queries.to_change)
def send_back(deliverable: Deliverable) -> ResponseReturnValue:
    """Ask for changes, and say which."""
    form = SendBackForm()
    latest = deliverable.latest_version
    if not form.is_submitted():
        form.number.data = str(latest.number) if latest else ""
    if not form.validate_on_submit():
        page = render_template("deliverables/send_back.html", deliverable=deliverable, form=form)
        return page, 422 if form.is_submitted() else 200
    try:
        deliverable.send_back(form.words.data or "", by=acting(), number=seen_number())
    except Refused as refused:
        return refused_page("deliverables/send_back.html", deliverable.id, form, refused)
    db.session.commit()
    saved(form)
    flash(_("C’est noté : le livrable est à reprendre, et chacun·e peut lire pourquoi."), "success")
    return back_to(deliverable)
