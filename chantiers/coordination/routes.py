"""The coordination dashboard: all chantiers on one page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from chantiers.access import acting, require
from chantiers.coordination import queries
from chantiers.extensions import current_demarche

coordination = Blueprint("coordination", __name__)


@coordination.get("/coordination")
@require("dashboard.read")
def dashboard() -> ResponseReturnValue:
    """Every chantier with its figures; each figure opens the list behind it."""
    silent_after = current_demarche.silent_after_days if current_demarche else 45
    board = queries.dashboard(acting(), silent_after)
    return render_template("coordination/dashboard.html", board=board, silent_after=silent_after)
