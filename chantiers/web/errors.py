"""What people read when something cannot be done: what happened, what was kept, what to do."""

import errno
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError, Unauthorized

from chantiers.language.refusals import say
from chantiers.storage.store import StorageDown, StorageFull
from chantiers.web.extensions import browser_locale
from chantiers.web.forms import clean_text
from models import Refused, db

#: How much of a body that is too heavy is taken in and thrown away, and by how much at a time.
MOST_DRAINED = 300 * 1024 * 1024
PIECE = 64 * 1024

#: Fields that are plumbing, not something that a person typed.
PLUMBING = {"csrf_token", "key", "seen", "next", "version", "locale"}

#: What the fields that people write in are called on their pages, to name them when they are shown back.
NAMES = {
    "title": _l("Titre"),
    "name": _l("Nom"),
    "email": _l("Adresse électronique"),
    "text": _l("Texte"),
    "body": _l("Votre commentaire"),
    "description": _l("Description"),
    "summary": _l("Présentation"),
    "presentation": _l("Présentation"),
    "reason": _l("Raison"),
    "need": _l("Ce qu’il faudrait"),
    "note": _l("Ce qui change"),
    "due_on": _l("Échéance"),
    "link": _l("Lien"),
    "url": _l("Lien"),
    "aliases": _l("Autres noms"),
    "site": _l("Site"),
    "territory": _l("Territoire"),
}


@dataclass(frozen=True)
class Explanation:
    """An error in words: a title, what happened and what to do."""

    title: str
    happened: str
    to_do: str


def explain(status: int) -> Explanation:
    """The words for a status."""
    explanations = {
        400: Explanation(
            _("Cette demande n’est pas complète"),
            _("Elle venait d’une page trop ancienne, ou il y manquait quelque chose. Rien n’a été modifié."),
            _("Revenez à la page précédente, rechargez-la et recommencez."),
        ),
        401: Explanation(
            _("Il faut vous connecter"),
            _("Cette page est réservée aux membres de la démarche, ou votre session s’est terminée."),
            _("Connectez-vous, puis revenez à votre page : le brouillon de vos textes vous y attend."),
        ),
        403: Explanation(
            _("Cela ne vous est pas ouvert"),
            _("Vous pouvez lire cette partie de la démarche, mais pas y faire cela. Rien n’a été modifié."),
            _("Demandez à un·e référent·e du chantier ou à la coordination."),
        ),
        404: Explanation(
            _("Cette page n’existe pas"),
            _("L’adresse est erronée, ou ce qu’elle désignait a été supprimé."),
            _("Vérifiez l’adresse, ou repartez de l’accueil."),
        ),
        405: Explanation(
            _("Cette adresse ne s’ouvre pas ainsi"),
            _("Elle sert à envoyer un formulaire, pas à être visitée. Rien n’a été modifié."),
            _("Revenez à la page précédente."),
        ),
        409: Explanation(
            _("Quelqu’un d’autre vient d’écrire ici"),
            _("Une autre personne a enregistré au même moment. Rien n’a été écrasé."),
            _("Revenez à la page, relisez et recommencez."),
        ),
        413: Explanation(
            _("Cet envoi est trop lourd"),
            _("Le fichier ou le texte dépasse la taille permise. Rien n’a été enregistré."),
            _("Réduisez le fichier, ou déposez-le ailleurs et ajoutez un lien."),
        ),
        429: Explanation(
            _("Trop d’essais"),
            _("Par prudence, cette page fait une pause. Rien n’a été modifié."),
            _("Réessayez dans un quart d’heure."),
        ),
        500: Explanation(
            _("Quelque chose s’est cassé de notre côté"),
            _("L’erreur a été notée. Rien n’a été enregistré à moitié."),
            _("Réessayez dans quelques minutes. Si cela continue, prévenez la coordination."),
        ),
        503: Explanation(
            _("Le service est momentanément indisponible"),
            _("La base de données ou l’espace de fichiers ne répond pas. Rien n’a été enregistré à moitié."),
            _("Réessayez dans une minute."),
        ),
        507: Explanation(
            _("Il n’y a plus de place"),
            _("Le disque du serveur est plein : rien n’a été enregistré, la lecture reste possible."),
            _("Prévenez la coordination, puis recommencez."),
        ),
    }
    return explanations.get(status, explanations[400 if status < 500 else 500])


def typed() -> list[tuple[str, str]]:
    """What the person had written in the form that could not be taken: shown back, so that no word is lost.

    Passwords never come back, nor what a box or a list holds: those are quickly chosen again.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return []
    try:
        values = list(request.form.items(multi=True))
    except (HTTPException, ValueError):
        return []
    kept = [
        (name, clean_text(value))
        for name, value in values
        if name not in PLUMBING and "password" not in name and value.strip() and not value.isdecimal()
    ]
    return [
        (str(NAMES.get(name) or _("Texte %(number)d", number=number)), value)
        for number, (name, value) in enumerate(kept[:50], 1)
    ]


def answer(
    status: int,
    happened: str | None = None,
    to_do: str | None = None,
    next_link: tuple[str, str] | None = None,
) -> ResponseReturnValue:
    """The page of an error; where even that page asks too much of the database, a barer one.

    `next_link` is the link to follow next: its words and its address.
    """
    if not is_for_a_reader():
        return bare(status, happened, to_do, next_link)
    try:
        return render_template(
            "errors/error.html", **_particulars(status, happened, to_do, next_link)
        ), status
    except (SQLAlchemyError, StorageDown):
        _roll_back()
        return bare(503)


def bare(
    status: int,
    happened: str | None = None,
    to_do: str | None = None,
    next_link: tuple[str, str] | None = None,
) -> ResponseReturnValue:
    """A page, or for htmx a piece of one, that asks nothing of the database: neither the person nor the démarche.

    Flask's own `render_template` would ask for the person; so would choosing their language.
    """
    name = "errors/fragment.html" if "HX-Request" in request.headers else "errors/bare.html"
    with force_locale(browser_locale()):
        if _wants_json():
            explanation = explain(status)
            message = f"{happened or explanation.happened} {to_do or explanation.to_do}"
            return {"status": status, "message": message}, status
        template = current_app.jinja_env.get_template(name)
        return template.render(**_particulars(status, happened, to_do, next_link)), status


def answer_charter() -> ResponseReturnValue:
    """The page for somebody who was writing when a new charter was published."""
    return answer(
        403,
        _("La démarche a une nouvelle charte : elle est à lire avant de continuer. Rien n’a été enregistré."),
        _("Lisez la charte, acceptez-la, puis revenez à votre page."),
        (_("Lire la charte"), "/charte"),
    )


def _particulars(
    status: int, happened: str | None, to_do: str | None, next_link: tuple[str, str] | None
) -> dict[str, object]:
    explanation = explain(status)
    return {
        "status": status,
        "explanation": Explanation(
            explanation.title, happened or explanation.happened, to_do or explanation.to_do
        ),
        "way": next_link or (_("Revenir à l’accueil"), "/"),
        "typed": typed(),
        "locale": browser_locale(),
    }


def is_for_a_reader() -> bool:
    """Whether a whole page is asked for, rather than a piece of one or data for a script."""
    return "HX-Request" not in request.headers and not _wants_json()


def _wants_json() -> bool:
    """Whether a script of ours asks: the board, when a card is dropped."""
    return request.accept_mimetypes.best == "application/json"


def _roll_back() -> None:
    """Leave the transaction, even when the database is no longer there to hear it."""
    with suppress(SQLAlchemyError):
        db.session.rollback()


def _is_public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    access = getattr(view, "access", None)
    return access is None or bool(access.public)


def refuse_unreadable() -> ResponseReturnValue | None:
    """Refuse what would break us further on, before anything reads it.

    NUL is in no address of ours and breaks a database: such a path is not found, such a query is not understood. Only
    files may be heavy: Werkzeug bounds the texts of a form that carries files, and reads any other whole into memory.
    """
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
    if "\x00" in request.path:
        return answer(404)
    if b"%00" in request.query_string or b"\x00" in request.query_string:
        return answer(400)
    return None


def drain_body() -> None:
    """Take in the rest of what is too heavy, up to a bound, and keep none of it.

    Proxies and browsers listen for the answer once they have sent everything: closing the door before that, they
    would tell people of a broken connection.
    """
    source = request.environ["wsgi.input"]
    left = MOST_DRAINED
    while left > 0 and (piece := source.read(min(left, PIECE))):
        left -= len(piece)


def init_app(app: Flask) -> None:
    """Answer every error of this app in the product's own voice."""
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_unreadable)

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None:
            return error.response
        _roll_back()
        if error.code == 413:
            drain_body()
        response = make_response(answer(error.code or 500))
        if getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
        return response

    @app.errorhandler(CSRFError)
    def refuse_forgery(_error: CSRFError) -> ResponseReturnValue:
        # Somebody whose session ended while they wrote deserves to hear that, not about tokens.
        if not _is_public() and not current_user.is_authenticated:
            return app.handle_user_exception(Unauthorized())  # type: ignore[return-value]
        return answer(400)

    @app.errorhandler(Refused)
    def refuse_verb(error: Refused) -> ResponseReturnValue:
        _roll_back()
        return answer(409, say(error))

    @app.errorhandler(StaleDataError)
    def refuse_stale(_error: StaleDataError) -> ResponseReturnValue:
        _roll_back()
        return answer(409)

    @app.errorhandler(IntegrityError)
    def refuse_double(error: IntegrityError) -> ResponseReturnValue:
        # Two people did the same thing at the same moment, and the database let one of them.
        _roll_back()
        app.logger.warning("two writes met", extra={"kind": type(error.orig).__name__})
        return answer(409)

    @app.errorhandler(DataError)
    def refuse_value(error: DataError) -> ResponseReturnValue:
        _roll_back()
        app.logger.warning("a value the database cannot hold", extra={"kind": type(error.orig).__name__})
        return answer(400)

    @app.errorhandler(StorageDown)
    @app.errorhandler(TimeoutError)
    @app.errorhandler(InterfaceError)
    def refuse_unavailable(error: Exception) -> ResponseReturnValue:
        return unavailable(error, 503)

    @app.errorhandler(StorageFull)
    def refuse_full(error: Exception) -> ResponseReturnValue:
        return unavailable(error, 507)

    @app.errorhandler(OSError)
    def refuse_disk(error: OSError) -> ResponseReturnValue:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise error
        return unavailable(error, 507)

    @app.errorhandler(OperationalError)
    def refuse_database(error: OperationalError) -> ResponseReturnValue:
        words = str(error.orig)
        full = "disk is full" in words or "No space left" in words
        # A page that writes although it only reads is our mistake, not an absent database.
        status = 507 if full else 500 if "readonly database" in words else 503
        return unavailable(error, status)

    @app.errorhandler(DBAPIError)
    def refuse_statement(error: DBAPIError) -> ResponseReturnValue:
        return unavailable(error, 500)

    def unavailable(error: Exception, status: int) -> ResponseReturnValue:
        _roll_back()
        cause = getattr(error, "orig", error)
        app.logger.error(
            "request not served",
            extra={"kind": type(cause).__name__, "status": status},
            exc_info=error if status == 500 else None,
        )
        return bare(status)

    @app.errorhandler(InternalServerError)
    def break_down(_error: InternalServerError) -> ResponseReturnValue:
        _roll_back()
        return bare(500)
