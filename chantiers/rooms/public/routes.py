"""Routes of the public room: the démarche as anybody may read it, and the pages that the law asks for."""

import re
from datetime import date

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from werkzeug.exceptions import NotFound

from chantiers.rooms.public.queries import chantier_page, public_slugs
from chantiers.rooms.public.queries import home as read_home
from chantiers.web.access import public as open_to_all
from chantiers.web.extensions import current_demarche
from chantiers.web.links import absolute

public = Blueprint("public", __name__)


@public.get("/")
@open_to_all
def home() -> ResponseReturnValue:
    """The démarche, its chantiers with their progress, its structures."""
    if not current_demarche:
        return render_template("public/empty.html")
    lead, _, rest = unfolded(current_demarche.presentation).partition("\n\n")
    return render_template(
        "public/home.html",
        home=read_home(),
        lead=lead,
        rest=rest,
        since=month_in_words(current_demarche.dated),
    )


@public.get("/demarche/<slug:slug>")
@open_to_all
def chantier(slug: str) -> ResponseReturnValue:
    """A chantier as anybody may read it; the address stays when its title changes."""
    page = chantier_page(slug)
    if page is None:
        raise NotFound
    return render_template(
        "public/chantier.html", page=page, canonical=absolute("public.chantier", slug=slug)
    )


@public.get("/robots.txt")
@open_to_all
def robots() -> ResponseReturnValue:
    """What search engines may read: the public pages, of which the map gives the list."""
    words = f"User-agent: *\nDisallow: /connexion\nSitemap: {absolute('public.sitemap')}\n"
    return Response(words, content_type="text/plain; charset=utf-8")


@public.get("/sitemap.xml")
@open_to_all
def sitemap() -> ResponseReturnValue:
    """The addresses of the public pages."""
    page = render_template("public/sitemap.xml", addresses=public_addresses())
    return Response(page, content_type="application/xml; charset=utf-8")


def public_addresses() -> list[str]:
    """The home, the chantiers and what they published, as absolute addresses."""
    chantiers, publications = public_slugs()
    return [
        absolute("public.home"),
        absolute("publications.index"),
        *(absolute("public.chantier", slug=slug) for slug in chantiers),
        *(absolute("publications.show", slug=slug) for slug in publications),
    ]


def unfolded(text: str) -> str:
    """The text with each of its paragraphs on one line: in a file they are folded to the width of the page."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(
        each if re.search(r"^\s*([-*+#>|]|\d+[.)])", each, re.MULTILINE) else " ".join(each.split())
        for each in paragraphs
    )


def month_in_words(dated: str) -> str:
    """« février 2024 » for "2024-02"; what is not a month stays as it was written."""
    year, _, month = dated.partition("-")
    try:
        return str(format_date(date(int(year), int(month), 1), "MMMM y"))
    except ValueError:
        return dated


@public.get("/mentions-legales")
@open_to_all
def legal() -> ResponseReturnValue:
    """Who publishes, who answers for it, who hosts: what the instance's settings say, and nothing invented."""
    return render_template(
        "public/legal.html",
        director=current_app.config.get("LEGAL_DIRECTOR", ""),
        host=current_app.config.get("LEGAL_HOST", ""),
    )


@public.get("/confidentialite")
@open_to_all
def privacy() -> ResponseReturnValue:
    """What is kept of people, why, and for how long."""
    return render_template("public/privacy.html")


@public.get("/accessibilite")
@open_to_all
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render_template("public/accessibility.html")


@public.get("/ecoconception")
@open_to_all
def eco_design() -> ResponseReturnValue:
    """The eco-design statement."""
    return render_template("public/eco_design.html")
