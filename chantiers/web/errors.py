"""Error handlers: one table says how each exception of a request is answered."""

import errno
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, current_app, make_response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError, Unauthorized

from chantiers.language.refusals import say
from chantiers.storage.store import StorageDown, StorageFull
from chantiers.web.error_pages import answer, bare, roll_back
from models import Refused

ErrorHandler = Callable[[Any], ResponseReturnValue]

#: The most bytes of a body that is too large to read and discard, and how many at a time.
MOST_DRAINED = 300 * 1024 * 1024
PIECE = 64 * 1024


def refuse_unreadable() -> ResponseReturnValue | None:
    """Refuse, before anything reads it, a request that would break us further on.

    NUL is in no address of ours and breaks a database: such a path is not found, such a query is not understood. Only
    files may be heavy: Werkzeug bounds the texts of a form that carries files, and reads any other whole into memory.
    """
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
    if "\x00" in request.path:
        return answer(404)
    if b"%00" in request.query_string or b"\x00" in request.query_string:
        return answer(400)
    return None


def drain_body() -> None:
    """Read and discard the rest of a request body that is too large, up to a bound.

    Proxies and browsers listen for the answer once they have sent everything: if the connection closed before that,
    they would tell people of a broken connection.
    """
    source = request.environ["wsgi.input"]
    left = MOST_DRAINED
    while left > 0 and (piece := source.read(min(left, PIECE))):
        left -= len(piece)


def refuse(error: HTTPException) -> ResponseReturnValue:
    """Answer an HTTP error; 405 keeps its `Allow` header, 413 first reads what the sender still has to send."""
    if error.response is not None:
        return error.response
    roll_back()
    if error.code == 413:
        drain_body()
    response = make_response(answer(error.code or 500))
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(methods)
    return response


def refuse_forgery(_error: CSRFError) -> ResponseReturnValue:
    """Answer 400 to a form without a valid CSRF token; 401 where the session ended while it was being filled."""
    # Somebody whose session ended while they wrote deserves to hear that, not about tokens.
    if not _is_public() and not current_user.is_authenticated:
        return current_app.make_response(current_app.handle_user_exception(Unauthorized()))
    return answer(400)


def _is_public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    access = getattr(view, "access", None)
    return access is None or bool(access.public)


def refuse_verb(error: Refused) -> ResponseReturnValue:
    """Answer 409 with the domain's own refusal in words."""
    roll_back()
    return answer(409, say(error))


def refuse_stale(_error: StaleDataError) -> ResponseReturnValue:
    """Answer 409 where the version of a row changed meanwhile (optimistic lock)."""
    roll_back()
    return answer(409)


def refuse_double(error: IntegrityError) -> ResponseReturnValue:
    """Answer 409 where two people did the same thing at the same moment, and the database let one of them."""
    roll_back()
    current_app.logger.warning("two writes met", extra={"kind": type(error.orig).__name__})
    return answer(409)


def refuse_value(error: DataError) -> ResponseReturnValue:
    """Answer 400 to a value that the database cannot hold."""
    roll_back()
    current_app.logger.warning("a value the database cannot hold", extra={"kind": type(error.orig).__name__})
    return answer(400)


def refuse_disk(error: OSError) -> ResponseReturnValue:
    """Answer 507 where the disk is full; any other error of the system is a bug and is raised again."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        raise error
    return _unavailable(error, 507)


def refuse_database(error: OperationalError) -> ResponseReturnValue:
    """Answer 507 where the database has no room, 503 where it does not answer."""
    words = str(error.orig)
    full = "disk is full" in words or "No space left" in words
    # A page that writes although it only reads is our mistake, not an absent database.
    status = 507 if full else 500 if "readonly database" in words else 503
    return _unavailable(error, status)


def refuse_crash(_error: InternalServerError) -> ResponseReturnValue:
    """Answer 500 after an exception that nothing foresaw, which Flask has logged."""
    roll_back()
    return bare(500)


def _answer_unavailable(status: int) -> ErrorHandler:
    return lambda error: _unavailable(error, status)


def _unavailable(error: Exception, status: int) -> ResponseReturnValue:
    """Log a request that was not served, with its traceback where it is our mistake, and answer the bare page."""
    roll_back()
    cause = getattr(error, "orig", error)
    current_app.logger.error(
        "request not served",
        extra={"kind": type(cause).__name__, "status": status},
        exc_info=error if status == 500 else None,
    )
    return bare(status)


#: How each exception is answered; Flask picks the handler of the closest class.
HANDLERS: Mapping[type[Exception], ErrorHandler] = {
    HTTPException: refuse,
    CSRFError: refuse_forgery,
    Refused: refuse_verb,
    StaleDataError: refuse_stale,
    IntegrityError: refuse_double,
    DataError: refuse_value,
    StorageDown: _answer_unavailable(503),
    TimeoutError: _answer_unavailable(503),
    InterfaceError: _answer_unavailable(503),
    StorageFull: _answer_unavailable(507),
    OSError: refuse_disk,
    OperationalError: refuse_database,
    DBAPIError: _answer_unavailable(500),
    InternalServerError: refuse_crash,
}


def init_app(app: Flask) -> None:
    """Register the error handlers of this app, and refuse unreadable requests before anything else runs."""
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_unreadable)
    for exception, handler in HANDLERS.items():
        app.register_error_handler(exception, handler)
