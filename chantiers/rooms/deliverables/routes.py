"""Deliverables: the lists, one deliverable with its life, its versions and their files."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from chantiers.components.comment_form import CommentForm
from chantiers.components.undo_message import flash_with_undo
from chantiers.files import types, uploads
from chantiers.files.downloads import send_stored_file
from chantiers.files.types import UploadRefused
from chantiers.language import versions as wording
from chantiers.language.refusals import say
from chantiers.language.text_diff import compare as compare_texts
from chantiers.policy import can
from chantiers.rooms.deliverables import queries
from chantiers.rooms.deliverables.forms import (
    DeliverableEditForm,
    DeliverableForm,
    PublishForm,
    SendBackForm,
    UnpublishForm,
    VersionForm,
    in_words,
    values_of,
)
from chantiers.web import loaders
from chantiers.web.access import acting, allowed, outside_transaction, require, signed_in
from chantiers.web.forms import asked_page, create_once, saved
from chantiers.web.links import absolute
from models import (
    Chantier,
    Comment,
    Deliverable,
    DeliverableVersion,
    Refused,
    ReviewRound,
    StoredFile,
    VersionKind,
    db,
)

deliverables = Blueprint("deliverables", __name__)


@deliverables.url_value_preprocessor
def expect_uploads(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Set the limits of a request that may carry a file before anything reads its form."""
    if endpoint == "deliverables.new_version":
        uploads.expect_upload()


@deliverables.app_template_filter("licence")
def licence(value: str) -> str:
    """A licence in words."""
    return wording.licence_name(value)


# Lists ----------------------------------------------------------------------------------------------------------------


@deliverables.get("/chantiers/<slug:slug>/livrables")
@require("chantier.read", loaders.chantier)
def index(chantier: Chantier) -> ResponseReturnValue:
    """The deliverables of a chantier, by objective."""
    filters = queries.Filters.of(request.args)
    return render_template(
        "deliverables/index.html",
        chantier=chantier,
        filters=filters,
        found=queries.listed(filters, asked_page(), chantier),
        types=queries.types(),
        reads_drafts=loaders.reads_drafts(),
    )


@deliverables.get("/livrables")
@signed_in
def everywhere() -> ResponseReturnValue:
    """The deliverables of every chantier."""
    filters = queries.Filters.of(request.args)
    return render_template(
        "deliverables/everywhere.html",
        filters=filters,
        found=queries.listed(filters, asked_page()),
        types=queries.types(),
        chantiers=queries.chantiers(),
        reads_drafts=loaders.reads_drafts(),
    )


# One deliverable ------------------------------------------------------------------------------------------------------


@deliverables.get("/livrables/<id:deliverable_id>")
@require("chantier.read", queries.deliverable)
def show(deliverable: Deliverable) -> ResponseReturnValue:
    """One deliverable: where it stands, its versions, its history. An observer sees what is approved of it."""
    if not loaders.reads_drafts():
        reference = queries.reference(deliverable)
        return render_template(
            "deliverables/observed.html",
            deliverable=deliverable,
            reference=wording.described(reference, reference) if reference else None,
        )
    life = queries.life(deliverable, asked_page())
    return render_template(
        "deliverables/show.html",
        deliverable=deliverable,
        life=life,
        public_address=absolute("publications.show", slug=deliverable.public_slug)
        if deliverable.is_public
        else "",
        reference=wording.described(life.reference, life.reference) if life.reference else None,
        versions=[
            wording.with_comparison(wording.described(version, life.reference), version)
            for version in life.versions
        ],
        rounds=db.session.scalars(ReviewRound.of(deliverable)).all(),
        thread=Comment.thread(deliverable, acting()),
        comment_form=CommentForm(formdata=None),
    )


@deliverables.get("/livrables/<id:deliverable_id>/historique")
@require("deliverable.read_draft", queries.drafted)
def history(deliverable: Deliverable) -> ResponseReturnValue:
    """Everything that happened to a deliverable."""
    pages = queries.history_pages(deliverable)
    page = asked_page(pages)
    return render_template(
        "deliverables/history.html",
        deliverable=deliverable,
        activities=queries.history(deliverable, page),
        page=page,
        pages=pages,
    )


@deliverables.route("/chantiers/<slug:slug>/livrables/nouveau", methods=["GET", "POST"])
@require("deliverable.create", loaders.chantier)
def new(chantier: Chantier) -> ResponseReturnValue:
    """Promise a deliverable."""
    form = DeliverableForm()
    objectives, structures = queries.objectives(chantier.id), queries.structures()
    form.offer(queries.types(), objectives, structures)
    if not form.is_submitted():
        form.objective_id.data = request.args.get("objectif", type=int)
    if not form.validate_on_submit():
        page = render_template("deliverables/new.html", chantier=chantier, form=form, objectives=objectives)
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        deliverable = Deliverable.create(
            next(each for each in objectives if each.id == form.objective_id.data),
            form.type_key.data,
            form.title.data or "",
            by=acting(),
            description=form.description.data or "",
            expected_on=form.expected_on.data,
            licence=form.licence.data,
            structures=_chosen(structures, form.structures.data),
        )
        flash(_("Le livrable est annoncé. Ajoutez sa première version dès qu’elle existe."), "success")
        return url_for("deliverables.show", deliverable_id=deliverable.id)

    return create_once(form, create)


@deliverables.route("/livrables/<id:deliverable_id>/modifier", methods=["GET", "POST"])
@require("deliverable.edit", queries.to_change)
def edit(deliverable: Deliverable) -> ResponseReturnValue:
    """Change what is said of a deliverable."""
    form, objectives, structures = _edit_form(deliverable)
    if not form.is_submitted():
        form.process(data=values_of(deliverable, form))
        form.show(values_of(deliverable, form))
        return render_template("deliverables/edit.html", deliverable=deliverable, form=form)
    if not form.validate_on_submit():
        return render_template("deliverables/edit.html", deliverable=deliverable, form=form), 422
    late = form.reconcile(values_of(deliverable, form))
    if late.conflicts:
        page = render_template(
            "deliverables/edit.html", deliverable=deliverable, form=form, conflicts=in_words(late.conflicts)
        )
        return page, 409
    deliverable.edit(
        by=acting(),
        type_key=form.type_key.data,
        title=form.title.data,
        description=form.description.data,
        licence=form.licence.data,
    )
    if "objective_id" in form:
        objective = next(each for each in objectives if each.id == form.objective_id.data)
        deliverable.move_to(objective, by=acting())
        deliverable.reschedule(form.expected_on.data, by=acting())
        deliverable.entrust(_chosen(structures, form.structures.data), by=acting())
    db.session.commit()
    saved(form)
    flash(_("Le livrable est à jour."), "success")
    if late.merged:
        names = ", ".join(str(field.label.text) for field in late.merged)
        flash(_("D’autres avaient changé entre-temps, et c’est gardé : %(fields)s.", fields=names), "info")
    return _back_to(deliverable)


def _edit_form(deliverable: Deliverable) -> tuple[DeliverableEditForm, Any, Any]:
    form = DeliverableEditForm()
    form.keep_licence(deliverable.licence)
    if not can(current_user, "deliverable.entrust", deliverable):
        form.keep_words_only()
        form.offer(queries.types(), (), ())
        return form, (), ()
    objectives, structures = queries.objectives(deliverable.chantier_id), queries.structures()
    form.offer(queries.types(), objectives, structures)
    return form, objectives, structures


@deliverables.route("/livrables/<id:deliverable_id>/taches", methods=["GET", "POST"])
@require("deliverable.edit", queries.to_change)
def tasks(deliverable: Deliverable) -> ResponseReturnValue:
    """Say by which tasks a deliverable is made."""
    if request.method == "GET":
        search = request.args.get("q", "")[:100]
        return render_template(
            "deliverables/tasks.html",
            deliverable=deliverable,
            linked=[task for task in deliverable.tasks if not task.is_trashed],
            offered=queries.offered_tasks(deliverable, search),
            search=search,
        )
    # Only what the page showed is decided by it: tasks that others linked meanwhile stay.
    shown, chosen = _numbers("shown"), _numbers("tasks")
    kept = [task for task in deliverable.tasks if task.id not in shown or task.id in chosen]
    present = {task.id for task in kept}
    added = queries.tasks_of(deliverable.chantier_id, sorted(chosen - present))
    deliverable.rely_on([*kept, *added], by=acting())
    db.session.commit()
    flash(_("Les tâches du livrable sont à jour."), "success")
    return _back_to(deliverable)


def _numbers(name: str) -> set[int]:
    """The ids that a form sent under this name; anything else is ignored, as is more than the page could show."""
    sent = request.form.getlist(name)[:1000]
    return {int(value) for value in sent if value.isascii() and value.isdigit() and len(value) < 19}


@deliverables.route("/livrables/<id:deliverable_id>/supprimer", methods=["GET", "POST"])
@require("deliverable.trash", queries.to_change)
def trash(deliverable: Deliverable) -> ResponseReturnValue:
    """Put a deliverable in the bin, once that was confirmed."""
    if request.method == "GET":
        return render_template("deliverables/trash.html", deliverable=deliverable)
    deliverable.trash(by=acting())
    db.session.commit()
    flash_with_undo(
        _("« %(title)s » est dans la corbeille pour trente jours.", title=deliverable.title),
        f"/corbeille/livrables/{deliverable.id}/retablir",
    )
    return redirect(url_for("deliverables.index", slug=deliverable.chantier.slug), 303)


# Its life -------------------------------------------------------------------------------------------------------------


@deliverables.post("/livrables/<id:deliverable_id>/relecture")
@require("deliverable.decide", queries.to_change)
def submit(deliverable: Deliverable) -> ResponseReturnValue:
    """Put the latest version up for relecture."""
    deliverable.submit(by=acting(), number=_seen())
    db.session.commit()
    flash(_("La version est en relecture. Plus personne n’en ajoute jusqu’à la réponse."), "success")
    return _back_to(deliverable)


@deliverables.post("/livrables/<id:deliverable_id>/relecture/retirer")
@require("deliverable.decide", queries.to_change)
def withdraw(deliverable: Deliverable) -> ResponseReturnValue:
    """Take the version back from relecture."""
    deliverable.withdraw(by=acting(), number=_seen())
    db.session.commit()
    flash(_("La version n’est plus en relecture : l’écriture peut reprendre."), "success")
    return _back_to(deliverable)


@deliverables.post("/livrables/<id:deliverable_id>/valider")
@require("deliverable.decide", queries.to_change)
def approve(deliverable: Deliverable) -> ResponseReturnValue:
    """Make the latest version the reference."""
    deliverable.approve(by=acting(), number=_seen())
    db.session.commit()
    flash(_("C’est validé : cette version est maintenant la référence."), "success")
    return _back_to(deliverable)


@deliverables.route("/livrables/<id:deliverable_id>/reprendre", methods=["GET", "POST"])
@require("deliverable.decide", queries.to_change)
def send_back(deliverable: Deliverable) -> ResponseReturnValue:
    """Ask for changes, and say which."""
    form = SendBackForm()
    latest = deliverable.latest_version
    if not form.is_submitted():
        form.number.data = str(latest.number) if latest else ""
    if not form.validate_on_submit():
        page = render_template("deliverables/send_back.html", deliverable=deliverable, form=form)
        return page, 422 if form.is_submitted() else 200
    try:
        deliverable.send_back(form.words.data or "", by=acting(), number=_seen())
    except Refused as refused:
        return _refused("deliverables/send_back.html", deliverable.id, form, refused)
    db.session.commit()
    saved(form)
    flash(_("C’est noté : le livrable est à reprendre, et chacun·e peut lire pourquoi."), "success")
    return _back_to(deliverable)


@deliverables.route("/livrables/<id:deliverable_id>/publier", methods=["GET", "POST"])
@require("deliverable.decide", queries.to_change)
def publish(deliverable: Deliverable) -> ResponseReturnValue:
    """Let anybody read the reference, once its licence is chosen and what becomes public was said."""
    form = PublishForm()
    reference = deliverable.approved_version
    if not form.is_submitted():
        form.start_from(deliverable)
    if not form.validate_on_submit():
        return _publish_page(deliverable, form), 422 if form.is_submitted() else 200
    try:
        reference = deliverable.publish(form.licence.data or "", by=acting(), number=_seen())
    except Refused as refused:
        db.session.rollback()
        form.form_errors = [*form.form_errors, say(refused)]
        return _publish_page(queries.to_change(deliverable.id) or abort(404), form), 409
    db.session.commit()
    flash(
        _("C’est publié : la version %(number)d est en ligne, pour tout le monde.", number=reference.number),
        "success",
    )
    return _back_to(deliverable)


def _publish_page(deliverable: Deliverable, form: PublishForm) -> str:
    reference = deliverable.approved_version
    return render_template(
        "deliverables/publish.html",
        deliverable=deliverable,
        form=form,
        reference=wording.described(reference, reference) if reference else None,
    )


@deliverables.route("/livrables/<id:deliverable_id>/depublier", methods=["GET", "POST"])
@require("deliverable.decide", queries.to_change)
def unpublish(deliverable: Deliverable) -> ResponseReturnValue:
    """Withdraw a deliverable from the public pages, and say why."""
    form = UnpublishForm()
    if not form.validate_on_submit():
        page = render_template("deliverables/unpublish.html", deliverable=deliverable, form=form)
        return page, 422 if form.is_submitted() else 200
    try:
        deliverable.unpublish(form.reason.data or "", by=acting())
    except Refused as refused:
        return _refused("deliverables/unpublish.html", deliverable.id, form, refused)
    db.session.commit()
    saved(form)
    flash(
        _("Ce n’est plus publié. Son adresse répond qu’il a été retiré ; elle lui reste réservée."), "success"
    )
    return _back_to(deliverable)


def _seen() -> int | None:
    """The number of the version that the page showed to whoever decides."""
    number: int | None = request.form.get("number", type=int)
    return number


# Versions -------------------------------------------------------------------------------------------------------------


@deliverables.route("/livrables/<id:deliverable_id>/versions/nouvelle", methods=["GET", "POST"])
@require("deliverable.add_version", queries.to_change)
def new_version(deliverable: Deliverable) -> ResponseReturnValue:
    """Add a version: a file, a link or a text."""
    form = VersionForm()
    if not form.is_submitted():
        _start_from_latest(form, deliverable)
    if not form.validate_on_submit():
        form.ask_for_file_again()
        return _version_page(form, deliverable), 422 if form.is_submitted() else 200
    deliverable_id = deliverable.id
    file: StoredFile | None = None
    if form.kind.data == VersionKind.FILE:
        try:
            facts = uploads.inspect_upload(form.file.data)
        except UploadRefused as refused:
            form.file.errors = [types.message(refused)]
            return _version_page(form, deliverable), 413 if refused.code == "too_large" else 422
        file = outside_transaction(lambda: uploads.store_upload(form.file.data, facts))
    try:
        return create_once(form, lambda: _add_version(deliverable_id, form, file))
    except Refused as refused:
        return _refused_version(deliverable_id, form, refused)


def _start_from_latest(form: VersionForm, deliverable: Deliverable) -> None:
    latest = deliverable.latest_version
    form.text.data = queries.latest_text(deliverable)
    if latest:
        form.kind.data, form.seen.data = latest.kind, str(latest.number)


def _add_version(deliverable_id: int, form: VersionForm, file: StoredFile | None) -> str:
    deliverable = allowed("deliverable.add_version", queries.to_change(deliverable_id))
    note = form.note.data or ""
    if file:
        version = deliverable.add_file(file, note, by=acting())
    elif form.kind.data == VersionKind.LINK:
        version = deliverable.add_link(form.url.data or "", note, by=acting())
    else:
        version = deliverable.add_text(form.text.data or "", note, by=acting(), seen=form.seen_number)
    flash(_("La version %(number)d est ajoutée.", number=version.number), "success")
    return url_for("deliverables.show", deliverable_id=deliverable_id)


def _refused_version(deliverable_id: int, form: VersionForm, refused: Refused) -> ResponseReturnValue:
    """The form again, with what was typed; beside the text that somebody else added meanwhile, if that is why."""
    if refused.code != "newer_version":
        return _refused("deliverables/new_version.html", deliverable_id, form, refused)
    db.session.rollback()
    deliverable = queries.to_change(deliverable_id)
    if deliverable is None:
        abort(404)
    newer = queries.latest(deliverable)
    assert newer is not None
    form.seen.data = str(newer.number)
    theirs = newer.text if newer.kind == VersionKind.TEXT else wording.label(newer)
    return _version_page(
        form, deliverable, newer=newer, sides=wording.side_by_side(theirs, form.text.data or "")
    ), 409


def _refused(template: str, deliverable_id: int, form: Any, refused: Refused) -> ResponseReturnValue:
    """The form again, with what was typed and why it cannot be."""
    db.session.rollback()
    deliverable = queries.to_change(deliverable_id)
    if deliverable is None:
        abort(404)
    form.form_errors = [*form.form_errors, say(refused)]
    if isinstance(form, VersionForm):
        form.ask_for_file_again()
        return _version_page(form, deliverable), 409
    return render_template(template, deliverable=deliverable, form=form), 409


def _version_page(form: VersionForm, deliverable: Deliverable, **more: Any) -> str:
    return render_template(
        "deliverables/new_version.html",
        deliverable=deliverable,
        form=form,
        limit=uploads.limit_in_words(),
        types=types.type_names(),
        accepted=types.accepted_types(),
        **more,
    )


@deliverables.get("/livrables/<id:deliverable_id>/versions/<id:number>")
@require("chantier.read", queries.version)
def read(version: DeliverableVersion) -> ResponseReturnValue:
    """One version: its text, or where its content is."""
    return render_template(
        "deliverables/read.html",
        written=version,
        deliverable=version.deliverable,
        described=wording.described(version, None),
        compare_href=wording.compare_address(version) if loaders.reads_drafts() else "",
        reads_drafts=loaders.reads_drafts(),
    )


@deliverables.get("/livrables/<id:deliverable_id>/comparer")
@require("deliverable.read_draft", queries.drafted)
def compare(deliverable: Deliverable) -> ResponseReturnValue:
    """Two versions side by side: the last two, unless the address says which."""
    choices = queries.to_compare(deliverable)
    if len(choices) < 2:
        return render_template("deliverables/compare.html", deliverable=deliverable, choices=choices)
    numbers = [choice.number for choice in choices]
    after = request.args.get("a", numbers[0], type=int)
    before = request.args.get("de", max(after - 1, 1), type=int)
    if not {before, after} <= set(numbers):
        abort(404)
    versions = queries.compared(deliverable, before, after)
    are_texts = all(version.kind == VersionKind.TEXT for version in versions)
    compared = compare_texts(*(version.text for version in versions)) if are_texts else None
    return render_template(
        "deliverables/compare.html",
        deliverable=deliverable,
        choices=choices,
        versions=[wording.described(version, None) for version in versions],
        compared=compared,
        summary=wording.summary(compared) if compared else wording.facts_summary(*versions),
        facts=[] if compared else wording.facts_compared(*versions),
    )


@deliverables.get("/livrables/<id:deliverable_id>/versions/<id:number>/fichier")
@require("chantier.read", queries.version)
def download(version: DeliverableVersion) -> ResponseReturnValue:
    """The file of a version, as it was handed in."""
    back = url_for("deliverables.show", deliverable_id=version.deliverable_id)
    return send_stored_file(version, (_("Revenir au livrable"), back))


def _chosen(things: Any, ids: list[int] | None) -> list[Any]:
    return [thing for thing in things if thing.id in (ids or [])]


def _back_to(deliverable: Deliverable) -> ResponseReturnValue:
    return redirect(url_for("deliverables.show", deliverable_id=deliverable.id), 303)
