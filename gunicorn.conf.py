"""Gunicorn configuration: one process, many threads, logs that name no one. `script/server` uses it too."""

import os
import sys
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

sys.path.insert(0, str(Path(__file__).resolve().parent))

from chantiers.config import is_loopback
from chantiers.jobs import garbage_collection
from chantiers.jobs import worker as jobs
from chantiers.web.logs import JSONFormatter

host = os.environ.get("HOST", "127.0.0.1")
port = os.environ.get("PORT", "5000")
bind = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]

# Browsers keep idle connections open; few threads would leave the next visitor waiting behind them. SQLite has one
# writer at a time, so more processes serve only an instance on PostgreSQL.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("THREADS", "64"))
keepalive = 5
timeout = 60
graceful_timeout = 5
control_socket_disable = True
proc_name = "chantiers"

# Which X-Forwarded-* headers are trusted is set in one place: TRUSTED_PROXIES, in the application.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# The application logs its own requests, by their route: gunicorn would log addresses, and the tokens in them.
accesslog = None
loglevel = os.environ.get("LOG_LEVEL", "info").lower()


class JSONLogger(Logger):
    """Logger of gunicorn itself, in the application's JSON format."""

    def setup(self, cfg: Any) -> None:
        """Give each handler our formatter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JSONFormatter())


logger_class = JSONLogger


def on_starting(server: Any) -> None:
    """Refuse to start a demonstration, whose accounts open without a password, on an address that others reach."""
    if os.environ.get("CHANTIERS_DEMONSTRATION") == "1":
        exposed = [each for each in server.cfg.bind if not is_loopback(each.rsplit(":", 1)[0].strip("[]"))]
        if exposed:
            print(
                "Le mode démonstration n’est permis que sur une adresse de cette machine (127.0.0.1), "
                f"pas sur {', '.join(exposed)}.",
                file=sys.stderr,
            )
            sys.exit(1)


def post_worker_init(worker: Any) -> None:
    """Start the embedded worker and take garbage collection over, once the application is loaded."""
    garbage_collection.take_over()
    if worker.wsgi.config.get("WORKER") == "embedded":
        worker.jobs = jobs.WorkerThread(worker.wsgi)
        worker.jobs.start()


def worker_int(worker: Any) -> None:
    """Stop the jobs when the worker is asked to stop: a mail being sent is finished, none is begun."""
    stop_jobs(worker)


def worker_exit(server: Any, worker: Any) -> None:
    """Stop the jobs when the worker exits, for whatever reason."""
    stop_jobs(worker)


def stop_jobs(worker: Any) -> None:
    """End the thread of the jobs, if there is one."""
    if (thread := getattr(worker, "jobs", None)) is not None:
        thread.stop()
        thread.join(timeout=3)


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """Collect garbage when it is due, after a response was sent: nobody waits."""
    garbage_collection.collect_when_due()


def when_ready(server: Any) -> None:
    """Print the message of script/server once connections are accepted."""
    if words := os.environ.get("READY_MESSAGE"):
        print(words, flush=True)
