"""The signed addresses by which a person answers a point d'étape: bound to them, to it, and to a task."""

from dataclasses import dataclass
from hashlib import blake2b

from flask import url_for

from chantiers.web import tokens
from models import CheckpointAnswer, User

PURPOSE = "checkpoint"


@dataclass(frozen=True)
class CheckpointLink:
    """What an address says: who answers which point d'étape, about which task (0: all of theirs), and what."""

    checkpoint_id: int
    user_id: int
    address: str
    task_id: int = 0
    answer: str = ""

    def is_of(self, person: User) -> bool:
        """Whether it was sent to the address that this person still has."""
        return self.address == _mark_of(person)


def token(checkpoint_id: int, person: User, task_id: int = 0, answer: str = "") -> str:
    """The signed words of an address; those sent to an address that the person left stop working."""
    values = [checkpoint_id, person.id, _mark_of(person), task_id, answer]
    return str(tokens.signer(PURPOSE).dumps(values))


def addresses(checkpoint_id: int, person: User, task_id: int) -> dict[str, str]:
    """The address of each answer about a task, on this site."""
    return {
        str(answer): url_for(
            "checkpoints.from_mail", token=token(checkpoint_id, person, task_id, str(answer))
        )
        for answer in CheckpointAnswer
    }


def read(text: str) -> CheckpointLink | None:
    """What we signed; None for anything else."""
    values = tokens.read(PURPOSE, text)
    if values is None or len(values) != 5 or values[4] not in ("", *CheckpointAnswer):
        return None
    return CheckpointLink(*values)


def _mark_of(person: User) -> str:
    return blake2b((person.email or "").encode(), digest_size=6).hexdigest()
