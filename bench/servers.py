"""Servers to measure: gunicorn as in production, on a loopback port, ended with the measure."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from chantiers.config import ROOT

#: How long a server may take to accept connections.
PATIENCE = 30


class MeasuredServer:
    """Gunicorn server: where it listens, and the memory and processor time that it takes."""

    def __init__(self, application: str, database: str, folder: Path) -> None:
        self.port = _free_port()
        self.log = folder / f"{application.split(':')[0]}-{self.port}.log"
        kept = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR")
        environment = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "DATABASE_URL": database,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "SECRET_KEY": SECRET,
            "INSTANCE_DIR": str(folder),
            "STORAGE_URL": (folder / "files").as_uri(),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", application],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self) -> None:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server does not answer:\n{self.log.read_text()[-3000:]}")

    @property
    def memory(self) -> float:
        """Return the resident memory of its workers, in MB."""
        pages = [int(Path(f"/proc/{worker}/statm").read_text().split()[1]) for worker in self._workers]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def work(self) -> float:
        """Return the processor seconds that its workers have taken: other programs weigh little on it."""
        spent = [
            Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split() for worker in self._workers
        ]
        return sum(int(each[11]) + int(each[12]) for each in spent) / os.sysconf("SC_CLK_TCK")

    @property
    def _workers(self) -> list[str]:
        return Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


#: The key of every server of this run, and of the cookies that the run makes for itself.
SECRET = secrets.token_urlsafe(48)


@contextlib.contextmanager
def serving(application: str, database: str) -> Iterator[MeasuredServer]:
    """Start a server for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="chantiers-bench-") as folder:
        server = MeasuredServer(application, database, Path(folder))
        try:
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
