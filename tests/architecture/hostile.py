"""Hostile input: what people, robots and broken browsers may send as any field, query or address."""

from io import BytesIO

#: The marks of a page that took somebody's words for its own.
LIVE = ("<script>alert(", "<img src=x", "<svg onload", 'href="javascript:')
PAYLOAD = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)><svg onload=alert(1)>"

TEXTS = {
    "empty": "",
    "blank": " \u00a0\t ",
    "10,000 characters": "à" * 10_000,
    "one character too many": "b" * 301,
    "200,000 characters": "c" * 200_000,
    "emoji": "👩🏽‍🌾🚲🏳️‍🌈" * 4,
    "right to left": "\u202egnissecca\u202c \u2066abc",
    "script": PAYLOAD,
    "template": "{{7*7}}{% raw %}${7*7}",
    "format": "%s %(title)s %(num)d %n {0} {title}",
    "NUL": "avant\x00après",
    "only NUL": "\x00",
    "CRLF": "un\r\nSet-Cookie: a=b\r\n\r\ndeux",
    "combining": "e" + "\u0301" * 400,
    "no characters": "a\ufffe\uffff\U0001fffeb",
    "markdown": "[x](javascript:alert(1)) ![y](data:text/html,<script>alert(1)</script>) " + "> " * 300,
    "quotes": "'; DROP TABLE task; -- \" ` \\",
    "path": "../../../../etc/passwd",
    "another site": "//evil.example/%0d%0a",
    "scripted address": "javascript:alert(1)",
    "unreadable address": "https://[::1/é\x01",
    "JSON": '{"a": [1, null, {"b": {}}]}',
    "JSON list": "[[[[[[1]]]]]]",
    "deep JSON": "[" * 5_000,
    "JSON number": "1e999",
    "null": "null",
    "year 0": "0000-01-01",
    "year 9999": "9999-12-31",
    "thirteenth month": "2026-13-01",
    "30th of February": "30/02/2026",
    "date in other digits": "٢٠٢٦-٠١-٠١",
    "week 99": "2026-W99",
    "-1": "-1",
    "0": "0",
    "2**31": str(2**31),
    "2**63": str(2**63),
    "10**40": "1" + "0" * 40,
    "5,000 digits": "9" * 5_000,
    "1.5": "1.5",
    "1e9": "1e9",
    "NaN": "NaN",
    "infinite": "Infinity",
    "other digits": "٣",
    "superscript": "²",
    "underscore": "1_0",
    "unknown id": "987654321",
    "somebody else's id": "3",
    "another id": "15",
    "yes": "y",
    "word": "coordinator",
}

#: Bytes that are no UTF-8, as they stand in an address or a form.
BYTES = {"lone surrogate": "%ED%A0%80", "no UTF-8": "%FF%FEa", "overlong": "%C0%80", "half a letter": "a%C3"}

FILES = {
    "no byte": (b"", "vide.pdf"),
    "no name": (b"%PDF-1.7", ""),
    "page": (b"<!doctype html><script>alert(1)</script>", "page.html"),
    "drawing": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "dessin.svg"),
    "climbing name": (b"%PDF-1.7", "../../../etc/cron.d/x.pdf"),
    "300 characters": (b"%PDF-1.7", "n" * 300 + ".pdf"),
    "broken name": (b"%PDF-1.7", 'a\r\nX: y";\x00.pdf'),
    "only an extension": (b"%PDF-1.7", ".pdf"),
    "disguised": (b"MZ\x90\x00", "innocent.pdf"),
}

#: What may stand for a number or a word in a path.
SEGMENTS = (
    "0", "-1", "01", "1.5", "1e3", "abc", "NULL", "%00", "1%00", "..", "..%2f..%2fetc%2fpasswd", "%2e%2e", "é", "%FF",
    "%ED%A0%80", "1%0d%0aSet-Cookie:a=b", "1;2", "1'--", "%3Cscript%3E", "{{7*7}}", "%25s", "1_0", "%D9%A3", "a" * 300,
    "9" * 400, "A-B", "-a", "+", "%20", "nouvelle", "*",
)  # fmt: skip

HEADERS = {
    "cookie": {"Cookie": "chantiers=rien; locale=%00; csrf_token=é"},
    "half a session": {"Cookie": "chantiers=eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbb"},
    "language": {
        "Accept-Language": "*;q=nan, fr-\udcff;;q=2, xx".encode("latin-1", "replace").decode("latin-1")
    },
    "accept": {"Accept": "application/json;q=2, ;;;"},
    "referrer": {"Referer": "http://[::1/connexion"},
    "origin": {"Origin": "null"},
    "entity": {"If-None-Match": 'W/"', "If-Modified-Since": "hier"},
    "range": {"Range": "bytes=9-1,-"},
    "htmx": {"HX-Request": "true", "HX-Target": "<script>", "HX-Current-URL": "javascript:alert(1)"},
    "forwarded": {
        "X-Forwarded-For": "x, ::1",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "ftp",
    },
    "user agent": {"User-Agent": "\x7f" + "m" * 5_000},
    "content type": {"Content-Type": "multipart/form-data"},
    "content length": {"Content-Length": "-1"},
}


def upload(name: str) -> tuple[BytesIO, str]:
    """Return a file of FILES, as a form sends it."""
    content, file_name = FILES[name]
    return BytesIO(content), file_name
