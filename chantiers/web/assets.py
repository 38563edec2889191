"""Static assets: style sheets, scripts, fonts and icons under hashed names, compressed once, cached for good."""

import gzip
import hashlib
import mimetypes
import posixpath
import re
from functools import cached_property
from pathlib import Path

import brotli
from flask import Flask, Response, abort, request

from chantiers.web.access import public

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
COMPRESSIBLE = {".css", ".js", ".svg", ".txt", ".json"}
SERVED = COMPRESSIBLE | {".woff2", ".png", ".ico", ".webp"}
TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".webp": "image/webp"}

# A relative address in quotes (an import) or in url(…) leads to another of our files.
REFERENCES = {
    ".js": re.compile(r"""(?<=["'])(?P<address>\.{1,2}/[\w./-]+)(?=["'])"""),
    ".css": re.compile(r"""(?<=url\(")(?P<address>\.{1,2}/[\w./-]+)(?="\))"""),
}
COMMENT = re.compile(r"[ \t]*/\*.*?\*/\n?", re.DOTALL)
IMPORT = re.compile(r"""^@import url\("(?P<address>\.{1,2}/[\w./-]+)"\);\n?""", re.MULTILINE)


class Asset:
    """Asset: a file as it is served, whose references to other files bear hashed names."""

    def __init__(self, name: str, body: bytes) -> None:
        self.body = body
        self.digest = hashlib.sha256(body).hexdigest()[:10]
        stem, suffix = posixpath.splitext(name)
        self.hashed_name = f"{stem}.{self.digest}{suffix}"
        self.compressible = suffix in COMPRESSIBLE
        self.mimetype = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"

    @cached_property
    def brotli(self) -> bytes:
        """Body compressed with brotli, at first demand."""
        compressed: bytes = brotli.compress(self.body, quality=11)
        return compressed

    @cached_property
    def gzip(self) -> bytes:
        """Body compressed with gzip, at first demand."""
        return gzip.compress(self.body, compresslevel=9, mtime=0)


class AssetLibrary:
    """Asset manifest: the files below one folder, read once, found by plain or by hashed name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.load()

    def load(self) -> None:
        """Read the folder; a file is hashed after those that it refers to."""
        self._names = {
            path.relative_to(self.folder).as_posix(): path
            for path in self.folder.rglob("*")
            if path.suffix in SERVED and path.is_file()
        }
        self.by_name: dict[str, Asset] = {}
        for name in self._names:
            self._read(name, ())
        self.by_hashed_name = {asset.hashed_name: asset for asset in self.by_name.values()}
        self.urls = {name: f"/static/{asset.hashed_name}" for name, asset in self.by_name.items()}
        self.seen = self._state()

    def refresh(self) -> None:
        """Read the folder again if a file has changed; for developers only."""
        if self._state() != self.seen:
            self.load()

    def url(self, name: str) -> str:
        """Return the address of a file; an unknown name is a mistake of ours and says so."""
        return self.urls[name]

    def _state(self) -> dict[str, int]:
        return {path.as_posix(): path.stat().st_mtime_ns for path in self.folder.rglob("*") if path.is_file()}

    def _read(self, name: str, parents: tuple[str, ...]) -> Asset:
        if name in self.by_name:
            return self.by_name[name]
        if name in parents:
            raise _circle(name, parents)
        body = self._names[name].read_bytes()
        suffix = posixpath.splitext(name)[1]
        pattern = REFERENCES.get(suffix)
        if pattern and not name.startswith("vendor/"):
            text = self._sheet(name, parents) if suffix == ".css" else body.decode("utf-8")
            text = pattern.sub(lambda found: self._rewrite(name, found["address"], parents), text)
            body = text.encode("utf-8")
        self.by_name[name] = Asset(name, body)
        return self.by_name[name]

    def _sheet(self, name: str, parents: tuple[str, ...]) -> str:
        """Return a style sheet without its comments, and with those that it imports in their place: one request."""
        if name in parents:
            raise _circle(name, parents)

        def put_in_place(found: re.Match[str]) -> str:
            target = _target(name, found["address"])
            text = self._sheet(target, (*parents, name))
            return REFERENCES[".css"].sub(
                lambda inner: _relative(_target(target, inner["address"]), name), text
            )

        return IMPORT.sub(put_in_place, COMMENT.sub("", self._names[name].read_text("utf-8")))

    def _rewrite(self, name: str, address: str, parents: tuple[str, ...]) -> str:
        target = _target(name, address)
        if target not in self._names:
            return address
        return _relative(self._read(target, (*parents, name)).hashed_name, name)


def _circle(name: str, parents: tuple[str, ...]) -> ValueError:
    return ValueError(f"{name} refers to itself through {' → '.join(parents)}")


def _target(name: str, address: str) -> str:
    """Return the name of the file that an address leads to from another one."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def _relative(target: str, name: str) -> str:
    """Return the address that leads from a file to another one."""
    relative = posixpath.relpath(target, posixpath.dirname(name))
    return relative if relative.startswith(".") else f"./{relative}"


def init_app(app: Flask) -> None:
    """Register the route of static files and `asset(name)` for templates."""
    library = AssetLibrary(Path(app.root_path) / "static")
    app.jinja_env.globals["asset"] = library.url

    if app.debug:
        app.before_request(library.refresh)

    @public
    def static(path: str) -> Response:
        """Answer an asset: cached for ever under its hashed name, revalidated under its plain one."""
        asset = library.by_hashed_name.get(path)
        kept = FOREVER if asset else ASK_AGAIN
        asset = asset or library.by_name.get(path)
        if asset is None:
            abort(404)
        return answer(asset, kept)

    app.add_url_rule("/static/<path:path>", "static", static, methods=["GET"])


def answer(asset: Asset, kept: str) -> Response:
    """Answer the asset in the smallest encoding that the browser accepts, with its ETag."""
    encoding = request.accept_encodings.best_match(["br", "gzip", "identity"]) if asset.compressible else None
    if encoding == "br":
        response = Response(asset.brotli, mimetype=asset.mimetype)
    elif encoding == "gzip":
        response = Response(asset.gzip, mimetype=asset.mimetype)
    else:
        encoding = None
        response = Response(asset.body, mimetype=asset.mimetype)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if asset.compressible:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = kept
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(asset.digest + (f"-{encoding}" if encoding else ""))
    response.make_conditional(request)
    return response
