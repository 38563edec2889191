"""Recorder of the SQL statements that requests run."""

import re
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests.support.document import squash

NOT_COUNTED = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|PRAGMA|SAVEPOINT|RELEASE|SET TRANSACTION)\b", re.IGNORECASE
)


class Statements(list[str]):
    """Statements of SQL that requests ran, transactions and settings left out."""

    def __str__(self) -> str:
        return "\n".join(f"{number}. {squash(statement)}" for number, statement in enumerate(self, 1))


class EngineRecorder:
    """Recorder of the statements of an application's engine, which repeats them to whoever listens."""

    def __init__(self, app: Flask) -> None:
        self.listeners: list[Statements] = []
        with app.app_context():
            engine = app.extensions["sqlalchemy"].engine
        event.listen(engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not NOT_COUNTED.match(statement):
            for listener in self.listeners:
                listener.append(statement)


def engine_recorder(app: Flask) -> EngineRecorder:
    """Return the recorder of this application, made at the first visit."""
    recorder: EngineRecorder = app.extensions.get("tests.recorder") or EngineRecorder(app)
    app.extensions["tests.recorder"] = recorder
    return recorder
