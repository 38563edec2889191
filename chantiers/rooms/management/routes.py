"""What the coordination manages: people and their accounts, chantiers, the démarche and its charter."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.language.refusals import say
from chantiers.rooms.management import queries
from chantiers.rooms.management.forms import (
    ChantierEditForm,
    ChantierForm,
    CharterPublicationForm,
    DemarcheForm,
    PersonEditForm,
    PersonForm,
    values_of,
)
from chantiers.web import loaders
from chantiers.web.access import acting, require
from chantiers.web.addresses import address_of
from chantiers.web.forms import asked_page, clean_line, create_once, saved
from chantiers.web.links import absolute
from models import Chantier, Demarche, PasswordLink, Refused, Role, User, close_account, db

management = Blueprint("management", __name__)


@management.get("/gestion")
@require("demarche.manage")
def index() -> ResponseReturnValue:
    """The way to everything that the coordination manages."""
    return render_template("management/index.html", chantiers=queries.chantiers())


# People ---------------------------------------------------------------------------------------------------------------


@management.get("/gestion/personnes")
@require("person.manage")
def people() -> ResponseReturnValue:
    """The people of the démarche, fifty a page."""
    search = clean_line(request.args.get("q"))[:100]
    role = request.args.get("role", "")
    found = queries.people(search, role, asked_page())
    return render_template("management/people.html", found=found, search=search, role=role)


@management.route("/gestion/personnes/nouvelle", methods=["GET", "POST"])
@require("person.manage")
def new_person() -> ResponseReturnValue:
    """Bring a person in; the next page gives the link by which they choose a password."""
    form = PersonForm()
    offered = queries.structures()
    form.offer(offered)
    if not form.validate_on_submit():
        return render_template("management/new_person.html", form=form), 422 if form.is_submitted() else 200

    def create() -> str:
        user = User.create(
            form.name.data or "",
            by=acting(),
            email=form.email.data,
            title=form.title.data or "",
            role=Role(form.role.data),
        )
        for structure in offered:
            if structure.id in (form.structures.data or []):
                structure.gather(user, by=acting())
        flash(_("%(name)s fait maintenant partie de la démarche.", name=user.name), "success")
        return url_for("management.person", user_id=user.id)

    try:
        return create_once(form, create)
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(say(refused))
        return render_template("management/new_person.html", form=form), 409


@management.get("/gestion/personnes/<id:user_id>")
@require("person.manage", queries.person)
def person(user: User) -> ResponseReturnValue:
    """One person: what is said of them, their account, their chantiers."""
    form = PersonEditForm(data=values_of(user, PersonEditForm()))
    form.show(values_of(user, form))
    # Whoever made links for two people in two windows must not hand one the way into the other's account.
    owner_id, link = session.pop("password_link", (None, None))
    shown = link if owner_id == user.id else None
    page = render_template("management/person.html", person=user, form=form, link=shown)
    # The page holds a secret once: no cache keeps it.
    return (page, 200, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}) if shown else page


@management.post("/gestion/personnes/<id:user_id>")
@require("person.manage", queries.person)
def edit_person(user: User) -> ResponseReturnValue:
    """Change what is said of a person, or their role."""
    form = PersonEditForm()
    if not form.validate_on_submit():
        return render_template("management/person.html", person=user, form=form, link=None), 422
    late = form.reconcile(values_of(user, form))
    if late.conflicts:
        return render_template("management/person.html", person=user, form=form, link=None, late=late), 409
    try:
        user.edit(by=acting(), name=form.name.data, title=form.title.data, email=form.email.data or None)
        user.become(Role(form.role.data), by=acting())
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(say(refused))
        return render_template(
            "management/person.html", person=queries.person(user.id), form=form, link=None
        ), 409
    db.session.commit()
    saved(form)
    flash(_("La fiche de %(name)s est à jour.", name=user.name), "success")
    return redirect(url_for("management.person", user_id=user.id), 303)


@management.post("/gestion/personnes/<id:user_id>/lien")
@require("person.manage", queries.person)
def issue_link(user: User) -> ResponseReturnValue:
    """Make the link by which this person chooses a password; it is shown once, on the next page."""
    token = PasswordLink.issue(user, by=acting())
    db.session.commit()
    session["password_link"] = (user.id, absolute("accounts.choose_password", token=token))
    return redirect(url_for("management.person", user_id=user.id), 303)


@management.post("/gestion/personnes/<id:user_id>/fermer")
@require("person.manage", queries.person)
def close_person(user: User) -> ResponseReturnValue:
    """Close a person's account."""
    name = user.name
    close_account(user, by=acting())
    db.session.commit()
    flash(_("Le compte de %(name)s est fermé. L’historique reste, sans son nom.", name=name), "success")
    return redirect(url_for("management.people"), 303)


# Chantiers ------------------------------------------------------------------------------------------------------------


@management.route("/gestion/chantiers/nouveau", methods=["GET", "POST"])
@require("chantier.manage")
def new_chantier() -> ResponseReturnValue:
    """Open a chantier."""
    form = ChantierForm()
    if not form.is_submitted():
        form.number.data = max((chantier.number for chantier in queries.chantiers()), default=0) + 1
    if not form.validate_on_submit():
        return render_template("management/new_chantier.html", form=form), 422 if form.is_submitted() else 200

    def create() -> str:
        chantier = Chantier.create(
            form.number.data or 0, form.title.data or "", by=acting(), summary=form.summary.data or ""
        )
        flash(_("Le chantier est ouvert. Ajoutez-lui des objectifs et des référent·es."), "success")
        return address_of(chantier)

    try:
        return create_once(form, create)
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(say(refused))
        return render_template("management/new_chantier.html", form=form), 409


@management.get("/gestion/chantiers/<slug:slug>")
@require("chantier.manage", loaders.chantier_to_change)
def chantier(chantier: Chantier) -> ResponseReturnValue:
    """Change or archive a chantier."""
    form = ChantierEditForm(data=values_of(chantier, ChantierEditForm()))
    form.show(values_of(chantier, form))
    return render_template("management/chantier.html", chantier=chantier, form=form)


@management.post("/gestion/chantiers/<slug:slug>")
@require("chantier.manage", loaders.chantier_to_change)
def edit_chantier(chantier: Chantier) -> ResponseReturnValue:
    """Save what was changed of a chantier."""
    form = ChantierEditForm()
    if not form.validate_on_submit():
        return render_template("management/chantier.html", chantier=chantier, form=form), 422
    late = form.reconcile(values_of(chantier, form))
    if late.conflicts:
        return render_template("management/chantier.html", chantier=chantier, form=form, late=late), 409
    try:
        chantier.edit(
            by=acting(),
            number=form.number.data,
            title=form.title.data,
            summary=form.summary.data,
            hue=form.hue.data,
        )
    except Refused as refused:
        db.session.rollback()
        form.form_errors.append(say(refused))
        return render_template(
            "management/chantier.html", chantier=loaders.chantier_to_change(chantier.slug), form=form
        ), 409
    db.session.commit()
    saved(form)
    flash(_("Le chantier est à jour."), "success")
    return redirect(address_of(chantier), 303)


@management.post("/gestion/chantiers/<slug:slug>/archiver")
@require("chantier.manage", loaders.chantier_to_change)
def archive_chantier(chantier: Chantier) -> ResponseReturnValue:
    """Archive a chantier: it stays readable."""
    chantier.archive(by=acting())
    db.session.commit()
    flash(_("Le chantier est archivé : il reste lisible, plus personne n’y écrit."), "success")
    return redirect(url_for("management.chantier", slug=chantier.slug), 303)


@management.post("/gestion/chantiers/<slug:slug>/rouvrir")
@require("chantier.manage", loaders.chantier_to_change)
def reopen_chantier(chantier: Chantier) -> ResponseReturnValue:
    """Open an archived chantier again."""
    chantier.reopen(by=acting())
    db.session.commit()
    flash(_("Le chantier est rouvert."), "success")
    return redirect(url_for("management.chantier", slug=chantier.slug), 303)


# The démarche ---------------------------------------------------------------------------------------------------------


@management.get("/gestion/demarche")
@require("demarche.manage", queries.demarche)
def demarche(demarche: Demarche) -> ResponseReturnValue:
    """Change the démarche's presentation and settings."""
    form = DemarcheForm(data=values_of(demarche, DemarcheForm()))
    form.show(values_of(demarche, form))
    return render_template("management/demarche.html", form=form)


@management.post("/gestion/demarche")
@require("demarche.manage", queries.demarche)
def edit_demarche(demarche: Demarche) -> ResponseReturnValue:
    """Save what was changed of the démarche."""
    form = DemarcheForm()
    if not form.validate_on_submit():
        return render_template("management/demarche.html", form=form), 422
    late = form.reconcile(values_of(demarche, form))
    if late.conflicts:
        return render_template("management/demarche.html", form=form, late=late), 409
    demarche.edit(by=acting(), **{name: form[name].data for name in values_of(demarche, form)})
    db.session.commit()
    saved(form)
    flash(_("La présentation de la démarche est à jour."), "success")
    return redirect(url_for("management.index"), 303)


@management.route("/gestion/charte", methods=["GET", "POST"])
@require("demarche.manage", queries.demarche)
def charter(demarche: Demarche) -> ResponseReturnValue:
    """Publish a new text of the charter; the former ones stay readable."""
    form = CharterPublicationForm()
    present = demarche.charter
    if not form.is_submitted() and present is not None:
        form.text.data = present.text
    if not form.validate_on_submit():
        page = render_template("management/charter.html", form=form, charters=queries.charters())
        return page, 422 if form.is_submitted() else 200

    def publish() -> str:
        demarche.publish_charter(form.text.data or "", by=acting())
        flash(
            _("La charte est publiée. Chacun·e devra l’accepter à sa prochaine visite, vous aussi."),
            "success",
        )
        return url_for("management.index")

    return create_once(form, publish)
