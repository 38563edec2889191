"""Templates hold no style, no script and no untranslated word: read from their source, every branch of it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

#: Where an expression stood.
HOLE = "\ue000"

#: Words that are the same in every language, or that name one.
NAMES = {"Chantiers", "Français", "English", "JSON", "CSV", "XLSX", "PDF", "SHA-256", "Markdown"}

GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}

#: Attributes that are read, seen or heard.
READ = {"abbr", "alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "label"}
READ |= {"placeholder", "summary", "title"}

#: A literal in an expression is taken for a sentence when it has an accent or an apostrophe, or begins as one.
_PROSE = re.compile(r"[À-ÖØ-öø-ÿŒœ’«»…]|^[A-Z][a-z]+( |$)")
_WORD = re.compile(r"[^\W\d_]{2,}")

#: The style guide shows components around samples of what people write, which nobody translates.
SAMPLES = {"style_guide"}

#: Elements whose words are for a machine.
FOR_MACHINES = {"code", "kbd", "samp", "script", "style"}

_jinja = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])


class Reader(HTMLParser):
    """Reader of a page's source, which finds what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._silent: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attributes}
        if tag in FOR_MACHINES and self._silent is None:
            self._silent = tag
        if tag == "style" or (
            tag == "script" and "src" not in names and ("type", "application/json") not in attributes
        ):
            self.faults.append(f"inline <{tag}>")
        for name, value in attributes:
            self._look_at(tag, name, value or "", attributes)

    def _look_at(self, tag: str, name: str, value: str, attributes: list[tuple[str, str | None]]) -> None:
        if name == "style":
            self.faults.append(f'inline style="{value}"')
        if re.match(r"on[a-z]+$", name) or name.startswith("hx-on"):
            self.faults.append(f"inline handler {name}")
        if value.replace(HOLE, "").strip().lower().startswith("javascript:"):
            self.faults.append(f"script in {name}")
        is_button = (
            tag == "input"
            and name == "value"
            and dict(attributes).get("type") in ("submit", "button", "reset")
        )
        is_described = tag == "meta" and name == "content" and dict(attributes).get("name") == "description"
        if name in READ or is_button or is_described:
            self._look_for_words(value, f"{name}=")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = None

    def handle_data(self, data: str) -> None:
        if self._silent is None:
            self._look_for_words(data, "")

    def _look_for_words(self, text: str, where: str) -> None:
        # A block may hold attributes of an element of the layout.
        bare = re.sub(r'[a-z-]+="[^"]*"', "", text)
        for name in NAMES:
            bare = bare.replace(name, "")
        if _WORD.search(bare):
            self.faults.append(f"untranslated {where}« {' '.join(text.replace(HOLE, '…').split())[:80]} »")


def faults(source: str) -> list[str]:
    """List everything that is wrong with a template."""
    tree = _jinja.parse(source)
    reader = Reader()
    # An expression may also choose the element.
    reader.feed(re.sub(f"(</?){HOLE}", r"\1x-hole", "".join(_markup(tree))))
    reader.close()
    return reader.faults + list(_in_expressions(tree))


def _markup(node: nodes.Node) -> Iterator[str]:
    """Return what the template writes itself, both sides of each condition, with a hole for each expression."""
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            yield part.data if isinstance(part, nodes.TemplateData) else HOLE
        return
    for child in node.iter_child_nodes():
        yield from _markup(child)


def _in_expressions(node: nodes.Node, translated: bool = False) -> Iterator[str]:
    if isinstance(node, nodes.Filter) and node.name == "safe":
        yield f"|safe on line {node.lineno}"
    if isinstance(node, nodes.EvalContextModifier | nodes.ScopedEvalContextModifier):
        yield f"autoescape changed on line {node.lineno}"
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        yield from _untranslatable(node)
        translated = True
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and not translated:
        text = node.value.strip()
        if _PROSE.search(text) and text not in NAMES:
            yield f"untranslated literal « {text[:80]} » on line {node.lineno}"
    for child in node.iter_child_nodes():
        yield from _in_expressions(child, translated)


def _untranslatable(call: nodes.Call) -> Iterator[str]:
    """List the sentences put together before they are translated: they are in no catalogue."""
    wanted = (
        2
        if "ngettext" in getattr(call.node, "name", "") or "npgettext" in getattr(call.node, "name", "")
        else 1
    )
    if not all(isinstance(argument, nodes.Const) for argument in call.args[:wanted]):
        yield f"a sentence to translate is not a plain text on line {call.lineno}"


def templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_a_template_is_clean(path: Path) -> None:
    found = faults(path.read_text("utf-8"))
    if path.relative_to(TEMPLATES).parts[0] in SAMPLES:
        found = [each for each in found if not each.startswith("untranslated")]
    if path.relative_to(TEMPLATES).parts[0] == "emails":
        # Mailboxes drop style sheets: a mail is drawn on its elements.
        found = [each for each in found if not each.startswith("inline style") and each != "inline <style>"]
    assert found == []


def test_there_are_templates() -> None:
    assert len(templates()) > 5


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>Bonjour</p>", "Bonjour"),
        ("<p>{{ name }} est en retard</p>", "est en retard"),
        ("{% if late %}<p>{% else %}Tard{% endif %}</p>", "Tard"),
        ("{% block content %}{% for a in b %}<li>à venir{% endfor %}{% endblock %}", "à venir"),
        ("<{{ tag }}>Bonjour</{{ tag }}>", "Bonjour"),
        ("<p><code>flask</code> puis <code>doctor</code></p>", "puis"),
        ('<img alt="Plan du parc">', "alt="),
        ('<a aria-label="Voir {{ name }}">', "aria-label="),
        ('<input type="submit" value="Envoyer">', "value="),
        ('{{ ui.button("Créer la tâche") }}', "Créer la tâche"),
        ('{{ ui.button("Supprimer") }}', "Supprimer"),
        ('{{ ui.stat(3, "échues") }}', "échues"),
        ('{% set title = "Les tâches" %}', "Les tâches"),
        ('<p style="color: red">', "style"),
        ('<p style="inline-size: {{ width }}%">', "style"),
        ("<style>p { color: red }</style>", "<style>"),
        ("<script>start()</script>", "<script>"),
        ('<button onclick="start()"></button>', "onclick"),
        ('<p{% if a %} onload="x"{% endif %}></p>', "onload"),
        ('<button hx-on:click="start()"></button>', "hx-on"),
        ('<a href="javascript:start()"></a>', "script in href"),
        ("{{ text|safe }}", "|safe"),
        ("{{ (text ~ more)|upper|safe }}", "|safe"),
        ("{% autoescape false %}{{ text }}{% endautoescape %}", "autoescape"),
        ('{{ _("Bonjour " ~ name) }}', "not a plain text"),
        ("{{ _(sentence) }}", "not a plain text"),
    ],
)
def test_a_fault_is_seen(source: str, fault: str) -> None:
    assert any(fault in each for each in faults(source)), faults(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p>{{ _("Bonjour") }} — {{ name }} : 3 %</p>',
        '{{ ngettext("%(num)d tâche", "%(num)d tâches", n) }}',
        '{{ _("Il faudrait : %(need)s", need=text|excerpt(140)) }}',
        '{{ ui.button(_("Créer la tâche"), icon="plus", kind="quiet small", href=url_for("tasks.create")) }}',
        '<button lang="fr" name="locale" value="fr">Français</button>',
        '<a class="button button--quiet" data-behaviour="menu" href="{{ url }}">·</a>',
        '<script src="{{ asset("js/main.js") }}" type="module"></script>',
        '<script type="application/json">{"a": 1}</script>',
        "{# Un commentaire, en français #}<!-- Un autre -->",
        '{% if role == "coordinator" %}<time datetime="{{ day }}">{{ day|day }}</time>{% endif %}',
        "{% trans %}Bonjour{% endtrans %}",
        '<{{ tag }} class="stat">{{ figure }}</{{ tag }}>',
        '{% block chantier_colour %}data-hue="{{ hue }}"{% endblock %}',
        "<p><code>flask --app app init FICHIER.yaml</code></p>",
    ],
)
def test_what_is_right_is_not_seen(source: str) -> None:
    assert faults(source) == []
