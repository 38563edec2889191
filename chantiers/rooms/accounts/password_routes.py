"""Passwords: chosen by a link that serves once, or changed by who knows the present one."""

from flask import (
    flash,
    g,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.refusals import say
from chantiers.rooms.accounts.blueprint import accounts
from chantiers.rooms.accounts.forms import (
    ChangePasswordForm,
    ChoosePasswordForm,
)
from chantiers.rooms.accounts.sign_in_routes import in_words
from chantiers.web.access import acting, public, signed_in
from chantiers.web.secret_link_pages import kept_private
from chantiers.web.sign_in import TooManyAttempts, authenticate, open_session
from models import PasswordLink, Refused, UserSession, db


@accounts.route("/mot-de-passe/<token:token>", methods=["GET", "POST"])
@public
def choose_password(token: str) -> ResponseReturnValue:
    """Choose a password by a link that serves once; looking at it consumes nothing."""
    link = PasswordLink.with_token(token)
    if link is None:
        return kept_private(render_template("accounts/link_over.html"), 404)
    form = ChoosePasswordForm()
    person = link.user
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return kept_private(
            render_template("accounts/choose_password.html", form=form, person=person), status
        )
    try:
        link.use(form.password.data)
    except Refused as refused:
        db.session.rollback()
        if refused.code == "link_used":
            return kept_private(render_template("accounts/link_over.html"), 404)
        form.password.errors = [say(refused)]
        return kept_private(render_template("accounts/choose_password.html", form=form, person=person), 422)
    open_session(person)
    db.session.commit()
    flash(_("Votre mot de passe est enregistré. Bienvenue !"), "success")
    return redirect(url_for("my_work.show"), 303)


@accounts.route("/profil/mot-de-passe", methods=["GET", "POST"])
@signed_in
def change_password() -> ResponseReturnValue:
    """Choose another password, knowing the present one; other browsers are signed out."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("accounts/change_password.html", form=form), status
    user = acting()
    try:
        if authenticate(user.email or "", form.current_password.data) is None:
            form.current_password.errors = [_("Ce n’est pas votre mot de passe actuel.")]
            return render_template("accounts/change_password.html", form=form), 422
        user.choose_password(form.password.data)
    except TooManyAttempts as pause:
        form.current_password.errors = [in_words(pause)]
        return render_template("accounts/change_password.html", form=form), 429
    except Refused as refused:
        # The attempt itself was right: its failure is taken back, whatever the new password is worth.
        db.session.commit()
        form.password.errors = [say(refused)]
        return render_template("accounts/change_password.html", form=form), 422
    UserSession.end_all_of(user, but=g.user_session)
    db.session.commit()
    flash(_("Votre mot de passe est changé. Vos autres navigateurs sont déconnectés."), "success")
    return redirect(url_for("accounts.profile"), 303)
