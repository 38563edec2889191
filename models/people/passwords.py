"""Passwords: hashing (Argon2id), verification, and the rules by which a weak one is refused."""

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.ground.base import fold

SHORTEST = 12
LONGEST = 256

#: A word of the name or of the address only counts from this length on: « de », « fr » are in every sentence.
TELLING = 4
#: How many signs of its own a password needs beside what anyone could guess: a name, the product's, a walk on the keys.
OF_ONE_S_OWN = 8

PRODUCT = ("chantiers", "chantier", "cooperatifs", "cooperatif", "transition", "ecologique", "carnetdebord")

#: The rows of the keyboards in use here, and the orders everybody knows, each walked in both directions.
WALKS = (
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "01234567890123456789",
    "aqwzsxedcrfvtgbyhnujikolpm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "1a2z3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1aqw2zsx3edc4rfv5tgb6yhn7ujm",
)
#: Signs that stand for the letters they look like.
DISGUISES = str.maketrans("@013457$!", "aoieastsi")
#: From how many signs on a walk counts as one.
STRIDE = 5

#: What OWASP advises for Argon2id: 19 MiB, two passes, one lane; some 50 ms on a small machine.
_hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)


def hash(password: str) -> str:
    """Hash a password for storage."""
    return _hasher.hash(_encoded(password))


def verify(stored: str | None, password: str) -> bool:
    """Check a password against its hash; without a hash it takes as long and returns False."""
    if stored is None:
        return same_work(password)
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(stored, _encoded(password))
    except (VerificationError, InvalidHashError):
        return False


def same_work(password: str) -> bool:
    """Take as long as `verify` and return False: the time of an answer must not tell whether there is an account."""
    verify(_nobody_s(), password)
    return False


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with other settings than today's; hash again at the next sign-in."""
    try:
        return _hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def problem(password: str, name: str = "", email: str = "") -> str | None:
    """Return the code of what is wrong with a new password, or None.

    Codes: password_too_short, password_too_long, password_common, password_personal.
    """
    if len(password) < SHORTEST:
        return "password_too_short"
    if len(password) > LONGEST:
        return "password_too_long"
    if _is_common(password):
        return "password_common"
    if _is_personal(password, name, email):
        return "password_personal"
    return None


def _encoded(password: str) -> bytes:
    # Two keyboards may compose « é » differently: one person must come in from both.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def _nobody_s() -> str:
    return _hasher.hash(b"nobody")


def _bare(text: str) -> str:
    """Normalise a text as a guesser would: no case, no accents, no spaces or signs."""
    return fold(text).replace(" ", "")


def _readings(password: str) -> set[str]:
    """Return the normal forms that a guesser would try: without figures at the ends, and with signs read as letters."""
    text = password.casefold()
    ends_off = text.strip("0123456789!?.,;:-_*+#$@&/ ")
    return {_bare(read) for each in (text, ends_off) for read in (each, each.translate(DISGUISES))}


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "data" / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    entries = {line.casefold() for line in lines if line and not line.startswith("# ")}
    return frozenset(entries | {_bare(entry) for entry in entries} - {""})


def _is_common(password: str) -> bool:
    # Very few different signs, or one piece said again and again, is a rhythm rather than a secret.
    if len(set(password.casefold())) < 5 or _repeats(password.casefold()):
        return True
    if password.casefold() in _common() or not _common().isdisjoint(_readings(password)):
        return True
    bare = _bare(password)
    rest = _without(_without_walks(bare), PRODUCT)
    return rest != bare and len(rest) < OF_ONE_S_OWN


def _is_personal(password: str, name: str, email: str) -> bool:
    mailbox, _, domain = email.partition("@")
    words = fold(f"{name} {mailbox} {domain.rpartition('.')[0]}").split()
    telling = {word for word in (*words, _bare(name), _bare(mailbox)) if len(word) >= TELLING}
    bare = _bare(password)
    rest = _without(bare, telling)
    return rest != bare and len(rest) < OF_ONE_S_OWN


def _repeats(text: str) -> bool:
    """Tell whether the text repeats one piece of at most six signs."""
    return any((text[:size] * (len(text) // size + 1))[: len(text)] == text for size in range(1, 7))


def _without(text: str, words: "tuple[str, ...] | set[str]") -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def _without_walks(text: str) -> str:
    """Remove the runs of at least five signs that follow the alphabet, the figures or the keyboard."""
    kept, place = [], 0
    while place < len(text):
        step = _stride(text, place)
        if step >= STRIDE:
            kept.append(text[place])
            place += step
        else:
            kept.append(text[place])
            place += 1
    return "".join(kept)


def _stride(text: str, place: int) -> int:
    """Count the signs from `place` on that follow one of the keyboard walks."""
    longest = 0
    for walk in _walks():
        size = STRIDE
        while place + size <= len(text) and text[place : place + size] in walk:
            longest = max(longest, size)
            size += 1
    return longest


@cache
def _walks() -> tuple[str, ...]:
    return tuple(way for walk in WALKS for way in (walk, walk[::-1]))
