"""script/check and the local hook: each step is named once, and a commit is checked on what it changes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Stands for Python: notes what it is asked, finds nothing wrong, or says so of the step named in FAILS.
PYTHON = """#!/bin/sh
[ "$1" = -c ] && exit 0
echo "$*" >>"$NOTES"
case "$*" in *"${FAILS:-nothing fails}"*) echo "this is wrong"; exit 1 ;; esac
"""
EVERYTHING = [
    "-m djlint --lint --quiet templates",
    "-m mypy --no-error-summary .",
    "-m ruff check --quiet .",
    "-m ruff format --quiet --check --diff .",
    "script/translate --check",
    "script/vendor --check",
]


class Project:
    """Folder with our scripts, whose Python only notes what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        for name in ("script", ".githooks"):
            shutil.copytree(ROOT / name, folder / name)
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PYTHON)
        python.chmod(0o755)
        for name in ("requirements.txt", "requirements-dev.txt"):
            (folder / name).write_text("")
            (folder / ".venv" / f"installed-{name}").write_text("")

    def run(self, *command: str, fails: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, away from whatever git is doing here."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"NOTES": str(self.notes)} | ({"FAILS": fails} if fails else {})
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def asked(self) -> list[str]:
        """Return what Python was asked since the last time; steps run side by side, in no order."""
        lines = sorted(self.notes.read_text().splitlines()) if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make a folder with our scripts alone."""
    return Project(tmp_path)


def test_script_test_leaves_linters_and_types_to_script_check() -> None:
    words = (ROOT / "script" / "test").read_text(encoding="utf-8")
    assert "\nscript/check || exit 1\n" in words
    assert not any(tool in words for tool in ("ruff", "mypy", "djlint", "script/vendor", "script/translate"))


def test_everything_is_checked_and_each_step_told(project: Project) -> None:
    done = project.run("script/check")
    assert done.returncode == 0, done.stderr
    assert project.asked() == EVERYTHING
    steps = ("ruff", "ruff format", "mypy", "djlint", "script/vendor", "script/translate")
    assert done.stdout == "".join(f"{step}… bien.\n" for step in steps)


@pytest.mark.parametrize("step", ["ruff check", "mypy", "djlint", "script/vendor", "script/translate"])
def test_a_step_that_finds_something_fails_and_the_others_are_told(project: Project, step: str) -> None:
    done = project.run("script/check", fails=step)
    assert done.returncode == 1
    assert done.stdout.count("bien.") == 5 and done.stdout.count("à corriger.") == 1
    assert "this is wrong" in done.stderr and step in done.stderr


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        (["docs/code-map.md", "LICENSE"], []),
        (["static/vendor/icons.svg"], ["script/vendor --check"]),
        (["templates/emails/layout.txt"], ["script/translate --check"]),
        (
            ["templates/tasks/show.html"],
            ["-m djlint --lint --quiet templates/tasks/show.html", "script/translate --check"],
        ),
        (
            ["tests/world.py", "migrations/env.py"],
            [
                "-m mypy --no-error-summary tests/world.py",
                "-m ruff check --quiet tests/world.py migrations/env.py",
                "-m ruff format --quiet --check --diff tests/world.py migrations/env.py",
            ],
        ),
        (
            ["chantiers/tasks/moves.py"],
            [
                "-m mypy --no-error-summary chantiers/tasks/moves.py",
                "-m ruff check --quiet chantiers/tasks/moves.py",
                "-m ruff format --quiet --check --diff chantiers/tasks/moves.py",
                "script/translate --check",
            ],
        ),
    ],
)
def test_files_narrow_it_to_what_they_concern(project: Project, files: list[str], asked: list[str]) -> None:
    assert project.run("script/check", *files).returncode == 0
    assert project.asked() == asked


def test_the_hook_checks_what_a_commit_changes(project: Project) -> None:
    def git(*arguments: str, fails: str = "") -> subprocess.CompletedProcess[str]:
        who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        return project.run("git", *who, *arguments, fails=fails)

    git("init", "--quiet")
    assert project.run("script/hooks").returncode == 0
    (project.folder / "tests").mkdir()
    for name in ("one.py", "two.py"):
        (project.folder / "tests" / name).write_text("")
    git("add", "tests/one.py")
    assert git("commit", "--quiet", "--message", "One", fails="mypy").returncode != 0
    assert "-m mypy --no-error-summary tests/one.py" in project.asked()
    assert git("commit", "--quiet", "--message", "One").returncode == 0
    assert len(project.asked()) == 3
    git("rm", "--quiet", "tests/one.py")
    assert git("commit", "--quiet", "--message", "Less").returncode == 0
    assert project.asked() == []
