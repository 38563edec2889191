"""What people read when something cannot be done: what happened, what was kept, what to do."""

from dataclasses import dataclass

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from chantiers.refusals import say
from chantiers.storage import StorageDown, StorageFull
from models import Refused, db

#: Fields that are plumbing, not something that a person typed.
PLUMBING = {"csrf_token", "key", "seen", "password", "new_password", "current_password", "next"}


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
            _(
                "Le formulaire a été refusé : il venait d’une page trop ancienne, ou il y manquait quelque chose."
            ),
            _(
                "Revenez à la page précédente, rechargez-la et recommencez. Ce que vous aviez écrit est ci-dessous."
            ),
        ),
        401: Explanation(
            _("Il faut vous connecter"),
            _("Cette page est réservée aux membres de la démarche, ou votre session s’est terminée."),
            _("Connectez-vous : vous reviendrez ici."),
        ),
        403: Explanation(
            _("Cela ne vous est pas ouvert"),
            _("Vous pouvez lire cette partie de la démarche, mais pas y faire cela. Rien n’a été modifié."),
            _("Demandez à un·e référent·e du chantier ou à la coordination."),
        ),
        404: Explanation(
            _("Cette page n’existe pas"),
            _("L’adresse est erronée, ou ce qu’elle désignait a été supprimé."),
            _("Repartez de votre page d’accueil, ou cherchez dans le chantier concerné."),
        ),
        405: Explanation(
            _("Cette adresse ne s’ouvre pas ainsi"),
            _("Elle sert à envoyer un formulaire, pas à être visitée. Rien n’a été modifié."),
            _("Revenez à la page précédente."),
        ),
        409: Explanation(
            _("Quelqu’un d’autre vient d’écrire ici"),
            _("Une autre personne a enregistré au même moment. Rien n’a été écrasé."),
            _("Revenez à la page, relisez et recommencez. Ce que vous aviez écrit est ci-dessous."),
        ),
        413: Explanation(
            _("Cet envoi est trop lourd"),
            _("Le fichier ou le texte dépasse la taille permise. Rien n’a été enregistré."),
            _("Réduisez le fichier, ou déposez-le ailleurs et ajoutez un lien."),
        ),
        500: Explanation(
            _("Quelque chose s’est cassé de notre côté"),
            _("L’erreur a été notée. Rien n’a été enregistré à moitié."),
            _("Réessayez dans quelques minutes. Si cela continue, prévenez la coordination."),
        ),
        503: Explanation(
            _("Le service est momentanément indisponible"),
            _("La base de données ou l’espace de fichiers ne répond pas. Rien n’a été enregistré à moitié."),
            _("Réessayez dans une minute. Ce que vous aviez écrit est ci-dessous."),
        ),
        507: Explanation(
            _("Il n’y a plus de place"),
            _("Le disque du serveur est plein : rien n’a été enregistré, la lecture reste possible."),
            _("Prévenez la coordination. Ce que vous aviez écrit est ci-dessous."),
        ),
    }
    return explanations.get(status, explanations[400 if status < 500 else 500])


def typed() -> list[tuple[str, str]]:
    """What the person had written in the form that could not be taken: shown back, so that no word is lost."""
    if request.method != "POST":
        return []
    try:
        values = list(request.form.items(multi=True))
    except HTTPException:
        return []
    return [(name, value) for name, value in values if name not in PLUMBING and value.strip()]


def answer(status: int, happened: str | None = None) -> ResponseReturnValue:
    """The page of an error. It must come out whatever is broken, so it asks little of the rest."""
    explanation = explain(status)
    page = render_template(
        "errors/error.html",
        status=status,
        explanation=explanation,
        happened=happened or explanation.happened,
        typed=typed(),
    )
    return page, status


def init_app(app: Flask) -> None:
    """Answer every error of this app in the product's own voice."""

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None:
            return error.response
        db.session.rollback()
        status = error.code or 500
        page, status_code = answer(status)  # type: ignore[misc]
        allowed = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else {}
        return page, status_code, allowed

    @app.errorhandler(CSRFError)
    def refuse_forgery(error: CSRFError) -> ResponseReturnValue:
        # Somebody whose session ended while they wrote deserves to hear that, not about tokens.
        return answer(400 if current_user.is_authenticated else 401)

    @app.errorhandler(Refused)
    def refuse_verb(error: Refused) -> ResponseReturnValue:
        db.session.rollback()
        return answer(409, say(error))

    @app.errorhandler(StaleDataError)
    def refuse_stale(error: StaleDataError) -> ResponseReturnValue:
        db.session.rollback()
        return answer(409)

    @app.errorhandler(StorageDown)
    @app.errorhandler(TimeoutError)
    def refuse_unavailable(error: Exception) -> ResponseReturnValue:
        return unavailable(error, 503)

    @app.errorhandler(StorageFull)
    def refuse_full(error: Exception) -> ResponseReturnValue:
        return unavailable(error, 507)

    @app.errorhandler(OperationalError)
    def refuse_database(error: OperationalError) -> ResponseReturnValue:
        full = "disk is full" in str(error.orig) or "No space left" in str(error.orig)
        return unavailable(error, 507 if full else 503)

    @app.errorhandler(DBAPIError)
    def refuse_statement(error: DBAPIError) -> ResponseReturnValue:
        app.logger.error(
            "database refused a statement", extra={"kind": type(error.orig).__name__}, exc_info=error
        )
        return unavailable(error, 500)

    def unavailable(error: Exception, status: int) -> ResponseReturnValue:
        db.session.rollback()
        app.logger.error("request not served", extra={"kind": type(error).__name__, "status": status})
        return bare(status)

    @app.errorhandler(InternalServerError)
    def break_down(error: InternalServerError) -> ResponseReturnValue:
        db.session.rollback()
        return bare(500)

    def bare(status: int) -> ResponseReturnValue:
        """A page that needs no database: the person and the démarche are not asked for."""
        explanation = explain(status)
        return render_template(
            "errors/bare.html", status=status, explanation=explanation, typed=typed()
        ), status
