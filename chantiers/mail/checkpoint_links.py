"""Signed links by which a person answers a point d'étape: bound to the person, the point d'étape and a task."""

from dataclasses import dataclass
from hashlib import blake2b

from flask import url_for

from chantiers.web import tokens
from models import CheckpointAnswer, User

PURPOSE = "checkpoint"


@dataclass(frozen=True)
class CheckpointLink:
    """Link of a mail: who answers which point d'étape, about which task (0: all of theirs), and with which answer."""

    checkpoint_id: int
    user_id: int
    address: str
    task_id: int = 0
    answer: str = ""

    def is_of(self, person: User) -> bool:
        """Tell whether it was sent to the address that this person still has."""
        return self.address == _address_hash(person)


def token(checkpoint_id: int, person: User, task_id: int = 0, answer: str = "") -> str:
    """Sign the token of a link; those sent to an address that the person changed stop working."""
    values = [checkpoint_id, person.id, _address_hash(person), task_id, answer]
    return str(tokens.signer(PURPOSE).dumps(values))


def addresses(checkpoint_id: int, person: User, task_id: int) -> dict[str, str]:
    """Return the URL of each answer about a task, by answer."""
    return {
        str(answer): url_for(
            "checkpoints.from_mail", token=token(checkpoint_id, person, task_id, str(answer))
        )
        for answer in CheckpointAnswer
    }


def read(text: str) -> CheckpointLink | None:
    """Read a token that we signed; None for anything else."""
    values = tokens.read(PURPOSE, text)
    if values is None or len(values) != 5 or values[4] not in ("", *CheckpointAnswer):
        return None
    return CheckpointLink(*values)


def _address_hash(person: User) -> str:
    return blake2b((person.email or "").encode(), digest_size=6).hexdigest()
