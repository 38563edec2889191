"""Sign-in: who gets in, where it leads, and how guessing is throttled."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from chantiers.web.sessions import local_path
from models import (
    DEMONSTRATION_ENTRIES,
    Demarche,
    SignInFailure,
    User,
    close_account,
    passwords,
)
from models.people.sign_in import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS
from tests.rooms.accounts.entering import EMAIL, try_to_enter
from tests.support.factories import (
    PASSWORD,
    make_demarche,
    make_user,
)

WRONG = "ne vont pas ensemble"


# Signing in -----------------------------------------------------------------------------------------------------------


def test_an_address_and_its_password_let_in(visitor: Any, person: User) -> None:
    someone = visitor()
    page = someone.get("/connexion")
    page.fill("Adresse électronique", " ADA@example.org ").fill("Mot de passe", PASSWORD)
    answer = page.submit("Se connecter", status=303, follow=False)
    assert answer.location == "/mon-travail"
    assert someone.get("/profil").value_of("Nom") == "Ada Exemple"
    assert someone.get("/connexion", status=303).location == "/mon-travail"


def test_every_reason_to_refuse_reads_the_same_and_costs_the_same(
    visitor: Any, session: Any, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user(email="nobody-yet@example.org")
    closed = make_user(email="closed@example.org", password=PASSWORD)
    close_account(closed, by=person)
    work: list[str] = []
    hasher = passwords._hasher

    class Spy:
        def verify(self, stored: str, password: bytes) -> bool:
            work.append(stored)
            return hasher.verify(stored, password)

        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "_hasher", Spy())
    texts = set()
    for email in (EMAIL, "unknown@example.org", "nobody-yet@example.org", "closed@example.org"):
        work.clear()
        someone = visitor()
        page = try_to_enter(someone, email, "pas la bonne phrase")
        assert len(work) == 1, email
        assert WRONG in page.text
        assert "pas la bonne phrase" not in page.html
        texts.add(page.text)
    assert len(texts) == 1


def test_a_closed_account_and_one_without_password_stay_shut(visitor: Any, person: User) -> None:
    closed = make_user(email="closed@example.org", password=PASSWORD)
    kept_hash = closed.password_hash
    close_account(closed, by=person)
    closed.email, closed.password_hash = "closed@example.org", kept_hash
    make_user(email="none@example.org")
    for email in ("closed@example.org", "none@example.org"):
        try_to_enter(visitor(), email)


def test_the_session_of_before_signing_in_does_not_survive_it(visitor: Any, person: User) -> None:
    someone = visitor()
    with someone.client.session_transaction(base_url=someone.base_url) as cookie:
        cookie["planted"] = "by somebody else"
    page = someone.get("/connexion")
    before = page.form(button="Se connecter").fields()
    page.fill("Adresse électronique", EMAIL).fill("Mot de passe", PASSWORD)
    page.submit("Se connecter", status=303, follow=False)
    with someone.client.session_transaction(base_url=someone.base_url) as cookie:
        assert "planted" not in cookie
        assert cookie.permanent
    assert dict(before)["csrf_token"] not in someone.get("/profil").html


def test_the_cookie_of_a_session_that_was_left_opens_nothing(visitor: Any, person: User) -> None:
    someone, thief = visitor(person), visitor()
    cookie = someone.client.get_cookie("chantiers")
    thief.client.set_cookie("chantiers", cookie.value)
    thief.get("/profil")
    someone.get("/profil")
    someone.post("/deconnexion", status=303)
    assert someone.get("/", check=False).has("Vous êtes déconnecté·e.")
    someone.get("/profil", status=401)
    thief.get("/profil", status=401)


OPEN_REDIRECTS = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "https://evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "\\\\evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%0d\r\nSet-Cookie: a=b",
    "evil.example",
    "@evil.example",
    "/\x00",
    "/\ud800",
    "//[",
    "",
    "/" + "a" * 3000,
]


@pytest.mark.parametrize("target", OPEN_REDIRECTS)
def test_nobody_is_sent_elsewhere(target: str) -> None:
    assert local_path(target) is None


@pytest.mark.parametrize("target", ["/", "/taches/5?statut=done#commentaires", "/a//b", "/%5Cevil", "/é"])
def test_a_path_of_ours_is_followed(target: str) -> None:
    assert local_path(target) == target


def test_signing_in_leads_back_to_the_page_that_was_asked_for_and_nowhere_else(
    visitor: Any, person: User
) -> None:
    page = visitor().get("/profil/sessions?a=1", status=401)
    page.fill("Adresse électronique", EMAIL).fill("Mot de passe", PASSWORD)
    assert page.submit("Se connecter", status=303, follow=False).location == "/profil/sessions?a=1"
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        page = visitor().get("/connexion", query_string={"next": target})
        assert "evil" not in str(page.form(button="Se connecter").fields())
        answer = visitor().post(
            "/connexion", {"email": EMAIL, "password": PASSWORD, "next": target}, status=303
        )
        assert answer.headers["Location"] == "/mon-travail"


def test_a_password_kept_with_older_settings_is_kept_anew_at_sign_in(
    visitor: Any, session: Any, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = person.password_hash
    monkeypatch.setattr(passwords, "needs_rehash", lambda stored: True)
    try_to_enter(visitor(), status=303)
    session.expire_all()
    assert person.password_hash != before
    try_to_enter(visitor(), status=303)


def test_the_public_page_gives_a_name_and_no_address(visitor: Any, person: User) -> None:
    page = visitor().get("/connexion")
    assert page.has("Camille Exemple")
    assert "@" not in page.text


# Guessing -------------------------------------------------------------------------------------------------------------


def test_an_account_is_guessed_at_no_faster_whatever_the_address_claims(
    visitor: Any, session: Any, person: User, clock: Any
) -> None:
    someone = visitor()
    for number in range(FAILURES_PER_ACCOUNT):
        try_to_enter(someone, password="une erreur", headers={"X-Forwarded-For": f"203.0.113.{number}"})
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 2 * FAILURES_PER_ACCOUNT
    page = try_to_enter(someone, status=429, headers={"X-Forwarded-For": "203.0.113.99"})
    assert page.has("attendez 15 minutes")
    assert 0 < int(page.headers["Retry-After"]) <= 960
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 2 * FAILURES_PER_ACCOUNT
    clock.forward(minutes=16)
    try_to_enter(someone, status=303)


def test_an_address_unknown_here_is_throttled_like_the_others(visitor: Any, person: User) -> None:
    someone = visitor()
    for _ in range(FAILURES_PER_ACCOUNT):
        try_to_enter(someone, "unknown@example.org")
    try_to_enter(someone, "unknown@example.org", status=429)
    try_to_enter(someone, status=303)


def test_a_network_address_tries_many_accounts_no_faster(visitor: Any, session: Any, person: User) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        SignInFailure.remember(f"{number}@example.org", "127.0.0.1")
    someone = visitor()
    try_to_enter(someone, status=429, headers={"X-Forwarded-For": "203.0.113.1"})
    try_to_enter(someone, status=303, environ_base={"REMOTE_ADDR": "203.0.113.1"})


def test_proxies_are_believed_by_configuration_only(
    visitor: Any, make_app: Any, session: Any, person: User
) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        SignInFailure.remember(f"{number}@example.org", "203.0.113.1")
    behind = visitor(app=make_app(TRUSTED_PROXIES=1))
    try_to_enter(behind, status=429, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.1"})
    try_to_enter(behind, status=303, headers={"X-Forwarded-For": "203.0.113.1, 198.51.100.1"})


def test_simultaneous_guesses_do_not_outrun_the_count(
    app: Any, visitor: Any, session: Any, person: User
) -> None:
    guessers = [visitor() for _ in range(FAILURES_PER_ACCOUNT + 8)]
    tokens = [guesser.csrf_token() for guesser in guessers]
    session.commit()
    start, statuses = threading.Barrier(len(guessers)), []

    def guess(guesser: Any, token: str) -> None:
        start.wait()
        fields = {"email": EMAIL, "password": "une erreur", "csrf_token": token}
        statuses.append(guesser.client.post("/connexion", data=fields).status_code)

    threads = [threading.Thread(target=guess, args=each) for each in zip(guessers, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == len(guessers)
    # Where all are counted before any is looked at, none is: too careful by far, and never too little.
    assert set(statuses) <= {422, 429}
    assert statuses.count(422) <= FAILURES_PER_ACCOUNT


@pytest.fixture
def demonstration(session: Any) -> list[User]:
    """Return the demonstration's database: its mark and its four accounts."""
    make_demarche(is_demonstration=True)
    return [make_user(key.title(), email=email, is_example=True) for key, email in DEMONSTRATION_ENTRIES]


# The demonstration ----------------------------------------------------------------------------------------------------


def test_the_demonstration_is_entered_in_one_click(
    visitor: Any, make_app: Any, demonstration: list[User]
) -> None:
    open_app = make_app()
    open_app.config["DEMONSTRATION"] = True
    for number, (key, _email) in enumerate(DEMONSTRATION_ENTRIES):
        someone = visitor(app=open_app)
        page = someone.get("/connexion")
        answer = page.form(action_contains=f"/demonstration/{key}").send(
            page.form(action_contains=f"/demonstration/{key}").controls[-1], 303, follow=False, validate=True
        )
        assert answer.location == "/mon-travail"
        assert someone.get("/profil").value_of("Nom") == demonstration[number].name
    visitor(app=open_app).post("/connexion/demonstration/tresorerie", status=404)


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"X-Real-Ip": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Via": "1.1 proxy"}},
        {"environ_base": {"REMOTE_ADDR": "203.0.113.1"}},
        {"environ_base": {"REMOTE_ADDR": "192.168.1.20"}},
        {"base_url": "http://chantiers.example.org"},
        {"base_url": "http://127.0.0.1.evil.example"},
    ],
)
def test_from_elsewhere_the_demonstration_has_no_door(
    visitor: Any, make_app: Any, demonstration: list[User], options: dict[str, Any]
) -> None:
    open_app = make_app()
    open_app.config["DEMONSTRATION"] = True
    # Another name is refused before anything is looked at; here the door itself is tried.
    open_app.config["TRUSTED_HOSTS"] = None
    someone = visitor(app=open_app)
    page = someone.get("/connexion", **options)
    assert "/demonstration/" not in page.html
    for key, _ in DEMONSTRATION_ENTRIES:
        someone.post(f"/connexion/demonstration/{key}", status=404, **options)


def test_without_the_setting_or_the_mark_the_demonstration_has_no_door(
    visitor: Any, make_app: Any, session: Any, demonstration: list[User]
) -> None:
    visitor().post("/connexion/demonstration/coordination", status=404)
    assert "/demonstration/" not in visitor().get("/connexion").html
    open_app = make_app()
    open_app.config["DEMONSTRATION"] = True
    inside = visitor(app=open_app)
    inside.post("/connexion/demonstration/coordination", status=303)
    inside.get("/profil")
    from_database = demonstration[0]
    from_database.choose_password(PASSWORD)
    session.scalar(select(Demarche)).is_demonstration = False
    inside.get("/profil", status=401)
    visitor(app=open_app).post("/connexion/demonstration/coordination", status=404)
    # Even with a password of its own, an invented account opens nothing.
    outside = visitor()
    try_to_enter(outside, "coordination@example.org", status=303)
    outside.get("/profil", status=401)
    visitor(demonstration[1]).get("/profil", status=401)
