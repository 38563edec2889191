"""Pages whose address is a secret."""

from flask.typing import ResponseReturnValue


def kept_private(page: str, status: int) -> ResponseReturnValue:
    """A page whose address is a secret: no other site hears of it, no cache keeps it."""
    return page, status, {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
