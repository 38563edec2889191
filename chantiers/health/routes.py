"""Routes of the health room: one answer for a monitor, without secrets and without a session."""

from typing import cast

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue

from chantiers.access import public
from chantiers.health.checks import check_all

health = Blueprint("health", __name__)


@health.get("/sante")
@public
def show() -> ResponseReturnValue:
    """200 when every part works, 503 when one does not, and which."""
    parts = check_all(cast(Flask, current_app._get_current_object()))  # type: ignore[attr-defined]
    works = all(state == "ok" for state in parts.values())
    answer = jsonify({"status": "ok" if works else "down", **parts})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if works else 503
