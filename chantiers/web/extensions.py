"""Flask's extensions, created once and bound to the app by `create_app`."""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel
from flask_compress import Compress
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.local import LocalProxy

from chantiers.config import ROOT
from models import Demarche, User, UserSession, db
from models.ground.base import prepare, reading

LOCALES = ("fr", "en")
#: HTTP methods that only read.
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

babel = Babel()
compress = Compress()
csrf = CSRFProtect()
login_manager = LoginManager()
migrate = Migrate()


def _read_demarche() -> Demarche | None:
    if "demarche" not in g:
        g.demarche = Demarche.current()
    found: Demarche | None = g.demarche
    return found


#: The démarche of this instance, read once a request; false while none was loaded.
current_demarche: Any = LocalProxy(_read_demarche)


def init_app(app: Flask) -> None:
    """Bind every extension to this app."""
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    babel.init_app(app, locale_selector=choose_locale)
    csrf.init_app(app)
    compress.init_app(app)
    login_manager.init_app(app)
    login_manager.user_loader(load_user)
    # Flask-Login's own protection ties a session to an address; ours is a row that can be ended.
    login_manager.session_protection = None
    app.before_request(only_read_on_safe_methods)
    app.teardown_request(stop_reading)


def choose_locale() -> str:
    """Choose the locale: the person's, else the browser's (`browser_locale`)."""
    if not has_request_context():
        return "fr"
    if current_user and current_user.is_authenticated and current_user.locale in LOCALES:
        return str(current_user.locale)
    return browser_locale()


def browser_locale() -> str:
    """Return the locale in this browser's cookie, else its first accepted one that we have: fr-CA is fr."""
    chosen = request.cookies.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    asked = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((language for language in asked if language in LOCALES), "fr")


def load_user(token: str) -> User | None:
    """Load the person of a session that has not ended; read at each request, so that ending the row is enough."""
    session = UserSession.with_token(token)
    if session is None or not session.user.may_sign_in:
        return None
    g.user_session = session
    session.user.session_token = token
    return session.user


def only_read_on_safe_methods() -> None:
    """Open a read-only transaction for a GET: the database itself refuses writes, so that no link changes anything.

    So does a POST that only asks (`chantiers.web.access.only_reads`), which therefore waits for no writer.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in SAFE_METHODS or getattr(view, "only_reads", False):
        g.reading = reading()
        g.reading.__enter__()


def stop_reading(_error: BaseException | None) -> None:
    """End the read-only mode of this request, since its thread serves others."""
    mode = g.pop("reading", None)
    if mode is not None:
        mode.__exit__(None, None, None)
