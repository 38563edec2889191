"""URL converters: values in addresses, bounded so that none reaches the database out of range."""

from flask import Flask
from werkzeug.routing import BaseConverter


class IdConverter(BaseConverter):
    """Converter of ids: positive, and below 2⁶³ with room to spare; anything else is 404."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


class SlugConverter(BaseConverter):
    """Converter of slugs: lower-case letters, digits and hyphens."""

    regex = r"[a-z0-9][a-z0-9-]{0,119}"


class TokenConverter(BaseConverter):
    """Converter of tokens: the secret of a link."""

    regex = r"[A-Za-z0-9_-]{20,100}"


class SignedConverter(BaseConverter):
    """Converter of signed values (chantiers.web.tokens)."""

    regex = r"[A-Za-z0-9_.-]{20,600}"


def init_app(app: Flask) -> None:
    """Register the converters: `<id:task_id>`, `<slug:slug>`, `<token:token>`, `<signed:token>`."""
    app.url_map.converters.update(
        id=IdConverter, slug=SlugConverter, token=TokenConverter, signed=SignedConverter
    )
