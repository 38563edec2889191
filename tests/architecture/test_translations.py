"""Each text that the sources show is in the catalogues, with its English, and the catalogues are compiled."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_text_has_its_english() -> None:
    checked = subprocess.run(
        [sys.executable, "script/translate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
