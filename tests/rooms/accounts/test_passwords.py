"""Passwords: chosen by a link or on one's profile."""

import contextvars
import threading
from typing import Any

from sqlalchemy import func, select

from models import (
    PasswordLink,
    User,
    UserSession,
)
from models.people.sign_in import FAILURES_PER_ACCOUNT
from tests.rooms.accounts.entering import try_to_enter
from tests.support.factories import (
    PASSWORD,
)

NEW = "encore une phrase à moi"


# Choosing a password --------------------------------------------------------------------------------------------------


def test_a_link_lets_choose_a_password_and_come_in(visitor: Any, session: Any, person: User) -> None:
    before = visitor(person)
    token = PasswordLink.issue(person, by=None)
    someone = visitor()
    for _ in range(2):
        page = someone.get(f"/mot-de-passe/{token}")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.has("Douze caractères au moins")
    page.fill("Nouveau mot de passe", "court").fill("Le même", "autre")
    page = page.submit("Enregistrer et entrer", status=422)
    assert "pas les mêmes" in page.error_of("Le même")
    page.fill("Nouveau mot de passe", "court").fill("Le même", "court")
    page = page.submit("Enregistrer et entrer", status=422)
    assert "12 caractères au moins" in page.error_of("Nouveau mot de passe")
    page.fill("Nouveau mot de passe", NEW).fill("Le même", NEW)
    assert page.submit("Enregistrer et entrer", status=303, follow=False).location == "/mon-travail"
    someone.get("/profil")
    before.get("/profil", status=401)
    try_to_enter(visitor(), password=NEW, status=303)
    over = visitor().get(f"/mot-de-passe/{token}", status=404)
    assert over.heading == "Ce lien ne fonctionne plus"
    assert over.headers["Referrer-Policy"] == "no-referrer"


def test_used_expired_and_unknown_links_say_the_same(visitor: Any, person: User, clock: Any) -> None:
    token = PasswordLink.issue(person, by=None)
    unknown = visitor().get("/mot-de-passe/" + "a" * 43, status=404)
    clock.forward(days=15)
    expired = visitor().get(f"/mot-de-passe/{token}", status=404)
    assert unknown.text == expired.text
    posted = visitor().post(f"/mot-de-passe/{token}", {"password": NEW, "password_again": NEW}, status=404)
    assert posted.heading == unknown.heading
    for odd in ("court", "é" * 43, "a" * 101, "../../../etc/passwd"):
        visitor().get(f"/mot-de-passe/{odd}", status=404)


def test_twenty_browsers_at_once_use_a_link_once(visitor: Any, session: Any, person: User) -> None:
    token = PasswordLink.issue(person, by=None)
    browsers = [visitor() for _ in range(20)]
    csrf = [browser.csrf_token() for browser in browsers]
    session.commit()
    start, statuses = threading.Barrier(20), []

    def use(number: int) -> None:
        phrase = f"la phrase de passe numéro {number}"
        start.wait()
        answer = browsers[number].client.post(
            f"/mot-de-passe/{token}",
            data={"password": phrase, "password_again": phrase, "csrf_token": csrf[number]},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=contextvars.Context().run, args=(use, number)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [404] * 19
    assert session.scalar(select(func.count()).select_from(UserSession)) == 1


def test_a_new_password_asks_the_present_one_and_ends_other_sessions(visitor: Any, person: User) -> None:
    here, elsewhere = visitor(person), visitor(person)
    page = here.get("/profil/mot-de-passe")

    def fill(present: str, new: str = NEW) -> None:
        page.fill("Mot de passe actuel", present)
        page.fill("Nouveau mot de passe", new).fill("Le même", new)

    fill("pas le mien du tout")
    page = page.submit("Changer de mot de passe", status=422)
    assert "pas votre mot de passe actuel" in page.error_of("Mot de passe actuel")
    fill(PASSWORD, "Ada Exemple 12")
    page = page.submit("Changer de mot de passe", status=422)
    assert "votre nom" in page.error_of("Nouveau mot de passe")
    fill(PASSWORD)
    page = page.submit("Changer de mot de passe")
    assert page.has("Votre mot de passe est changé")
    elsewhere.get("/profil", status=401)
    try_to_enter(visitor())
    try_to_enter(visitor(), password=NEW, status=303)


def test_an_open_screen_is_no_place_to_guess_a_password(visitor: Any, person: User) -> None:
    here = visitor(person)
    fields = {"current_password": "une erreur", "password": NEW, "password_again": NEW}
    for _ in range(FAILURES_PER_ACCOUNT):
        here.post("/profil/mot-de-passe", fields, status=422)
    page = here.post("/profil/mot-de-passe", {**fields, "current_password": PASSWORD}, status=429)
    assert "attendez" in page.error_of("Mot de passe actuel")
