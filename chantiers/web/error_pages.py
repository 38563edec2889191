"""Error pages: a table of statuses in words (what happened, what was kept, what to do), and what had been typed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from chantiers.storage.store import StorageDown
from chantiers.web.extensions import browser_locale
from chantiers.web.forms import clean_text
from models import db

#: Fields that no person typed.
TECHNICAL_FIELDS = {"csrf_token", "key", "seen", "next", "version", "locale"}

#: The labels of the fields that people write in, to name them when what was typed is shown back.
FIELD_LABELS = {
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
    """Explanation of an error: a title, what happened (and what was kept), what to do."""

    title: str
    happened: str
    to_do: str


#: Each status in words. A status that is not here reads as 400, or as 500 among those of the server.
EXPLANATIONS: Mapping[int, Explanation] = {
    400: Explanation(
        _l("Cette demande n’est pas complète"),
        _l("Elle venait d’une page trop ancienne, ou il y manquait quelque chose. Rien n’a été modifié."),
        _l("Revenez à la page précédente, rechargez-la et recommencez."),
    ),
    401: Explanation(
        _l("Il faut vous connecter"),
        _l("Cette page est réservée aux membres de la démarche, ou votre session s’est terminée."),
        _l("Connectez-vous, puis revenez à votre page : le brouillon de vos textes vous y attend."),
    ),
    403: Explanation(
        _l("Cela ne vous est pas ouvert"),
        _l("Vous pouvez lire cette partie de la démarche, mais pas y faire cela. Rien n’a été modifié."),
        _l("Demandez à un·e référent·e du chantier ou à la coordination."),
    ),
    404: Explanation(
        _l("Cette page n’existe pas"),
        _l("L’adresse est erronée, ou ce qu’elle désignait a été supprimé."),
        _l("Vérifiez l’adresse, ou repartez de l’accueil."),
    ),
    405: Explanation(
        _l("Cette adresse ne s’ouvre pas ainsi"),
        _l("Elle sert à envoyer un formulaire, pas à être visitée. Rien n’a été modifié."),
        _l("Revenez à la page précédente."),
    ),
    409: Explanation(
        _l("Quelqu’un d’autre vient d’écrire ici"),
        _l("Une autre personne a enregistré au même moment. Rien n’a été écrasé."),
        _l("Revenez à la page, relisez et recommencez."),
    ),
    413: Explanation(
        _l("Cet envoi est trop lourd"),
        _l("Le fichier ou le texte dépasse la taille permise. Rien n’a été enregistré."),
        _l("Réduisez le fichier, ou déposez-le ailleurs et ajoutez un lien."),
    ),
    429: Explanation(
        _l("Trop d’essais"),
        _l("Par prudence, cette page fait une pause. Rien n’a été modifié."),
        _l("Réessayez dans un quart d’heure."),
    ),
    500: Explanation(
        _l("Quelque chose s’est cassé de notre côté"),
        _l("L’erreur a été notée. Rien n’a été enregistré à moitié."),
        _l("Réessayez dans quelques minutes. Si cela continue, prévenez la coordination."),
    ),
    503: Explanation(
        _l("Le service est momentanément indisponible"),
        _l("La base de données ou l’espace de fichiers ne répond pas. Rien n’a été enregistré à moitié."),
        _l("Réessayez dans une minute."),
    ),
    507: Explanation(
        _l("Il n’y a plus de place"),
        _l("Le disque du serveur est plein : rien n’a été enregistré, la lecture reste possible."),
        _l("Prévenez la coordination, puis recommencez."),
    ),
}


def explain(status: int) -> Explanation:
    """Return the words for a status, in the language of the request."""
    found = EXPLANATIONS.get(status) or EXPLANATIONS[400 if status < 500 else 500]
    return Explanation(str(found.title), str(found.happened), str(found.to_do))


def typed() -> list[tuple[str, str]]:
    """Return the (label, text) pairs of the form that was refused, shown back so that no word is lost.

    Passwords never come back, nor values of checkboxes and lists: those are quickly chosen again.
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
        if name not in TECHNICAL_FIELDS and "password" not in name and value.strip() and not value.isdecimal()
    ]
    return [
        (str(FIELD_LABELS.get(name) or _("Texte %(number)d", number=number)), value)
        for number, (name, value) in enumerate(kept[:50], 1)
    ]


def answer(
    status: int,
    happened: str | None = None,
    to_do: str | None = None,
    next_link: tuple[str, str] | None = None,
) -> ResponseReturnValue:
    """Render the page of an error; where the database fails even for that, the bare page with 503.

    `next_link` is the (label, address) of the link to follow next.
    """
    if not is_for_a_reader():
        return bare(status, happened, to_do, next_link)
    try:
        return render_template(
            "errors/error.html", **_particulars(status, happened, to_do, next_link)
        ), status
    except (SQLAlchemyError, StorageDown):
        roll_back()
        return bare(503)


def bare(
    status: int,
    happened: str | None = None,
    to_do: str | None = None,
    next_link: tuple[str, str] | None = None,
) -> ResponseReturnValue:
    """Render a page, a fragment for htmx or JSON, without the database: neither the person nor the démarche is read.

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
    """Render the page (403) for somebody who was writing when a new charter was published."""
    return answer(
        403,
        _("La démarche a une nouvelle charte : elle est à lire avant de continuer. Rien n’a été enregistré."),
        _("Lisez la charte, acceptez-la, puis revenez à votre page."),
        (_("Lire la charte"), url_for("accounts.charter")),
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
        "way": next_link or (_("Revenir à l’accueil"), url_for("public.home")),
        "typed": typed(),
        "locale": browser_locale(),
    }


def is_for_a_reader() -> bool:
    """Tell whether a whole page is asked for, rather than a fragment or JSON."""
    return "HX-Request" not in request.headers and not _wants_json()


def _wants_json() -> bool:
    """Tell whether a script of ours asks: the board, when a card is dropped."""
    return request.accept_mimetypes.best == "application/json"


def roll_back() -> None:
    """Roll the transaction back, even when the database no longer answers."""
    with suppress(SQLAlchemyError):
        db.session.rollback()
