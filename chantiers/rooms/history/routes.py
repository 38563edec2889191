"""The past: the figures of any day beside today's, and the curve of the démarche."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from chantiers.rooms.history import queries
from chantiers.web.access import acting, require

history = Blueprint("history", __name__)


@history.get("/coordination/historique")
@require("dashboard.read")
def show() -> ResponseReturnValue:
    """Show the figures at the end of a day, in each chantier or in each objective of one."""
    past = queries.past(acting(), request.args)
    return render_template("history/show.html", past=past), 400 if past.is_refused else 200
