"""Links that leave the product: built from the configured public address, never from what a request claims to be."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request, url_for

from chantiers.web.forms import clean_line


def absolute(endpoint: str, **values: Any) -> str:
    """Return the full address of a page. Without a configured PUBLIC_URL it is the one in use."""
    root = current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")
    return f"{root}{url_for(endpoint, **values)}"


def web_address(text: str | None) -> str:
    """Complete an address on the web as people write it: « www.exemple.org » gets its https."""
    text = clean_line(text)
    return f"https://{text}" if text and "://" not in text else text


def opens(address: str) -> bool:
    """Whether a link can open that address: http or https, with the name of a computer."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in address
    except ValueError:
        return False
