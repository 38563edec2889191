"""« Demander à rejoindre ce chantier », and what a référent answers."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.refusals import say
from chantiers.rooms.joining import queries
from chantiers.rooms.joining.forms import AskForm, RefuseForm
from chantiers.web import loaders
from chantiers.web.access import acting, require
from chantiers.web.forms import create_once, saved
from models import Chantier, JoinRequest, Refused, db

joining = Blueprint("joining", __name__)


@joining.route("/chantiers/<slug:slug>/rejoindre", methods=["GET", "POST"])
@require("chantier.ask_to_join", loaders.chantier)
def ask(chantier: Chantier) -> ResponseReturnValue:
    """Ask to take part in a chantier."""
    home = url_for("chantier.show", slug=chantier.slug)
    structures = queries.structures_of(acting())
    form = AskForm()
    form.offer([(structure.id, structure.name) for structure in structures])
    if not form.is_submitted():
        latest = JoinRequest.latest_of(acting(), chantier)
        if latest is not None and latest.is_waiting:
            return redirect(home, 303)
    if not form.validate_on_submit():
        page = render_template("joining/ask.html", chantier=chantier, form=form)
        return page, 422 if form.is_submitted() else 200
    chosen = next((each for each in structures if each.id == form.structure.data), None)

    def create() -> str:
        JoinRequest.ask(chantier, form.words.data or "", by=acting(), structure=chosen)
        flash(_("Votre demande est envoyée. La réponse vous sera signalée ici."), "success")
        return home

    try:
        return create_once(form, create)
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(say(refused))
        page = render_template("joining/ask.html", chantier=loaders.chantier(chantier.slug), form=form)
        return page, 409


@joining.post("/chantiers/<slug:slug>/rejoindre/retirer")
@require("chantier.ask_to_join", loaders.chantier)
def withdraw(chantier: Chantier) -> ResponseReturnValue:
    """Take one's request back."""
    latest = JoinRequest.latest_of(acting(), chantier)
    if latest is None:
        raise Refused("already_answered")
    latest.withdraw()
    db.session.commit()
    flash(_("Votre demande est retirée."), "success")
    return redirect(url_for("chantier.show", slug=chantier.slug), 303)


@joining.post("/demandes/<id:request_id>/accepter")
@require("chantier.manage_members", queries.request_to_answer)
def accept(asked: JoinRequest) -> ResponseReturnValue:
    """Let somebody in who asked, with the structure in whose name they did."""
    asked.accept(by=acting())
    db.session.commit()
    flash(_("%(name)s participe maintenant au chantier.", name=asked.person.name), "success")
    return redirect(url_for("chantier.members", slug=asked.chantier.slug), 303)


@joining.route("/demandes/<id:request_id>/refuser", methods=["GET", "POST"])
@require("chantier.manage_members", queries.request_to_answer)
def refuse(asked: JoinRequest) -> ResponseReturnValue:
    """Say no, with a word or without."""
    if not asked.is_waiting:
        raise Refused("already_answered")
    form = RefuseForm()
    if not form.validate_on_submit():
        page = render_template("joining/refuse.html", chantier=asked.chantier, asked=asked, form=form)
        return page, 422 if form.is_submitted() else 200
    asked.refuse(form.words.data or "", by=acting())
    db.session.commit()
    saved(form)
    flash(
        _("La demande de %(name)s est refusée ; votre réponse lui est signalée.", name=asked.person.name),
        "success",
    )
    return redirect(url_for("chantier.members", slug=asked.chantier.slug), 303)
