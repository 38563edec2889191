"""Files of the demonstration's content: its stories, texts and attachments."""

from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from chantiers.operations.demonstration.opendocument import opendocument
from chantiers.storage.store import current_storage
from models import StoredFile

CONTENT = Path(__file__).parent / "content"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".odt": "application/vnd.oasis.opendocument.text",
}


def read_yaml(name: str) -> Any:
    return yaml.safe_load((CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))


def read_text(name: str) -> str:
    return (CONTENT / "texts" / f"{name}.md").read_text(encoding="utf-8").strip()


def store_file(name: str) -> StoredFile:
    """Put a file of the content in the store; an .odt is made from the text of that name."""
    path = CONTENT / "files" / name
    suffix = path.suffix
    content = opendocument(read_text(path.stem)) if suffix == ".odt" else path.read_bytes()
    stored = current_storage().save(BytesIO(content))
    return StoredFile(stored.key, name, MEDIA_TYPES[suffix], stored.size, stored.sha256)
