"""Routes of the health room: one answer for a monitor, without secrets and without a session."""

from typing import cast

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue

from chantiers.rooms.health.checks import NEEDED, check_all
from chantiers.web.access import public

health = Blueprint("health", __name__)


@health.get("/sante")
@public
def show() -> ResponseReturnValue:
    """Answer 200 when every part that answers people works, 503 when one does not, and which.

    Mails that wait do not close the door: the status says "degraded", and people are still served.
    """
    parts = check_all(cast(Flask, current_app._get_current_object()))  # type: ignore[attr-defined]
    works = all(parts[name] == "ok" for name in NEEDED)
    status = "down" if not works else "degraded" if parts["mail"] == "stuck" else "ok"
    answer = jsonify({"status": status, **parts})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if works else 503
