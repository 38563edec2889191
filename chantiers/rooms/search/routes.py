"""Searching everything that one may read."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chantiers.rooms.search import queries
from chantiers.web.access import acting, signed_in
from chantiers.web.forms import asked_page
from models import LONGEST_QUESTION, MOST_FOUND, terms_of

search = Blueprint("search", __name__)


@search.get("/recherche")
@signed_in
def index() -> ResponseReturnValue:
    """What answers the words of the address, in one kind or all, in one chantier or all."""
    question = " ".join(request.args.get("q", "").replace("\0", " ").split())[:LONGEST_QUESTION]
    user, known, terms = acting(), queries.chantiers(), terms_of(question)
    places = queries.places_of(user)
    place = request.args.get("dans", "")
    place = place if place in places else ""
    chantier = next((each for each in known if each.slug == request.args.get("chantier", "")), None)
    page = asked_page(MOST_FOUND // queries.LINES)
    results = None
    if terms:
        results = queries.results(
            user, terms, known, place=place, chantier_id=chantier.id if chantier else None, page=page
        )

    def address(**changes: Any) -> str:
        now: dict[str, Any] = {"q": question, "dans": place, "chantier": chantier.slug if chantier else ""}
        return url_for("search.index", **{name: value for name, value in {**now, **changes}.items() if value})

    counts = results.counts if results else {}
    capped = any(number > MOST_FOUND for number in counts.values())
    total = counts.get(place, 0) if place else sum(min(number, MOST_FOUND) for number in counts.values())
    pages = -(-min(total, MOST_FOUND) // queries.LINES)
    return render_template(
        "search/index.html",
        question=question,
        place=place,
        places=places,
        chantier=chantier,
        chantiers=known,
        results=results,
        counts=counts,
        capped=capped,
        total=sum(min(number, MOST_FOUND) for number in counts.values()),
        most=MOST_FOUND,
        page=page,
        pages=pages,
        address=address,
    )
