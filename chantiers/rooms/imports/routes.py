"""Routes of imports: a spreadsheet comes in, its columns are named, its lines looked at, then it is done, or undone."""

import csv
from collections.abc import Mapping
from io import BytesIO, StringIO
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from chantiers.files import spreadsheets, types, uploads
from chantiers.files.spreadsheets import Unreadable, escape_formula
from chantiers.files.types import UploadRefused
from chantiers.language.refusals import say
from chantiers.rooms.imports import queries, reasons
from chantiers.rooms.imports.columns import letter
from chantiers.rooms.imports.forms import NewImportForm, OptionsForm, columns_form, number
from chantiers.storage.store import FileMissing, current_storage
from chantiers.web.access import acting, require
from chantiers.web.forms import asked_page, create_once
from models import Fate, ImportBatch, ImportedRow, ImportKind, ImportOutcome, Refused, StoredFile, db
from models.ground.base import reading

imports = Blueprint("imports", __name__)

#: The lists of the preview: their name in the address, and the lines that they show.
LISTS = {
    "en-erreur": ImportOutcome.WRONG,
    "a-creer": ImportOutcome.NEW,
    "differentes": ImportOutcome.DIFFERENT,
    "deja-la": ImportOutcome.SAME,
}
#: The lists of an import that was made.
DEEDS = {
    "creees": (Fate.CREATED, Fate.REMOVED),
    "modifiees": (Fate.UPDATED, Fate.RETURNED),
    "restees": (Fate.KEPT,),
    "en-erreur": (),
}


@imports.url_value_preprocessor
def expect_uploads(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Set the limits of a request that may carry a file before anything reads its form."""
    if endpoint == "imports.new":
        uploads.expect_upload()


@imports.app_template_filter("import_reason")
def import_reason(reason: list[Any]) -> str:
    """Why a line cannot be taken, in words."""
    return reasons.of_line(reason)


@imports.get("/gestion/imports")
@require("import.manage")
def index() -> ResponseReturnValue:
    """Past imports, the latest first."""
    page = asked_page()
    batches, pages = queries.listing(page)
    return render_template("imports/index.html", batches=batches, page=page, pages=pages)


# The file -------------------------------------------------------------------------------------------------------------


@imports.route("/gestion/imports/nouveau", methods=["GET", "POST"])
@require("import.manage")
def new() -> ResponseReturnValue:
    """Send a file; what was read of it is kept, the file is not."""
    form = NewImportForm()
    if not form.validate_on_submit():
        return _new_page(form), 422 if form.is_submitted() else 200
    try:
        name, content = _received(form)
    except (UploadRefused, Unreadable) as refused:
        form.file.errors = [reasons.of_file(refused)]
        return _new_page(form), 422
    kept = current_storage().save(BytesIO(content))
    file = StoredFile(kept.key, name, "application/json", kept.size, kept.sha256)

    def create() -> str:
        batch = ImportBatch.receive(ImportKind(form.kind.data), file, by=acting())
        db.session.flush()
        return url_for("imports.name_columns", import_id=batch.id)

    return create_once(form, create)


def _new_page(form: NewImportForm) -> str:
    limit = spreadsheets.LIMIT // types.MEBIBYTE
    accepted = ",".join(f".{extension}" for extension in spreadsheets.EXTENSIONS)
    return render_template("imports/new.html", form=form, limit=limit, accepted=accepted)


def _received(form: NewImportForm) -> tuple[str, bytes]:
    """The name of the file, and its cells as they are stored. Raises UploadRefused or Unreadable."""
    upload = form.file.data
    if not upload or not upload.filename:
        raise UploadRefused("nothing_chosen")
    if getattr(upload.stream, "is_too_large", False):
        raise UploadRefused("too_large", name=upload.filename, limit=spreadsheets.LIMIT)
    # Reading a large workbook takes its time: others write meanwhile.
    db.session.commit()
    name, sheets = spreadsheets.read(upload.stream.read(spreadsheets.LIMIT + 1), upload.filename)
    return name, spreadsheets.pack(sheets)


# Its columns ----------------------------------------------------------------------------------------------------------


@imports.get("/gestion/imports/<id:import_id>/colonnes")
@require("import.manage", queries.batch)
def name_columns(batch: ImportBatch) -> ResponseReturnValue:
    """What each column is, as its title suggests, with a few of its cells."""
    if not batch.is_open:
        return _to(batch)
    sheet, header = number(request.args.get("feuille", "")), number(request.args.get("ligne", ""))
    return _columns_page(batch, sheet, header)


@imports.post("/gestion/imports/<id:import_id>/colonnes")
@require("import.manage", queries.batch)
def look_at(batch: ImportBatch) -> ResponseReturnValue:
    """Take the columns as they are said to be, and look at each line."""
    if not batch.is_open:
        return _to(batch)
    sheet, header = number(request.form.get("sheet", "")), number(request.form.get("header", ""))
    return _columns_page(batch, sheet, header)


def _columns_page(batch: ImportBatch, sheet: int | None, header: int | None) -> ResponseReturnValue:
    try:
        sheets = queries.sheets(batch)
    except FileMissing:
        flash(_("Le fichier de cet import n’est plus là : envoyez-le de nouveau."), "error")
        return redirect(url_for("imports.new"), 303)
    table = queries.table(batch, sheets, sheet, header)
    kind = ImportKind(batch.kind)
    form = columns_form(table, kind, queries.objectives() if kind == ImportKind.TASKS else [], batch.mapping)
    if form.validate_on_submit():
        mapping = {
            "sheet": table.sheet,
            "header": table.header,
            "titles": [[column.place, column.title or letter(column.place)] for column in table.columns],
            "columns": form.chosen,
            "objective": number(form.objective.data) if "objective" in form else None,
            **{name: bool(batch.mapping.get(name)) for name in ("update", "create_structures")},
        }
        return _looked_at(batch, mapping)
    page = render_template(
        "imports/columns.html", batch=batch, form=form, table=table, sheets=sheets, letter=letter
    )
    return page, 422 if form.is_submitted() else 200


def _looked_at(batch: ImportBatch, mapping: Mapping[str, Any]) -> ResponseReturnValue:
    """Compare every line with what exists, while others write; then keep what came of it."""
    number_of_batch, kind = batch.id, batch.kind
    sheets = queries.sheets(batch)
    table = queries.table(batch, sheets, mapping["sheet"], mapping["header"])
    db.session.commit()
    with reading():
        lines = queries.looked_at(kind, table, mapping)
        db.session.commit()
    again = queries.batch(number_of_batch)
    if again is None or not again.is_open:
        return redirect(url_for("imports.index"), 303)
    again.keep(mapping, lines)
    db.session.commit()
    return redirect(url_for("imports.preview", import_id=number_of_batch), 303)


# Its lines ------------------------------------------------------------------------------------------------------------


@imports.get("/gestion/imports/<id:import_id>/apercu")
@require("import.manage", queries.batch)
def preview(batch: ImportBatch) -> ResponseReturnValue:
    """What would come of each line."""
    if not batch.is_open or not batch.is_mapped:
        return _to(batch)
    first = next((name for name, outcome in LISTS.items() if batch.count(outcome)), "a-creer")
    chosen = request.args.get("voir", first)
    chosen = chosen if chosen in LISTS else first
    page = asked_page()
    options = OptionsForm(formdata=None, data=batch.mapping)
    return render_template(
        "imports/preview.html",
        batch=batch,
        chosen=chosen,
        lists=LISTS,
        lines=queries.lines(batch, LISTS[chosen], page),
        page=page,
        pages=queries.pages(batch.count(LISTS[chosen])),
        new_structures=queries.new_structures(batch),
        options=options,
    )


@imports.post("/gestion/imports/<id:import_id>/apercu")
@require("import.manage", queries.batch)
def choose(batch: ImportBatch) -> ResponseReturnValue:
    """Change what is done with what is here already, and with unknown names; the lines are looked at again."""
    if not batch.is_open or not batch.is_mapped:
        return _to(batch)
    form = OptionsForm()
    if not form.validate_on_submit():
        return redirect(url_for("imports.preview", import_id=batch.id), 303)
    chosen = {"update": form.update.data, "create_structures": form.create_structures.data}
    return _looked_at(batch, {**batch.mapping, **chosen})


@imports.get("/gestion/imports/<id:import_id>/erreurs.csv")
@require("import.manage", queries.batch)
def wrong_lines(batch: ImportBatch) -> ResponseReturnValue:
    """The lines that cannot be taken, to mend and import again: their own cells, and why."""
    titles = batch.mapping.get("titles") or []
    text = StringIO()
    lines = csv.writer(text, delimiter=";")
    lines.writerow([escape_formula(title) for _place, title in titles] + [_("Ligne"), _("Pourquoi")])
    for row in db.session.scalars(ImportedRow.of(batch.id, ImportOutcome.WRONG)):
        cells = [row.cells[place] if place < len(row.cells) else "" for place, _title in titles]
        why = " ".join(reasons.of_line(reason) for reason in row.reasons)
        lines.writerow([*(escape_formula(cell) for cell in cells), row.line, escape_formula(why)])
    response = Response(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    stem = batch.file_name.rpartition(".")[0] or batch.file_name
    response.headers["Content-Disposition"] = types.content_disposition(
        _("%(name)s - à reprendre.csv", name=stem[:120])
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


# Doing it, and undoing it ---------------------------------------------------------------------------------------------


@imports.get("/gestion/imports/<id:import_id>")
@require("import.manage", queries.batch)
def show(batch: ImportBatch) -> ResponseReturnValue:
    """What came of an import; one that is not made yet goes on where it stopped."""
    if not (batch.is_done or batch.is_undone):
        return _to(batch)
    figures = {
        name: sum(batch.count(str(fate)) for fate in fates) if fates else batch.count(ImportOutcome.WRONG)
        for name, fates in DEEDS.items()
    }
    first = next(
        (name for name in ("restees", "creees", "modifiees", "en-erreur") if figures[name]), "creees"
    )
    chosen = request.args.get("voir", first)
    chosen = chosen if chosen in DEEDS else first
    page = asked_page()
    fates = DEEDS[chosen]
    shown = queries.deeds(batch, fates, page) if fates else queries.lines(batch, ImportOutcome.WRONG, page)
    return render_template(
        "imports/show.html",
        batch=batch,
        chosen=chosen,
        figures=figures,
        lines=shown,
        page=page,
        pages=queries.pages(figures[chosen]),
    )


@imports.post("/gestion/imports/<id:import_id>/importer")
@require("import.manage", queries.batch)
def run(batch: ImportBatch) -> ResponseReturnValue:
    """Bring in every line that can be."""
    if batch.is_done or batch.is_undone:
        return _to(batch)
    number_of_batch = batch.id
    try:
        batch.run(by=acting())
    except Refused as refused:
        db.session.rollback()
        flash(say(refused), "error")
        return redirect(url_for("imports.show", import_id=number_of_batch), 303)
    db.session.commit()
    created, updated = batch.count(Fate.CREATED), batch.count(Fate.UPDATED)
    done = [ngettext("%(num)d ajout", "%(num)d ajouts", created)] if created or not updated else []
    done += [ngettext("%(num)d mise à jour", "%(num)d mises à jour", updated)] if updated else []
    flash(_("L’import est fait : %(done)s. Personne n’a reçu de mail.", done=", ".join(done)), "success")
    return redirect(url_for("imports.show", import_id=number_of_batch), 303)


@imports.post("/gestion/imports/<id:import_id>/annuler")
@require("import.manage", queries.batch)
def undo(batch: ImportBatch) -> ResponseReturnValue:
    """Take back what the import did; one that was not made yet is only forgotten."""
    if not (batch.is_done or batch.is_undone):
        key = batch.abandon()
        db.session.commit()
        if key:
            current_storage().delete(key)
        flash(_("L’import est abandonné : rien n’a été ajouté, le fichier est oublié."), "success")
        return redirect(url_for("imports.index"), 303)
    batch.undo(by=acting())
    db.session.commit()
    kept = batch.count(Fate.KEPT)
    if kept:
        words = ngettext(
            "L’import est annulé, sauf %(num)d ligne dont quelqu’un s’est servi depuis.",
            "L’import est annulé, sauf %(num)d lignes dont quelqu’un s’est servi depuis.",
            kept,
        )
        flash(words, "warning")
    else:
        flash(_("L’import est annulé : tout est comme avant."), "success")
    return _to(batch)


def _to(batch: ImportBatch) -> ResponseReturnValue:
    """Where an import goes on: its columns, its lines, or what came of it."""
    if batch.is_done or batch.is_undone:
        place = "imports.show"
    else:
        place = "imports.preview" if batch.is_mapped else "imports.name_columns"
    if not batch.is_open and place != "imports.show":
        return redirect(url_for("imports.index"), 303)
    return redirect(url_for(place, import_id=batch.id), 303)
