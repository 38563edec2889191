"""Routes of the correspondence room: what people do about the mails that we send them."""

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers.mail.message import MailPreview, mail_is_configured, preview
from chantiers.rooms.correspondence import queries
from chantiers.web import tokens
from chantiers.web.access import public, require
from chantiers.web.extensions import csrf
from chantiers.web.forms import asked_number, asked_page
from models import MailOutcome, MailState, OutgoingMail, User, db, now

correspondence = Blueprint("correspondence", __name__)

KINDS = {
    "digest": _l("Bilan"),
    "invitation": _l("Invitation"),
    "sign_in_link": _l("Lien pour se connecter"),
    "mention": _l("Mention"),
    "assignment": _l("Tâche confiée"),
    "checkpoint": _l("Point d’étape"),
    "relaunch": _l("Relance"),
    "review_asked": _l("Avis demandé"),
    "review_reminder": _l("Relance d’un avis"),
    "opinion_awaited": _l("Avis encore attendu"),
    "reply_refused": _l("Réponse refusée"),
}
STATES = {
    MailState.WAITING: _l("En attente"),
    MailState.SENT: _l("Parti"),
    MailState.DROPPED: _l("Devenu inutile"),
    MailState.FAILED: _l("En échec"),
}
REASONS = {
    "no_account": _l("le compte est fermé ou n’a pas d’adresse"),
    "never_came": _l("cette personne n’a pas encore été invitée"),
    "too_late": _l("il avait attendu trop longtemps"),
    "no_longer_due": _l("il ne concernait plus personne"),
    "unwritten": _l("il n’a pas pu être écrit : l’incident est noté"),
}


OUTCOMES = {
    MailOutcome.COMMENTED: _l("Devenue un commentaire"),
    MailOutcome.REFUSED: _l("Refusée, la personne le sait"),
    MailOutcome.KEPT_ASIDE: _l("Mise de côté"),
}
ASIDE = {
    "archived": _l("le chantier est archivé"),
    "automatic": _l("une machine l’a écrite"),
    "empty": _l("elle ne disait rien"),
    "gone": _l("son sujet n’est plus là"),
    "no_account": _l("le compte est fermé"),
    "no_address": _l("son adresse n’est pas l’une des nôtres, ou elle a été modifiée"),
    "no_right": _l("la personne ne peut plus y écrire"),
    "other_sender": _l("elle vient d’une autre adresse que celle de la personne"),
    "too_large": _l("elle était trop lourde"),
    "too_long": _l("elle était trop longue"),
    "too_many": _l("trop de réponses en une heure"),
}


@correspondence.get("/desabonnement/<signed:token>")
@public
def unsubscribe(token: str) -> ResponseReturnValue:
    """Ask whether these mails are to stop: whatever opens a mail's links changes nothing."""
    person, which = _whose(token)
    return render_template(
        "correspondence/unsubscribe.html", person=person, which=which, token=token, done=False
    )


@correspondence.post("/desabonnement/<signed:token>")
@public
# A mailbox posts here by itself, from its own « Se désabonner » (RFC 8058): the signed address stands for a token.
@csrf.exempt  # type: ignore[untyped-decorator]
def stop_mails(token: str) -> ResponseReturnValue:
    """Stop these mails, in one click and without signing in."""
    person, which = _whose(token)
    person.stop_mails(which)
    db.session.commit()
    return render_template(
        "correspondence/unsubscribe.html", person=person, which=which, token=token, done=True
    )


# The outbox -----------------------------------------------------------------------------------------------------------


@correspondence.get("/gestion/mails")
@require("demarche.manage")
def outbox() -> ResponseReturnValue:
    """Show the outbox: what was sent, to whom, what failed, what is next."""
    state = request.args.get("etat", "")
    before = asked_number("avant")
    return render_template(
        "correspondence/outbox.html",
        found=queries.outbox(state, before),
        state=state if state in list(MailState) else "",
        configured=mail_is_configured(),
        kinds=KINDS,
        states=STATES,
        reasons=REASONS,
    )


@correspondence.get("/gestion/mails/<id:mail_id>/apercu")
@require("demarche.manage", queries.mail)
def rehearsal(mail: OutgoingMail) -> ResponseReturnValue:
    """Preview what a mail that waits would say if it left now; nothing leaves."""
    name = mail.user.name if mail.user else mail.address or ""
    return rehearsal_page(name, KINDS.get(mail.kind, mail.kind), preview(mail))


@correspondence.get("/gestion/mails/bilans")
@require("demarche.manage")
def digests() -> ResponseReturnValue:
    """Show who gets a digest next, and when."""
    page = asked_page()
    return render_template("correspondence/digests.html", found=queries.digests(page))


@correspondence.get("/gestion/mails/bilans/<id:user_id>")
@require("demarche.manage", queries.reader)
def digest(person: User) -> ResponseReturnValue:
    """Preview a person's digest if it left now; nothing leaves, nothing is marked as told."""
    mail = OutgoingMail(
        kind="digest", user=person, user_id=person.id, particulars={}, attempts=0, due_at=now()
    )
    return rehearsal_page(person.name, KINDS["digest"], preview(mail))


def rehearsal_page(name: str, kind: Any, found: MailPreview) -> str:
    """What was written, or why nothing would leave."""
    # What concerns nobody any more may as well have nothing new to say: the page says both.
    reason = "" if found.reason == "no_longer_due" else str(REASONS.get(found.reason, found.reason))
    reason = reason[:1].upper() + reason[1:]
    return render_template("correspondence/rehearsal.html", name=name, kind=kind, found=found, reason=reason)


@correspondence.get("/gestion/mails/recus")
@require("demarche.manage")
def inbox() -> ResponseReturnValue:
    """Show the answers that came by mail, and what became of each."""
    before = asked_number("avant")
    return render_template(
        "correspondence/inbox.html",
        found=queries.inbox(before),
        address=current_app.config["MAIL_REPLY_TO"],
        outcomes=OUTCOMES,
        reasons=ASIDE,
    )


@correspondence.post("/gestion/mails/<id:mail_id>/renvoyer")
@require("demarche.manage", queries.mail)
def send_again(mail: OutgoingMail) -> ResponseReturnValue:
    """Try a mail that failed once more."""
    mail.try_again()
    db.session.commit()
    flash(_("Le mail repartira dans la minute."), "success")
    return redirect(url_for("correspondence.outbox"), 303)


def _whose(token: str) -> tuple[User, str]:
    values = tokens.read("unsubscribe", token)
    if values is None or len(values) != 2 or values[1] not in ("digest", "at_once", "checkpoint"):
        abort(404)
    person = db.session.get(User, values[0], with_for_update=request.method == "POST")
    if person is None or person.closed_at is not None:
        abort(404)
    return person, values[1]
