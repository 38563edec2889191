"""Mail server for tests, a real one: whatever the product sends arrives here, and nowhere else."""

import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.live_server import free_port


class Received:
    """Mail that arrived, read as a mailbox shows it."""

    def __init__(self, to: str, content: bytes) -> None:
        self.to = to
        self.content = content
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.message = message

    def __repr__(self) -> str:
        return f"<{self.subject!r} to {self.to}>"

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The part in plain text."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The part in HTML."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"no {kind} part"
        return str(part.get_content())

    @property
    def links(self) -> list[str]:
        """The addresses in the plain text, in their order."""
        return re.findall(r"https?://[^\s<>]+", self.text)

    def link(self, containing: str) -> str:
        """Return the first address that contains this, without its host: what a visitor opens."""
        found = next((link for link in self.links if containing in link), None)
        assert found is not None, f"no link with {containing!r} in {self.links}"
        return "/" + found.split("/", 3)[3]

    @property
    def buttons(self) -> dict[str, str]:
        """Links of the HTML part: what they say → where they lead."""
        reader = _Links()
        reader.feed(self.html)
        return reader.found

    def header(self, name: str) -> str:
        """Return one header, unfolded."""
        return str(self.message[name] or "").strip()


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._open: str | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open, self._words = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open:
            self.found[" ".join(self._words.split())] = self._open
            self._open = None


class Mailbox:
    """SMTP server of this test: it may go down, be slow, or refuse an address."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.refused: dict[str, str] = {}
        self.pause = 0.0
        self._controller: Controller | None = None
        self._port = free_port()
        self.up()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Answer, on the same port as before."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    def down(self) -> None:
        """Answer no more."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Answer what aiosmtpd asks for each recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Answer what aiosmtpd asks for each message."""
        time.sleep(self.pause)
        for address in envelope.rcpt_tos:
            self.received.append(Received(address, envelope.content))
        return "250 OK"

    def to(self, address: str) -> list[Received]:
        """Return what arrived for an address."""
        return [mail for mail in self.received if mail.to == address]

    def only(self, address: str, containing: str = "") -> Received:
        """Return the one mail that arrived for an address, or the one whose subject contains this."""
        found = [mail for mail in self.to(address) if containing in mail.subject]
        assert len(found) == 1, f"{len(found)} mails for {address}: {self.received}"
        return found[0]

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Wait until so many have arrived."""
        limit = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < limit, f"{len(self.received)} mails of {count} arrived"
            time.sleep(0.02)
