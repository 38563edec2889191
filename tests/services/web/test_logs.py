"""Structured logs: what they hold, and above all what they never hold."""

import json
import logging
import sys

import pytest
from flask import Flask, Response, abort, g, request
from flask.testing import FlaskClient

from chantiers.web import logs

SECRET = "jeton-tres-secret"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("app")
    logs.init_app(app)

    @app.get("/invitation/<token>")
    def invitation(token: str) -> str:
        return "bienvenue"

    @app.post("/taches/<int:task_id>")
    def task(task_id: int) -> Response:
        app.logger.warning(
            "saved",
            extra={"kind": "task", "email": request.form["email"], "count": 3, "ids": {"task_id": task_id}},
        )
        return Response("", 303)

    @app.get("/cassé/<token>")
    def broken(token: str) -> str:
        try:
            int(token)
        except ValueError as error:
            raise RuntimeError(f"no {token}") from error
        return ""

    @app.get("/interdit")
    def forbidden() -> str:
        g._login_user = object()
        abort(403)

    return app.test_client()


def lines(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_request_is_told_by_its_rule(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer = client.get(f"/invitation/{SECRET}?adresse=camille@example.org")
    output = capsys.readouterr().err
    (line,) = lines(output)
    assert line["event"] == "request"
    assert line["level"] == "info"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/invitation/<token>", 200)
    assert line["request"] == answer.headers["X-Request-ID"]
    assert line["user"] is None
    assert isinstance(line["ms"], float)
    assert str(line["time"]).endswith("+00:00")
    assert SECRET not in output
    assert "camille" not in output


def test_figures_get_in_and_typed_words_do_not(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.post("/taches/12", data={"email": "camille@example.org"})
    output = capsys.readouterr().err
    saved, told = lines(output)
    assert (saved["event"], saved["kind"], saved["count"], saved["ids"]) == (
        "saved",
        "task",
        3,
        {"task_id": 12},
    )
    assert saved["request"] == told["request"]
    assert told["ids"] == {"task_id": 12}
    assert "camille" not in output


def test_an_exception_is_told_by_its_type_and_its_way(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get(f"/cassé/{SECRET}")
    output = capsys.readouterr().err
    failed, told = lines(output)
    assert (failed["level"], failed["event"], failed["route"]) == (
        "error",
        "request failed",
        "/cassé/<token>",
    )
    kinds = [each["kind"] for each in failed["exception"]]  # type: ignore[attr-defined]
    assert kinds == ["builtins.RuntimeError", "builtins.ValueError"]
    assert "test_logs.py" in failed["exception"][0]["at"][-1]  # type: ignore[index]
    assert told["status"] == 500
    assert SECRET not in output


@pytest.mark.parametrize(("path", "status"), [(f"/nulle-part/{SECRET}", 404), ("/interdit", 403)])
def test_refusals_are_told_too(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], path: str, status: int
) -> None:
    client.get(path)
    output = capsys.readouterr().err
    assert lines(output)[0]["status"] == status
    assert SECRET not in output


def test_any_method_is_a_known_word(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.open("/interdit", method=SECRET.upper())
    output = capsys.readouterr().err
    assert lines(output)[0]["method"] == "other"
    assert SECRET.upper() not in output


def test_others_only_get_their_template_in(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("somebody.else").warning("could not reach %s", "camille@example.org")
    logging.getLogger("chantiers.jobs").warning("tried %d times", 3)
    theirs, ours = lines(capsys.readouterr().err)
    assert theirs["event"] == "could not reach %s"
    assert ours["event"] == "tried 3 times"


def test_a_second_app_does_not_say_everything_twice(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.init_app(Flask("app"))
    client.get("/interdit")
    assert len(lines(capsys.readouterr().err)) == 1


def test_one_record_is_one_line_of_ascii() -> None:
    record = logging.makeLogRecord(
        {"name": "app", "msg": "two\nlines \ud800 é", "levelname": "INFO", "odd": object()}
    )
    line = logs.JSONFormatter().format(record)
    assert line.isascii()
    assert "\n" not in line
    assert "odd" not in json.loads(line)


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    record = logging.LogRecord("app", logging.ERROR, "", 0, "broken", (), (ValueError, first, None))
    assert len(json.loads(logs.JSONFormatter().format(record))["exception"]) == 2


def test_a_closed_output_breaks_nothing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    monkeypatch.setattr(sys, "stderr", None)
    assert client.get("/interdit").status_code == 403
