"""How the production server runs: one process, many threads, logs that name no one. `script/server` uses it too."""

import json
import os
import sys
import time
from typing import Any

from gunicorn.glogging import Logger

LOOPBACK = {"127.0.0.1", "::1", "localhost"}

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

# Only these addresses may say, through X-Forwarded-*, whom they speak for.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

accesslog = None if os.environ.get("ACCESS_LOG") == "0" else "-"
loglevel = os.environ.get("LOG_LEVEL", "info")


class JSONLogger(Logger):
    """One JSON object per line. Requests are told by their route and ids: no address, no name, no token, no query."""

    def setup(self, cfg: Any) -> None:
        """Give each handler our way of writing."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(JSONFormatter())

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        """Tell one request."""
        if not self.cfg.accesslog:
            return
        # Werkzeug leaves the request it has matched in the environment.
        request = environ.get("werkzeug.request")
        rule = getattr(request, "url_rule", None)
        arguments = getattr(request, "view_args", None) or {}
        self.access_log.info(
            "request",
            extra={
                "particulars": {
                    "method": req.method,
                    "route": str(rule) if rule else None,
                    "ids": {name: value for name, value in arguments.items() if isinstance(value, int)},
                    "status": int(str(resp.status).split(maxsplit=1)[0]),
                    "bytes": getattr(resp, "sent", None),
                    "ms": round(request_time.total_seconds() * 1000, 1),
                }
            },
        )


class JSONFormatter:
    """Writes a log record as JSON."""

    def format(self, record: Any) -> str:
        """One line, whatever the record holds."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "particulars", {}),
        }
        if record.exc_info:
            line["exception"] = self.trace(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)

    @staticmethod
    def trace(exc_info: Any) -> list[str]:
        """Where an exception passed, without its message, which may quote what someone typed."""
        kind, _, trace = exc_info
        frames = []
        while trace is not None:
            frames.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
            trace = trace.tb_next
        return [*frames, kind.__name__ if kind else "?"]


logger_class = JSONLogger


def on_starting(server: Any) -> None:
    """Demonstration accounts open without a password: no one but this machine may reach them."""
    if os.environ.get("CHANTIERS_DEMONSTRATION") == "1":
        exposed = [
            address for address in server.cfg.bind if address.rsplit(":", 1)[0].strip("[]") not in LOOPBACK
        ]
        if exposed:
            print(
                "Le mode démonstration n’est permis que sur une adresse de cette machine (127.0.0.1), "
                f"pas sur {', '.join(exposed)}.",
                file=sys.stderr,
            )
            sys.exit(1)


def when_ready(server: Any) -> None:
    """Once connections are accepted, say what script/server has to say."""
    if words := os.environ.get("READY_MESSAGE"):
        print(words, flush=True)
