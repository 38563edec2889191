"""Links that leave the product: built from the configured public address, never from what a request claims to be."""

from typing import Any

from flask import current_app, request, url_for


def absolute(endpoint: str, **values: Any) -> str:
    """The full address of a page. Without a configured PUBLIC_URL (on one's own computer) it is the one in use."""
    root = current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")
    return f"{root}{url_for(endpoint, **values)}"
