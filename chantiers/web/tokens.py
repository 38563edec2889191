"""Signed tokens for addresses in mails: each purpose has its own salt, and no token serves another."""

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer


def signer(purpose: str) -> URLSafeSerializer:
    """Return the serializer that signs and reads the tokens of one purpose."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"chantiers:{purpose}")


def read(purpose: str, token: str) -> list[Any] | None:
    """Read the values of a token that we signed for this purpose; None for any other text."""
    try:
        values = signer(purpose).loads(token)
    except (BadData, ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None
