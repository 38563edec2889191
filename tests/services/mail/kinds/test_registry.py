"""Registry of the kinds of mail: each has one name, for its builder, its templates and its tests."""

from pathlib import Path

from chantiers.config import ROOT
from chantiers.mail.kinds import registry
from chantiers.mail.message import BUILDERS

TEMPLATES = ROOT / "templates" / "emails"


def names(folder: Path, pattern: str) -> set[str]:
    """Return the names of a folder's files, without their ends."""
    return {path.stem for path in folder.glob(pattern)}


def test_each_kind_has_its_builder_its_templates_and_its_tests() -> None:
    listed = {module.__name__.rpartition(".")[2] for module in registry.KINDS}
    assert len(listed) == len(registry.KINDS)
    assert set(BUILDERS) == listed
    assert names(Path(registry.__file__).parent, "*.py") - {"__init__", "registry"} == listed
    assert names(TEMPLATES, "*.html") - {"layout", "parts"} == listed
    assert names(TEMPLATES, "*.txt") - {"layout"} == listed
    tests = {name.removeprefix("test_") for name in names(Path(__file__).parent, "test_*.py")}
    assert tests - {"registry"} == listed
