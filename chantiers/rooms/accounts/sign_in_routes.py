"""Sign-in and sign-out: by a password, by a link mailed, as a person of the demonstration."""

from flask import (
    abort,
    flash,
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
from chantiers.rooms.accounts.blueprint import accounts
from chantiers.rooms.accounts.forms import (
    AskLinkForm,
    ChoosePasswordForm,
    ConfirmForm,
    SignInForm,
)
from chantiers.rooms.accounts.queries import demonstration_person
from chantiers.web import error_pages, tokens
from chantiers.web.access import public
from chantiers.web.secret_link_pages import kept_private
from chantiers.web.sessions import current_path, demonstration_is_open, local_path
from chantiers.web.sign_in import (
    TooManyAttempts,
    authenticate,
    close_session,
    open_session,
    send_sign_in_link,
)
from models import Refused, SignInLink, UserSession, db

#: The buttons of the demonstration: where each leads in, what it says, and what one sees there.
DEMONSTRATION_BUTTONS = (
    ("coordination", _l("Coordination"), _l("Voit tous les chantiers côte à côte et gère la démarche.")),
    ("referente", _l("Référent·e"), _l("Fait avancer un chantier : tâches, livrables, structures.")),
    ("participante", _l("Participant·e"), _l("Contribue aux tâches de sa structure.")),
    ("observatrice", _l("Observatrice"), _l("Lit l’avancement, sans rien modifier.")),
)
#: Under which name a browser keeps the page that somebody wanted when they asked for a link by mail.
WANTED = "wanted"


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
    """Render the sign-in page; in the demonstration with its four buttons."""
    return render_template(
        "accounts/sign_in.html",
        form=form,
        demonstration_buttons=DEMONSTRATION_BUTTONS if demonstration_is_open() else (),
        mails=mail_is_configured(),
    )


def in_words(pause: TooManyAttempts) -> str:
    """Say when to try again, once sign-in is throttled."""
    words: str = ngettext(
        "Trop d’essais ont échoué. Par prudence, attendez %(num)d minute avant de réessayer.",
        "Trop d’essais ont échoué. Par prudence, attendez %(num)d minutes avant de réessayer.",
        pause.minutes,
    )
    return words


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
