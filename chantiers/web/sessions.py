"""Session hooks: examples signed out, charter asked for, and the context of templates, before any view runs."""

import re
from urllib.parse import quote, urlsplit

from flask import Flask, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user
from werkzeug.local import LocalProxy

from chantiers.config import is_loopback
from chantiers.web.error_pages import answer_charter
from chantiers.web.extensions import current_demarche
from models import SESSION_LIFE

#: Endpoints open to somebody who has not accepted the charter yet, beside the public pages.
BEFORE_CHARTER = {
    "accounts.charter",
    "accounts.accept_charter",
    "accounts.sign_out",
    "accounts.language",
    "health.show",
    "static",
}

#: Headers that only a proxy writes: behind one, « this very computer » says nothing of who is asking.
PROXY_HEADERS = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-Ip",
)

_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")


def local_path(target: str | None) -> str | None:
    """Return `target` if it is a path of this site, else None: no open redirect.

    Browsers read « \\ » as « / » and skip tabs and line ends, so that none of those may stand in it.
    """
    if not target or not target.startswith("/") or target.startswith("//") or len(target) > 2000:
        return None
    if _CONTROL.search(target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def current_path() -> str | None:
    """Return the path and query of this request as a `next` parameter; None for a POST, which is not reopened."""
    if request.method not in ("GET", "HEAD"):
        return None
    query = quote(request.query_string, safe="=&%+/:@!$'()*,;?~[]")
    return local_path(quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else ""))


def sign_out_examples() -> None:
    """Sign out an example account outside the open demonstration, whatever its cookie says."""
    if request.endpoint in ("static", "health.show") or not current_user.is_authenticated:
        return
    if current_user.is_example and not demonstration_is_open():
        logout_user()


def ask_for_charter() -> ResponseReturnValue | None:
    """Redirect people to the charter at their first entry and after each new version, until they accept it."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in BEFORE_CHARTER or endpoint.startswith("public."):
        return None
    if not current_user.is_authenticated or not current_demarche:
        return None
    if not current_demarche.awaits_acceptance_of(current_user):
        return None
    # What somebody was writing when the charter changed is shown back to them, not thrown away by a redirect.
    if request.method not in ("GET", "HEAD"):
        return answer_charter()
    return redirect(url_for("accounts.charter", next=current_path()))


def demonstration_is_open() -> bool:
    """Tell whether the four accounts of the demonstration may be entered in one click, in this request.

    All of these are needed: the setting, the database's own mark, a visitor on loopback who uses a loopback name, and
    no proxy in between. (DNS rebinding: a page of another site can point a name of its own at this computer.)
    """
    return bool(
        current_app.config["DEMONSTRATION"]
        and is_loopback(request.remote_addr)
        and is_loopback(_host_name())
        and not any(name in request.headers for name in PROXY_HEADERS)
        and current_demarche
        and current_demarche.is_demonstration
    )


def _host_name() -> str:
    """Return the host name of this request, without its port."""
    host = request.host
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def init_app(app: Flask) -> None:
    """Register the session hooks, and give templates the démarche and the drafts that were saved."""
    app.permanent_session_lifetime = SESSION_LIFE
    # The cookie lives as long as the row that it names: from the sign-in on, not from the last page.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.globals["this_page"] = lambda: current_path() or "/"
    app.before_request(sign_out_examples)
    app.before_request(ask_for_charter)

    @app.context_processor
    def everywhere() -> dict[str, object]:
        # Once only, and on a whole page: a fragment has no place for it.
        takes_drafts = "saved_drafts" in session and "HX-Request" not in request.headers
        return {
            "demarche": current_demarche,
            "demonstration": LocalProxy(lambda: bool(current_demarche and current_demarche.is_demonstration)),
            "saved_drafts": session.pop("saved_drafts") if takes_drafts else [],
        }
