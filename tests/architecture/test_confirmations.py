"""Words that a page says once after a deed: each names its category, by which it is drawn."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATEGORIES = {"success", "info", "warning", "error"}


def uncategorised(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that flash a message in no category that the layout draws."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "flash":
            given = [*node.args[1:], *(word.value for word in node.keywords if word.arg == "category")]
            parts = (part for each in given for part in ast.walk(each))
            named = [part.value for part in parts if isinstance(part, ast.Constant)]
            if not CATEGORIES.intersection(named):
                yield node.lineno


def test_every_confirmation_has_its_category():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / "chantiers").rglob("*.py")
        for line in uncategorised(ast.parse(path.read_text("utf-8")))
    ]
    assert not found


def test_one_without_a_category_is_seen():
    assert list(uncategorised(ast.parse('flash("Bien.")\nflash("Bien.", "success")'))) == [1]
