"""Responses that the views of meetings share."""

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from chantiers.language.refusals import say
from models import Refused, db


def back_to(meeting_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("meetings.show", meeting_id=meeting_id, _anchor=anchor), 303)


def refused_page(refused: Refused, template: str, form: Any, **page: Any) -> ResponseReturnValue:
    """The form again, with every word that was typed and what was wrong."""
    db.session.rollback()
    form.form_errors = [*form.form_errors, say(refused)]
    return render_template(template, form=form, **page), 422
