"""Visitor: it sends what a browser would, and hides nothing from the count of statements."""

from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

from tests.support.visitor import Visitor

PAGE = """<!doctype html><html lang="fr"><head><title>{title}</title><meta name="viewport" content="width=device-width"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""

FORM = """
<a href="/bon">Un lien</a>
<form method="post" action="/echo" enctype="multipart/form-data">
  <input type="hidden" name="csrf_token" value="jeton">
  <label for="t">Titre\u202f<span aria-hidden="true">*</span></label>
  <input id="t" name="title" required maxlength="20" aria-describedby="e"><p id="e">Dites ce qu’il y a à faire.</p>
  <label for="d">Description</label><textarea id="d" name="text">un
deux</textarea>
  <label for="s">Statut</label><select id="s" name="status"><option>À venir</option><option value="2" selected>En cours</option></select>
  <label for="m">Structures</label><select id="m" name="many" multiple><option value="1">Une</option><option value="2">Deux</option></select>
  <fieldset><legend>Qui contribue</legend>
    <label><input type="checkbox" name="who" value="1" checked> Ecosolies</label>
    <label><input type="checkbox" name="who" value="2"> Le Labo</label></fieldset>
  <fieldset><legend>Météo</legend>
    <label><input type="radio" name="sky" value="sun" checked> Soleil</label>
    <label><input type="radio" name="sky" value="rain"> Pluie</label></fieldset>
  <label><input type="checkbox" name="mail"> Prévenir par mail</label>
  <label for="f">Fichier</label><input id="f" type="file" name="file">
  <label for="x">Interdit</label><input id="x" name="no" value="non" disabled>
  <button name="do" value="save">Enregistrer</button> <button name="do" value="drop">Abandonner</button>
</form>
<label for="far">Loin du formulaire</label><input id="far" name="far" value="oui" form="other">
<form id="other" method="get" action="/echo"><button>Chercher</button></form>
<dialog><form method="post" action="/echo"><input type="hidden" name="csrf_token" value="x"><button>Supprimer</button></form></dialog>
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Flask:
    """Make an application of a few lines, with a database."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'tiny.sqlite3'}"
    db = SQLAlchemy(app)

    @app.get("/formulaire")
    def form() -> str:
        return PAGE.format(title="Un formulaire", body=FORM)

    @app.get("/bon")
    def good() -> str:
        db.session.execute(text("SELECT 1"))
        db.session.execute(text("SELECT 2"))
        return PAGE.format(title="Une page", body="<p>Trois\u00a0mots ici\u202f!</p>")

    @app.get("/mauvais")
    def bad() -> str:
        return PAGE.format(title="Une mauvaise page", body="<img src='/a.png'>")

    @app.get("/jumelle")
    def twin() -> str:
        return PAGE.format(title="Une page", body="")

    @app.route("/echo", methods=["GET", "POST"])
    def echo() -> Response:
        files = {name: [file.filename, file.read().decode()] for name, file in request.files.items()}
        return jsonify(
            args=request.args.to_dict(flat=False), form=request.form.to_dict(flat=False), files=files
        )

    @app.post("/suite")
    def after() -> Response:
        return Response(status=303, headers={"Location": "/bon"})

    @app.post("/vieille-suite")
    def old_after() -> Response:
        return Response(status=302, headers={"Location": "/bon"})

    return app


def test_a_form_sends_what_a_browser_would(tiny: Flask) -> None:
    page = Visitor(tiny).get("/formulaire")
    page.fill("Titre", "Planter").choose("Statut", "À venir").check("Qui contribue", "Le Labo").choose(
        "Météo", "Pluie"
    )
    page.check("Structures", "Deux").attach("Fichier", ("a.txt", b"bonjour"))
    sent = page.submit("Enregistrer").json
    assert sent["form"] == {
        "csrf_token": ["jeton"],
        "title": ["Planter"],
        "text": ["un\r\ndeux"],
        "status": ["À venir"],
        "many": ["2"],
        "who": ["1", "2"],
        "sky": ["rain"],
        "do": ["save"],
    }
    assert sent["files"] == {"file": ["a.txt", "bonjour"]}


def test_the_button_pressed_is_the_one_that_is_sent(tiny: Flask) -> None:
    page = Visitor(tiny).get("/formulaire")
    page.fill("Titre", "x").uncheck("Qui contribue", "Ecosolies").check("Prévenir par mail")
    sent = page.submit("Abandonner").json["form"]
    assert sent["do"] == ["drop"]
    assert sent["mail"] == ["on"]
    assert "who" not in sent and "no" not in sent
    assert sent["status"] == ["2"]


def test_a_field_belongs_to_the_form_it_names(tiny: Flask) -> None:
    page = Visitor(tiny).get("/formulaire")
    assert page.fill("Loin du formulaire", "là-bas").submit("Chercher").json["args"] == {"far": ["là-bas"]}


def test_what_a_browser_refuses_is_refused(tiny: Flask) -> None:
    page = Visitor(tiny).get("/formulaire")
    with pytest.raises(AssertionError, match="fill 'Titre"):
        page.submit("Enregistrer")
    page.fill("Titre", "x" * 21)
    with pytest.raises(AssertionError, match="cut 'Titre"):
        page.submit("Enregistrer")
    assert page.submit("Enregistrer", validate=False).json["form"]["title"] == ["x" * 21]


def test_a_closed_dialog_is_out_of_reach(tiny: Flask) -> None:
    with pytest.raises(AssertionError, match="no button 'Supprimer'"):
        Visitor(tiny).get("/formulaire").submit("Supprimer")


def test_names_that_do_not_exist_are_told(tiny: Flask) -> None:
    page = Visitor(tiny).get("/formulaire")
    with pytest.raises(AssertionError, match=r"no field 'Titres'.*there are: 'Titre"):
        page.fill("Titres", "x")
    with pytest.raises(AssertionError, match="no choice 'Finie'"):
        page.choose("Statut", "Finie")


def test_reading(tiny: Flask) -> None:
    visitor = Visitor(tiny)
    page = visitor.get("/formulaire")
    assert page.value_of("Statut") == "En cours"
    assert page.value_of("Description") == "un\ndeux"
    assert page.error_of("Titre") == "Dites ce qu’il y a à faire."
    page = visitor.click("Un lien")
    assert page.has("Trois mots ici !") and page.heading == "Une page"
    assert page.rule == "/bon"


def test_each_page_is_checked(tiny: Flask) -> None:
    with pytest.raises(AssertionError, match="has no alt"):
        Visitor(tiny).get("/mauvais")
    Visitor(tiny).get("/mauvais", check=False)


def test_titles_tell_pages_apart(tiny: Flask) -> None:
    visitor = Visitor(tiny)
    visitor.get("/bon")
    with pytest.raises(AssertionError, match="its title 'Une page' is also that of /bon"):
        visitor.get("/jumelle")


def test_a_post_redirects_with_303(tiny: Flask) -> None:
    visitor = Visitor(tiny)
    assert visitor.post("/suite", csrf=False).location == "/bon"
    assert visitor.post("/suite", csrf=False, status=200, follow=True).heading == "Une page"
    with pytest.raises(AssertionError, match="redirect with 303"):
        visitor.post("/vieille-suite", csrf=False, status=200, follow=True)


def test_the_status_is_asserted(tiny: Flask) -> None:
    with pytest.raises(AssertionError, match="answers 404, not 200"):
        Visitor(tiny).get("/nulle-part")
    Visitor(tiny).get("/nulle-part", status=404, check=False)


def test_statements_are_counted_per_request(tiny: Flask) -> None:
    visitor = Visitor(tiny)
    visitor.get("/bon")
    with visitor.count_statements() as statements:
        visitor.get("/bon")
    assert statements == ["SELECT 1", "SELECT 2"]


def test_a_request_has_a_session_of_its_own(tiny: Flask) -> None:
    sessions: set[int] = set()
    tiny.before_request(lambda: sessions.add(id(tiny.extensions["sqlalchemy"].session())))
    with tiny.app_context():
        mine = tiny.extensions["sqlalchemy"].session()
        Visitor(tiny).get("/bon")
        assert id(mine) not in sessions
