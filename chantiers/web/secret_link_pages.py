"""Secret link pages: pages whose address is a secret (invitations, sign-in links, answers by mail)."""

from flask.typing import ResponseReturnValue


def kept_private(page: str, status: int) -> ResponseReturnValue:
    """Answer a page at a secret address: no Referer, no cache."""
    return page, status, {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
