"""Passing the hand, « Mes données », and closing one's own account."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from chantiers.files import types
from chantiers.language.labels import CHANTIER_ROLES
from chantiers.language.refusals import say
from chantiers.mail.message import mail_is_configured
from chantiers.rooms.leaving import queries
from chantiers.rooms.leaving.archive import archive
from chantiers.rooms.leaving.belongings import belongings_of
from chantiers.rooms.leaving.forms import CloseWithPasswordForm, HandoverForm, close_form
from chantiers.storage.store import current_storage
from chantiers.web.access import acting, require, signed_in
from chantiers.web.security_headers import FILE_POLICY
from chantiers.web.sign_in import TooManyAttempts, authenticate, close_session
from models import HOME, ChantierMembership, Handover, Refused, User, close_account, db, now, today

leaving = Blueprint("leaving", __name__)

#: For how long coming in by a link stands for a password.
FRESH = timedelta(minutes=15)


# Handover -------------------------------------------------------------------------------------------------------------


@leaving.route("/chantiers/<slug:slug>/membres/<id:user_id>/passer-la-main", methods=["GET", "POST"])
@require("membership.hand_over", queries.membership)
def hand_over(part: ChantierMembership) -> ResponseReturnValue:
    """What a member holds in the chantier, and to whom all of it passes in one step."""
    chantier, person = part.chantier, part.user
    handover, people = Handover(chantier, person), queries.others(part)
    form = HandoverForm()
    form.offer([(number, _with_role(name, role)) for number, name, role in people])
    holdings = handover.holdings()

    def page(status: int) -> ResponseReturnValue:
        return render_template(
            "leaving/hand_over.html",
            chantier=chantier,
            person=person,
            is_oneself=person.id == current_user.id,
            holdings=holdings,
            people=people,
            form=form,
        ), status

    if not form.validate_on_submit():
        return page(422 if form.is_submitted() else 200)
    receiver = queries.member(part, form.receiver.data)
    if receiver is None and not (holdings.nothing and form.leaves.data):
        form.receiver.errors = [_("Choisissez à qui passer la main.")]
        return page(422)
    try:
        words = _pass(handover, receiver, bool(form.leaves.data), nothing=holdings.nothing)
    except Refused as refused:
        db.session.rollback()
        words = say(refused)
        flash(words, "warning")
        return redirect(url_for("chantier.members", slug=chantier.slug), 303)
    db.session.commit()
    flash(words, "success")
    return redirect(url_for("chantier.members", slug=chantier.slug), 303)


def _with_role(name: str, role: str) -> str:
    return f"{name} ({CHANTIER_ROLES[role]})" if role == "referent" else name  # type: ignore[index]


def _pass(handover: Handover, receiver: User | None, leaves: bool, *, nothing: bool) -> str:
    """Do it, and say what was done."""
    name = handover.person.name
    if receiver is None or (nothing and leaves):
        handover.leave(by=acting())
        return str(_("%(name)s ne participe plus au chantier.", name=name))
    tasks = handover.pass_to(receiver, by=acting(), leaves=leaves)
    said: str = _("%(name)s passe la main à %(receiver)s.", name=name, receiver=receiver.name)
    if tasks:
        counted = ngettext("%(num)d tâche a changé de mains.", "%(num)d tâches ont changé de mains.", tasks)
        said = f"{said} {counted}"
    return said


# « Mes données » ------------------------------------------------------------------------------------------------------


@leaving.get("/profil/mes-donnees")
@signed_in
def my_data() -> ResponseReturnValue:
    """What is kept about this person, in plain words."""
    return render_template("leaving/my_data.html", written=queries.written_by(acting()))


@leaving.get("/profil/mes-donnees/telecharger")
@signed_in
def download() -> ResponseReturnValue:
    """All of it, as an archive that is written while it is sent."""
    user = acting()
    belongings = belongings_of(user)
    readme = render_template("leaving/readme.txt", user=user, moment=now())
    missing = _("Ce fichier n’est plus dans l’espace de fichiers. Prévenez la coordination.")
    # Everything is read: however slow whoever downloads is, nobody waits for the database behind them.
    db.session.commit()
    pieces = archive(belongings, readme, missing, current_storage(), now().astimezone(HOME))
    response = Response(pieces, mimetype="application/zip")
    name = _("mes-donnees-%(day)s.zip", day=today().isoformat())
    response.headers["Content-Disposition"] = types.content_disposition(name)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


# Closing one's account ------------------------------------------------------------------------------------------------


@leaving.route("/profil/fermer", methods=["GET", "POST"])
@signed_in
def close() -> ResponseReturnValue:
    """Close one's own account, once nothing hangs on it alone, by whoever shows again who they are."""
    user, form = acting(), close_form(current_user)
    if user.is_example and form.is_submitted():
        # Others are about to enter the demonstration by it.
        raise Refused("example_stays")
    if not form.validate_on_submit():
        return _closing_page(form, 422 if form.is_submitted() else 200)
    if isinstance(form, CloseWithPasswordForm):
        try:
            known = authenticate(user.email or "", form.password.data or "")
        except TooManyAttempts as pause:
            form.password.errors = [
                ngettext(
                    "Trop d’essais ont échoué. Par prudence, attendez %(num)d minute avant de réessayer.",
                    "Trop d’essais ont échoué. Par prudence, attendez %(num)d minutes avant de réessayer.",
                    pause.minutes,
                )
            ]
            return _closing_page(form, 429)
        if known is None:
            form.password.errors = [_("Ce n’est pas votre mot de passe.")]
            return _closing_page(form, 422)
        # The attempt itself was right: its failure is taken back, whatever comes of the closing.
        db.session.commit()
    elif not _came_in_just_now():
        return _closing_page(form, 409)
    try:
        close_account(user, by=user)
    except Refused as refused:
        db.session.rollback()
        form.form_errors = [say(refused)]
        return _closing_page(form, 409)
    close_session()
    db.session.commit()
    flash(_("Votre compte est fermé. Merci pour le chemin fait ensemble."), "success")
    return redirect(url_for("public.home"), 303)


def _came_in_just_now() -> bool:
    """Whether this browser's session began so recently that whoever holds it is whoever came in."""
    return bool(now() - g.user_session.created_at < FRESH)


def _closing_page(form: Any, status: int) -> ResponseReturnValue:
    user = acting()
    parts = queries.parts_of(user)
    return render_template(
        "leaving/close.html",
        form=form,
        parts=parts,
        alone=[part for part in parts if part.is_alone],
        is_last_coordinator=user.is_coordinator and user.is_last_coordinator,
        asks_password=isinstance(form, CloseWithPasswordForm),
        is_fresh=_came_in_just_now(),
        mails=mail_is_configured(),
        next=request.path,
    ), status
