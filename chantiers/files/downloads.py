"""Downloads: stored files of versions and comments, and generated files (exports, reports)."""

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from chantiers.files import types
from chantiers.storage.store import FileMissing, current_storage
from chantiers.web.error_pages import answer
from chantiers.web.security_headers import FILE_POLICY
from models import CommentAttachment, DeliverableVersion, today


def send_stored_file(
    version: DeliverableVersion | CommentAttachment, next_link: tuple[str, str]
) -> ResponseReturnValue:
    """Answer a stored file as an attachment, with its SHA-256 as ETag: saved, never shown in the page.

    `next_link` is the (label, address) offered when the store does not have the file whole. Raises NotFound for a
    version that is no file.
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
        return _missing(version, next_link)
    if chunks.size != version.size:
        chunks.close()
        return _missing(version, next_link)
    response = Response(chunks, mimetype=version.media_type)
    response.content_length = version.size
    response.set_etag(version.sha256)
    response.headers["Content-Disposition"] = types.content_disposition(version.file_name)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _missing(
    version: DeliverableVersion | CommentAttachment, next_link: tuple[str, str]
) -> ResponseReturnValue:
    current_app.logger.error(
        "a row without its file", extra={"kind": version.__tablename__, "id": version.id}
    )
    return answer(
        503,
        _("Ce fichier n’est pas dans l’espace de fichiers, ou il n’y est pas entier. L’incident est noté."),
        _("Prévenez la coordination : une sauvegarde peut le rendre. Les autres fichiers restent lisibles."),
        next_link,
    )


def send_as_attachment(name: str, file: object, media_type: str) -> Response:
    """Answer a generated file as an attachment named with today's date, which no cache keeps."""
    stem, _dot, extension = name.rpartition(".")
    response = Response(wrap_file(request.environ, file), content_type=media_type)  # type: ignore[arg-type]
    named = f"{stem[:120]} {today().isoformat()}.{extension}".replace("/", "-")
    response.headers["Content-Disposition"] = types.content_disposition(named)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
