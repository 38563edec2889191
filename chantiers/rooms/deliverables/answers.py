"""Responses that the views of deliverables share."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chantiers.language.refusals import say
from chantiers.rooms.deliverables import queries
from models import (
    Deliverable,
    Refused,
    db,
)


def seen_number() -> int | None:
    """Return the number of the version that the page showed to whoever decides."""
    number: int | None = request.form.get("number", type=int)
    return number


def refused_page(template: str, deliverable_id: int, form: Any, refused: Refused) -> ResponseReturnValue:
    """Render the form again, with what was typed and why it cannot be."""
    db.session.rollback()
    deliverable = queries.to_change(deliverable_id)
    if deliverable is None:
        abort(404)
    form.form_errors = [*form.form_errors, say(refused)]
    return render_template(template, deliverable=deliverable, form=form), 409


def back_to(deliverable: Deliverable) -> ResponseReturnValue:
    return redirect(url_for("deliverables.show", deliverable_id=deliverable.id), 303)
