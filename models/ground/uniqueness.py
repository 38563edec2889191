"""Unique constraints as refusals: of two who ask at once for a number, an address or a name, the database lets one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError

from models.ground.base import db
from models.ground.refused import Refused


@contextmanager
def unless_taken(code: str, **particulars: Any) -> Iterator[None]:
    """Flush the block in a savepoint. Raises Refused(code) where it breaks a unique constraint: somebody was first.

    A verb looks first and says who is in the way; this catches those whom it could not see yet.
    """
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        raise Refused(code, **particulars) from error
