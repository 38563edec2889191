"""HTML check: it catches each defect it is there for, and finds nothing in a good page."""

import pytest

from tests.support.document import Document
from tests.support.html_check import defects, fragment_defects

GOOD = """<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><title>Une tâche</title><meta name="viewport" content="width=device-width"></head>
<body>
<a href="#contenu">Aller au contenu</a>
<nav aria-label="Principal"><ul><li><a href="/"><svg aria-hidden="true"><use href="/i.svg#home"/></svg> Accueil</a></li></ul></nav>
<main id="contenu">
<h1>Une tâche</h1>
<p hidden id="aide">Un mot d’aide.</p>
<form method="post" action="/taches/1">
  <input type="hidden" name="csrf_token" value="x">
  <label for="titre">Titre</label><input id="titre" name="title" aria-describedby="aide">
  <label>Échéance <input type="date" name="due"></label>
  <fieldset><legend>Météo</legend>
    <label><input type="radio" name="w" value="1"> Soleil</label>
    <label><input type="radio" name="w" value="2"> Pluie</label>
  </fieldset>
  <button>Enregistrer</button>
</form>
<button type="button" popovertarget="menu">Menu</button><div popover id="menu"><p>Choix</p></div>
<dialog id="sur"><form method="dialog"><button>Fermer</button></form></dialog>
<h2>Structures</h2>
<table><caption>Les structures</caption><thead><tr><th scope="col">Nom</th></tr></thead><tbody><tr><td>Une</td></tr></tbody></table>
<img src="/a.png" alt="">
<svg role="img" aria-label="Trois sur quatre"><path d="M0 0"/></svg>
</main>
<script src="/static/js/app.js" type="module"></script>
</body></html>"""


def test_a_good_page_has_no_defect() -> None:
    assert defects(Document(GOOD)) == []


DEFECTS = [
    ("stray end tag", "</main>", "</div></main>", "HTML is not valid"),
    ("no doctype", "<!doctype html>\n", "", "HTML is not valid"),
    ("no language", ' lang="fr"', "", "no lang"),
    ("empty title", "<title>Une tâche</title>", "<title> </title>", "no title"),
    ("two h1", "<h2>Structures</h2>", "<h1>Structures</h1>", "2 <h1>"),
    ("no main", "main", "section", "0 <main>"),
    ("no zoom", "width=device-width", "width=device-width, user-scalable=no", "forbids zooming"),
    ("same id twice", 'id="menu"', 'id="titre"', "used 2 times"),
    ("field without label", '<label for="titre">Titre</label>', "", "has no label"),
    ("empty label", '<label for="titre">Titre</label>', '<label for="titre"></label>', "has no label"),
    ("radio buttons without legend", "<legend>Météo</legend>", "", "no fieldset with a legend"),
    ("image without alt", ' alt=""', "", "has no alt"),
    ("drawing without a name", ' role="img" aria-label="Trois sur quatre"', "", "neither aria-hidden"),
    ("inline style", "<h2>", '<h2 style="color: red">', "inline style"),
    ("style element", "<h2>", "<style>h2 {}</style><h2>", "holds a <style>"),
    ("inline script", "<h2>", "<script>alert(1)</script><h2>", "inline script"),
    ("handler", "<h2>", '<h2 onclick="go()">', "inline handler"),
    ("javascript address", 'href="/"', 'href="javascript:go()"', "runs a script"),
    ("third party", 'src="/static', 'src="https://cdn.example/static', "fetched from elsewhere"),
    ("describedby nothing", 'id="aide"', 'id="autre"', "aria-describedby points to no element"),
    ("label for nothing", 'for="titre"', 'for="autre"', "for points to no element"),
    ("skip link to nothing", 'id="contenu"', "", "leads to no element"),
    (
        "popover of nothing",
        'popovertarget="menu"',
        'popovertarget="rien"',
        "popovertarget points to no element",
    ),
    (
        "button without text",
        "<button>Enregistrer</button>",
        "<button><svg aria-hidden='true'/></button>",
        "has no text",
    ),
    ("link without text", "</svg> Accueil", "</svg>", "has no text"),
    ("link to nowhere", 'href="/"', 'href="#"', "leads nowhere"),
    ("button of no form", 'type="button" ', "", None),
    ("submit of no form", '<button type="button" popovertarget="menu">', "<button>", "submits no form"),
    (
        "button in a link",
        "</svg> Accueil",
        "</svg> Accueil <button type='button'>x</button>",
        "stands within",
    ),
    ("table without caption", "<caption>Les structures</caption>", "", "no caption"),
    ("header without scope", ' scope="col"', "", "has no scope"),
    ("heading level skipped", "<h2>Structures</h2>", "<h3>Structures</h3>", "goes from h1 to h3"),
    (
        "post without token",
        '<input type="hidden" name="csrf_token" value="x">',
        "",
        "posts without csrf_token",
    ),
    ("file without multipart", 'type="date"', 'type="file"', "not multipart"),
    ("form without button", "<button>Enregistrer</button>", "", "no button to send it"),
    ("None shown", "Un mot", "None", "'None' is left"),
    ("unfilled translation", "Un mot", "%(count)s mots", "is left in the page"),
    ("None in an address", 'action="/taches/1"', 'action="/taches/None"', "'None' is left"),
]


@pytest.mark.parametrize(("_name", "before", "after", "expected"), DEFECTS, ids=[each[0] for each in DEFECTS])
def test_each_defect_is_caught(_name: str, before: str, after: str, expected: str | None) -> None:
    assert before in GOOD
    found = defects(Document(GOOD.replace(before, after)))
    if expected is None:
        assert found == []
    else:
        assert any(expected in sentence for sentence in found), found


def test_a_fragment_is_checked_without_its_page() -> None:
    assert (
        fragment_defects(
            Document('<li id="t1"><h3>Titre</h3><a href="#ailleurs">Voir</a></li>', fragment=True)
        )
        == []
    )
    assert any(
        "no label" in sentence
        for sentence in fragment_defects(Document('<p><input name="a"></p>', fragment=True))
    )
