"""Handing over files: of a version or of a comment as it was sent, and what is made to be taken away."""

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from chantiers.files import types
from chantiers.storage.store import FileMissing, current_storage
from chantiers.web.errors import answer
from chantiers.web.security_headers import FILE_POLICY
from models import CommentAttachment, DeliverableVersion, today


def handed_over(version: DeliverableVersion | CommentAttachment, way: tuple[str, str]) -> ResponseReturnValue:
    """The file as it was handed in: saved, never shown, by whatever opens it.

    `way` is the (label, address) offered when the store does not have it whole. Raises NotFound for what is no file.
    """
    if version.storage_key is None or version.sha256 is None:
        raise NotFound
    if request.if_none_match.contains(version.sha256):
        response = Response(status=304)
        response.set_etag(version.sha256)
        return response
    try:
        chunks = current_storage().open(version.storage_key)
    except FileMissing:
        return _missing(version, way)
    if chunks.size != version.size:
        chunks.close()
        return _missing(version, way)
    response = Response(chunks, mimetype=version.media_type)
    response.content_length = version.size
    response.set_etag(version.sha256)
    response.headers["Content-Disposition"] = types.content_disposition(version.file_name)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _missing(version: DeliverableVersion | CommentAttachment, way: tuple[str, str]) -> ResponseReturnValue:
    current_app.logger.error(
        "a row without its file", extra={"kind": version.__tablename__, "id": version.id}
    )
    return answer(
        503,
        _("Ce fichier n’est pas dans l’espace de fichiers, ou il n’y est pas entier. L’incident est noté."),
        _("Prévenez la coordination : une sauvegarde peut le rendre. Les autres fichiers restent lisibles."),
        way,
    )


def saved_as(name: str, file: object, media_type: str) -> Response:
    """A file that is saved under its name and its date, and kept by nobody on the way."""
    stem, _dot, extension = name.rpartition(".")
    response = Response(wrap_file(request.environ, file), content_type=media_type)  # type: ignore[arg-type]
    named = f"{stem[:120]} {today().isoformat()}.{extension}".replace("/", "-")
    response.headers["Content-Disposition"] = types.content_disposition(named)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
