"""Versions of a deliverable: add one, read it, compare two, download a file."""

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.files import types, uploads
from chantiers.files.downloads import send_stored_file
from chantiers.files.types import UploadRefused
from chantiers.language import versions as wording
from chantiers.language.refusals import say
from chantiers.language.text_diff import compare as compare_texts
from chantiers.rooms.deliverables import queries
from chantiers.rooms.deliverables.blueprint import deliverables
from chantiers.rooms.deliverables.forms import (
    VersionForm,
)
from chantiers.web import loaders
from chantiers.web.access import acting, allowed, outside_transaction, require
from chantiers.web.forms import create_once
from models import (
    Deliverable,
    DeliverableVersion,
    Refused,
    StoredFile,
    VersionKind,
    db,
)


@deliverables.url_value_preprocessor
def expect_uploads(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Set the limits of a request that may carry a file before anything reads its form."""
    if endpoint == "deliverables.new_version":
        uploads.expect_upload()


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
    """Render the form again, with what was typed, beside the text that somebody else added meanwhile if that is why."""
    db.session.rollback()
    deliverable = queries.to_change(deliverable_id)
    if deliverable is None:
        abort(404)
    if refused.code != "newer_version":
        form.form_errors = [*form.form_errors, say(refused)]
        form.ask_for_file_again()
        return _version_page(form, deliverable), 409
    newer = queries.latest(deliverable)
    assert newer is not None
    form.seen.data = str(newer.number)
    theirs = newer.text if newer.kind == VersionKind.TEXT else wording.label(newer)
    return _version_page(
        form, deliverable, newer=newer, sides=wording.side_by_side(theirs, form.text.data or "")
    ), 409


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
    """Show a version: its text, or where its content is."""
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
    """Compare two versions side by side: the last two, unless the address says which."""
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
    """Download the file of a version, as it was handed in."""
    back = url_for("deliverables.show", deliverable_id=version.deliverable_id)
    return send_stored_file(version, (_("Revenir au livrable"), back))
