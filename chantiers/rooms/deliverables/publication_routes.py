"""Publication of a deliverable: publish its reference, withdraw it from the public pages."""

from flask import abort, flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language import versions as wording
from chantiers.language.refusals import say
from chantiers.rooms.deliverables import queries
from chantiers.rooms.deliverables.answers import back_to, refused_page, seen_number
from chantiers.rooms.deliverables.blueprint import deliverables
from chantiers.rooms.deliverables.forms import (
    PublishForm,
    UnpublishForm,
)
from chantiers.web.access import acting, require
from chantiers.web.forms import saved
from models import (
    Deliverable,
    Refused,
    db,
)


@deliverables.route("/livrables/<id:deliverable_id>/publier", methods=["GET", "POST"])
@require("deliverable.decide", queries.to_change)
def publish(deliverable: Deliverable) -> ResponseReturnValue:
    """Let anybody read the reference, once its licence is chosen and what becomes public was said."""
    form = PublishForm()
    reference = deliverable.approved_version
    if not form.is_submitted():
        form.start_from(deliverable)
    if not form.validate_on_submit():
        return _publish_page(deliverable, form), 422 if form.is_submitted() else 200
    try:
        reference = deliverable.publish(form.licence.data or "", by=acting(), number=seen_number())
    except Refused as refused:
        db.session.rollback()
        form.form_errors = [*form.form_errors, say(refused)]
        return _publish_page(queries.to_change(deliverable.id) or abort(404), form), 409
    db.session.commit()
    flash(
        _("C’est publié : la version %(number)d est en ligne, pour tout le monde.", number=reference.number),
        "success",
    )
    return back_to(deliverable)


def _publish_page(deliverable: Deliverable, form: PublishForm) -> str:
    reference = deliverable.approved_version
    return render_template(
        "deliverables/publish.html",
        deliverable=deliverable,
        form=form,
        reference=wording.described(reference, reference) if reference else None,
    )


@deliverables.route("/livrables/<id:deliverable_id>/depublier", methods=["GET", "POST"])
@require("deliverable.decide", queries.to_change)
def unpublish(deliverable: Deliverable) -> ResponseReturnValue:
    """Withdraw a deliverable from the public pages, and say why."""
    form = UnpublishForm()
    if not form.validate_on_submit():
        page = render_template("deliverables/unpublish.html", deliverable=deliverable, form=form)
        return page, 422 if form.is_submitted() else 200
    try:
        deliverable.unpublish(form.reason.data or "", by=acting())
    except Refused as refused:
        return refused_page("deliverables/unpublish.html", deliverable.id, form, refused)
    db.session.commit()
    saved(form)
    flash(
        _("Ce n’est plus publié. Son adresse répond qu’il a été retiré ; elle lui reste réservée."), "success"
    )
    return back_to(deliverable)
