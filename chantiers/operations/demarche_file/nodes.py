"""Safe YAML parser: a tree whose nodes know their line, without tags, aliases or Python objects, of bounded size."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml
from flask_babel import gettext as _
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

#: A démarche of a thousand structures is a tenth of this.
LARGEST = 1024 * 1024
DEEPEST = 20
#: Most problems that are listed: beyond, nobody mends a file from a list.
MOST_PROBLEMS = 50

#: libyaml's parser, ten times quicker, where PyYAML was built with it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT = "tag:yaml.org,2002:str"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, order=True)
class Problem:
    """Problem of a file, with its line; line 0 is about the whole of it."""

    line: int
    words: str

    def __str__(self) -> str:
        if not self.line:
            return self.words
        return str(_("ligne %(line)s : %(words)s", line=self.line, words=self.words))


class DemarcheFileRefused(Exception):
    """Refusal of a file, with its problems by line; nothing of it was kept."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = sorted(set(problems))[:MOST_PROBLEMS]
        self.left_out = len(set(problems)) - len(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@dataclass
class Problems:
    """Problems met so far: reading goes on, so that people mend them all at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, line: int, words: str) -> None:
        self.found.append(Problem(line, words))

    def refuse_if_any(self) -> None:
        """Raise DemarcheFileRefused where there is a problem."""
        if self.found:
            raise DemarcheFileRefused(self.found)


def tree(content: bytes) -> Node:
    """Parse a document and return its root node. Raises DemarcheFileRefused."""
    if len(content) > LARGEST:
        raise _refused(0, _("Ce fichier est trop gros pour une démarche : 1 Mo au plus."))
    try:
        text = unicodedata.normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(
            line, _("le texte n’est pas en UTF-8 : enregistrez le fichier dans ce codage.")
        ) from None
    strange = _CONTROL.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise _refused(line, _("un caractère invisible n’a pas sa place dans un texte."))
    with _in_words():
        # Events come before any tree is built: nothing can grow in memory.
        _refuse_references_and_depth(yaml.parse(text, Loader=_Loader))
        root = yaml.compose(text, Loader=_Loader)
    if root is None:
        raise _refused(0, _("Ce fichier est vide."))
    return root


def line_of(node: Node) -> int:
    return int(node.start_mark.line) + 1


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _refused(mark.line + 1 if mark else 0, _syntax(error)) from None
    except (yaml.YAMLError, ValueError):
        raise _refused(0, _("Ce fichier n’est pas du YAML : vérifiez que c’est le bon.")) from None


def _refuse_references_and_depth(events: Iterator[yaml.Event]) -> None:
    depth = 0
    for event in events:
        mark = event.start_mark
        line = mark.line + 1 if mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(line, _("les renvois (« & » et « * ») ne sont pas acceptés : écrivez le texte."))
        tag = getattr(event, "tag", None)
        if tag and tag != _TEXT:
            raise _refused(line, _("les étiquettes (« ! ») ne sont pas acceptées : écrivez le texte seul."))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _refused(line, _("il y a trop de niveaux les uns dans les autres."))


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "mapping values are not allowed" in problem:
        return str(_("deux-points en trop : mettez entre guillemets un texte qui en contient."))
    if "cannot start any token" in problem:
        return str(
            _("un signe ou une tabulation n’est pas à sa place : espaces devant, guillemets autour du texte.")
        )
    if "end of stream" in problem or "end of stream" in (error.context or ""):
        return str(
            _("le fichier s’arrête au milieu d’un texte : un guillemet ou un crochet n’est pas fermé.")
        )
    if "expected <block end>" in problem or "not find expected" in problem:
        return str(_("le décalage des lignes ou un guillemet n’est pas juste ici, ou juste au-dessus."))
    if "expected a single document" in (error.context or ""):
        return str(_("un second document commence ici (« --- ») : il n’en faut qu’un."))
    return str(_("ce n’est pas du YAML correct."))


def _refused(line: int, words: str) -> DemarcheFileRefused:
    return DemarcheFileRefused([Problem(line, words)])


class Record:
    """Mapping of YAML, its fields read one by one; a missing, unknown or wrong one is added to the problems."""

    def __init__(self, node: Node, what: str, problems: Problems) -> None:
        self.line, self.what, self.problems = line_of(node), what, problems
        self._fields: dict[str, Node] = {}
        self._lines: dict[str, int] = {}
        self._asked: set[str] = set()
        if not isinstance(node, MappingNode):
            problems.add(self.line, _("%(what)s : il faut ici des champs « nom: valeur ».", what=what))
            self.is_readable = False
            return
        self.is_readable = True
        for key, value in node.value:
            self._keep(key, value)

    def _keep(self, key: Node, value: Node) -> None:
        name = key.value if isinstance(key, ScalarNode) else "?"
        if name in self._fields:
            self.problems.add(
                line_of(key),
                _(
                    "%(what)s : « %(name)s » est déjà à la ligne %(other)s.",
                    what=self.what,
                    name=name[:60],
                    other=self._lines[name],
                ),
            )
            return
        self._fields[name], self._lines[name] = value, line_of(key)

    def line_of(self, name: str) -> int:
        """Return the line of a field, or of the whole where it is missing."""
        return self._lines.get(name, self.line)

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        """Return a field as one line of text, untyped: « 2024-02 », « Oui » and « 12 » are words here."""
        return self._text(name, longest, required, lines=False)

    def long_text(self, name: str, longest: int, *, required: bool = False) -> str:
        """Return a field as a text that may have several lines."""
        return self._text(name, longest, required, lines=True)

    def _text(self, name: str, longest: int, required: bool, *, lines: bool) -> str:
        node = self._take(name, required)
        if node is None:
            return ""
        return scalar(
            node, f"{self.what}, « {name} »", longest, self.problems, required=required, lines=lines
        )

    def number(self, name: str, highest: int) -> int | None:
        """Return a field as a whole number from 1; None where it is not one."""
        node = self._take(name, required=True)
        if node is None:
            return None
        if isinstance(node, ScalarNode) and re.fullmatch(r"[0-9]{1,6}", node.value):
            number = int(node.value)
            if 1 <= number <= highest:
                return number
        self.problems.add(
            line_of(node),
            _(
                "%(what)s, « %(name)s » : il faut un nombre entier de 1 à %(highest)s.",
                what=self.what,
                name=name,
                highest=highest,
            ),
        )
        return None

    def items(self, name: str, *, required: bool = False) -> list[Node]:
        """Return the items of a list; an absent or empty field is an empty list."""
        node = self._take(name, required)
        if node is None or (isinstance(node, ScalarNode) and node.value in ("", "null", "~")):
            return []
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.problems.add(
            line_of(node), _("%(what)s, « %(name)s » : il faut une liste.", what=self.what, name=name)
        )
        return []

    def record(self, name: str, what: str, *, required: bool = False) -> "Record | None":
        """Return a field that has fields of its own; None where it is missing or no mapping."""
        node = self._take(name, required)
        if node is None:
            return None
        found = Record(node, what, self.problems)
        return found if found.is_readable else None

    def done(self) -> None:
        """Report every field that was not asked for: it is unknown here."""
        for name in self._fields:
            if name not in self._asked:
                self.problems.add(
                    self._lines[name],
                    _(
                        "%(what)s : « %(name)s » n’est pas connu ici. Champs possibles : %(known)s.",
                        what=self.what,
                        name=name[:60],
                        known=", ".join(sorted(self._asked)),
                    ),
                )

    def _take(self, name: str, required: bool) -> Node | None:
        self._asked.add(name)
        node = self._fields.get(name)
        if node is None and required and self.is_readable:
            self.problems.add(self.line, _("%(what)s : « %(name)s » manque.", what=self.what, name=name))
        return node


def scalar(
    node: Node, what: str, longest: int, problems: Problems, *, required: bool = False, lines: bool = False
) -> str:
    """Return the text of a scalar, its spaces tidied; adds to the problems what is wrong with it."""
    if not isinstance(node, ScalarNode):
        problems.add(line_of(node), _("%(what)s : il faut un texte.", what=what))
        return ""
    is_nothing = node.style is None and node.value in ("", "null", "~")
    text = "" if is_nothing else node.value.strip() if lines else " ".join(node.value.split())
    if required and not text:
        problems.add(line_of(node), _("%(what)s : il faut un texte.", what=what))
    if len(text) > longest:
        problems.add(
            line_of(node),
            _(
                "%(what)s : le texte est trop long, %(longest)s caractères au plus.",
                what=what,
                longest=longest,
            ),
        )
    return text
