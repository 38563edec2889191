"""Routes of comments: on a task, a deliverable, an objective or a chantier, and taking them back."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.components.comment_form import CommentForm
from chantiers.files import uploads
from chantiers.files.downloads import send_stored_file
from chantiers.language import markdown
from chantiers.policy import can
from chantiers.rooms.comments import queries
from chantiers.rooms.comments.forms import EditCommentForm, HelpForm
from chantiers.web import loaders
from chantiers.web.access import acting, allowed, only_reads, outside_transaction, require, signed_in
from chantiers.web.addresses import discussion_of
from chantiers.web.forms import TEXT_LENGTH, asked_number, bounded_int, clean_text, create_once, saved
from models import Chantier, Comment, Deliverable, Objective, StoredFile, Task, TaskStatus, db

comments = Blueprint("comments", __name__)


@comments.url_value_preprocessor
def expect_uploads(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Set the limits of a request that may carry files before anything reads its form."""
    if endpoint in (
        "comments.on_task",
        "comments.on_deliverable",
        "comments.on_objective",
        "comments.on_chantier",
    ):
        uploads.expect_upload()


# Saying ---------------------------------------------------------------------------------------------------------------


@comments.route("/taches/<id:task_id>/commentaires", methods=["GET", "POST"])
@require("comment.write", queries.task)
def on_task(task: Task) -> ResponseReturnValue:
    """Say something of a task."""
    return write(task)


@comments.route("/livrables/<id:deliverable_id>/commentaires", methods=["GET", "POST"])
@require("comment.write", queries.deliverable)
def on_deliverable(deliverable: Deliverable) -> ResponseReturnValue:
    """Say something of a deliverable."""
    return write(deliverable)


@comments.route("/objectifs/<id:objective_id>/commentaires", methods=["GET", "POST"])
@require("comment.write", queries.objective)
def on_objective(objective: Objective) -> ResponseReturnValue:
    """Say something of an objective."""
    return write(objective)


@comments.route("/chantiers/<slug:slug>/commentaires", methods=["GET", "POST"])
@require("comment.write", loaders.chantier)
def on_chantier(chantier: Chantier) -> ResponseReturnValue:
    """Say something to the whole chantier."""
    return write(chantier)


def write(subject: Any) -> ResponseReturnValue:
    """Keep what is said; a page of its own shows it again when it cannot be kept."""
    form = CommentForm()
    if not form.validate_on_submit():
        return writing_page(subject, form), form.refusal if form.is_submitted() else 200
    kind, subject_id = subject.__tablename__, subject.id
    stored: list[StoredFile] = outside_transaction(form.store) if form.facts else []

    def create() -> str:
        still = allowed("comment.write", queries.subject(kind, subject_id) if stored else subject)
        comment = Comment.write(still, form.body.data or "", by=acting(), files=stored)
        flash(_("Votre commentaire est publié."), "success")
        return f"{discussion_of(still)}#commentaire-{comment.id}"

    return create_once(form, create)


@comments.route("/taches/<id:task_id>/aider", methods=["GET", "POST"])
@require("task.offer_help", queries.task)
def offer_help(task: Task) -> ResponseReturnValue:
    """Offer help on a blocked task, « Je peux aider », and say how."""
    form = HelpForm()
    if not form.validate_on_submit():
        page = render_template("comments/help.html", task=task, chantier=task.chantier, form=form)
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        # Somebody may have unblocked it meanwhile: what was written is worth keeping all the same.
        say_it = Comment.offer_help if task.status == TaskStatus.BLOCKED else Comment.write
        comment = say_it(task, form.body.data or "", by=acting())
        flash(_("Merci ! Votre proposition est publiée, les personnes concernées sont prévenues."), "success")
        return f"{discussion_of(task)}#commentaire-{comment.id}"

    return create_once(form, create)


# Taking back ----------------------------------------------------------------------------------------------------------


@comments.route("/commentaires/<id:comment_id>/modifier", methods=["GET", "POST"])
@require("comment.edit", queries.said, about=lambda said: said.comment)
def edit(said: queries.Said) -> ResponseReturnValue:
    """Write one's comment better."""
    comment, subject = said
    form = EditCommentForm(data={"body": comment.body} if request.method == "GET" else None)
    if request.method == "GET":
        form.show({"body": comment.body})
    if not form.validate_on_submit():
        return editing_page(said, form), 422 if form.is_submitted() else 200
    late = form.reconcile({"body": comment.body})
    if late.conflicts:
        return editing_page(said, form, late=late), 409
    comment.edit(form.body.data or "", subject=subject, by=acting())
    db.session.commit()
    saved(form)
    flash(_("Votre commentaire est modifié."), "success")
    return redirect(f"{discussion_of(subject)}#commentaire-{comment.id}", 303)


@comments.post("/commentaires/<id:comment_id>/supprimer")
@require("comment.delete", queries.said, about=lambda said: said.comment)
def delete(said: queries.Said) -> ResponseReturnValue:
    """Take a comment's words away."""
    said.comment.delete(subject=said.subject, by=acting())
    db.session.commit()
    flash(_("Le commentaire est supprimé ; sa place reste, sans ses mots."), "success")
    return redirect(f"{discussion_of(said.subject)}#commentaire-{said.comment.id}", 303)


@comments.get("/commentaires/<id:comment_id>/fichiers/<id:attachment_id>")
@require("chantier.read", queries.attached, about=lambda attached: attached.subject)
def download(attached: queries.Attached) -> ResponseReturnValue:
    """A file attached to a comment, as it was handed in."""
    return send_stored_file(attached.file, (_("Revenir à la discussion"), discussion_of(attached.subject)))


# Discussions that have a page of their own ----------------------------------------------------------------------------


@comments.get("/chantiers/<slug:slug>/discussion")
@require("chantier.read", loaders.chantier)
def chantier_discussion(chantier: Chantier) -> ResponseReturnValue:
    """Show the discussion of a chantier."""
    return discussion(chantier, chantier)


@comments.get("/objectifs/<id:objective_id>/discussion")
@require("chantier.read", queries.objective)
def objective_discussion(objective: Objective) -> ResponseReturnValue:
    """Show the discussion of an objective."""
    return discussion(objective, objective.chantier)


@comments.get("/taches/<id:task_id>/discussion")
@require("chantier.read", queries.task)
def task_discussion(task: Task) -> ResponseReturnValue:
    """Show the older comments of a task."""
    return discussion(task, task.chantier)


@comments.get("/livrables/<id:deliverable_id>/discussion")
@require("chantier.read", queries.deliverable)
def deliverable_discussion(deliverable: Deliverable) -> ResponseReturnValue:
    """Show the older comments of a deliverable."""
    return discussion(deliverable, deliverable.chantier)


def discussion(subject: Any, chantier: Chantier) -> ResponseReturnValue:
    """Render a page of a discussion, the latest unless told otherwise."""
    before = asked_number("avant")
    thread = Comment.thread(subject, acting(), before=before)
    return render_template(
        "comments/discussion.html",
        subject=subject,
        chantier=chantier,
        thread=thread,
        form=CommentForm(),
        before=before,
    )


# Helping to write -----------------------------------------------------------------------------------------------------


@comments.get("/mentions/<slug:kind>/<id:subject_id>")
@require("comment.write", queries.subject)
def mentions(subject: Any) -> ResponseReturnValue:
    """Suggest mentions by the start of a name, for the list that opens under « @ »."""
    found = Comment.proposals(subject, request.args.get("q", "")[:300], by=acting())
    told = {"structure": _("Structure")}
    return jsonify(
        [{"kind": each.kind, "name": each.name, "note": told.get(each.kind, each.title)} for each in found]
    )


@comments.post("/apercu")
@signed_in
@only_reads
def preview() -> ResponseReturnValue:
    """Preview a text as the page will show it, kept nowhere; `about` is its subject, where it may mention people."""
    text = clean_text(request.form.get("text", ""))
    if len(text) > TEXT_LENGTH:
        sentence = _("Ce texte est trop long : %(max)d caractères au plus.", max=TEXT_LENGTH)
        return jsonify(message=sentence), 413
    subject = spoken_of(request.form.get("about", ""))
    names = Comment.names_called(subject, text) if subject is not None else ()
    return jsonify(html=markdown.render_with_mentions(text, names))


def spoken_of(about: str) -> Any:
    """Return the thing that « task/12 » names, where this person may speak of it."""
    kind, _slash, number = about.partition("/")
    try:
        subject = queries.subject(kind, bounded_int(number))
    except ValueError:
        return None
    return subject if subject is not None and can(acting(), "comment.write", subject) else None


# Pages ----------------------------------------------------------------------------------------------------------------


def writing_page(subject: Any, form: CommentForm) -> str:
    """Render the form on a page of its own."""
    return render_template(
        "comments/write.html",
        subject=subject,
        chantier=chantier_of(subject),
        form=form,
        back=discussion_of(subject),
    )


def editing_page(said: queries.Said, form: EditCommentForm, **more: Any) -> str:
    """Render the comment to change."""
    return render_template(
        "comments/edit.html",
        comment=said.comment,
        subject=said.subject,
        chantier=said.comment.chantier,
        form=form,
        back=discussion_of(said.subject),
        **more,
    )


def chantier_of(subject: Any) -> Chantier:
    """Return the chantier that a subject belongs to, or is."""
    found: Chantier = subject if isinstance(subject, Chantier) else subject.chantier
    return found
