"""Handing over the file of a version or of a comment, to whoever a room lets have it."""

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from chantiers import files
from chantiers.errors import answer
from chantiers.security_headers import FILE_POLICY
from chantiers.storage import FileMissing, current_storage
from models import CommentAttachment, DeliverableVersion


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
    response.headers["Content-Disposition"] = files.content_disposition(version.file_name)
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
