"""The coordination: all chantiers on one page, what waits for a decision, and the lists behind each figure."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from chantiers.components.calendar import format_week, parse_week
from chantiers.language.refusals import say
from chantiers.mail.message import mail_is_configured
from chantiers.rooms.coordination import arbitration_queries, lists, matrix, movements, queries, relances
from chantiers.rooms.coordination.calendar import quarter
from chantiers.rooms.coordination.filters import (
    DeliverableFilters,
    Period,
    Scope,
    TaskFilters,
    one_of,
    page_of,
)
from chantiers.rooms.coordination.forms import RelaunchForm
from chantiers.web.access import acting, require
from chantiers.web.addresses import address_of
from chantiers.web.extensions import current_demarche
from chantiers.web.forms import create_once
from models import Matter, Refused, db, relaunch, whom_to_relaunch

coordination = Blueprint("coordination", __name__)


def silent_after() -> int:
    """After how many days without a word something is silent."""
    return current_demarche.silent_after_days if current_demarche else 45


# What there is --------------------------------------------------------------------------------------------------------


@coordination.get("/coordination")
@require("dashboard.read")
def dashboard() -> ResponseReturnValue:
    """Every chantier with its figures; each figure opens the list behind it."""
    board = queries.dashboard(acting(), silent_after(), Scope.read(request.args), page_of(request.args))
    return render_template(
        "coordination/dashboard.html", board=board, scope=board.scope, silent_after=silent_after()
    )


@coordination.get("/coordination/a-arbitrer")
@require("dashboard.read")
def arbitration() -> ResponseReturnValue:
    """Show what waits for a decision, each with its next step."""
    kind = one_of(list(Matter), request.args.get("sujet"))
    found = arbitration_queries.arbitration(
        acting(),
        silent_after(),
        Scope.read(request.args),
        Matter(kind) if kind else None,
        page_of(request.args),
    )
    return render_template(
        "coordination/arbitration.html", found=found, scope=found.scope, silent_after=silent_after()
    )


@coordination.get("/coordination/semaines")
@require("dashboard.read")
def weeks() -> ResponseReturnValue:
    """Thirteen weeks of all chantiers, this one in the middle unless told otherwise."""
    scope, middle = Scope.read(request.args), parse_week(request.args.get("semaine", ""))
    by_objective = request.args.get("lignes") == "objectifs"
    found = quarter(acting(), scope, middle, by_objective, page_of(request.args))
    return render_template(
        "coordination/weeks.html",
        found=found,
        calendar=found.calendar,
        scope=scope,
        by_objective=by_objective,
        middle=format_week(middle),
    )


@coordination.get("/coordination/structures")
@require("dashboard.read")
def structures() -> ResponseReturnValue:
    """Which structure takes part where, and what it carries."""
    asked = matrix.MatrixFilters.read(request.args)
    period = lists.period_of(asked.scope)
    found = matrix.matrix(acting(), asked, period)
    return render_template(
        "coordination/structures.html", found=found, asked=asked, scope=asked.scope, period=period
    )


@coordination.get("/coordination/mouvements")
@require("dashboard.read")
def moves() -> ResponseReturnValue:
    """Show what moved in each chantier since a day."""
    scope, last_copil = Scope.read(request.args), lists.last_copil()
    period = Period.of(scope.depuis, last_copil)
    return render_template(
        "coordination/moves.html",
        found=movements.movements(acting(), scope, silent_after(), period),
        scope=scope,
        period=period,
        last_copil=last_copil,
        structures=lists.structures(),
    )


# The lists behind the figures -----------------------------------------------------------------------------------------


@coordination.get("/coordination/taches")
@require("dashboard.read")
def tasks() -> ResponseReturnValue:
    """Show the tasks of all chantiers, as narrowly as one asks."""
    filters = TaskFilters.read(request.args)
    period = lists.period_of(filters)
    return render_template(
        "coordination/tasks.html",
        found=lists.tasks(acting(), filters, silent_after(), period),
        filters=filters,
        period=period,
        chantiers=lists.chantiers(),
        structures=lists.structures(),
    )


@coordination.get("/coordination/livrables")
@require("dashboard.read")
def deliverables() -> ResponseReturnValue:
    """Show the deliverables of all chantiers, as narrowly as one asks."""
    filters = DeliverableFilters.read(request.args).known_to(acting())
    period = lists.period_of(filters)
    return render_template(
        "coordination/deliverables.html",
        found=lists.deliverables(filters, period),
        by_type=lists.by_type(filters, period),
        filters=filters,
        period=period,
        chantiers=lists.chantiers(),
        structures=lists.structures() if acting().reads_drafts else [],
        types=lists.types(),
    )


# Relances -------------------------------------------------------------------------------------------------------------


@coordination.get("/coordination/relancer/<any(taches, livrables, objectifs, chantiers):kind>/<id:thing_id>")
@require("relaunch.send", relances.subject)
def ask_again(subject: Any) -> ResponseReturnValue:
    """Show a mail that is ready, to send as it is or to change."""
    form = RelaunchForm()
    form.title.data, form.words.data = relances.prepared(subject)
    return _relaunch_page(subject, form), 200


@coordination.post("/coordination/relancer/<any(taches, livrables, objectifs, chantiers):kind>/<id:thing_id>")
@require("relaunch.send", relances.subject)
def send_again(subject: Any) -> ResponseReturnValue:
    """Send it to those who were chosen."""
    form = RelaunchForm()
    people = whom_to_relaunch(subject, by=acting())
    form.offer(people)
    if not form.validate():
        return _relaunch_page(subject, form), 422

    def send() -> str:
        count = relaunch(
            subject, form.people.data or (), form.title.data or "", form.words.data or "", by=acting()
        )
        flash(
            ngettext("%(num)d personne est relancée.", "%(num)d personnes sont relancées.", count), "success"
        )
        return url_for("coordination.dashboard", _anchor="a-arbitrer")

    try:
        return create_once(form, send)
    except Refused as refused:
        db.session.rollback()
        form.people.errors = [say(refused)]
        return _relaunch_page(relances.subject(**(request.view_args or {})), form), 422


def _relaunch_page(subject: Any, form: RelaunchForm) -> str:
    people = whom_to_relaunch(subject, by=acting())
    form.offer(people)
    return render_template(
        "coordination/relaunch.html",
        subject=subject,
        form=form,
        people=people,
        page=address_of(subject),
        action=request.path,
        last=relances.last_of(subject),
        mail_leaves=mail_is_configured(),
    )
