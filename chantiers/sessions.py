"""Who is here: what each request knows of its person before any view runs."""

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from chantiers.config import is_loopback
from chantiers.extensions import current_demarche

#: What somebody who has not accepted the charter yet may still open.
BEFORE_CHARTER = {
    "accounts.charter",
    "accounts.accept_charter",
    "accounts.sign_out",
    "accounts.language",
    "static",
}


def ask_for_charter() -> ResponseReturnValue | None:
    """At their first entry, and after each new charter, people accept it before anything else."""
    if (
        request.endpoint is None
        or request.endpoint in BEFORE_CHARTER
        or request.endpoint.startswith("public.")
    ):
        return None
    if not current_user.is_authenticated or not current_demarche:
        return None
    if current_demarche.awaits_acceptance_of(current_user):
        return redirect(
            url_for("accounts.charter", next=request.full_path if request.method == "GET" else None)
        )
    return None


def demonstration_is_open(app: Flask) -> bool:
    """Whether the four accounts of the demonstration may be entered in one click, here and now.

    The setting, the database's own mark and a visitor on this very computer, with no proxy in between: all of them.
    """
    return bool(
        app.config["DEMONSTRATION"]
        and current_demarche
        and current_demarche.is_demonstration
        and is_loopback(request.remote_addr)
        and "X-Forwarded-For" not in request.headers
        and "Forwarded" not in request.headers
    )


def init_app(app: Flask) -> None:
    """Give templates the person, the démarche and the drafts that are safe."""
    app.before_request(ask_for_charter)

    @app.context_processor
    def everywhere() -> dict[str, object]:
        # Reading the flag once a page: the layout shows it, and so does the sign-in page.
        if "demonstration" not in g:
            g.demonstration = demonstration_is_open(app)
        # Told once, and to a whole page: a fragment has no place to say it.
        tell = "saved_drafts" in session and "HX-Request" not in request.headers
        return {
            "demarche": current_demarche,
            "demonstration": g.demonstration,
            "saved_drafts": session.pop("saved_drafts") if tell else [],
        }
