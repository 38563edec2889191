"""Real server, gunicorn as in production, in a process of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveServer:
    """Server: one gunicorn and its workers."""

    def __init__(self, environment: dict[str, str], arguments: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = arguments
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FLASK_")},
            "PUBLIC_URL": self.url,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            # A worker of its own only where a test asks for one: it would write beside the tests.
            "WORKER": "apart",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        handle, path = tempfile.mkstemp(prefix="chantiers-server-", suffix=".log")
        os.close(handle)
        self.log = Path(path)
        self._read = 0

    def start(self, *, wait: bool = True) -> "LiveServer":
        """Start, and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "gunicorn.conf.py",
            *self.arguments,
            "app:create_app()",
        ]
        with self.log.open("ab") as log:
            # A group of its own, so that the workers of a server that was killed can be found and ended with it.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        if wait:
            self._wait()
        return self

    def _wait(self) -> None:
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            if not self.is_running:
                raise RuntimeError(f"the server stopped at once:\n{self.log.read_text()[-3000:]}")
            try:
                urllib.request.urlopen(f"{self.url}/sante", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not answer within 30 s:\n{self.log.read_text()[-3000:]}")

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill (`kill -9`), the workers too: nothing gets a chance to tidy up."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int | None:
        """Ask it to stop, as the system does, and answer its exit status."""
        self._signal(signal.SIGTERM)
        self.log.unlink(missing_ok=True)
        return self.process.returncode if self.process else None

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=5)

    def assert_no_error(self) -> None:
        """Check that no exception was logged since the last time."""
        with self.log.open() as log:
            log.seek(self._read)
            news = log.read()
            self._read = log.tell()
        if "Traceback" in news or '"exception"' in news:
            raise AssertionError(f"the server logged an exception:\n{news[-4000:]}")
