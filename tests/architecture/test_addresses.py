"""Rule on addresses: none is put together by hand in Python, templates or scripts; read from the sources themselves.

A page says the view (`url_for`) or the thing (`chantiers.web.addresses`) that it leads to; a script reads addresses from
the attributes that the server wrote.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[2]

#: Where an expression stood.
HOLE = "\ue000"

#: Addresses that are written out, and why.
ALLOWED = {
    (
        "chantiers/web/assets.py",
        "/static/",
    ): "the fingerprints are read before any request; the route stands in the same file",
    (
        "chantiers/rooms/style_guide/samples.py",
        "/style",
    ): "the samples are constants, made before any request",
}

_jinja = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])

# What a route declares ------------------------------------------------------------------------------------------------


def is_declaration(node: ast.AST) -> bool:
    """Tell whether a call declares a route: `@room.get(...)`, `app.add_url_rule(...)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "post", "route", "add_url_rule")
    )


def modules() -> list[Path]:
    return [
        ROOT / "app.py",
        *sorted((ROOT / "chantiers").rglob("*.py")),
        *sorted((ROOT / "models").rglob("*.py")),
    ]


@cache
def declared() -> frozenset[str]:
    """Return the plain segments of every route: « taches », « modifier »…"""
    rules = [
        call.args[0].value
        for path in (ROOT / "chantiers").rglob("*routes.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if is_declaration(call) and isinstance(call, ast.Call) and call.args
        if isinstance(call.args[0], ast.Constant) and str(call.args[0].value).startswith("/")
    ]
    segments = {segment for rule in rules for segment in str(rule).split("/")}
    return frozenset(each for each in segments if re.fullmatch(r"[a-z][a-z.-]*", each)) | {"static"}


@cache
def _pattern() -> re.Pattern[str]:
    segments = "|".join(sorted(map(re.escape, declared()), key=len, reverse=True))
    return re.compile(rf"(?:^|{HOLE})/(?:{segments})(?=[/?#{HOLE}]|$)")


def looks_like_an_address(text: str) -> bool:
    """Tell whether a text, with holes for expressions, begins or goes on as an address of ours."""
    return _pattern().search(text) is not None


# Python ---------------------------------------------------------------------------------------------------------------


def in_python(source: str) -> list[str]:
    """Return the addresses that a module puts together or writes out."""
    return list(_texts(ast.parse(source)))


def _texts(node: ast.AST) -> Iterator[str]:
    text = _text(node)
    if text is not None:
        if looks_like_an_address(text):
            yield text
        return
    for child in ast.iter_child_nodes(node):
        if not (is_declaration(node) and isinstance(child, ast.Constant)):
            yield from _texts(child)


def _text(node: ast.AST) -> str | None:
    """Return the text that a node makes, with holes; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else HOLE for each in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_text(node.left), _text(node.right)]
        return None if parts == [None, None] else "".join(HOLE if each is None else each for each in parts)
    return None


# Templates ------------------------------------------------------------------------------------------------------------


def in_template(source: str) -> list[str]:
    """Return the addresses that a template puts together or writes out."""
    tree = _jinja.parse(source)
    markup = "".join(_markup(tree))
    values = re.findall(r'[a-z-]+="([^"<>]*)"', markup) + re.findall(
        rf"[:({HOLE}](/[a-z][^\s\"'<)]*)", markup
    )
    return [*filter(_is_written_out, values), *_in_expressions(tree)]


def _is_written_out(value: str) -> bool:
    return value == "/" or value.startswith(f"/{HOLE}") or looks_like_an_address(value)


def _markup(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else HOLE
        return
    for child in node.iter_child_nodes():
        yield from _markup(child)


def _in_expressions(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Concat | nodes.Add | nodes.Const):
        text = _said(node)
        if _is_written_out(text) and text != "/":
            yield text
            return
    for child in node.iter_child_nodes():
        yield from _in_expressions(child)


def _said(node: nodes.Node) -> str:
    if isinstance(node, nodes.Const):
        return str(node.value) if isinstance(node.value, str) else ""
    if isinstance(node, nodes.Concat):
        return "".join(_said(each) or HOLE for each in node.nodes)
    if isinstance(node, nodes.Add):
        return "".join(_said(each) or HOLE for each in (node.left, node.right))
    return ""


# Scripts --------------------------------------------------------------------------------------------------------------


def in_script(source: str) -> list[str]:
    """Return the addresses that a script puts together or writes out."""
    texts = [
        re.sub(r"\$\{[^}]*\}", HOLE, text) for _quote, text in re.findall(r"([\"'`])((?:(?!\1).)*)\1", source)
    ]
    return [text for text in texts if looks_like_an_address(text)]


# The sources ----------------------------------------------------------------------------------------------------------


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def allowed(path: Path, text: str) -> bool:
    return any(named(path) == where and text.startswith(what) for where, what in ALLOWED)


@pytest.mark.parametrize("path", modules(), ids=named)
def test_no_module_puts_an_address_together(path: Path) -> None:
    assert [text for text in in_python(path.read_text("utf-8")) if not allowed(path, text)] == []


TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_no_template_puts_an_address_together(path: Path) -> None:
    assert in_template(path.read_text("utf-8")) == []


SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_no_script_puts_an_address_together(path: Path) -> None:
    assert in_script(path.read_text("utf-8")) == []


def test_the_sources_are_found() -> None:
    assert len(modules()) > 100 and len(TEMPLATES) > 100 and len(SCRIPTS) > 10
    assert {"taches", "livrables", "modifier", "fichier"} <= declared()


@pytest.mark.parametrize(("where", "what"), ALLOWED)
def test_what_is_allowed_is_still_there(where: str, what: str) -> None:
    assert any(text.startswith(what) for text in in_python((ROOT / where).read_text("utf-8")))


# Samples --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        'page = f"/taches/{task.id}"',
        'page = "/livrables/" + str(number)',
        'page = root + "/modifier"',
        'page = f"{root}/membres"',
        'return redirect("/coordination#a-arbitrer", 303)',
        'PLACES = {"task": "/taches/"}',
        'item = Item("/copil", words)',
        'page = f"{address_of(task)}/statut?{query}"',
    ],
)
def test_an_address_put_together_in_python_is_seen(source: str) -> None:
    assert in_python(source) != []


@pytest.mark.parametrize(
    "source",
    [
        '@tasks.get("/taches/<id:task_id>")\ndef show(task): ...',
        '@tasks.route("/taches/<id:task_id>/modifier", methods=["GET"])\ndef edit(task): ...',
        'page = url_for("tasks.show", task_id=task.id)',
        "page = f\"{url_for('tasks.index', slug=slug)}?vue=liste\"",
        'page = f"{discussion_of(task)}#commentaire-{comment.id}"',
        'kind, _, number = about.partition("/")',
        'lines = ["User-agent: *", "Disallow: /connexion"]',
        '"""What stands at /taches/1."""',
        'folder = f"{root}/archives"',
    ],
)
def test_python_that_puts_no_address_together_is_not_seen(source: str) -> None:
    assert in_python(source) == []


@pytest.mark.parametrize(
    "source",
    [
        '<a href="/taches/{{ task.id }}">',
        '<a href="/coordination">',
        '<a href="/">',
        '<a href="{{ root }}/membres">',
        '<a href="{% if a %}/chantiers/{{ slug }}{% else %}{{ href }}{% endif %}">',
        '<a href="/{{ places[kind] }}/{{ thing.id }}">',
        '<form method="post" action="/taches/{{ task.id }}/statut">',
        '<form hx-post="/taches/{{ task.id }}/statut">',
        '<body data-presence="/presence">',
        '<p data-draft-key="{{ user.id }}:/taches/{{ task.id }}/statut:reason">',
        '{{ ui.link_button(label, "/copil") }}',
        '{{ ui.link_button(label, "/taches/" ~ task.id) }}',
        '{{ ui.link_button(label, root ~ "/membres") }}',
        '{{ ui.link_button(label, "/" ~ place ~ "/" ~ thing.id) }}',
        '{% set address = "/livrables/" ~ deliverable.id %}',
        '{% set base = {"task": "/taches/"}[kind] ~ subject.id %}',
    ],
)
def test_an_address_put_together_in_a_template_is_seen(source: str) -> None:
    assert in_template(source) != []


@pytest.mark.parametrize(
    "source",
    [
        '<a href="{{ url_for("tasks.show", task_id=task.id) }}">',
        '<a href="{{ url_for("tasks.index", slug=slug) }}?vue=liste&amp;objectif={{ objective.id }}">',
        '<a href="{{ address_of(task) }}#points">',
        '{{ ui.link_button(label, url_for("tasks.show", task_id=task.id) ~ "#points") }}',
        '{{ comments(thread, writing_of(task), thread_of(task), true, form, "task/" ~ task.id) }}',
        '<use href="{{ sprite }}#late"/>',
        "<p>{{ done }}/{{ all }}</p></{{ tag }}>",
        '<script src="{{ asset("js/main.js") }}" type="module"></script>',
        "{#- The cards post to /taches/<id>/deplacer. -#}",
    ],
)
def test_a_template_that_puts_no_address_together_is_not_seen(source: str) -> None:
    assert in_template(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "fetch(`/taches/${card.dataset.task}/deplacer`)",
        'location.assign("/mon-travail")',
        "fetch(`${page}/statut`)",
    ],
)
def test_an_address_put_together_in_a_script_is_seen(source: str) -> None:
    assert in_script(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "fetch(card.dataset.move)",
        "fetch(`${field.dataset.mentions}?${query}`)",
        'import { announce } from "./announce.js";',
        'if (event.key !== "/") return;',
    ],
)
def test_a_script_that_reads_its_addresses_is_not_seen(source: str) -> None:
    assert in_script(source) == []
