"""Routes of points d'étape: the coordination plans them; each person answers from a mail, without signing in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from chantiers.language.labels import TASK_STATUSES
from chantiers.language.refusals import say
from chantiers.mail import checkpoint_links
from chantiers.mail.message import mail_is_configured
from chantiers.rooms.checkpoints import queries
from chantiers.rooms.checkpoints.forms import CheckpointAnswerForm, PlanEditForm, PlanForm
from chantiers.web.access import acting, public, require
from chantiers.web.forms import asked_number, asked_page, create_once, saved
from chantiers.web.secret_link_pages import kept_private
from models import Chantier, Checkpoint, CheckpointLine, Refused, TaskStatus, User, db

checkpoints = Blueprint("checkpoints", __name__)


# Answering, from a mail -----------------------------------------------------------------------------------------------


@checkpoints.route("/point/<signed:token>", methods=["GET", "POST"])
@public
def from_mail(token: str) -> ResponseReturnValue:
    """Answer where a task stands by the button of a mail: opening it asks, only the answer changes anything."""
    found = queries.asked(token)
    if found is None:
        return _over("dead", 404)
    if not found.checkpoint.takes_answers:
        return _over("cancelled" if found.checkpoint.is_asked is False else "late", 410, found)
    if not found.point.task_id:
        return _mine(found) if request.method == "GET" else _over("dead", 404, found)
    line = queries.line_of(found)
    if line is None or (request.method == "POST" and not Chantier.hold_open(line.task.chantier_id)):
        return _over("not yours", 404, found)
    form = CheckpointAnswerForm()
    if not form.is_submitted():
        form.answer.data, form.seen.data = found.point.answer or None, line.task.status
        return _page(found, line, form, 200)
    return _answer(found, line, form)


def _answer(
    found: queries.CheckpointRequest, line: CheckpointLine, form: CheckpointAnswerForm
) -> ResponseReturnValue:
    """Keep an answer, or give back the page with every word that was typed."""
    if not form.validate():
        return _page(found, line, form, 422)
    said, task = form.answer.data, line.task
    still_so = form.seen.data in ("", task.status)
    if still_so and not form.says_what_blocks(task.status == TaskStatus.BLOCKED):
        return _page(found, line, form, 422)
    try:
        line.answer(
            said,
            form.words.data or "",
            form.need.data or "",
            by=found.person,
            seen=form.seen.data or "",
            source="mail",
        )
    except Refused as refused:
        db.session.rollback()
        again = queries.asked(request.view_args["token"]) if request.view_args else None
        line_now = queries.line_of(again) if again else None
        if again is None or line_now is None:
            return _over("not yours", 404, found)
        form.seen.data = line_now.task.status
        return _page(again, line_now, form, 409, refused=say(refused))
    db.session.commit()
    if _is_here(found.person):
        word = TASK_STATUSES[TaskStatus(task.status)]
        flash(_("« %(title)s » : %(status)s.", title=task.title, status=word), "success")
        return redirect(url_for("my_work.show"), 303)
    return redirect(_all_of(found, fait=task.id), 303)


def _is_here(person: User) -> bool:
    """Whether the browser is signed in as the very person who answers."""
    return bool(current_user.is_authenticated) and current_user.id == person.id


def _all_of(found: queries.CheckpointRequest, **query: Any) -> str:
    token = checkpoint_links.token(found.checkpoint.id, found.person)
    return url_for("checkpoints.from_mail", token=token, **query)


def _page(
    found: queries.CheckpointRequest,
    line: CheckpointLine,
    form: CheckpointAnswerForm,
    status: int,
    refused: str = "",
) -> ResponseReturnValue:
    page = render_template(
        "checkpoints/answer.html",
        checkpoint=found.checkpoint,
        person=found.person,
        line=line,
        task=line.task,
        form=form,
        refused=refused,
        last=queries.last_change(line.task) if refused or not line.task.is_open else None,
        all_of_them=_all_of(found),
    )
    return kept_private(page, status)


def _mine(found: queries.CheckpointRequest) -> ResponseReturnValue:
    """Render every task of theirs, with its buttons; thanks for the one that was just told."""
    mine = queries.mine(found)
    just = request.args.get("fait", "")
    page = render_template(
        "checkpoints/mine.html",
        checkpoint=found.checkpoint,
        person=found.person,
        mine=mine,
        just=next((line for line in mine.told if str(line.task_id) == just), None),
        addresses={
            task.id: checkpoint_links.addresses(found.checkpoint.id, found.person, task.id)
            for task in mine.awaited
        },
        again={
            line.task_id: checkpoint_links.addresses(found.checkpoint.id, found.person, line.task_id)[
                line.said
            ]
            for line in mine.told
            if line.said and line.task.is_open
        },
    )
    return kept_private(page, 200)


def _over(why: str, status: int, found: queries.CheckpointRequest | None = None) -> ResponseReturnValue:
    """Render why the address does nothing any more, and where to go."""
    others = _all_of(found) if found and found.checkpoint.takes_answers else ""
    return kept_private(render_template("checkpoints/over.html", why=why, found=found, others=others), status)


# Planning -------------------------------------------------------------------------------------------------------------


@checkpoints.get("/coordination/points-d-etape")
@require("checkpoint.read")
def index() -> ResponseReturnValue:
    """Every point d'étape, with what came of each."""
    return render_template("checkpoints/index.html", rows=queries.listing())


@checkpoints.route("/coordination/points-d-etape/nouveau", methods=["GET", "POST"])
@require("checkpoint.manage")
def new() -> ResponseReturnValue:
    """Plan one."""
    form = PlanForm()
    if not form.validate_on_submit():
        page = render_template("checkpoints/new.html", form=form)
        return page, 422 if form.is_submitted() else 200

    def create() -> str:
        planned = Checkpoint.plan(
            form.name.data or "",
            form.day,
            form.asks_on.data,
            form.words.data or "",
            by=acting(),
        )
        db.session.flush()
        flash(_("Le point d’étape est prévu. Voici ce qui partira."), "success")
        return url_for("checkpoints.show", checkpoint_id=planned.id)

    try:
        return create_once(form, create)
    except Refused as refused:
        db.session.rollback()
        return _refused(refused, "checkpoints/new.html", form)


@checkpoints.get("/coordination/points-d-etape/<id:checkpoint_id>")
@require("checkpoint.read", queries.checkpoint)
def show(found: Checkpoint) -> ResponseReturnValue:
    """Show a point d'étape: before it leaves, whom it asks about what; after, its outcome and who has not answered."""
    if found.is_planned:
        page, person = asked_page(), asked_number("personne")
        return render_template(
            "checkpoints/planned.html",
            checkpoint=found,
            dry=queries.dry_run(page, person),
            configured=mail_is_configured(),
        )
    return render_template("checkpoints/asked.html", checkpoint=found, outcome=queries.outcome(found))


@checkpoints.route("/coordination/points-d-etape/<id:checkpoint_id>/modifier", methods=["GET", "POST"])
@require("checkpoint.manage", queries.checkpoint)
def edit(found: Checkpoint) -> ResponseReturnValue:
    """Change its name, its dates, what the mail ends with."""
    if not (found.is_planned or found.is_asked):
        raise Refused("checkpoint_over")
    names = ("name", "held_on", "asks_on", "words")
    values = {name: getattr(found, name) for name in names}
    form = PlanEditForm(data=values)
    if not found.is_planned:
        form.keep_to_date()
        del values["asks_on"]
    page: dict[str, Any] = {"checkpoint": found, "form": form}
    if not form.is_submitted():
        form.show(values)
        return render_template("checkpoints/edit.html", **page)
    if not form.validate():
        return render_template("checkpoints/edit.html", **page), 422
    late = form.reconcile(values)
    if late.conflicts:
        return render_template("checkpoints/edit.html", late=late, **page), 409
    checkpoint_id = found.id
    try:
        found.reword(form.name.data or "", form.words.data or "", by=acting())
        found.move(form.day, form.asks_on.data if "asks_on" in form else None, by=acting())
    except Refused as refused:
        db.session.rollback()
        page["checkpoint"] = queries.checkpoint(checkpoint_id)
        return _refused(refused, "checkpoints/edit.html", **page)
    db.session.commit()
    saved(form)
    flash(_("Le point d’étape est à jour."), "success")
    return redirect(url_for("checkpoints.show", checkpoint_id=checkpoint_id), 303)


def _refused(refused: Refused, template: str, form: Any, **page: Any) -> ResponseReturnValue:
    """Render the form again, with every word that was typed and what was wrong."""
    form.form_errors = [*form.form_errors, say(refused)]
    return render_template(template, form=form, **page), 422


@checkpoints.post("/coordination/points-d-etape/<id:checkpoint_id>/annuler")
@require("checkpoint.manage", queries.checkpoint)
def cancel(found: Checkpoint) -> ResponseReturnValue:
    """Ask nobody, or take no more answers."""
    found.cancel(by=acting())
    db.session.commit()
    flash(_("Le point d’étape est annulé : rien ne part plus."), "success")
    return redirect(url_for("checkpoints.index"), 303)


@checkpoints.post("/coordination/points-d-etape/<id:checkpoint_id>/envoyer")
@require("checkpoint.manage", queries.checkpoint)
def ask(found: Checkpoint) -> ResponseReturnValue:
    """Ask now, without waiting for its hour."""
    found.ask(by=acting())
    db.session.commit()
    flash(_("Le point d’étape est parti : les mails arrivent dans les minutes qui viennent."), "success")
    return redirect(url_for("checkpoints.show", checkpoint_id=found.id), 303)
