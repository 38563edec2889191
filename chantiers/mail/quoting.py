"""Parser of answers by mail: strips quotes, signatures, and our own words."""

import re
from email.message import Message
from html.parser import HTMLParser

#: Marker at the head of every mail that may be answered: people write above it.
MARKER = re.compile(r"^[\s>|*]*[—–_-]{3,}.*(au-dessus de cette ligne|above this line).*$", re.IGNORECASE)
#: First line of a quoted mail, as mail programs write it in French and in English.
QUOTE = re.compile(
    r"""^\s*(
        (le|on)\b.{4,200}(a\ écrit|wrote)\s*:\s*$             # Le 12 mars 2026 à 10:00, Untel <…> a écrit :
      | -{2,}\s*(message\ d['’]origine|original\ message|message\ transféré|forwarded\ message).*
      | _{10,}\s*$                                            # Outlook's rule
      | (de|from)\s?:\s?.*[<@].*                              # De : Untel <…>, followed by Envoyé :
      | \*(de|from)\s?:\*.*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
SIGNATURE = re.compile(
    r"^(--\s?$|—\s?$|(envoyé (de|depuis|à partir de)|sent from|télécharger outlook|get outlook)\b.*)",
    re.IGNORECASE,
)


def words_of(message: Message) -> str:
    """Return the words of an answer in plain text, from its text part or else its HTML; an empty string without any."""
    plain = _part(message, "text/plain")
    text = plain if plain is not None and plain.strip() else _text_of_html(_part(message, "text/html") or "")
    return cut(text)


def cut(text: str) -> str:
    """Cut the text at our marker, a quoted mail or a signature, and leave out lines quoted before."""
    kept: list[str] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")
    for number, line in enumerate(lines):
        # The sentence that begins a quote is often folded: « Le …, Untel » / « a écrit : ».
        folded = f"{line} {lines[number + 1].strip()}" if number + 1 < len(lines) else line
        if MARKER.match(line) or SIGNATURE.match(line.strip()) or _begins_quote(line, folded):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _begins_quote(line: str, folded: str) -> bool:
    if len(line) > 400:
        return False
    if QUOTE.match(line):
        return True
    return bool(re.match(r"^\s*(le|on)\b", line, re.IGNORECASE) and len(folded) < 400 and QUOTE.match(folded))


def _part(message: Message, kind: str) -> str | None:
    """Decode the first part of that kind that is no attachment, whatever charset it declares."""
    for part in message.walk():
        if part.get_content_type() != kind or part.get_content_disposition() == "attachment":
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        text = _decoded(payload, str(part.get_content_charset() or ""))
        flowed = str(part.get_param("format", "")).lower() == "flowed"
        return _unflowed(text) if flowed else text
    return None


def _decoded(payload: bytes, charset: str) -> str:
    for name in (charset, "utf-8"):
        try:
            return payload.decode(name)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    # Neither the declared charset nor UTF-8: it comes from an older Windows.
    return payload.decode("cp1252", "replace")


def _unflowed(text: str) -> str:
    """Join the lines that a mail program folded (format=flowed, RFC 3676)."""
    joined: list[str] = []
    for line in text.splitlines():
        if joined and joined[-1].endswith(" ") and joined[-1] != "-- " and line and not line.startswith(">"):
            joined[-1] += line
        else:
            joined.append(line)
    return "\n".join(joined)


class _TextOfHtml(HTMLParser):
    """HTML parser that keeps the text, a line for each block, without quotes."""

    BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "hr"})
    HIDDEN = frozenset({"script", "style", "head", "title", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        #: Depth inside the skipped element.
        self.depth = 0
        self.skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        quoted = tag == "blockquote" or "gmail_quote" in (given.get("class") or "")
        if self.skipped:
            if tag == self.skipped[-1]:
                self.depth += 1
        elif tag in self.HIDDEN or quoted:
            self.skipped.append(tag)
            self.depth = 1
        elif tag in self.BLOCKS:
            self.pieces.append("\n")
            if tag == "li":
                self.pieces.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if self.skipped and tag == self.skipped[-1]:
            self.depth -= 1
            if self.depth == 0:
                self.skipped.pop()
        elif not self.skipped and tag in self.BLOCKS - {"br"}:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.pieces.append(re.sub(r"\s+", " ", data))


def _text_of_html(html: str) -> str:
    reader = _TextOfHtml()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
