"""What a person was told: reading it, and choosing what to hear of."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.rooms.notifications import queries
from chantiers.web import loaders
from chantiers.web.access import acting, signed_in
from chantiers.web.forms import bounded_int
from chantiers.web.sessions import local_path
from models import SUBJECTS, Following, Notification, Wish, db

notifications = Blueprint("notifications", __name__)


@notifications.get("/notifications")
@signed_in
def index() -> ResponseReturnValue:
    """What this person was told, the latest first."""
    told = queries.told(acting(), _number(request.args.get("avant", "")))
    return render_template("notifications/index.html", told=told)


@notifications.post("/notifications/lues")
@signed_in
def read_all() -> ResponseReturnValue:
    """Everything that the list showed is read; what came since is not."""
    Notification.read_all(acting(), _number(request.form.get("up_to", "")) or 0)
    db.session.commit()
    flash(_("Tout est marqué comme lu."), "success")
    return redirect(url_for("notifications.index"), 303)


@notifications.post("/notifications/<slug:kind>/<id:subject_id>/lu")
@signed_in
def read(kind: str, subject_id: int) -> ResponseReturnValue:
    """The person has opened the subject."""
    if kind not in SUBJECTS:
        abort(404)
    Notification.read(acting(), kind, subject_id)
    db.session.commit()
    return redirect(_back(), 303)


@notifications.post("/notifications/<slug:kind>/<id:subject_id>/suivre")
@signed_in
def wish(kind: str, subject_id: int) -> ResponseReturnValue:
    """Follow a thing, mute it, or neither."""
    subject = loaders.discussed(acting(), kind, subject_id)
    if subject is None:
        abort(404)
    said = request.form.get("wish", "")
    if said not in ("", *Wish):
        abort(400)
    Following.say(acting(), subject, Wish(said) if said else None)
    db.session.commit()
    words = {
        "follow": _("Vous suivez maintenant ce qui se passe ici."),
        "mute": _("C’est en sourdine : rien ne vous sera signalé, sauf si l’on vous mentionne."),
    }
    flash(words.get(said) or _("C’est noté."), "success")
    return redirect(_back(), 303)


@notifications.post("/presence")
@signed_in
def be_here() -> ResponseReturnValue:
    """The person is here: what moved is told since their visit before this one."""
    user = acting()
    if user.be_seen():
        db.session.commit()
    return "", 204


def _back() -> str:
    page = request.headers.get("Referer", "").removeprefix(request.host_url.rstrip("/"))
    return local_path(request.form.get("next")) or local_path(page) or url_for("notifications.index")


def _number(text: str) -> int | None:
    try:
        return bounded_int(text)
    except ValueError:
        return None
