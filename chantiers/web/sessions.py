"""Who is here: what each request knows of its person before any view runs."""

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

#: What somebody who has not accepted the charter yet may still open, beside the public pages.
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
    """`target` if it is a path of this site, else None: nobody is sent elsewhere by a link to here.

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
    """The path and query of this request when it can be opened again, as `next` tells it; None for a POST."""
    if request.method not in ("GET", "HEAD"):
        return None
    query = quote(request.query_string, safe="=&%+/:@!$'()*,;?~[]")
    return local_path(quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else ""))


def shut_out_examples() -> None:
    """An invented account has no way in but the open demonstration, whatever its cookie says."""
    if request.endpoint in ("static", "health.show") or not current_user.is_authenticated:
        return
    if current_user.is_example and not demonstration_is_open():
        logout_user()


def ask_for_charter() -> ResponseReturnValue | None:
    """At their first entry, and after each new charter, people accept it before anything else."""
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
    """Whether the four accounts of the demonstration may be entered in one click, here and now.

    The setting, the database's own mark and a visitor on this very computer, who calls it by its own name and with no
    proxy in between: all of them. (A page of another site can point a name of its own at this computer.)
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
    """The name by which this request calls us, without its port."""
    host = request.host
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def init_app(app: Flask) -> None:
    """Give templates the person, the démarche and the drafts that are safe."""
    app.permanent_session_lifetime = SESSION_LIFE
    # The cookie lives as long as the row that it names: from the sign-in on, not from the last page.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.globals["this_page"] = lambda: current_path() or "/"
    app.before_request(shut_out_examples)
    app.before_request(ask_for_charter)

    @app.context_processor
    def everywhere() -> dict[str, object]:
        # Told once, and to a whole page: a fragment has no place to say it.
        tell = "saved_drafts" in session and "HX-Request" not in request.headers
        return {
            "demarche": current_demarche,
            "demonstration": LocalProxy(lambda: bool(current_demarche and current_demarche.is_demonstration)),
            "saved_drafts": session.pop("saved_drafts") if tell else [],
        }
