"""Static assets: style sheets, scripts and fonts, hashed, compressed and cached."""

import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from chantiers.web import assets

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    static = tmp_path / "static"
    for name, text in {
        "css/main.css": 'body { background: url("../images/leaf.svg"); }',
        "images/leaf.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "js/main.js": 'const open = () => import("./behaviours/menu.js");',
        "js/behaviours/menu.js": 'import { say } from "./say.js";',
        "js/behaviours/say.js": "export function say() {}",
    }.items():
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text(text, encoding="utf-8")
    app = Flask(__name__, root_path=str(tmp_path), static_folder=None)
    assets.init_app(app)
    yield app.test_client()


def url(client: FlaskClient, name: str) -> str:
    with client.application.app_context():
        return render_template_string("{{ asset(name) }}", name=name)


def test_a_hashed_name_is_kept_for_ever_and_a_plain_one_is_asked_again(client: FlaskClient) -> None:
    kept = client.get(url(client, "css/main.css"))
    asked = client.get("/static/css/main.css")
    assert "immutable" in kept.headers["Cache-Control"]
    assert asked.headers["Cache-Control"] == "no-cache"
    assert kept.data == asked.data
    assert kept.mimetype == "text/css"


def test_references_lead_to_hashed_names(client: FlaskClient) -> None:
    style = client.get(url(client, "css/main.css")).text
    assert re.search(r'url\("\.\./images/leaf\.[0-9a-f]{10}\.svg"\)', style)
    main = client.get(url(client, "js/main.js")).text
    address = re.search(r'"\./(behaviours/menu\.[0-9a-f]{10}\.js)"', main)
    assert address
    menu = client.get(f"/static/js/{address[1]}")
    assert re.search(r'"\./say\.[0-9a-f]{10}\.js"', menu.text)


def test_the_browser_gets_the_compression_it_reads(client: FlaskClient) -> None:
    address = url(client, "js/main.js")
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    small = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    older = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "br" and brotli.decompress(small.data) == plain.data
    assert older.headers["Content-Encoding"] == "gzip" and gzip.decompress(older.data) == plain.data
    assert len({answer.headers["ETag"] for answer in (plain, small, older)}) == 3


def test_what_the_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/static/css/main.css")
    again = client.get("/static/css/main.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_imported_style_sheets_stand_in_their_place(tmp_path: Path) -> None:
    for name, text in {
        "css/all.css": '/* All. */\n@import url("./parts/leaf.css");\n@import url("./parts/stem.css");\n.last {}\n',
        "css/parts/leaf.css": '.leaf { background: url("../../images/leaf.svg"); }\n',
        "css/parts/stem.css": ".stem {}\n",
        "images/leaf.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    sheet = assets.AssetLibrary(tmp_path).by_name["css/all.css"].body.decode()
    expected = (
        r'\.leaf \{ background: url\("\.\./images/leaf\.[0-9a-f]{10}\.svg"\); \}\n\.stem \{\}\n\.last \{\}\n'
    )
    assert re.fullmatch(expected, sheet)


def test_every_component_has_its_place_in_the_sheet_that_is_served() -> None:
    static = ROOT / "static"
    served = assets.AssetLibrary(static).by_name["css/components.css"].body.decode()
    parts = sorted((static / "css/components").glob("*.css"))
    assert parts and "@import" not in served
    assert all(served.count(assets.COMMENT.sub("", part.read_text("utf-8"))) == 1 for part in parts)


@pytest.mark.parametrize("path", ["nothing.css", "../app.py", "css/../../secret", "css/main.0000000000.css"])
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_two_files_that_need_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import "./b.js";')
    (tmp_path / "b.js").write_text('import "./a.js";')
    with pytest.raises(ValueError, match="refers to itself"):
        assets.AssetLibrary(tmp_path)
    (tmp_path / "b.js").unlink()
    (tmp_path / "c.css").write_text('@import url("./c.css");\n')
    with pytest.raises(ValueError, match="refers to itself"):
        assets.AssetLibrary(tmp_path)


def test_the_vendored_files_are_those_of_the_manifest() -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "script/vendor", "--check"], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr


def test_a_first_view_weighs_less_than_110_kilobytes_with_its_fonts() -> None:
    library = assets.AssetLibrary(ROOT / "static")
    first_view = [
        "css/tokens.css",
        "css/base.css",
        "css/layout.css",
        "css/components.css",
        "css/print.css",
        "js/main.js",
        "js/behaviours/menu.js",
        "js/behaviours/theme.js",
        "vendor/htmx.min.js",
        "vendor/icons.svg",
        "fonts/figtree.woff2",
        "fonts/bricolage.woff2",
    ]
    sent = [library.by_name[name] for name in first_view]
    sizes = [len(asset.brotli if asset.compressible else asset.body) for asset in sent]
    # The page itself has the rest of the 150 KB.
    assert sum(sizes) < 110_000
