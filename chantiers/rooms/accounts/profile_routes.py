"""Profile of the person signed in: the charter, their name, their mails, their language."""

from flask import (
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from chantiers.rooms.accounts.blueprint import accounts
from chantiers.rooms.accounts.forms import (
    CharterAcceptanceForm,
    LanguageForm,
    MailsForm,
    ProfileForm,
)
from chantiers.rooms.accounts.queries import acceptance_date, belonging_of
from chantiers.web.access import acting, public, signed_in
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import saved
from chantiers.web.sessions import local_path
from models import db

YEAR = 365 * 24 * 3600


@accounts.get("/charte")
@signed_in
def charter() -> ResponseReturnValue:
    """Show the charter in force: to accept at the first entry, to read again later."""
    charter = current_demarche.charter if current_demarche else None
    if charter is None:
        abort(404)
    awaited = current_demarche.awaits_acceptance_of(current_user)
    form = CharterAcceptanceForm(number=charter.number, next=local_path(request.args.get("next")))
    return render_template(
        "accounts/charter.html",
        charter=charter,
        form=form if awaited else None,
        accepted_at=None if awaited else acceptance_date(acting()),
    )


@accounts.post("/charte")
@signed_in
def accept_charter() -> ResponseReturnValue:
    """Accept the charter that was read; if another was published meanwhile, that one is to be read first."""
    charter = current_demarche.charter if current_demarche else None
    if charter is None:
        abort(404)
    form = CharterAcceptanceForm()
    next_page = form.next.data
    if form.number.data != str(charter.number):
        flash(_("La charte vient de changer : voici la nouvelle."), "warning")
        return redirect(url_for("accounts.charter", next=next_page), 303)
    charter.accept(by=acting())
    db.session.commit()
    return redirect(next_page or url_for("my_work.show"), 303)


@accounts.route("/profil", methods=["GET", "POST"])
@signed_in
def profile() -> ResponseReturnValue:
    """Show and change what a person says of themselves, and where they belong."""
    user = acting()
    form = ProfileForm(data=said_of(user) if request.method == "GET" else None)
    if request.method == "GET":
        form.show(said_of(user))
        return profile_page(form), 200
    if not form.validate():
        return profile_page(form), 422
    db.session.refresh(user, with_for_update=True)
    late = form.reconcile(said_of(user))
    if late.conflicts:
        return profile_page(form, late.conflicts), 409
    user.edit(by=user, name=form.name.data, title=form.title.data)
    db.session.commit()
    saved(form)
    flash(_("Votre profil est enregistré."), "success")
    return redirect(url_for("accounts.profile"), 303)


def said_of(user: object) -> dict[str, str]:
    """Return the values that the profile form shows and saves."""
    return {name: getattr(user, name) for name in ("name", "title")}


def profile_page(form: ProfileForm, conflicts: object = None) -> str:
    """Render the profile, with a form in whatever state it is."""
    user = acting()
    return render_template(
        "accounts/profile.html",
        form=form,
        conflicts=conflicts,
        language_form=LanguageForm(formdata=None, locale=user.locale, next=url_for("accounts.profile")),
        belonging=belonging_of(user),
        mails_form=MailsForm(
            formdata=None,
            digest=user.digest,
            day=user.digest_day,
            at_once=user.mail_at_once,
            checkpoints=user.mail_checkpoints,
        ),
    )


@accounts.post("/profil/mails")
@signed_in
def mails() -> ResponseReturnValue:
    """Choose which mails to get, and when."""
    form = MailsForm()
    if not form.validate():
        abort(400)
    acting().choose_mails(
        at_once=form.at_once.data,
        digest=form.digest.data,
        day=form.day.data,
        checkpoints=form.checkpoints.data,
    )
    db.session.commit()
    flash(_("Vos mails sont réglés."), "success")
    return redirect(url_for("accounts.profile", _anchor="mails"), 303)


@accounts.post("/langue")
@public
def language() -> ResponseReturnValue:
    """Choose a language: for this browser, and for the person where there is one."""
    form = LanguageForm()
    if not form.validate():
        abort(400)
    if current_user.is_authenticated:
        acting().speak(form.locale.data)
        db.session.commit()
    answer = redirect(form.next.data or url_for("public.home"), 303)
    if form.locale.data:
        answer.set_cookie(
            "locale",
            form.locale.data,
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    else:
        answer.delete_cookie("locale")
    return answer
