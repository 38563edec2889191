"""The plan of the house, read from its files: floors import downwards, nothing lies loose, and everything fits a screen."""

import ast
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_imports import ROOT, Import, Module, ours, sample, target

#: The floors, each standing on those before it; folders of one line may import each other as far as no circle arises.
FLOORS = (
    {"models"},
    {"config", "language", "storage", "policy"},
    {"web"},
    {"files", "mail"},
    {"components", "jobs"},
    {"operations"},
    {"rooms"},
    {"app"},
)
#: The only modules that stand in `chantiers` beside its folders.
BESIDE_FOLDERS = {"__init__", "config", "policy"}
#: How many lines a file of ours may have, and a function from its first line to its last.
FILE_LINES, FUNCTION_LINES = 400, 50
#: Support of the tests that is longer still. This list only gets shorter.
LONGER = {
    "tests/architecture/addresses.py",
    "tests/architecture/test_imports.py",
    "tests/support/databases.py",
    "tests/support/world.py",
}
#: Tests that tell one long story. This list only gets shorter.
STORIES = {
    "rich",
    "test_a_session_from_its_agenda_to_its_followed_decisions",
    "test_an_export_that_comes_back_makes_no_double_and_changes_what_was_asked",
    "test_from_an_invitation_to_what_anybody_downloads",
    "test_the_archive_holds_what_is_mine_and_nobodys_address",
    "test_the_draft_of_a_comment_outlives_a_crash_a_lost_session_and_a_refusal",
    "test_writing_by_keyboard_with_a_toolbar_a_preview_and_mentions",
}


def floor_of(module: str) -> int | None:
    """Return the number of the floor on which a module stands; None for what is not ours."""
    parts = module.split(".")
    name = parts[1] if parts[0] == "chantiers" and len(parts) > 1 else parts[0]
    return next((number for number, floor in enumerate(FLOORS) if name in floor), None)


def upwards(module: Module) -> list[Import]:
    """Find what a module imports from a floor above its own."""
    here = floor_of(module.name)
    floors = ((each, floor_of(target(each))) for each in module.imports)
    return [each for each, there in floors if here is not None and there is not None and there > here]


def test_each_floor_stands_on_those_before_it() -> None:
    found = [str(each) for module in ours().values() for each in upwards(module)]
    assert not found, "\n".join(found)


def test_every_module_stands_on_a_floor() -> None:
    assert {name for name in ours() if floor_of(name) is None} <= {"chantiers"}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("chantiers.storage.store", "from chantiers.web import errors"),
        ("chantiers.web.forms", "from chantiers.mail.sending import send"),
        ("chantiers.mail.sending", "from chantiers.rooms.tasks import queries"),
        ("models.tasks.task", "from chantiers.policy import can"),
    ],
)
def test_an_import_upwards_is_seen(name: str, source: str) -> None:
    assert upwards(sample(name, source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("chantiers.rooms.tasks.routes", "from chantiers.web.access import require\nfrom models import Task"),
        (
            "chantiers.mail.sending",
            "from chantiers.files import types\nfrom chantiers.language import markdown",
        ),
    ],
)
def test_an_import_downwards_is_not(name: str, source: str) -> None:
    assert not upwards(sample(name, source))


# Nothing lies loose --------------------------------------------------------------------------------------------------


def test_no_module_stands_loose_in_chantiers() -> None:
    assert {path.stem for path in (ROOT / "chantiers").glob("*.py")} == BESIDE_FOLDERS


def test_no_model_stands_outside_its_family() -> None:
    assert {path.stem for path in (ROOT / "models").glob("*.py")} == {"__init__", "commit", "journal"}


# Everything fits a screen --------------------------------------------------------------------------------------------


def sources(*endings: str) -> Iterator[Path]:
    """Yield every file of ours with these endings, but for data, migrations and what is vendored."""
    listing = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        *(f"*{each}" for each in endings),
    ]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        path = ROOT / name
        if "vendor" not in path.parts and "versions" not in path.parts and path.exists():
            yield path


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    lengths = {
        path: path.read_text("utf-8").count("\n") for path in sources(".py", ".html", ".js", ".css", ".sh")
    }
    assert {str(path.relative_to(ROOT)) for path, lines in lengths.items() if lines > FILE_LINES} == LONGER


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each function with its length in lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno


def test_no_function_is_longer_than_a_screen() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}, {lines}"
        for path in sources(".py")
        for name, lines in functions(ast.parse(path.read_text("utf-8")))
        if lines > FUNCTION_LINES and name not in STORIES
    ]
    assert not found, "\n".join(found)


# A name means one thing ----------------------------------------------------------------------------------------------


def test_a_class_name_means_one_thing_in_the_whole_tree() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in sources(".py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # WTForms asks every form for a class of that name.
            if isinstance(node, ast.ClassDef) and node.name != "Meta":
                places[node.name].add(str(path.relative_to(ROOT)))
    found = {name: sorted(where) for name, where in places.items() if len(where) > 1}
    assert not found


#: Words with which a docstring talks about itself instead of naming its thing.
EVASIVE = ("What ", "One ", "How ", "Those ", "It ", "The same ", "Whoever ", "Nobody ")


def test_a_docstring_begins_with_a_verb_or_names_its_thing() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {words.splitlines()[0]}"
        for path in sources(".py")
        if "chantiers/rooms" not in str(path)
        for words in docstrings(ast.parse(path.read_text("utf-8")))
        if words.startswith(EVASIVE)
    ]
    assert not found, "\n".join(found)


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield every docstring of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def test_an_evasive_docstring_is_seen() -> None:
    assert next(docstrings(ast.parse('"""What is here."""'))).startswith(EVASIVE)
