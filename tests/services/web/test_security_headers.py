"""Security and cache headers of every response."""

import re
import time
from collections.abc import Callable

import pytest
from flask import Flask, Response, make_response, render_template_string, request, session
from flask.testing import FlaskClient
from flask_compress import Compress
from flask_wtf import CSRFProtect
from werkzeug.test import TestResponse

from chantiers.web import security_headers

PAGE = "<!doctype html><title>Page</title>" + "<p>Un chantier avance.</p>" * 50


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x" * 32, WTF_CSRF_TIME_LIMIT=None, COMPRESS_ALGORITHM=["br", "gzip"])
    CSRFProtect(app)
    Compress(app)
    security_headers.init_app(app)

    @app.get("/page")
    def page() -> str:
        return PAGE

    @app.get("/form")
    def form() -> str:
        return render_template_string(PAGE + "<form>{{ csrf_token() }}</form>{{ csrf_token() }}")

    @app.get("/script")
    def script() -> str:
        return render_template_string(PAGE + '<script nonce="{{ csp_nonce() }}"></script>{{ csp_nonce() }}')

    @app.get("/clock")
    def clock() -> str:
        return f"{PAGE}{time.monotonic_ns()}"

    @app.get("/piece")
    def piece() -> str:
        return "<p>piece</p>" if "HX-Request" in request.headers else PAGE

    @app.get("/file")
    def file() -> Response:
        return Response(b"%PDF-", mimetype="application/pdf", headers={"Content-Disposition": "attachment"})

    @app.get("/own")
    def own() -> Response:
        response = make_response(PAGE)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @app.get("/sign-in-again")
    def sign_in_again() -> str:
        session.clear()
        return "ok"

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def policy(response: TestResponse) -> dict[str, str]:
    directives = (
        each.strip().partition(" ") for each in response.headers["Content-Security-Policy"].split(";")
    )
    return {name: sources for name, _, sources in directives}


def again(client: FlaskClient, path: str, first: TestResponse, **headers: str) -> TestResponse:
    return client.get(path, headers={"If-None-Match": first.headers["ETag"], **headers})


@pytest.mark.parametrize("path", ["/page", "/form", "/file", "/script", "/nowhere", "/own"])
def test_every_answer_is_protected(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_a_page_may_do_what_it_needs_and_no_more(client: FlaskClient) -> None:
    found = policy(client.get("/page"))
    assert found == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_https_is_remembered(client: FlaskClient) -> None:
    assert (
        client.get("/page", base_url="https://localhost").headers["Strict-Transport-Security"]
        == "max-age=31536000"
    )


def test_a_nonce_is_allowed_only_where_it_is_used(client: FlaskClient) -> None:
    pages = [client.get("/script") for _ in range(2)]
    nonces = []
    for page in pages:
        (nonce,) = set(re.findall(r'nonce="([\w-]+)"', page.text))
        assert policy(page)["script-src"] == f"'self' 'nonce-{nonce}'"
        assert "ETag" not in page.headers
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


def test_a_file_is_boxed_in(client: FlaskClient) -> None:
    found = policy(client.get("/file"))
    assert "sandbox" in found
    assert found["default-src"] == "'none'"
    assert "script-src" not in found


def test_what_a_view_says_itself_stands(client: FlaskClient) -> None:
    headers = client.get("/own").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "ETag" not in headers


def test_pages_stay_in_this_browser_and_are_asked_again(client: FlaskClient) -> None:
    headers = client.get("/page").headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "HX-Request", "Accept-Encoding"} <= {
        each.strip() for each in headers["Vary"].split(",")
    }


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_an_unchanged_page_is_not_sent_again(client: FlaskClient, encoding: str) -> None:
    first = client.get("/page", headers={"Accept-Encoding": encoding})
    assert first.headers.get("Content-Encoding", "identity") == encoding
    assert first.headers["ETag"].startswith('W/"')
    second = again(client, "/page", first, **{"Accept-Encoding": encoding})
    assert second.status_code == 304
    assert second.data == b""
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "Content-Security-Policy" in second.headers


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/clock", lambda client: None),
        ("/form", lambda client: client.get("/sign-in-again")),
    ],
)
def test_a_changed_page_is_sent(
    client: FlaskClient, path: str, change: Callable[[FlaskClient], None]
) -> None:
    first = client.get(path)
    change(client)
    assert again(client, path, first).status_code == 200


def test_the_csrf_token_of_another_second_is_no_change(client: FlaskClient) -> None:
    first = client.get("/form")
    time.sleep(1.1)
    assert client.get("/form").data != first.data
    assert again(client, "/form", first).status_code == 304


def test_a_piece_is_never_taken_for_the_page(client: FlaskClient) -> None:
    page = client.get("/piece")
    assert again(client, "/piece", page, **{"HX-Request": "true"}).data == b"<p>piece</p>"


@pytest.mark.parametrize("path", ["/nowhere", "/file"])
def test_only_pages_are_compared(client: FlaskClient, path: str) -> None:
    assert "ETag" not in client.get(path).headers


def test_head_answers_like_get(client: FlaskClient) -> None:
    assert client.head("/page").headers["ETag"] == client.get("/page").headers["ETag"]


def test_only_the_public_name_and_this_machine_are_answered(make_app: Callable[..., Flask]) -> None:
    client = make_app(PUBLIC_URL="https://chantiers.example.org").test_client()
    for host, status in (
        ("chantiers.example.org", 200),
        ("127.0.0.1:5000", 200),
        ("localhost", 200),
        ("evil.example.com", 400),
        ("chantiers.example.org.evil.example.com", 400),
    ):
        assert client.get("/connexion", headers={"Host": host}).status_code == status, host
