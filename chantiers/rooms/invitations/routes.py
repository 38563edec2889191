"""Invitations: a référent brings people in, and whoever reads the mail accepts."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from chantiers.language.refusals import say
from chantiers.mail.message import mail_is_configured
from chantiers.rooms.invitations import queries
from chantiers.rooms.invitations.forms import AcceptForm, InvitationsForm
from chantiers.web import loaders, tokens
from chantiers.web.access import acting, public, require
from chantiers.web.forms import create_once
from chantiers.web.links import absolute
from chantiers.web.secret_link_pages import kept_private
from chantiers.web.sign_in import open_session
from models import Chantier, ChantierRole, Invitation, Refused, User, db

invitations = Blueprint("invitations", __name__)

#: What signs a link that somebody copies: whoever holds it need not be who reads the mailbox.
BY_HAND = "invitation by hand"


@invitations.route("/chantiers/<slug:slug>/invitations", methods=["GET", "POST"])
@require("invitation.manage", loaders.chantier)
def index(chantier: Chantier) -> ResponseReturnValue:
    """Invite people, and see who has not answered."""
    form = InvitationsForm()
    others = queries.led_beside(chantier)
    form.offer(queries.structures(), others)
    if not form.validate_on_submit():
        return page(chantier, form), 422 if form.is_submitted() else 200

    def create() -> str:
        for line in form.lines:
            Invitation.send(
                chantier,
                line.email,
                line.name,
                by=acting(),
                role=ChantierRole(form.role.data),
                structure=line.structure,
                also=[each for each in others if each.id in (form.also.data or [])],
            )
        words = ngettext("%(num)d invitation est prête.", "%(num)d invitations sont prêtes.", len(form.lines))
        flash(words, "success")
        return url_for("invitations.index", slug=chantier.slug)

    try:
        return create_once(form, create)
    except Refused as refused:
        db.session.rollback()
        form.people.errors = [say(refused)]
        return page(chantier, form), 409


@invitations.get("/gestion/invitations")
@require("person.manage")
def everywhere() -> ResponseReturnValue:
    """Show who has not answered, in every chantier."""
    waiting = queries.everywhere()
    return render_template("invitations/everywhere.html", waiting=waiting, links=links_to(waiting))


def links_to(waiting: Sequence[Invitation]) -> dict[int, str]:
    """Return the links to hand over, where no mail leaves from here."""
    return {} if mail_is_configured() else {each.id: address_of(each) for each in waiting if each.is_pending}


def page(chantier: Chantier, form: InvitationsForm) -> str:
    """Render the form and those who have not answered; with links to hand over where no mail leaves from here."""
    waiting = queries.unanswered(chantier)
    return render_template(
        "invitations/index.html",
        chantier=chantier,
        form=form,
        waiting=waiting,
        links=links_to(waiting),
        mails=mail_is_configured(),
    )


def address_of(invitation: Invitation) -> str:
    """Return the link by which an invitation is accepted."""
    token = tokens.signer(BY_HAND).dumps([invitation.id, invitation.nonce])
    return absolute("invitations.answer", token=token)


@invitations.post("/invitations/<id:invitation_id>/renvoyer")
@require("invitation.manage", queries.invitation)
def renew(invitation: Invitation) -> ResponseReturnValue:
    """Send an invitation again: the earlier link stops working."""
    invitation.renew(by=acting())
    db.session.commit()
    flash(_("L’invitation repart, pour trente jours ; l’ancien lien ne sert plus."), "success")
    return redirect(url_for("invitations.index", slug=invitation.chantier.slug), 303)


@invitations.post("/invitations/<id:invitation_id>/revoquer")
@require("invitation.manage", queries.invitation)
def revoke(invitation: Invitation) -> ResponseReturnValue:
    """Take an invitation back."""
    invitation.revoke()
    db.session.commit()
    flash(_("L’invitation est annulée : son lien ne sert plus."), "success")
    return redirect(url_for("invitations.index", slug=invitation.chantier.slug), 303)


# Answering ------------------------------------------------------------------------------------------------------------


@invitations.route("/invitation/<signed:token>", methods=["GET", "POST"])
@public
def answer(token: str) -> ResponseReturnValue:
    """Say who invites to what; only sending the form accepts, so that whatever opens links in mails changes nothing."""
    mailed = tokens.read("invitation", token)
    values = mailed or tokens.read(BY_HAND, token)
    invitation = Invitation.at(*values) if _are_ours(values) else None  # type: ignore[misc]
    if invitation is None or not invitation.is_pending or invitation.is_archived:
        return kept_private(render_template("invitations/over.html", invitation=invitation), 404)
    known = User.with_email(invitation.email)
    me = acting() if current_user.is_authenticated else None
    if known is not None and not invitation.opens_to(known, me, from_mailbox=mailed is not None):
        page = render_template("invitations/sign_in_first.html", invitation=invitation, other=me)
        return kept_private(page, 409 if request.method == "POST" else 200)
    form = AcceptForm(data={"name": known.name if known else invitation.name})
    if not form.validate_on_submit():
        return answer_page(invitation, known, form, 422 if form.is_submitted() else 200)
    try:
        person = invitation.accept(form.name.data or invitation.name, by=me, from_mailbox=mailed is not None)
        if form.password.data and person.password_hash is None:
            person.choose_password(form.password.data)
    except Refused as refused:
        db.session.rollback()
        if refused.code in ("invitation_over", "sign_in_first", "email_taken"):
            return kept_private(render_template("invitations/over.html", invitation=None), 404)
        form.password.errors = [say(refused)]
        return answer_page(Invitation.at(*values), known, form, 422)  # type: ignore[misc,arg-type]
    chantier = invitation.chantier
    open_session(person)
    db.session.commit()
    flash(_("Bienvenue dans le chantier « %(title)s » !", title=chantier.title), "success")
    return redirect(url_for("my_work.show"), 303)


def answer_page(
    invitation: Invitation, known: User | None, form: AcceptForm, status: int
) -> ResponseReturnValue:
    """Render the page of an invitation that still waits."""
    asks_password = known is None or known.password_hash is None
    return kept_private(
        render_template(
            "invitations/answer.html",
            invitation=invitation,
            known=known,
            asks_password=asks_password,
            form=form,
            other=current_user.is_authenticated and (known is None or current_user.id != known.id),
            action=request.path,
            mails=mail_is_configured(),
        ),
        status,
    )


def _are_ours(values: Any) -> bool:
    return (
        values is not None and len(values) == 2 and isinstance(values[0], int) and isinstance(values[1], str)
    )
