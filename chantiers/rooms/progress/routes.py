"""Points d'avancement: the series of a chantier, telling the next one, correcting one."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.rooms.progress import queries
from chantiers.rooms.progress.forms import ProgressEditForm, ProgressForm
from chantiers.web.access import acting, require
from chantiers.web.forms import Reconciliation, asked_page, create_once, saved
from models import Chantier, ProgressUpdate, Weather, db, facts_since_last

progress = Blueprint("progress", __name__)


@progress.get("/chantiers/<slug:slug>/points-d-avancement")
@require("progress.read", queries.chantier)
def index(chantier: Chantier) -> ResponseReturnValue:
    """The series, the latest first."""
    page = asked_page()
    updates, total = queries.series(chantier, page)
    return render_template(
        "progress/index.html",
        chantier=chantier,
        updates=updates,
        total=total,
        page=page,
        pages=max(1, -(-total // queries.PAGE)),
    )


@progress.route("/chantiers/<slug:slug>/points-d-avancement/nouveau", methods=["GET", "POST"])
@require("progress.write", queries.chantier)
def new(chantier: Chantier) -> ResponseReturnValue:
    """Tell how the chantier goes, beside what its figures say."""
    form = ProgressForm()
    if not form.validate_on_submit():
        page = render_template(
            "progress/new.html", chantier=chantier, form=form, facts=facts_since_last(chantier.id)
        )
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        ProgressUpdate.write(
            chantier, Weather(form.weather.data), form.words.data or "", form.needs.data or "", by=acting()
        )
        flash(_("Votre point d’avancement est enregistré. Merci !"), "success")
        return url_for("progress.index", slug=chantier.slug)

    return create_once(form, create)


@progress.get("/points-d-avancement/<id:update_id>/modifier")
@require("progress.write", queries.update)
def edit(update: ProgressUpdate) -> ResponseReturnValue:
    """Correct what was said."""
    form = ProgressEditForm(formdata=None, data=_values_of(update))
    form.show(_values_of(update))
    return _edit_page(update, form), 200


@progress.post("/points-d-avancement/<id:update_id>/modifier")
@require("progress.write", queries.update)
def save(update: ProgressUpdate) -> ResponseReturnValue:
    """Save the correction, unless somebody else has just corrected the same."""
    form = ProgressEditForm()
    if not form.validate_on_submit():
        return _edit_page(update, form), 422
    late = form.reconcile(_values_of(update))
    if late.conflicts:
        return _edit_page(update, form, late), 409
    update.reword(Weather(form.weather.data), form.words.data or "", form.needs.data or "", by=acting())
    db.session.commit()
    saved(form)
    flash(_("Le point d’avancement est corrigé."), "success")
    return redirect(url_for("progress.index", slug=update.chantier.slug), 303)


def _edit_page(update: ProgressUpdate, form: ProgressEditForm, late: Reconciliation | None = None) -> str:
    return render_template(
        "progress/edit.html", chantier=update.chantier, update=update, form=form, late=late
    )


def _values_of(update: ProgressUpdate) -> dict[str, str]:
    return {"weather": update.weather, "words": update.words, "needs": update.needs}
