"""The moves that a task offers: what each is called, what it asks, and the verb that it calls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from models import Task, TaskStatus, User


@dataclass(frozen=True)
class Move:
    """A change of status as a button: its key, its words, its icon, and whether it needs a sentence."""

    key: str
    label: Any
    icon: str
    perform: Callable[[Task, User, str, str], None]
    #: "", or what is asked: "blocker" (what blocks, what is needed) or "reason".
    asks: str = ""
    #: The first thing that people come for.
    is_main: bool = False


START = Move("start", _l("Commencer"), "in_progress", lambda task, by, *_: task.start(by=by), is_main=True)
RESUME = Move("start", _l("Reprendre"), "in_progress", lambda task, by, *_: task.start(by=by))
FINISH = Move("finish", _l("C’est fait"), "done", lambda task, by, *_: task.finish(by=by), is_main=True)
#: The same where something else comes first.
FINISH_TOO = replace(FINISH, is_main=False)
VALIDATE = Move("finish", _l("Valider"), "done", lambda task, by, *_: task.finish(by=by), is_main=True)
SEND_BACK = Move(
    "send_back",
    _l("Renvoyer en cours"),
    "to_rework",
    lambda task, by, why, _: task.send_back(why, by=by),
    "reason",
)
POSTPONE = Move("postpone", _l("Remettre à plus tard"), "todo", lambda task, by, *_: task.postpone(by=by))
BLOCK = Move(
    "block",
    _l("Signaler un blocage"),
    "blocked",
    lambda task, by, why, need: task.block(why, need, by=by),
    "blocker",
)
UNBLOCK = Move(
    "unblock", _l("Débloquer"), "in_progress", lambda task, by, *_: task.unblock(by=by), is_main=True
)
ABANDON = Move(
    "abandon", _l("Abandonner"), "abandoned", lambda task, by, why, _: task.abandon(why, by=by), "reason"
)
REOPEN = Move("reopen", _l("Rouvrir"), "in_progress", lambda task, by, *_: task.reopen(by=by))

#: The columns that no card enters without a word, and the move that asks for it.
ASKING = {TaskStatus.BLOCKED: BLOCK.key, TaskStatus.ABANDONED: ABANDON.key}


def moves_of(task: Any, decides: bool) -> list[Move]:
    """What may be done to a task now; `decides` for référents and coordination, whose word ends a task."""
    if task.status == TaskStatus.TODO:
        return [START, FINISH_TOO, BLOCK, ABANDON]
    if task.status == TaskStatus.IN_PROGRESS:
        return [FINISH, BLOCK, POSTPONE, ABANDON]
    if task.status == TaskStatus.TO_VALIDATE:
        return [VALIDATE, SEND_BACK, BLOCK, ABANDON] if decides else [RESUME, BLOCK]
    if task.status == TaskStatus.BLOCKED:
        return [UNBLOCK, FINISH_TOO, ABANDON]
    return [REOPEN]
