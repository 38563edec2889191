"""Security and cache headers of every response: CSP, HSTS, permissions, Cache-Control, ETag."""

import hashlib
import secrets

from flask import Flask, Response, g, request, session

PAGE_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
#: CSP of files that people sent: if one opens at all, it is without scripts, forms or our origin.
FILE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'"
)

#: Permissions-Policy: features that no page needs here.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": PERMISSIONS,
}
YEAR = "max-age=31536000"

#: Vary: one address answers a whole page or a fragment, and the browser must not show one for the other.
ASKED_BY_HTMX = ("HX-Request", "HX-Request-Type")


def init_app(app: Flask) -> None:
    """Add headers to every response of this app, and answer 304 for pages that have not changed.

    Call it after the compression's own init_app: the function registered last runs first, and a page is compared
    before it is compressed.
    """
    app.after_request(protect)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """Return the CSP nonce of this page, for the rare inline script; the policy allows one only then."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def protect(response: Response) -> Response:
    """Add the headers that the response does not set itself."""
    given = {name.lower() for name, _value in response.headers}
    response.headers.extend((name, value) for name, value in ALWAYS.items() if name.lower() not in given)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", YEAR)
    if request.endpoint == "static":
        return response
    # Kept by this browser only, and shown again only once the server has said that it still holds. Not "no-store":
    # that would lose the back button, and with it what somebody was typing.
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if response.mimetype != "text/html":
        response.headers.setdefault("Content-Security-Policy", FILE_POLICY)
        return response
    response.headers.setdefault("Content-Security-Policy", page_policy())
    response.vary.update((*ASKED_BY_HTMX, "Cookie"))
    return _answer_304_if_unchanged(response)


def page_policy() -> str:
    """Return the CSP of the page that was just made."""
    policy = dict(PAGE_POLICY)
    if "csp_nonce" in g:
        policy["script-src"] += f" 'nonce-{g.csp_nonce}'"
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def _answer_304_if_unchanged(response: Response) -> Response:
    is_plain_page = (
        request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed
    )
    if not is_plain_page or "csp_nonce" in g or "no-store" in response.headers["Cache-Control"]:
        return response
    if "ETag" not in response.headers:
        response.set_etag(_digest(response.get_data()), weak=True)
    response.make_conditional(request)
    return response


def _digest(page: bytes) -> str:
    """Hash the page for its ETag, but for the CSRF token, which is signed anew each second.

    The secret behind the token counts in its place: any token signed over it is good, none is once it has changed.
    """
    token = str(g.get("csrf_token", ""))
    if token:
        page = page.replace(token.encode(), str(session.get("csrf_token", "")).encode())
    return hashlib.sha256(page).hexdigest()[:32]
