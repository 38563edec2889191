"""Filters and globals of templates: dates, labels, Markdown, sentences of the journal."""

from flask import Flask
from flask_babel import get_locale
from markupsafe import Markup

from chantiers.language import dates, markdown
from chantiers.language.catalogues import WORDS
from chantiers.language.journal import icon_of, name_of, sentence
from chantiers.language.labels import LABELS, excerpt, file_size, label, type_name
from models import Comment, DeliverableState, TaskStatus, is_overdue, today


def init_app(app: Flask) -> None:
    """Register the filters and globals of templates."""
    app.jinja_env.filters.update(
        ago=dates.ago,
        clock=dates.clock,
        day=dates.day,
        days_ago=dates.days_ago,
        days_late=dates.days_late,
        excerpt=excerpt,
        file_size=file_size,
        icon_of=icon_of,
        instant=dates.instant,
        label=label,
        long_date=dates.day,
        short_date=dates.short_date,
        markdown=markdown.render,
        person_name=name_of,
        plain=markdown.plain,
        said=said,
        sentence=sentence,
        type_name=type_name,
    )
    app.jinja_env.globals.update(
        DeliverableState=DeliverableState,
        LABELS=LABELS,
        TaskStatus=TaskStatus,
        get_locale=get_locale,
        is_overdue=is_overdue,
        today=today,
        **WORDS,
    )


def said(comment: Comment) -> Markup:
    """Render the body of a comment as HTML, with the people whom it mentions."""
    return markdown.render_with_mentions(comment.body, (each["name"] for each in comment.mentions))
