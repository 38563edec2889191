"""What only one thing may bear (a number, an address, a name): the database decides between two who ask at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError

from models.ground.base import db
from models.ground.refused import Refused


@contextmanager
def unless_taken(code: str, **particulars: Any) -> Iterator[None]:
    """Write what the block changes now. Raises Refused(code) where somebody else took the place a moment before.

    A verb looks first and says who is in the way; this catches those whom it could not see yet.
    """
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError as error:
        raise Refused(code, **particulars) from error
