"""Baseline: what the same server, framework and database take for a page of as many rows, and nothing else.

One SQL statement, a bare template, the same compression. Whatever the product does more slowly than this is its own
doing: who is here, what they may do, words in two languages, a page that people can use.
"""

import os
from typing import Any

from flask import Flask, render_template
from flask_compress import Compress
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import select

from chantiers.config import ROOT, database_url, defaults, engine_options
from models import Base

PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Tâches</title></head><body><h1>Tâches</h1>
<table><caption>Tâches</caption>
{% for row in rows %}<tr><th scope="row"><a href="/taches/{{ row.id }}">{{ row.title }}</a></th>\
<td>{{ row.status }}</td><td>{{ row.pilote or "" }}</td><td>{{ row.due_on or "" }}</td></tr>
{% endfor %}</table></body></html>
"""


def create_baseline(url: str = "") -> Flask:
    """Create an app with one address, /<rows>, on the database of the product."""
    app = Flask("baseline", static_folder=None)
    compression = {name: value for name, value in defaults().items() if name.startswith("COMPRESS_")}
    address = database_url(url or os.environ["DATABASE_URL"], ROOT)
    app.config.update(
        compression, SQLALCHEMY_DATABASE_URI=address, SQLALCHEMY_ENGINE_OPTIONS=engine_options(address)
    )
    app.jinja_loader = DictLoader({"page.html": PAGE})
    db = SQLAlchemy(app)
    Compress(app)
    tasks, structures = Base.metadata.tables["task"].c, Base.metadata.tables["structure"].c
    query = (
        select(tasks.id, tasks.title, tasks.status, tasks.due_on, structures.name.label("pilote"))
        .outerjoin_from(tasks.id.table, structures.id.table, structures.id == tasks.pilote_id)
        .where(tasks.chantier_id == 1)
        .order_by(tasks.objective_id, tasks.position, tasks.id)
    )

    @app.get("/<int:count>")
    def page(count: int) -> Any:
        """Show so many tasks."""
        return render_template("page.html", rows=db.session.execute(query.limit(count)).all())

    return app
