"""Reply address (Reply-To) of a mail: signed, it says who answers and about what.

Mail servers fold the case of what stands before the « @ », and cut it beyond 64 characters: hence digits and base32
instead of the signed words of other links.
"""

import hashlib
import hmac
import re
from base64 import b32encode
from dataclasses import dataclass

from flask import current_app

#: Kinds of subjects by the letter of the address. An answer to a review request goes to its deliverable.
KINDS = {"t": "task", "d": "deliverable", "o": "objective", "c": "chantier", "r": "review_request"}
LETTERS = {kind: letter for letter, kind in KINDS.items()}
#: Length of the signature in base32: 80 bits, nobody tries so many addresses.
SIGNATURE_LENGTH = 16
_TOKEN = re.compile(rf"\+([{''.join(KINDS)}])(\d{{1,18}})\.(\d{{1,18}})\.([a-z2-7]{{{SIGNATURE_LENGTH}}})$")


@dataclass(frozen=True)
class ReplyTarget:
    """Target of an answer by mail: who answers, and about what."""

    kind: str
    subject_id: int
    user_id: int


def reply_address(kind: str, subject_id: int, user_id: int) -> str | None:
    """Return the address where this person answers about that thing; None where no mailbox takes answers."""
    local, _, domain = current_app.config["MAIL_REPLY_TO"].rpartition("@")
    if not domain:
        return None
    words = f"{LETTERS[kind]}{subject_id}.{user_id}"
    return f"{local}+{words}.{_signature(words)}@{domain}"


def read(address: str) -> ReplyTarget | None:
    """Read an address that we signed; None for any other."""
    local, _, domain = current_app.config["MAIL_REPLY_TO"].lower().rpartition("@")
    mine, _, host = address.strip().lower().rpartition("@")
    if not domain or host != domain or not mine.startswith(f"{local}+"):
        return None
    found = _TOKEN.fullmatch(mine[len(local) :])
    if found is None:
        return None
    letter, subject_id, user_id, signature = found.groups()
    if not hmac.compare_digest(signature, _signature(f"{letter}{subject_id}.{user_id}")):
        return None
    return ReplyTarget(KINDS[letter], int(subject_id), int(user_id))


def _signature(words: str) -> str:
    key = f"chantiers:reply:{current_app.config['SECRET_KEY']}".encode()
    digest = hmac.new(key, words.encode(), hashlib.sha256).digest()
    return b32encode(digest).decode().lower()[:SIGNATURE_LENGTH]
