"""Default deny: every view declares who may enter, and one that declares nothing does not run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from chantiers.policy import IN_ARCHIVE, TABLE, can
from chantiers.web.extensions import SAFE_METHODS
from models import Chantier, User, UserSession, db

View = Callable[..., ResponseReturnValue]
Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Access:
    """Access declaration of a view: public, signed in, or holding a permission."""

    public: bool = False
    permission: str | None = None


def public(view: View) -> View:
    """Declare a view open to everybody, signed in or not."""
    view.access = Access(public=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Declare a view open to whoever is signed in; it shows each person their own things."""
    view.access = Access()  # type: ignore[attr-defined]
    return view


def only_reads(view: View) -> View:
    """Declare that a POST asks a question too long for an address: its transaction cannot write."""
    view.only_reads = True  # type: ignore[attr-defined]
    return view


def require(
    permission: str, load: Callable[..., Any] | None = None, about: Callable[[Any], Any] = lambda thing: thing
) -> Callable[[View], View]:
    """Declare a view open to those who hold `permission`, a key of `policy.TABLE`. Raises KeyError for any other.

    With `load`, the permission is about one thing: `load` gets the address's values, finds the thing through the
    person (what they may not know of is 404) and the view receives it instead of them; who may not do it gets 403.
    Where the permission is about something that the thing belongs to, `about` leads from one to the other.

    What is written in a chantier is written before it is archived or not at all: it is held open meanwhile.
    """
    if permission not in TABLE:
        raise KeyError(permission)

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(**values: Any) -> ResponseReturnValue:
            if load is None:
                if not can(current_user, permission):
                    abort(403)
                return view(**values)
            return view(allowed(permission, load(**values), about))

        guarded.access = Access(permission=permission)  # type: ignore[attr-defined]
        return guarded

    return declare


def allowed(permission: str, thing: Thing | None, about: Callable[[Any], Any] = lambda thing: thing) -> Thing:
    """Return the thing, or answer 404 where it was not found and 403 where this person may not do that to it now.

    A request that writes holds the thing's chantier open until its transaction ends; an archived one answers 403.
    """
    if thing is None:
        abort(404)
    if not can(current_user, permission, about(thing)):
        abort(403)
    if permission not in IN_ARCHIVE and not _stays_open(about(thing)):
        abort(403)
    return thing


def outside_transaction(work: Callable[[], Result]) -> Result:
    """Run slow work, such as storing a file, with no transaction open: others write meanwhile.

    All that was read before is forgotten, the person's own rights included: what is to be changed is loaded again and
    passes through `allowed` again. A person who was signed out or lost their account meanwhile gets 401.
    """
    db.session.commit()
    result = work()
    db.session.expire_all()
    person = acting()
    person.forget_standing()
    if UserSession.with_token(person.session_token or "") is None or not person.may_sign_in:
        logout_user()
        abort(401)
    return result


def _stays_open(thing: Any) -> bool:
    """Tell whether the chantier is still open, and hold it open (row lock) until the request has written."""
    chantier_id = getattr(thing, "chantier_id", None)
    return chantier_id is None or request.method in SAFE_METHODS or Chantier.hold_open(chantier_id)


def acting() -> User:
    """Return the current user as the domain's verbs want them: a `User`, not Flask-Login's proxy."""
    return cast(User, current_user._get_current_object())


def guard() -> ResponseReturnValue | None:
    """Refuse, before each request, a view that declares nothing; send strangers to the sign-in page (401)."""
    if request.endpoint is None:
        return None
    access = getattr(current_app.view_functions[request.endpoint], "access", None)
    if access is None:
        current_app.logger.error("view without declared access", extra={"endpoint": request.endpoint})
        abort(403)
    if not access.public and not current_user.is_authenticated:
        abort(401)
    return None


def init_app(app: Flask) -> None:
    """Guard every request of this app, and give templates `can`."""
    app.before_request(guard)
    app.jinja_env.globals["can"] = lambda permission, thing=None: can(current_user, permission, thing)
