"""Compiled catalogues: made when missing or stale, by one process or several, wherever the program may write."""

import os
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest

from app import create_app
from chantiers.config import ROOT, Misconfigured
from chantiers.language.catalogues import compiled

KEY = "a key that only the tests know, and long enough"
CATALOGUE = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "%(num)d tâche"
msgid_plural "%(num)d tâches"
msgstr[0] "%(num)d tâche"
msgstr[1] "%(num)d tâches"

msgid "Bonjour"
msgstr "Hello"
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Make a folder with the sources of one language."""
    folder = tmp_path / "translations"
    (folder / "en" / "LC_MESSAGES").mkdir(parents=True)
    (folder / "en" / "LC_MESSAGES" / "messages.po").write_text(CATALOGUE, encoding="utf-8")
    return folder


def mo(folder: Path) -> Path:
    return folder / "en" / "LC_MESSAGES" / "messages.mo"


def says(folder: Path, text: str) -> str:
    with mo(folder).open("rb") as file:
        return GNUTranslations(file).gettext(text)


def test_a_missing_catalogue_is_compiled_beside_its_source(sources: Path, tmp_path: Path) -> None:
    assert compiled(sources, tmp_path / "kept") == sources
    assert says(sources, "Bonjour") == "Hello"
    with mo(sources).open("rb") as file:
        assert GNUTranslations(file).ngettext("%(num)d tâche", "%(num)d tâches", 0) == "%(num)d tâche"
    assert [path.name for path in sorted(mo(sources).parent.iterdir())] == ["messages.mo", "messages.po"]
    assert not (tmp_path / "kept").exists()


def test_a_catalogue_that_is_up_to_date_is_left_alone(sources: Path, tmp_path: Path) -> None:
    compiled(sources, tmp_path / "kept")
    before = mo(sources).stat()
    compiled(sources, tmp_path / "kept")
    after = mo(sources).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("age", [-3600, 3600])
def test_a_stale_catalogue_is_compiled_again_whatever_the_dates_say(
    sources: Path, tmp_path: Path, age: int
) -> None:
    compiled(sources, tmp_path / "kept")
    source = mo(sources).with_suffix(".po")
    source.write_text(CATALOGUE.replace("Hello", "Good day"), encoding="utf-8")
    moment = mo(sources).stat().st_mtime + age
    os.utime(source, (moment, moment))
    compiled(sources, tmp_path / "kept")
    assert says(sources, "Bonjour") == "Good day"


@pytest.mark.parametrize("content", [b"", b"half of it"])
def test_a_catalogue_that_was_cut_is_compiled_again(sources: Path, tmp_path: Path, content: bytes) -> None:
    mo(sources).write_bytes(content)
    compiled(sources, tmp_path / "kept")
    assert says(sources, "Bonjour") == "Hello"


def test_a_folder_that_cannot_be_written_leaves_it_to_the_instance(sources: Path, tmp_path: Path) -> None:
    # What stands in the way of the file keeps root from writing it too, as a system mounted read-only does.
    (mo(sources) / "in the way").mkdir(parents=True)
    kept = tmp_path / "instance" / "translations"
    assert compiled(sources, kept) == kept
    assert says(kept, "Bonjour") == "Hello"
    inode = mo(kept).stat().st_ino
    assert compiled(sources, kept) == kept
    assert mo(kept).stat().st_ino == inode


def test_nowhere_to_write_is_said_in_words(sources: Path, tmp_path: Path) -> None:
    (mo(sources) / "in the way").mkdir(parents=True)
    (tmp_path / "instance").write_text("a file")
    with pytest.raises(Misconfigured, match="INSTANCE_DIR"):
        compiled(sources, tmp_path / "instance" / "translations")


def test_two_processes_compile_at_once(sources: Path, tmp_path: Path) -> None:
    words = "\n".join(f'msgid "mot {number}"\nmsgstr "word {number}"\n' for number in range(2000))
    mo(sources).with_suffix(".po").write_text(f"{CATALOGUE}\n{words}", encoding="utf-8")
    program = (
        "import sys; from gettext import GNUTranslations; from pathlib import Path; "
        "from chantiers.language.catalogues import compiled; sys.stdin.readline(); "
        "folder = compiled(Path(sys.argv[1]), Path(sys.argv[2])); "
        "print(GNUTranslations(open(folder / 'en/LC_MESSAGES/messages.mo', 'rb')).gettext('mot 1999'))"
    )
    command = [sys.executable, "-c", program, str(sources), str(tmp_path / "kept")]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["word 1999\n"] * 2
    assert [path.name for path in sorted(mo(sources).parent.iterdir())] == ["messages.mo", "messages.po"]


def test_the_application_compiles_what_it_reads_as_it_starts(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path / "instance"))
    app = create_app({"SECRET_KEY": KEY, "BABEL_TRANSLATION_DIRECTORIES": str(sources)})
    assert app.config["BABEL_TRANSLATION_DIRECTORIES"] == str(sources)
    assert mo(sources).exists()
