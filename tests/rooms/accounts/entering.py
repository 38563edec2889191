"""Helpers of the tests of one's own account."""

from typing import Any

from tests.support.factories import (
    PASSWORD,
)

EMAIL = "ada@example.org"


def try_to_enter(
    visitor: Any, email: str = EMAIL, password: str = PASSWORD, status: int = 422, **options: Any
) -> Any:
    return visitor.post("/connexion", {"email": email, "password": password}, status=status, **options)
