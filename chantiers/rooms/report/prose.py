"""What people wrote in Markdown as plain blocks of runs, which a PDF and a word processor's document draw alike."""

import re
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from typing import Any

from chantiers.language.markdown import render

#: What no document can hold: control characters, lone surrogates and two that mean nothing.
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
#: Words longer than a line are cut where a line ends: an address, a slip of the keyboard.
ENDLESS = re.compile(r"\S{38}(?=\S)")
BLOCKS = {"p", "li", "h3", "h4", "h5", "h6", "pre", "tr"}


def sayable(text: str) -> str:
    """A text without what no document holds; endless words may be broken anywhere."""
    return ENDLESS.sub(lambda word: word.group() + "\u200b", UNSAYABLE.sub("", text))


@dataclass
class Run:
    """Words of one look."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""


@dataclass
class Block:
    """A paragraph, a heading or a line of a list; `depth` counts from 1 in lists and quotes."""

    kind: str
    depth: int = 0
    number: int = 0
    runs: list[Run] = field(default_factory=list)


def blocks(text: str) -> list[dict[str, Any]]:
    """The blocks of a text in Markdown, as plain data."""
    reader = _ProseReader()
    reader.feed(str(render(text)))
    reader.close()
    return [asdict(block) for block in reader.blocks if any(run.text.strip() for run in block.runs)]


def plain(text: str) -> str:
    """The words of a text in Markdown on one line."""
    words = ("".join(run["text"] for run in block["runs"]) for block in blocks(text))
    return " ".join(" ".join(words).split())


class _ProseReader(HTMLParser):
    """Reads the HTML that our own renderer wrote: a few tags, each of them closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._lists: list[int | None] = []
        self._quotes = 0
        self._looks: list[str] = []
        self._hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "blockquote":
            self._quotes += 1
        elif tag in BLOCKS:
            self._open(tag)
        elif tag in ("strong", "th", "em"):
            self._looks.append(tag)
        elif tag == "a":
            self._hrefs.append(dict(attrs).get("href") or "")
        elif tag == "br":
            self.handle_data("\n")

    def _open(self, tag: str) -> None:
        if tag == "p" and self.blocks and self.blocks[-1].kind == "li" and not self.blocks[-1].runs:
            return
        kind = {"li": "li", "p": "p"}.get(tag, "h" if tag.startswith("h") else "p")
        block = Block(kind, depth=len(self._lists) or self._quotes)
        if kind == "li" and self._lists and self._lists[-1] is not None:
            self._lists[-1] += 1
            block.number = self._lists[-1]
        self.blocks.append(block)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag in ("strong", "th", "em") and self._looks:
            self._looks.pop()
        elif tag == "a" and self._hrefs:
            self._hrefs.pop()
        if tag in ("th", "td"):
            self.handle_data("\u2003")

    def handle_data(self, data: str) -> None:
        if not self.blocks:
            if not data.strip():
                return
            self.blocks.append(Block("p"))
        run = Run(
            sayable(data),
            bold="strong" in self._looks or "th" in self._looks,
            italic="em" in self._looks,
            href=self._hrefs[-1] if self._hrefs else "",
        )
        if run.text and (run.text.strip() or self.blocks[-1].runs):
            self.blocks[-1].runs.append(run)
