"""Structured logs: one JSON object per line on standard error, with ids and routes, never words or addresses.

Nothing that somebody typed gets in. A request is named by its URL rule, so that tokens in addresses stay out; an
exception by its type and its stack frames, since its message may quote a value; and a text is only kept under a
name listed in `WORDS`.
"""

import json
import logging
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from sqlalchemy import inspect

#: Loggers whose messages are ours: others may have put a value in theirs, of which only the template is kept.
OURS = ("app", "chantiers", "models", "gunicorn")

#: The only extra fields whose value may be a text: words of ours, never of the people who write here.
WORDS = {"action", "code", "command", "job", "kind", "method", "request", "route", "state"}

_REQUESTS = logging.getLogger("chantiers.requests")
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JSONFormatter(logging.Formatter):
    """Formatter of a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record as a line of JSON, whatever it holds."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            **_place(),
            **_particulars(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = list(_exceptions(record.exc_info[1]))
        # Escaped to ASCII: no terminal is fooled, no encoding fails.
        return json.dumps(line, default=lambda value: type(value).__name__)


class StderrHandler(logging.Handler):
    """Handler that writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def init_app(app: Flask) -> None:
    """Log in JSON each request of this app, and whatever else its process logs. Call it first."""
    _configure(app.config.get("LOG_LEVEL", "INFO"))
    app.logger.setLevel(app.config.get("LOG_LEVEL", "INFO"))
    app.before_request(_start_request)
    app.after_request(_log_request)

    def log_exception(exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        # Flask's own words hold the path, and with it a token.
        app.logger.error("request failed", exc_info=exc_info)

    app.log_exception = log_exception  # type: ignore[method-assign]


def _configure(level: str) -> None:
    root = logging.getLogger()
    if not any(isinstance(handler, StderrHandler) for handler in root.handlers):
        output = StderrHandler()
        output.setFormatter(JSONFormatter())
        root.addHandler(output)
    for name in OURS[:3]:
        logging.getLogger(name).setLevel(level)


def _start_request() -> None:
    g.request_id = secrets.token_hex(8)
    g.request_began = time.perf_counter()


def _log_request(response: Response) -> Response:
    began = g.get("request_began")
    if began is not None:
        response.headers["X-Request-ID"] = g.request_id
        _REQUESTS.log(
            logging.DEBUG if request.endpoint == "static" else logging.INFO,
            "request",
            extra={
                "method": request.method if request.method in ("GET", "HEAD", "POST") else "other",
                "status": response.status_code,
                "ms": round((time.perf_counter() - began) * 1000, 1),
                "ids": {
                    name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)
                },
            },
        )
    return response


def _event(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] in OURS:
        return record.getMessage()
    return str(record.msg)


def _place() -> dict[str, Any]:
    """During which request it happened: its id, its rule, and the id of the person."""
    if not has_request_context() or "request_id" not in g:
        return {}
    # Only a person already loaded is told: a log line asks nothing of the database.
    person = inspect(g.get("_login_user"), raiseerr=False)
    return {
        "request": g.request_id,
        "route": str(request.url_rule) if request.url_rule else None,
        "user": person.identity[0] if person is not None and person.identity else None,
    }


def _particulars(record: logging.LogRecord) -> dict[str, Any]:
    """Return the extra fields of the record: figures, and texts under a name in `WORDS`."""
    given = ((name, value) for name, value in vars(record).items() if name not in _STANDARD)
    return {name: value for name, value in given if _is_safe(name, value)}


def _is_safe(name: str, value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_safe(key, each) for key, each in value.items())
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and name in WORDS)


def _exceptions(error: BaseException | None) -> Iterator[dict[str, Any]]:
    """Describe an exception and its causes: types and stack frames."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        yield {"kind": f"{kind.__module__}.{kind.__qualname__}", "at": _frames(error.__traceback__)}
        error = error.__cause__ or error.__context__


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames
