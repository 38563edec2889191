"""Choice of the store from the setting STORAGE_URL: a folder or an S3 bucket."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask

from chantiers.config import Misconfigured
from chantiers.storage.folder import FolderStorage
from chantiers.storage.s3 import S3Storage
from chantiers.storage.store import Storage


def init_app(app: Flask) -> None:
    """Open the store of this app, at STORAGE_URL. Raises Misconfigured."""
    app.extensions["storage"] = storage_at(app.config["STORAGE_URL"])


def storage_at(url: str) -> Storage:
    """Open the store at `file:///folder` or `s3://bucket/prefix?endpoint=…&region=…`. Raises Misconfigured.

    The keys of an S3 store come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and parts.path != "/":
        return FolderStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return S3Storage(
            parts.netloc, unquote(parts.path).strip("/"), asked.get("endpoint"), asked.get("region")
        )
    raise Misconfigured(
        "STORAGE_URL doit être file:///un/dossier/absolu ou s3://seau/préfixe?endpoint=…&region=…"
    )
