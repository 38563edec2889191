"""The style guide: every component in every state, for whoever builds a page and for the tests."""

from flask import Blueprint, render_template

from chantiers.rooms.style_guide import samples
from chantiers.rooms.style_guide.forms import SampleForm, refused_form
from chantiers.web.access import public

style_guide = Blueprint("style_guide", __name__)


@style_guide.get("/style")
@public
def show() -> str:
    """Show the components on invented things."""
    return render_template(
        "style_guide/show.html", samples=samples, form=SampleForm(prefix="libre"), refused=refused_form()
    )
