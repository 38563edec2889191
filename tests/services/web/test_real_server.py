"""Production server (gunicorn with our settings): what it answers, and how it stops."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from email.message import Message
from http.client import HTTPConnection, HTTPResponse

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bench.generate import fill
from bench.screens import people
from models import User
from tests.support.live_server import LiveServer
from tests.support.visitor import Visitor

MEBIBYTE = 1024 * 1024


@contextmanager
def begun(server: LiveServer, head: str) -> Iterator[socket.socket]:
    """Open a connection on which the beginning of a request was sent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        yield connection


def heard(connection: socket.socket) -> tuple[int, str]:
    """Read the status and the page that answer what was sent."""
    with closing(HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.read().decode()


def headers_of(server: LiveServer, **sent: str) -> Message:
    """Return the headers of the sign-in page, for a request with these headers."""
    request = urllib.request.Request(f"{server.url}/connexion", headers=sent)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: Message = answer.headers
        return found


@pytest.mark.databases("sqlite")
def test_who_sends_far_too_much_hears_why(live_server: LiveServer) -> None:
    head = (
        "POST /connexion HTTP/1.1\nHost: 127.0.0.1\nContent-Type: multipart/form-data; boundary=x\n"
        f"Content-Length: {80 * MEBIBYTE}\nConnection: close\n\n"
    )
    with begun(live_server, head) as connection:
        # As proxies do: everything is sent before the answer is read.
        for _ in range(80):
            connection.sendall(b"x" * MEBIBYTE)
        status, page = heard(connection)
    assert status == 413
    assert "Cet envoi est trop lourd" in page


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("sent", [{"X-Forwarded-Proto": "https"}, {"X-Forwarded-Ssl": "on"}])
def test_no_client_says_that_it_speaks_https(live_server: LiveServer, sent: dict[str, str]) -> None:
    assert headers_of(live_server, **sent)["Strict-Transport-Security"] is None


@pytest.mark.databases("sqlite")
def test_behind_a_trusted_proxy_https_is_for_a_year(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(TRUSTED_PROXIES="1", PUBLIC_URL="https://chantiers.example.org").start()
    headers = headers_of(server, **{"X-Forwarded-Proto": "https"})
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Set-Cookie"].startswith("__Host-chantiers=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(headers["Set-Cookie"].split("; "))


def test_a_request_in_progress_is_answered_before_the_server_stops(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server().start()
    body = b"email=personne%40example.org&password=une+erreur"
    head = (
        "POST /connexion HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/x-www-form-urlencoded\n"
        f"Content-Length: {len(body)}\nConnection: close\n\n"
    )
    with begun(server, head) as connection:
        connection.sendall(body[:10])
        time.sleep(0.3)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        time.sleep(0.5)
        connection.sendall(body[10:])
        # A form without its token: what counts is that it is read and answered.
        assert heard(connection)[0] == 400
    stopping.join(timeout=20)
    assert not server.is_running


@pytest.mark.databases("postgresql")
def test_two_processes_serve_one_instance(make_server: Callable[..., LiveServer]) -> None:
    server = make_server(WEB_CONCURRENCY="2", THREADS="4").start()
    with urllib.request.urlopen(f"{server.url}/sante", timeout=20) as answer:
        assert json.load(answer)["status"] == "ok"
    assert server.log.read_text().count("Booting worker") == 2


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("absence", ["refused", "silent"])
def test_an_absent_database_is_told_in_words_within_ten_seconds(
    make_server: Callable[..., LiveServer], absence: str
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if absence == "silent":
            # It takes connections and never says a word, as a machine that hangs.
            deaf.listen()
        port = deaf.getsockname()[1]
        server = make_server(DATABASE_URL=f"postgresql://chantiers@127.0.0.1:{port}/chantiers").start()
        for path, words in (("/", "momentanément indisponible"), ("/sante", '"status":"down"')):
            began = time.monotonic()
            status, page = status_and_page(server.url + path)
            assert time.monotonic() - began < 10
            assert status == 503
            assert words in page


def status_and_page(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# Many at once --------------------------------------------------------------------------------------------------------


def come_together(server: LiveServer, cookie: str) -> list[int]:
    """Read « Mon travail » as sixteen people from the very start of a server; return the statuses."""
    statuses: list[int] = []

    def read() -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        for _ in range(6):
            connection.request("GET", "/mon-travail", headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

    readers = [threading.Thread(target=read) for _ in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return statuses


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("starts", [3, pytest.param(40, marks=pytest.mark.long)])
def test_a_crowd_after_a_start_does_not_end_the_server(
    starts: int,
    app: Flask,
    make_server: Callable[..., LiveServer],
    in_app: Callable[..., AbstractContextManager[Session]],
    visitor: Callable[..., Visitor],
) -> None:
    person = people(fill(app, chantiers=5, tasks=200))["référente"]
    with in_app() as session:
        someone = visitor(session.get(User, person))
    someone.get("/mon-travail")
    kept = someone.client.get_cookie(someone.app.config["SESSION_COOKIE_NAME"])
    assert kept is not None
    for _ in range(starts):
        server = make_server(SECRET_KEY=someone.app.config["SECRET_KEY"]).start()
        assert come_together(server, f"{kept.key}={kept.value}") == [200] * 96
        assert server.log.read_text().count("Booting worker") == 1
        server.stop()
