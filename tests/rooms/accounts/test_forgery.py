"""Forged posts, and the statements that the screens of an account take."""

from typing import Any

import pytest

from models import (
    PasswordLink,
    User,
    UserSession,
    passwords,
)
from tests.rooms.accounts.entering import EMAIL
from tests.support.factories import (
    PASSWORD,
    make_chantier,
)

POSTS = [
    "/connexion",
    "/connexion/demonstration/coordination",
    "/deconnexion",
    "/charte",
    "/langue",
    "/profil",
    "/profil/mot-de-passe",
    "/profil/sessions/1/fermer",
    "/profil/sessions/fermer",
]


@pytest.mark.parametrize("address", POSTS)
def test_without_its_token_a_form_is_refused_and_its_words_kept(
    visitor: Any, person: User, address: str
) -> None:
    fields = {
        "name": "des mots à garder",
        "password": "motdepasse-secret",
        "current_password": "secret-aussi",
    }
    page = visitor(person).post(address, fields, status=400, csrf=False)
    assert "des mots à garder" in page.html
    assert "secret" not in page.html


def test_without_its_token_a_stranger_s_form_is_refused_too(visitor: Any, person: User) -> None:
    token = PasswordLink.issue(person, by=None)
    for address in ("/connexion", "/langue", "/deconnexion", f"/mot-de-passe/{token}"):
        page = visitor().post(address, {"email": EMAIL, "password": PASSWORD}, status=400, csrf=False)
        assert PASSWORD not in page.html
    assert passwords.verify(person.password_hash, PASSWORD)


def test_screens_of_one_s_account_ask_little_of_the_database(
    visitor: Any, session: Any, person: User
) -> None:
    here = visitor(person)
    for address in ("/profil", "/profil/sessions", "/profil/mot-de-passe"):
        with here.count_statements() as few:
            here.get(address)
        assert len(few) <= 12, few
    for _ in range(20):
        UserSession.open(person)
    for number in range(8):
        make_chantier(number=number + 20).welcome(person, by=None)
    with here.count_statements() as many:
        here.get("/profil")
    with here.count_statements() as sessions:
        here.get("/profil/sessions")
    assert len(many) <= 7, many
    assert len(sessions) <= 5, sessions
