"""Answers to a point d'étape: what somebody says of a task, and what it does to that task."""

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from models.discussion.comment import Comment
from models.ground.base import db, now
from models.ground.refused import Refused
from models.people.user import User
from models.tasks.status import TaskStatus
from models.tasks.task import Task

if TYPE_CHECKING:
    from models.steering.checkpoint import Checkpoint


class CheckpointAnswer(StrEnum):
    """Answer of a person about a task."""

    IN_PROGRESS = "in_progress"
    DONE = "done"
    BLOCKED = "blocked"


class CheckpointAnswering:
    """Mixin of the line of a point d'étape that its recipient answers."""

    if TYPE_CHECKING:
        task: Mapped[Task]
        checkpoint: Mapped[Checkpoint]
        answered_at: Mapped[datetime | None]
        said: Mapped[CheckpointAnswer | None]
        mark: Mapped[str | None]

    def answer(
        self, said: str, words: str = "", need: str = "", *, by: User, seen: str = "", source: str = "page"
    ) -> bool:
        """Answer where the task stands; returns False when the very same answer was given already.

        `seen` is the status that the page showed. A sentence becomes what blocks, or a comment. Raises
        Refused("checkpoint_over"), Refused("status_already") when the task moved on since, Refused("task_closed"),
        Refused("reason_missing").
        """
        answer = CheckpointAnswer(said)
        mark = _mark_of(seen, answer, words, need)
        if self.mark == mark:
            return False
        if not self.checkpoint.takes_answers:
            raise Refused("checkpoint_over")
        if not self.task.is_open:
            raise Refused("task_closed")
        if seen and seen != self.task.status:
            raise Refused("status_already", status=str(self.task.status))
        if self._changes_nothing(answer, by):
            self.task.confirm(by=by)
            self._comment(words, need, by=by, source=source)
        elif answer == CheckpointAnswer.BLOCKED:
            self.task.block(words, need, by=by)
        else:
            self.task.become(TaskStatus(answer), by=by, reason=words)
            self._comment(words, need, by=by, source=source)
        self.said, self.answered_at, self.mark = answer, now(), mark
        db.session.flush()
        return True

    def _changes_nothing(self, answer: CheckpointAnswer, by: User) -> bool:
        """Tell whether the task stands so already, or was declared done by somebody who waits for a référent's word."""
        waits = self.task.status == TaskStatus.TO_VALIDATE and not by.steers(self.task.chantier_id)
        return self.task.status == TaskStatus(answer) or (answer == CheckpointAnswer.DONE and waits)

    def _comment(self, words: str, need: str, *, by: User, source: str) -> None:
        said = "\n\n".join(each for each in (words.strip(), need.strip()) if each)
        if said:
            Comment.write(self.task, said, by=by, source=source)


def _mark_of(*said: str) -> str:
    return blake2b("\0".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
