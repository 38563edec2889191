"""Signed words for addresses that mails carry: each purpose has its own, and none serves another."""

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer


def signer(purpose: str) -> URLSafeSerializer:
    """What signs and reads the tokens of one purpose."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"chantiers:{purpose}")


def read(purpose: str, token: str) -> list[Any] | None:
    """The values of a token that we signed for this purpose; None for any other text."""
    try:
        values = signer(purpose).loads(token)
    except (BadData, ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None
