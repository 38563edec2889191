"""What somebody wrote in an answer by mail: without what they quote, their signature, and our own words."""

import re
from email.message import Message
from html.parser import HTMLParser

#: Above this line one answers; it stands at the head of every mail that may be answered.
MARKER = re.compile(r"^[\s>|*]*[—–_-]{3,}.*(au-dessus de cette ligne|above this line).*$", re.IGNORECASE)
#: Where the quoted mail begins, as mail programs say it in French and in English.
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
    """The words of an answer, in plain text; nothing where there are none."""
    plain = _part(message, "text/plain")
    text = plain if plain is not None and plain.strip() else _plainly(_part(message, "text/html") or "")
    return cut(text)


def cut(text: str) -> str:
    """The text up to our marker, a quoted mail or a signature; lines quoted in between are left out."""
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
    """The first part of that kind that is no attachment, decoded whatever it declares."""
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
    # What is neither what it says nor UTF-8 comes from an older Windows.
    return payload.decode("cp1252", "replace")


def _unflowed(text: str) -> str:
    """Lines that a mail program folded, joined again (RFC 3676)."""
    joined: list[str] = []
    for line in text.splitlines():
        if joined and joined[-1].endswith(" ") and joined[-1] != "-- " and line and not line.startswith(">"):
            joined[-1] += line
        else:
            joined.append(line)
    return "\n".join(joined)


class _Plain(HTMLParser):
    """The text of HTML, a line for each block, without what is quoted."""

    BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "hr"})
    HIDDEN = frozenset({"script", "style", "head", "title", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        #: Inside how many elements that are not read.
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


def _plainly(html: str) -> str:
    reader = _Plain()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
