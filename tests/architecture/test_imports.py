"""Rules on imports, read from the code without running it: one way; a domain that sees no request, never commits."""

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: What each file below models/ stands on; everything else there is a thing, and stands on all of these.
GROUND = {
    "models.ground.base",
    "models.ground.refused",
    "models.people.passwords",
    "models.ground.slugs",
    "models.ground.write_queue",
    "models.ground.uniqueness",
}
JOURNAL = {"models.journal", "models.figures.trace", "models.figures.traced"}

#: What models may use beside the standard library and themselves: a database and a hash, nothing of the web.
MODELS_MAY_USE = {"argon2", "flask_sqlalchemy", "models", "snowballstemmer", "sqlalchemy"}

#: The tables that a model looks up by name, since importing the model above it would close into a circle. None is added.
LOOKED_UP_ABOVE = {
    ("models.deliverables.review", "deliverable"),
    ("models.deliverables.version", "deliverable"),
    ("models.demarche.chantier", "join_request"),
    ("models.demarche.objective", "deliverable"),
    ("models.demarche.objective", "task"),
    ("models.figures.trace", "deliverable"),
    ("models.figures.trace", "task"),
    ("models.people.standing", "notification"),
    ("models.people.user", "demarche"),
    ("models.steering.meeting", "decision"),
    ("models.traits.trashable", "chantier"),
    ("models.traits.trashable", "objective"),
}
#: The models that one below them imports for its types only, for the same reason. None is added.
TYPES_FROM_ABOVE = {
    ("models.deliverables.review", "Deliverable"),
    ("models.deliverables.review", "DeliverableLifecycle"),
    ("models.deliverables.version", "Deliverable"),
    ("models.demarche.chantier", "Objective"),
    ("models.demarche.objective", "Deliverable"),
    ("models.journal", "Chantier"),
    ("models.journal", "User"),
    ("models.mail.outgoing", "User"),
    ("models.people.membership", "Chantier"),
    ("models.people.membership", "Structure"),
    ("models.people.membership", "User"),
    ("models.people.sign_in", "User"),
    ("models.people.user", "Structure"),
    ("models.steering.checkpoint_answer", "Checkpoint"),
    ("models.steering.meeting", "Decision"),
    ("models.tasks.checklist", "Task"),
    ("models.tasks.dependencies", "Task"),
    ("models.tasks.status", "Task"),
    ("models.tasks.task", "Deliverable"),
    ("models.traits.editable", "User"),
    ("models.traits.trashable", "User"),
}

#: Doors other than `models` itself, with the one name that each lends.
OTHER_DOORS = {
    ("models.ground.base", "UTCDateTime"),
    ("models.ground.base", "prepare"),
    ("models.ground.base", "reading"),
    ("models.traits.loaded_from_file", "Sourced"),
}

#: Rooms that show others' things in another form, and may use their queries.
READERS = {"exports", "api"}
#: What stands above the rooms and may import them.
ABOVE_ROOMS = {"chantiers.rooms.list"}


@dataclass(frozen=True)
class Import:
    """Import of one name: by which module, from which one, where."""

    by: str
    module: str
    name: str
    line: int
    in_function: bool = False
    for_types_only: bool = False

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.module}{'.' if self.name else ''}{self.name}"


@dataclass(frozen=True)
class Module:
    """Module of ours and its syntax tree."""

    name: str
    tree: ast.Module

    @property
    def imports(self) -> list[Import]:
        """Everything that it imports."""
        return list(_imports(self.name, self.tree))


def _imports(by: str, node: ast.AST, in_function: bool = False, types: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(by, alias.name, "", child.lineno, in_function, types)
        elif isinstance(child, ast.ImportFrom):
            module = "." * child.level + (child.module or "")
            for alias in child.names:
                yield Import(by, module, alias.name, child.lineno, in_function, types)
        else:
            inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(by, child, inside, types or _is_for_types(child))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def ours() -> dict[str, Module]:
    """Return every module of the product."""
    paths = [ROOT / "app.py", *(ROOT / "models").rglob("*.py"), *(ROOT / "chantiers").rglob("*.py")]
    return {
        module_name(path): Module(module_name(path), ast.parse(path.read_text("utf-8"))) for path in paths
    }


def sample(name: str, source: str) -> Module:
    return Module(name, ast.parse(source))


def room_of(module: str) -> str | None:
    """Return the room where a module lives: a folder of chantiers/rooms/."""
    parts = module.split(".")
    if len(parts) < 3 or parts[:2] != ["chantiers", "rooms"] or module in ABOVE_ROOMS:
        return None
    return parts[2]


def target(imported: Import) -> str:
    """Return the module that an import loads: `from models.people import passwords` loads models.people.passwords."""
    inner = f"{imported.module}.{imported.name}"
    return inner if inner in ours() else imported.module


# The rules -------------------------------------------------------------------------------------------------------


def in_functions(module: Module) -> list[Import]:
    """List the imports hidden in a function: a circle held apart."""
    return [each for each in module.imports if each.in_function]


def relative(module: Module) -> list[Import]:
    """List the imports that do not say from where."""
    return [each for each in module.imports if each.module.startswith(".")]


def out_of_the_domain(module: Module) -> list[Import]:
    """List what a model imports and should know nothing of: the web, and the application around it."""
    if module.name.split(".")[0] != "models":
        return []
    return [each for each in module.imports if not _is_known_to_models(each.module.split(".")[0])]


def _is_known_to_models(package: str) -> bool:
    return package in MODELS_MAY_USE or package in sys_stdlib()


@cache
def sys_stdlib() -> frozenset[str]:
    return frozenset(sys.stdlib_module_names)


def upwards_in_models(module: Module) -> list[Import]:
    """List what goes up in models/: ground → traits, journal → families → commit → public API; types are apart."""
    if module.name.split(".")[0] != "models" or module.name == "models":
        return []
    found = [
        each for each in module.imports if each.module.split(".")[0] == "models" and not each.for_types_only
    ]
    return [each for each in found if _height(target(each)) > _height(module.name)]


def _height(module: str) -> int:
    if module in GROUND:
        return 0
    if module in JOURNAL or module.startswith("models.traits"):
        return 1
    return {"models.commit": 3, "models": 4}.get(module, 2)


def types_from_above(module: Module) -> list[Import]:
    """List unlisted imports for types only: of a model below, they are plain imports; of one above, a circle."""
    if module.name.split(".")[0] != "models":
        return []
    found = (each for each in module.imports if each.for_types_only and each.module.startswith("models"))
    return [each for each in found if (each.by, each.name) not in TYPES_FROM_ABOVE]


def lookups_by_name(module: Module) -> list[str]:
    """List tables of a model that another one looks up by name and that are not listed."""
    listed = {table for by, table in LOOKED_UP_ABOVE if by == module.name}
    return [f"{module.name} looks up {table}" for table in _lookups(module) if table not in listed]


def _lookups(module: Module) -> list[str]:
    if module.name.split(".")[0] != "models" or module.name == "models.ground.base":
        return []
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("table_above"):
            found += [ast.literal_eval(each) if isinstance(each, ast.Constant) else "?" for each in node.args]
        elif isinstance(node, ast.Attribute) and node.attr == "tables":
            found.append(ast.unparse(node))
    return found


def past_the_door(module: Module) -> list[Import]:
    """List what the web takes from models/ otherwise than through `from models import …`."""
    if module.name.split(".")[0] == "models":
        return []
    found = (each for each in module.imports if each.module.startswith("models."))
    return [each for each in found if (each.module, each.name) not in OTHER_DOORS]


def _is_read(module: str) -> bool:
    """Tell whether a module of a room reads: its queries, and the filters that they take."""
    return module.endswith(("queries", "filters"))


def between_rooms(module: Module) -> list[Import]:
    """List what a room takes from another, and what the ground that rooms share takes from a room."""
    if module.name.split(".")[0] != "chantiers" or module.name in ABOVE_ROOMS:
        return []
    here = room_of(module.name)
    found = ((each, room_of(target(each))) for each in module.imports)
    return [
        each
        for each, there in found
        if there is not None and there != here and not (here in READERS and _is_read(target(each)))
    ]


def upwards_in_a_room(module: Module) -> list[Import]:
    """List what goes up in a room: queries and forms → routes; and nobody imports the application."""
    found = module.imports
    app = [each for each in found if each.module == "app"]
    if room_of(module.name) is None or has_views(module.name):
        return app
    return app + [each for each in found if has_views(target(each))]


def has_views(module: str) -> bool:
    """Tell whether a module of a room holds views: `routes`, or a name that ends so, as `version_routes`."""
    return room_of(module) is not None and module.split(".")[-1].endswith("routes")


def endings(module: Module) -> list[str]:
    """List where a model ends a transaction: whoever asked for the change does that."""
    if module.name.split(".")[0] != "models":
        return []
    return [
        f"{module.name}:{node.lineno} calls {node.func.attr}()"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback")
    ]


Rule = Callable[[Module], Sequence[object]]

RULES: list[Rule] = [
    in_functions,
    relative,
    out_of_the_domain,
    upwards_in_models,
    types_from_above,
    lookups_by_name,
    past_the_door,
    between_rooms,
    upwards_in_a_room,
    endings,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule: Rule) -> None:
    broken = [str(each) for module in ours().values() for each in rule(module)]
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


def test_nothing_imports_itself_through_others() -> None:
    graph = {
        name: {target(each) for each in module.imports if not each.for_types_only} & set(ours()) - {name}
        for name, module in ours().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_the_list_of_rooms_imports_every_module_of_views() -> None:
    listed = {target(each) for each in ours()["chantiers.rooms.list"].imports}
    assert {name for name in ours() if has_views(name)} <= listed


def test_the_lists_of_what_looks_up_hold_nothing_that_is_gone() -> None:
    models = [module for name, module in ours().items() if name.split(".")[0] == "models"]
    assert {(module.name, table) for module in models for table in _lookups(module)} == LOOKED_UP_ABOVE
    for_types = {
        (each.by, each.name)
        for module in models
        for each in module.imports
        if each.for_types_only and each.module.startswith("models")
    }
    assert for_types == TYPES_FROM_ABOVE


def test_the_tree_is_the_one_that_was_read() -> None:
    assert {
        "app",
        "models",
        "models.ground.base",
        "models.tasks.task",
        "chantiers.rooms.list",
        "chantiers.rooms.tasks.routes",
    } <= set(ours())
    assert room_of("chantiers.rooms.tasks.routes") == "tasks"
    assert room_of("chantiers.policy") is None


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (in_functions, "chantiers.web.forms", "def f():\n    import json"),
        (
            in_functions,
            "models.tasks.task",
            "class A:\n    def f(self):\n        if self:\n            from models import b",
        ),
        (relative, "chantiers.rooms.tasks.routes", "from . import forms"),
        (out_of_the_domain, "models.tasks.task", "from flask import request"),
        (out_of_the_domain, "models.tasks.task", "import flask_login"),
        (out_of_the_domain, "models.tasks.task", "from chantiers.policy import can"),
        (out_of_the_domain, "models.tasks.task", "if TYPE_CHECKING:\n    from app import create_app"),
        (upwards_in_models, "models.ground.base", "from models.tasks.task import Task"),
        (upwards_in_models, "models.journal", "from models.people.user import User"),
        (upwards_in_models, "models.ground.base", "from models.journal import record"),
        (upwards_in_models, "models.tasks.task", "from models import Chantier"),
        (upwards_in_models, "models.tasks.task", "from models.commit import COMMIT_STEPS"),
        (
            types_from_above,
            "models.tasks.task",
            "if TYPE_CHECKING:\n    from models.steering.meeting import Meeting",
        ),
        (lookups_by_name, "models.tasks.task", 'Base.metadata.tables["meeting"]'),
        (lookups_by_name, "models.tasks.task", 'table_above("meeting")'),
        (lookups_by_name, "models.traits.trashable", "base.table_above(name)"),
        (past_the_door, "chantiers.rooms.tasks.queries", "from models.tasks.task import Task"),
        (past_the_door, "chantiers.rooms.tasks.queries", "import models.tasks.task"),
        (between_rooms, "chantiers.rooms.tasks.queries", "from chantiers.rooms.deliverables import queries"),
        (between_rooms, "chantiers.policy", "from chantiers.rooms.tasks.routes import tasks"),
        (upwards_in_a_room, "chantiers.rooms.tasks.forms", "from chantiers.rooms.tasks.routes import tasks"),
        (
            upwards_in_a_room,
            "chantiers.rooms.deliverables.forms",
            "from chantiers.rooms.deliverables.version_routes import download",
        ),
        (
            upwards_in_a_room,
            "chantiers.rooms.deliverables.queries",
            "from chantiers.rooms.deliverables import version_routes",
        ),
        (upwards_in_a_room, "chantiers.rooms.tasks.routes", "from app import create_app"),
        (endings, "models.tasks.task", "def close(self):\n    db.session.commit()"),
    ],
)
def test_a_broken_rule_is_seen(rule: Rule, name: str, source: str) -> None:
    assert rule(sample(name, source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (
            "models.tasks.task",
            "from models.people import passwords\nfrom models.journal import record\nimport secrets",
        ),
        ("models.journal", "if TYPE_CHECKING:\n    from models.people.user import User"),
        ("models.traits.trashable", 'table_above("chantier")'),
        ("models", "from models.tasks.task import Task"),
        ("chantiers.web.extensions", "from models.ground.base import reading\nfrom models import db"),
        ("chantiers.rooms.list", "from chantiers.rooms.tasks.routes import tasks"),
        (
            "chantiers.rooms.tasks.routes",
            "from chantiers.rooms.tasks import forms, queries\nfrom chantiers.policy import can",
        ),
        (
            "chantiers.rooms.accounts.session_routes",
            "from chantiers.rooms.accounts.sign_in_routes import sign_out",
        ),
        ("chantiers.rooms.exports.routes", "from chantiers.rooms.tasks.queries import listing"),
        ("chantiers.rooms.tasks.routes", "db.session.commit()"),
    ],
)
def test_a_kept_rule_is_not_seen(name: str, source: str) -> None:
    assert [each for rule in RULES for each in rule(sample(name, source))] == []
