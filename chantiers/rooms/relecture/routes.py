"""Routes of relecture: asking for opinions, giving one, from a page or from a mail."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.files.downloads import send_stored_file
from chantiers.language import versions as wording
from chantiers.language.refusals import say
from chantiers.policy import can
from chantiers.rooms.relecture import queries
from chantiers.rooms.relecture.forms import ReviewAnswerForm, SubmitForm
from chantiers.web import tokens
from chantiers.web.access import acting, public, require
from chantiers.web.forms import options, saved
from chantiers.web.secret_link_pages import kept_private
from models import Chantier, Deliverable, Opinion, Refused, ReviewRequest, ReviewRound, User, VersionKind, db

relecture = Blueprint("relecture", __name__)


@relecture.route("/livrables/<id:deliverable_id>/demander-relecture", methods=["GET", "POST"])
@require("review.manage", queries.to_change)
def ask(deliverable: Deliverable) -> ResponseReturnValue:
    """Put the latest version up for relecture, and choose whose opinion is asked."""
    form = SubmitForm()
    people = queries.people(deliverable.chantier_id)
    structures = queries.structures(deliverable.chantier_id)
    form.people.choices = options((person.id, person.name) for person in people)
    form.structures.choices = options((structure.id, structure.name) for structure in structures)
    latest = deliverable.latest_version
    if not form.is_submitted():
        form.number.data = str(latest.number) if latest else ""
    if not form.validate_on_submit():
        page = render_template("relecture/ask.html", deliverable=deliverable, form=form, latest=latest)
        return page, 422 if form.is_submitted() else 200
    deliverable_id = deliverable.id
    try:
        deliverable.submit(
            by=acting(),
            number=request.form.get("number", type=int),
            reviewers=(_chosen(people, form.people.data), _chosen(structures, form.structures.data)),
            closes_on=form.closes_on.data,
            message=form.message.data or "",
        )
    except Refused as refused:
        db.session.rollback()
        form.form_errors = [*form.form_errors, say(refused)]
        again = queries.to_change(deliverable_id)
        page = render_template("relecture/ask.html", deliverable=again, form=form, latest=latest)
        return page, 409
    db.session.commit()
    saved(form)
    flash(_("La version est en relecture. Plus personne n’en ajoute jusqu’à la réponse."), "success")
    return redirect(url_for("deliverables.show", deliverable_id=deliverable_id), 303)


def _chosen(things: Any, ids: list[int] | None) -> list[Any]:
    return [thing for thing in things if thing.id in (ids or [])]


@relecture.post("/relectures/<id:round_id>/relancer")
@require("review.manage", queries.review_round, lambda found: found.deliverable)
def remind(found: ReviewRound) -> ResponseReturnValue:
    """Ask again those who have not answered."""
    count = found.remind(by=acting())
    db.session.commit()
    flash(_("La relance est partie. Avis encore attendus : %(count)d.", count=count), "success")
    return redirect(url_for("deliverables.show", deliverable_id=found.deliverable_id), 303)


@relecture.route("/avis/<id:request_id>", methods=["GET", "POST"])
@require("review.answer", queries.request_of)
def answer(asked: ReviewRequest) -> ResponseReturnValue:
    """Say what one thinks of the version, or change one's answer."""
    form = ReviewAnswerForm()
    if not form.is_submitted() and asked.review:
        form.process(obj=asked.review)
    return _answer(asked, form, acting(), "page")


@relecture.route("/relecture/<signed:token>", methods=["GET", "POST"])
@public
def from_mail(token: str) -> ResponseReturnValue:
    """The same from a button of a mail, without signing in: the signed address says who answers what."""
    asked, person, opinion = _signed(token)
    if asked is None or person is None:
        return kept_private(render_template("relecture/over.html"), 404)
    form = ReviewAnswerForm()
    if not form.is_submitted():
        form.opinion.data = opinion
        if asked.review:
            form.words.data, form.quote.data = asked.review.words, asked.review.quote
    return _answer(asked, form, person, "mail")


@relecture.get("/relecture/<signed:token>/fichier")
@public
def file_from_mail(token: str) -> ResponseReturnValue:
    """The file that an opinion is asked of, for whoever the mail was sent to."""
    asked, person, _opinion = _signed(token)
    if asked is None or person is None:
        return kept_private(render_template("relecture/over.html"), 404)
    back = url_for("relecture.from_mail", token=token)
    return send_stored_file(asked.round.reviewed, (_("Revenir à l’avis"), back))


def _answer(asked: ReviewRequest, form: ReviewAnswerForm, person: User, source: str) -> ResponseReturnValue:
    """The form, and what comes of it."""
    if not asked.round.is_open:
        return kept_private(_page(asked, None, source), 200 if request.method == "GET" else 409)
    if not form.validate_on_submit():
        return kept_private(_page(asked, form, source), 422 if form.is_submitted() else 200)
    # Only a text that is written here has passages to point at.
    quote = form.quote.data or "" if asked.round.reviewed.kind == VersionKind.TEXT else ""
    asked.answer(form.opinion.data, form.words.data or "", by=person, source=source, quote=quote)
    db.session.commit()
    if source == "mail":
        return kept_private(_page(asked, None, source, done=True), 200)
    saved(form)
    flash(_("Merci, votre avis est enregistré. Vous pouvez le changer jusqu’à la clôture."), "success")
    return redirect(url_for("deliverables.show", deliverable_id=asked.round.deliverable_id), 303)


def _page(asked: ReviewRequest, form: ReviewAnswerForm | None, source: str, done: bool = False) -> str:
    return render_template(
        "relecture/answer.html" if source == "page" else "relecture/from_mail.html",
        asked=asked,
        deliverable=asked.round.deliverable,
        described=wording.described(asked.round.reviewed, None),
        compare_href=wording.compare_address(asked.round.reviewed),
        form=form,
        done=done,
    )


def _signed(token: str) -> tuple[ReviewRequest | None, User | None, str]:
    """Whom the token speaks of, where they may still answer: rights are read again."""
    values = tokens.read("relecture", token)
    if values is None or len(values) != 3 or values[2] not in list(Opinion):
        return None, None, ""
    asked = db.session.scalar(ReviewRequest.whole(values[0]))
    person = db.session.get(User, values[1])
    if asked is None or person is None or person.closed_at is not None:
        return None, None, ""
    if request.method == "POST" and not Chantier.hold_open(asked.chantier_id):
        return None, None, ""
    if not can(person, "deliverable.read_draft") or not can(person, "review.answer", asked):
        return None, None, ""
    return asked, person, values[2]
