"""Fixtures of the tests of one's own account."""

from typing import Any

import pytest

from models import (
    User,
)
from tests.rooms.accounts.entering import EMAIL
from tests.support.factories import (
    PASSWORD,
    make_demarche,
    make_user,
)


@pytest.fixture
def person(session: Any) -> User:
    """Make somebody who has a password, in a démarche without a charter."""
    make_demarche(contact_name="Camille Exemple", contact_email="secret@example.org")
    return make_user("Ada Exemple", email=EMAIL, password=PASSWORD)
