"""« Mon travail », the first screen once signed in: what is expected of me, and where I can help."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from chantiers.rooms.my_work import queries
from chantiers.web.access import acting, signed_in

my_work = Blueprint("my_work", __name__)


@my_work.get("/mon-travail")
@signed_in
def show() -> ResponseReturnValue:
    """What is expected of this person."""
    return render_template("my_work/show.html", work=queries.my_work(acting()))
