"""Load generator: asks a server for pages over keep-alive connections, as fast as it answers, and times them."""

import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
#: An answer that takes longer is an error.
PATIENCE = 30


@dataclass(frozen=True)
class PageAnswer:
    """Response as the load generator reads it."""

    status: int
    head: bytes
    body: bytes

    @property
    def location(self) -> str:
        found = re.search(rb"\r\nlocation: *([^\r]+)", self.head, re.IGNORECASE)
        return found[1].decode() if found else ""


class Browser:
    """Keep-alive connection with its cookie; far leaner than a real browser: what is measured is the server."""

    def __init__(self, port: int, cookie: str = "", encoding: str = "br, gzip") -> None:
        self.port, self.cookie, self.encoding = port, cookie, encoding
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, address: str) -> PageAnswer:
        """Open a page; a cookie that it sets is kept."""
        return self.send(self.request("GET", address))

    def post(self, address: str, fields: dict[str, str]) -> PageAnswer:
        """Send a form."""
        return self.send(self.request("POST", address, urlencode(fields).encode()))

    def request(self, method: str, address: str, body: bytes = b"") -> bytes:
        """Build the bytes of a request."""
        lines = [
            f"{method} {address} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "User-Agent: bench",
            f"Accept-Encoding: {self.encoding}",
            "Accept-Language: fr",
        ]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        if body:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def send(self, request: bytes) -> PageAnswer:
        """Send bytes and read the answer whole."""
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length is None:
            raise RuntimeError(f"an answer without a length: {head[:200]!r}")
        parts, missing = [body], int(length[1]) - len(body)
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        if given := COOKIE.findall(head):
            self.cookie = "; ".join(each.decode() for each in given)
        return PageAnswer(int(head[9:12]), head, b"".join(parts))

    def _more(self) -> bytes:
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


@dataclass
class Pace:
    """Latencies of answers, over how many seconds of asking."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return the throughput: answers per second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    @property
    def p95(self) -> float:
        """Return the 95th percentile of the latencies, in seconds."""
        return sorted(self.times)[int(len(self.times) * 0.95)] if self.times else 0.0

    def add(self, other: "Pace") -> None:
        """Count another round of the same."""
        self.times += other.times
        self.seconds += other.seconds
        self.errors += other.errors


def at_once(deeds: Sequence[Callable[[], Pace]]) -> Pace:
    """Do several things at the same time, one thread for each, from the same moment on."""
    start = threading.Barrier(len(deeds))
    paces: list[Pace] = []

    def run(deed: Callable[[], Pace]) -> None:
        start.wait()
        try:
            paces.append(deed())
        except OSError as error:
            paces.append(Pace(errors=[f"{type(error).__name__}: {error}"]))

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Pace()
    for pace in paces:
        whole.add(pace)
    whole.seconds = max(pace.seconds for pace in paces)
    return whole


def pace_of(port: int, cookie: str, address: str, connections: int, seconds: float) -> Pace:
    """Measure one page over so many connections during so many seconds."""

    def keep_asking() -> Pace:
        browser, pace = Browser(port, cookie), Pace()
        request = browser.request("GET", address)
        began = last = time.perf_counter()
        while last - began < seconds:
            status = browser.send(request).status
            now = time.perf_counter()
            if status == 200:
                pace.times.append(now - last)
            else:
                pace.errors.append(f"{status} for {address}")
            last = now
        pace.seconds = last - began
        browser.close()
        return pace

    return at_once([keep_asking] * connections)
