"""Sessions of the person signed in: list them, end one or all."""

from flask import (
    abort,
    flash,
    g,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.rooms.accounts.blueprint import accounts
from chantiers.rooms.accounts.browsers import browser_name
from chantiers.rooms.accounts.queries import session_of
from chantiers.rooms.accounts.sign_in_routes import sign_out
from chantiers.web.access import acting, signed_in
from chantiers.web.sign_in import close_session
from models import UserSession, db


@accounts.get("/profil/sessions")
@signed_in
def sessions() -> ResponseReturnValue:
    """Show the browsers in which this person is signed in."""
    living = [
        {"id": each.id, "browser": browser_name(each.browser), "since": each.created_at}
        for each in UserSession.living_of(acting())[:50]
    ]
    return render_template("accounts/sessions.html", sessions=living, current=g.user_session.id)


@accounts.post("/profil/sessions/<id:session_id>/fermer")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one of one's browsers out."""
    ending = session_of(acting(), session_id)
    if ending is None:
        abort(404)
    if ending.id == g.user_session.id:
        return sign_out()
    ending.end()
    db.session.commit()
    flash(_("Ce navigateur est déconnecté."), "success")
    return redirect(url_for("accounts.sessions"), 303)


@accounts.post("/profil/sessions/fermer")
@signed_in
def end_all_sessions() -> ResponseReturnValue:
    """Sign every browser out, this one too."""
    UserSession.end_all_of(acting())
    close_session()
    db.session.commit()
    flash(_("Vous êtes déconnecté·e partout."), "success")
    return redirect(url_for("accounts.sign_in"), 303)
