"""Routes of the accounts room: coming in, the charter, one's profile and one's sessions."""

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.exceptions import Unauthorized

from chantiers.language.refusals import say
from chantiers.mail.message import mail_is_configured
from chantiers.rooms.accounts.browsers import browser_name
from chantiers.rooms.accounts.forms import (
    AskLinkForm,
    ChangePasswordForm,
    CharterForm,
    ChoosePasswordForm,
    ConfirmForm,
    LanguageForm,
    MailsForm,
    ProfileForm,
    SignInForm,
)
from chantiers.rooms.accounts.queries import acceptance_date, belonging_of, demonstration_person, session_of
from chantiers.web import error_pages, tokens
from chantiers.web.access import acting, public, signed_in
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import saved
from chantiers.web.secret_link_pages import kept_private
from chantiers.web.sessions import current_path, demonstration_is_open, local_path
from chantiers.web.sign_in import (
    TooManyAttempts,
    authenticate,
    close_session,
    open_session,
    send_sign_in_link,
)
from models import PasswordLink, Refused, SignInLink, UserSession, db

accounts = Blueprint("accounts", __name__)

#: The buttons of the demonstration: where each leads in, what it says, and what one sees there.
DEMONSTRATION_BUTTONS = (
    ("coordination", _l("Coordination"), _l("Voit tous les chantiers côte à côte et gère la démarche.")),
    ("referente", _l("Référent·e"), _l("Fait avancer un chantier : tâches, livrables, structures.")),
    ("participante", _l("Participant·e"), _l("Contribue aux tâches de sa structure.")),
    ("observatrice", _l("Observatrice"), _l("Lit l’avancement, sans rien modifier.")),
)

YEAR = 365 * 24 * 3600

#: Under which name a browser keeps the page that somebody wanted when they asked for a link by mail.
WANTED = "wanted"


# Coming in and going out -----------------------------------------------------------------------------------------


@accounts.route("/connexion", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign in with an address and a password."""
    if current_user.is_authenticated:
        return redirect(url_for("my_work.show"), 303)
    form = SignInForm()
    if request.method == "GET":
        form.next.data = local_path(request.args.get("next"))
        return sign_in_page(form), 200
    if not form.validate():
        return sign_in_page(form), 422
    try:
        user = authenticate(form.email.data, form.password.data)
    except TooManyAttempts as pause:
        form.form_errors = [in_words(pause)]
        return sign_in_page(form), 429, {"Retry-After": str(pause.minutes * 60)}
    if user is None:
        form.form_errors = [
            _("Cette adresse et ce mot de passe ne vont pas ensemble. Vérifiez l’un et l’autre.")
        ]
        return sign_in_page(form), 422
    open_session(user)
    db.session.commit()
    return redirect(form.next.data or url_for("my_work.show"), 303)


def sign_in_page(form: SignInForm) -> str:
    """The sign-in page; in the demonstration with its four buttons."""
    return render_template(
        "accounts/sign_in.html",
        form=form,
        demonstration_buttons=DEMONSTRATION_BUTTONS if demonstration_is_open() else (),
        mails=mail_is_configured(),
    )


def in_words(pause: TooManyAttempts) -> str:
    """When to try again."""
    return ngettext(
        "Trop d’essais ont échoué. Par prudence, attendez %(num)d minute avant de réessayer.",
        "Trop d’essais ont échoué. Par prudence, attendez %(num)d minutes avant de réessayer.",
        pause.minutes,
    )


@accounts.app_errorhandler(Unauthorized)
def ask_to_sign_in(error: Unauthorized) -> ResponseReturnValue:
    """Offer the sign-in form in place of a page that needs it; to somebody who was writing, show their text first."""
    db.session.rollback()
    if request.method not in ("GET", "HEAD") or not error_pages.is_for_a_reader():
        back = local_path(request.headers.get("Referer", "").removeprefix(request.host_url.rstrip("/")))
        return error_pages.answer(
            401, next_link=(_("Se connecter"), url_for("accounts.sign_in", next=current_path() or back))
        )
    form = SignInForm(formdata=None)
    form.next.data = current_path()
    return sign_in_page(form), 401


@accounts.post("/connexion/demonstration/<slug:entry>")
@public
def enter_demonstration(entry: str) -> ResponseReturnValue:
    """Come in as one of the invented people, where the demonstration is open; nowhere else does this exist."""
    person = demonstration_person(entry) if demonstration_is_open() else None
    if person is None:
        abort(404)
    open_session(person)
    db.session.commit()
    return redirect(local_path(request.form.get("next")) or url_for("my_work.show"), 303)


@accounts.post("/deconnexion")
@public
def sign_out() -> ResponseReturnValue:
    """Sign this browser out."""
    if current_user.is_authenticated:
        close_session()
        db.session.commit()
    flash(_("Vous êtes déconnecté·e."), "success")
    return redirect(url_for("public.home"), 303)


# Choosing a password ---------------------------------------------------------------------------------------------


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


# A link by mail ---------------------------------------------------------------------------------------------------


@accounts.route("/connexion/lien", methods=["GET", "POST"])
@public
def ask_link() -> ResponseReturnValue:
    """Send a link to sign in, or to choose a new password; whether the address is known is not said."""
    form = AskLinkForm()
    if not mail_is_configured():
        page = render_template("accounts/ask_link.html", form=None, sent=False)
        return page, 409 if form.is_submitted() else 200
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        form.next.data = form.next.data or local_path(request.args.get("next"))
        return render_template("accounts/ask_link.html", form=form, sent=False), status
    try:
        send_sign_in_link(form.email.data, form.purpose.data)
    except TooManyAttempts as pause:
        form.form_errors = [in_words(pause)]
        page = render_template("accounts/ask_link.html", form=form, sent=False)
        return page, 429, {"Retry-After": str(pause.minutes * 60)}
    # Kept by this browser, not by the mail: an address may be a secret, as that of an invitation is.
    session[WANTED] = form.next.data
    return render_template("accounts/ask_link.html", form=form, sent=True)


@accounts.route("/connexion/lien/<signed:token>", methods=["GET", "POST"])
@public
def use_link(token: str) -> ResponseReturnValue:
    """Come in by a link of a mail: opening it asks, only the answer uses it up."""
    values = tokens.read("sign_in", token)
    ours = (
        values is not None and len(values) == 2 and isinstance(values[0], int) and isinstance(values[1], str)
    )
    link = SignInLink.at(*values) if ours and values else None
    if link is None or link.user is None:
        return kept_private(render_template("accounts/link_over.html"), 404)
    chooses, person = link.purpose == "password", link.user
    choosing = ChoosePasswordForm() if chooses else None
    form = choosing or ConfirmForm()
    if not form.validate_on_submit():
        page = render_template("accounts/use_link.html", form=form, person=person)
        return kept_private(page, 422 if form.is_submitted() else 200)
    try:
        link.use()
        if choosing is not None:
            person.choose_password(choosing.password.data)
            UserSession.end_all_of(person)
    except Refused as refused:
        db.session.rollback()
        if choosing is None or refused.code == "link_used":
            return kept_private(render_template("accounts/link_over.html"), 404)
        choosing.password.errors = [say(refused)]
        return kept_private(render_template("accounts/use_link.html", form=form, person=person), 422)
    wanted = local_path(session.get(WANTED))
    open_session(person)
    db.session.commit()
    flash(_("Bienvenue !"), "success")
    return redirect(wanted or url_for("my_work.show"), 303)


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


# The charter -----------------------------------------------------------------------------------------------------


@accounts.get("/charte")
@signed_in
def charter() -> ResponseReturnValue:
    """The charter in force: to accept at the first entry, to read again later."""
    charter = current_demarche.charter if current_demarche else None
    if charter is None:
        abort(404)
    awaited = current_demarche.awaits_acceptance_of(current_user)
    form = CharterForm(number=charter.number, next=local_path(request.args.get("next")))
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
    form = CharterForm()
    next_page = form.next.data
    if form.number.data != str(charter.number):
        flash(_("La charte vient de changer : voici la nouvelle."), "warning")
        return redirect(url_for("accounts.charter", next=next_page), 303)
    charter.accept(by=acting())
    db.session.commit()
    return redirect(next_page or url_for("my_work.show"), 303)


# One's profile ---------------------------------------------------------------------------------------------------


@accounts.route("/profil", methods=["GET", "POST"])
@signed_in
def profile() -> ResponseReturnValue:
    """What a person says of themselves, and where they belong."""
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
    """The values that the profile form shows and saves."""
    return {name: getattr(user, name) for name in ("name", "title")}


def profile_page(form: ProfileForm, conflicts: object = None) -> str:
    """The profile, with a form in whatever state it is."""
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
    return redirect(url_for("accounts.profile") + "#mails", 303)


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


# One's sessions --------------------------------------------------------------------------------------------------


@accounts.get("/profil/sessions")
@signed_in
def sessions() -> ResponseReturnValue:
    """The browsers in which this person is signed in."""
    living = [
        {"id": each.id, "browser": browser_name(each.browser), "since": each.created_at}
        for each in UserSession.living_of(acting())[:50]
    ]
    return render_template("accounts/sessions.html", sessions=living, current=g.user_session.id)


@accounts.post("/profil/sessions/<id:session_id>/fermer")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one of one's browsers out."""
    ending = session_of(acting(), session_id)
    if ending is None:
        abort(404)
    if ending.id == g.user_session.id:
        return sign_out()
    ending.end()
    db.session.commit()
    flash(_("Ce navigateur est déconnecté."), "success")
    return redirect(url_for("accounts.sessions"), 303)


@accounts.post("/profil/sessions/fermer")
@signed_in
def end_all_sessions() -> ResponseReturnValue:
    """Sign every browser out, this one too."""
    UserSession.end_all_of(acting())
    close_session()
    db.session.commit()
    flash(_("Vous êtes déconnecté·e partout."), "success")
    return redirect(url_for("accounts.sign_in"), 303)
