"""Routes of the correspondence room: what people do about the mails that we send them."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from chantiers import tokens
from chantiers.access import public
from chantiers.extensions import csrf
from models import User, db

correspondence = Blueprint("correspondence", __name__)


@correspondence.get("/desabonnement/<signed:token>")
@public
def unsubscribe(token: str) -> ResponseReturnValue:
    """Ask whether these mails are to stop: whatever opens a mail's links changes nothing."""
    person, which = _whose(token)
    return render_template(
        "correspondence/unsubscribe.html", person=person, which=which, token=token, done=False
    )


@correspondence.post("/desabonnement/<signed:token>")
@public
# A mailbox posts here by itself, from its own « Se désabonner » (RFC 8058): the signed address stands for a token.
@csrf.exempt
def stop_mails(token: str) -> ResponseReturnValue:
    """Stop these mails, in one click and without signing in."""
    person, which = _whose(token)
    person.stop_mails(which)
    db.session.commit()
    return render_template(
        "correspondence/unsubscribe.html", person=person, which=which, token=token, done=True
    )


def _whose(token: str) -> tuple[User, str]:
    values = tokens.read("unsubscribe", token)
    if values is None or len(values) != 2 or values[1] not in ("digest", "at_once"):
        abort(404)
    person = db.session.get(User, values[0], with_for_update=request.method == "POST")
    if person is None or person.closed_at is not None:
        abort(404)
    return person, values[1]
