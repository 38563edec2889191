"""Catalogues: each text of the template has its English, and the French catalogue is what the sources make it."""

import importlib.util
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_every_text_has_its_english() -> None:
    checked = subprocess.run(
        [sys.executable, "script/translate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def translate() -> Any:
    """Load the module that script/translate runs."""
    loader = SourceFileLoader("translate", str(ROOT / "script" / "translate"))
    specification = importlib.util.spec_from_file_location("translate", loader.path, loader=loader)
    assert specification
    module = importlib.util.module_from_spec(specification)
    loader.exec_module(module)
    return module


@pytest.fixture
def template(translate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make three texts of the sources, all up to date: one its own French, one to typeset, one with a plural."""
    monkeypatch.setattr(translate, "FOLDER", tmp_path)
    template = translate.Catalog(charset="utf-8")
    for text in ("Bonjour", "Quoi ?", ("%(num)d mot", "%(num)d mots")):
        template.add(text)
    english = translate.merged("en", template)
    for message in english:
        message.string = ("a", "b") if message.pluralizable else "a"
    translate.write("en", english)
    translate.write("fr", translate.merged("fr", template))
    assert translate.gaps(template) == []
    return template


def test_the_french_catalogue_holds_plurals_and_spaces_alone(translate: Any, template: Any) -> None:
    held = {message.id: message.string for message in translate.catalogue("fr") if message.id}
    assert held == {
        "Quoi ?": "Quoi\u202f?",
        ("%(num)d mot", "%(num)d mots"): ("%(num)d mot", "%(num)d mots"),
    }
    assert translate.catalogue("fr").plural_expr == "(n > 1)"


@pytest.mark.parametrize("text", ["Autre", ("%(num)d page", "%(num)d pages")])
def test_a_text_without_its_english_is_told(translate: Any, template: Any, text: Any) -> None:
    template.add(text)
    assert f"en: {text!r} is not translated" in translate.gaps(template)


@pytest.mark.parametrize("text", ["Quoi ?", ("%(num)d mot", "%(num)d mots")])
@pytest.mark.parametrize("change", ["dropped", "reworded", "emptied"])
def test_a_french_text_that_is_not_what_the_sources_say_is_told(
    translate: Any, template: Any, text: Any, change: str
) -> None:
    french = translate.catalogue("fr")
    if change == "dropped":
        french.delete(text)
    else:
        words = "" if change == "emptied" else "Autre"
        french.get(text).string = (words, words) if isinstance(text, tuple) else words
    translate.write("fr", french)
    assert translate.gaps(template) == [f"fr: {text!r} is not up to date; run script/translate"]
