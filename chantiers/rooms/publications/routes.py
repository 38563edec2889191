"""Publications: what the chantiers have published, for anybody, at addresses that stay."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from chantiers.files.downloads import send_stored_file
from chantiers.language import versions as wording
from chantiers.rooms.publications import queries
from chantiers.web.access import public
from chantiers.web.error_pages import answer
from chantiers.web.forms import asked_page
from chantiers.web.links import absolute
from models import VersionKind

publications = Blueprint("publications", __name__)


@publications.get("/publications")
@public
def index() -> ResponseReturnValue:
    """Everything that is published, the latest first."""
    filters = queries.PublicationFilters.of(request.args)
    chantiers, types = queries.choices()
    return render_template(
        "publications/index.html",
        filters=filters,
        found=queries.listed(filters, asked_page()),
        chantiers=chantiers,
        types=types,
    )


@publications.get("/publications/<slug:slug>")
@publications.get("/publications/<slug:slug>/versions/<id:number>")
@public
def show(slug: str, number: int | None = None) -> ResponseReturnValue:
    """A published version; without a number, the latest."""
    found = published(slug, number)
    if not isinstance(found, queries.Publication):
        return found
    return render_template(
        "publications/show.html",
        found=found,
        deliverable=found.deliverable,
        written=found.version,
        label=wording.label(found.version),
        content=content_of(found),
        licence_text=wording.LICENCE_TEXTS.get(found.version.licence, ""),
        permanent=absolute("publications.show", slug=slug, number=found.version.number),
        canonical=absolute("publications.show", slug=slug, number=None if found.is_latest else number),
    )


@publications.get("/publications/<slug:slug>/versions/<id:number>/fichier")
@public
def download(slug: str, number: int) -> ResponseReturnValue:
    """The file of a published version."""
    found = published(slug, number)
    if not isinstance(found, queries.Publication):
        return found
    return send_stored_file(
        found.version, (_("Revenir à la publication"), url_for("publications.show", slug=slug))
    )


@publications.get("/publications/<slug:slug>/fichier")
@public
def latest_file(slug: str) -> ResponseReturnValue:
    """Where the file of the latest published version is: an address that others may link to."""
    found = published(slug, None)
    if not isinstance(found, queries.Publication):
        return found
    if found.version.kind != VersionKind.FILE:
        abort(404)
    return redirect(url_for("publications.download", slug=slug, number=found.version.number), 302)


def published(slug: str, number: int | None) -> "queries.Publication | ResponseReturnValue":
    """What stands at this address; or the page of what was withdrawn. An address that never was is not found."""
    deliverable = queries.deliverable_at(slug)
    if deliverable is None:
        abort(404)
    if not deliverable.is_public:
        return answer(
            410,
            _("Cette publication a été retirée"),
            _("Elle n’est plus en ligne. Le chantier qui l’a produite peut dire pourquoi."),
            (_("Voir toutes les publications"), url_for("publications.index")),
        )
    found = queries.publication(deliverable, number)
    if found is None:
        abort(404)
    return found


def content_of(found: queries.Publication) -> str:
    """Where the content of a published version is: its file, or its link. A text stands on the page."""
    version = found.version
    if version.kind == VersionKind.LINK:
        return version.url
    return url_for("publications.download", slug=found.deliverable.public_slug, number=version.number)
