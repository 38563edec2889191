"""Coming in, going out, the charter, one's profile and one's sessions."""

import contextvars
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from chantiers.web.sessions import local_path
from models import (
    DEMONSTRATION_ENTRIES,
    CharterAcceptance,
    Demarche,
    PasswordLink,
    SignInFailure,
    User,
    UserSession,
    passwords,
)
from models.people.sign_in import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS
from tests.support.factories import (
    PASSWORD,
    make_chantier,
    make_demarche,
    make_referent,
    make_structure,
    make_user,
)

EMAIL = "ada@example.org"
WRONG = "ne vont pas ensemble"
NEW = "encore une phrase à moi"


@pytest.fixture
def person(session: Any) -> User:
    """Somebody who has a password, in a démarche without a charter."""
    make_demarche(contact_name="Camille Exemple", contact_email="secret@example.org")
    return make_user("Ada Exemple", email=EMAIL, password=PASSWORD)


def try_to_enter(
    visitor: Any, email: str = EMAIL, password: str = PASSWORD, status: int = 422, **options: Any
) -> Any:
    return visitor.post("/connexion", {"email": email, "password": password}, status=status, **options)


# Signing in ------------------------------------------------------------------------------------------------------


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
    closed.close(by=person)
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
    closed.close(by=person)
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


# Guessing --------------------------------------------------------------------------------------------------------


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


# The demonstration -----------------------------------------------------------------------------------------------


@pytest.fixture
def demonstration(session: Any) -> list[User]:
    """The demonstration's database: its mark and its four accounts."""
    make_demarche(is_demonstration=True)
    return [make_user(key.title(), email=email, is_example=True) for key, email in DEMONSTRATION_ENTRIES]


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


# Choosing a password ---------------------------------------------------------------------------------------------


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


# The charter -----------------------------------------------------------------------------------------------------


def test_without_a_charter_the_step_does_not_exist(visitor: Any, person: User) -> None:
    here = visitor(person)
    here.get("/profil")
    here.get("/charte", status=404)
    here.post("/charte", status=404)


def test_the_charter_is_accepted_at_the_first_entry_then_read_again(
    visitor: Any, session: Any, person: User
) -> None:
    from_demarche = make_charter(session, "Coopérer, **vraiment**.")
    here = visitor(person)
    page = here.get("/profil/sessions?a=1", follow=True)
    assert page.path == "/charte"
    assert "<strong>vraiment</strong>" in page.html
    assert page.submit("J’ai lu et j’accepte", status=303, follow=False).location == "/profil/sessions?a=1"
    page = here.get("/profil")
    assert page.has("Acceptée le")
    page = page.click("Relire la charte")
    assert page.has("Vous l’avez acceptée le")
    assert page.buttons.count("J’ai lu et j’accepte") == 0
    assert session.scalar(select(func.count()).select_from(CharterAcceptance)) == 1
    from_demarche.publish_charter("Coopérer encore mieux.", by=None)
    assert here.get("/profil", status=302).location.startswith("/charte?next=")


def test_who_was_writing_when_a_charter_came_finds_their_text_again(
    visitor: Any, session: Any, person: User
) -> None:
    here = visitor(person)
    here.get("/profil")
    make_charter(session, "Coopérer.")
    page = here.post("/profil", {"name": "Ada écrivait ceci"}, status=403)
    assert page.has("nouvelle charte")
    assert "Ada écrivait ceci" in page.html
    assert page.click("Lire la charte").path == "/charte"


def test_one_accepts_the_text_that_one_has_read(visitor: Any, session: Any, person: User) -> None:
    demarche = make_charter(session, "Coopérer.")
    here = visitor(person)
    page = here.get("/charte?next=//evil.example")
    demarche.publish_charter("Coopérer autrement.", by=None)
    page = page.submit("J’ai lu et j’accepte")
    assert page.has("La charte vient de changer")
    assert page.has("Coopérer autrement.")
    assert page.submit("J’ai lu et j’accepte", status=303, follow=False).location == "/mon-travail"


def test_before_the_charter_one_may_leave_and_change_language(
    visitor: Any, session: Any, person: User
) -> None:
    make_charter(session, "Coopérer.")
    here = visitor(person)
    here.get("/charte")
    here.post("/langue", {"locale": "fr"}, status=303)
    here.post("/deconnexion", status=303)


def make_charter(session: Any, text: str) -> Any:
    demarche = session.scalar(select(Demarche))
    demarche.publish_charter(text, by=None)
    return demarche


# One's profile ---------------------------------------------------------------------------------------------------


def test_a_profile_says_who_one_is_and_where_one_belongs(visitor: Any, session: Any, person: User) -> None:
    chantier = make_chantier("Mobilités", number=3)
    referent = make_referent(chantier, "Grace Exemple")
    make_structure("Le Labo").gather(referent, by=None)
    here = visitor(referent)
    page = here.get("/profil")
    assert page.has("Le Labo")
    assert page.has("Mobilités Référent·e")
    page.fill("Nom", "  Grace   Hopper ").fill("Fonction", "Référente")
    page = page.submit("Enregistrer mon profil")
    assert page.has("Votre profil est enregistré")
    assert (page.value_of("Nom"), page.value_of("Fonction")) == ("Grace Hopper", "Référente")


@pytest.mark.parametrize("name", ["", "   ", "a" * 10_000])
def test_a_profile_that_cannot_be_saved_keeps_what_was_typed(visitor: Any, person: User, name: str) -> None:
    page = visitor(person).get("/profil")
    page.fill("Nom", name).fill("Fonction", "Chercheuse")
    page = page.submit("Enregistrer mon profil", status=422, validate=False)
    assert page.value_of("Fonction") == "Chercheuse"
    assert page.error_of("Nom")


def test_a_profile_changed_in_two_windows_overwrites_nothing(
    visitor: Any, session: Any, person: User
) -> None:
    here, there = visitor(person), visitor(person)
    late, early = here.get("/profil"), there.get("/profil")
    early.fill("Nom", "Ada Première").submit("Enregistrer mon profil")
    late.fill("Fonction", "Mathématicienne").submit("Enregistrer mon profil")
    page = here.get("/profil")
    assert (page.value_of("Nom"), page.value_of("Fonction")) == ("Ada Première", "Mathématicienne")
    late, early = here.get("/profil"), there.get("/profil")
    early.fill("Nom", "Ada Une").submit("Enregistrer mon profil")
    page = late.fill("Nom", "Ada Deux").submit("Enregistrer mon profil", status=409)
    assert page.value_of("Nom") == "Ada Deux"
    assert page.has("Ada Une")
    assert page.submit("Enregistrer mon profil").value_of("Nom") == "Ada Deux"


def test_a_profile_gives_no_rights(visitor: Any, session: Any, person: User) -> None:
    before = (person.role, person.email, person.password_hash)
    page = visitor(person).get("/profil")
    fields = dict(page.form(button="Enregistrer mon profil").fields())
    forbidden = {"role": "coordinator", "email": "x@example.org", "is_example": "1", "password_hash": "x"}
    page.visitor.post("/profil", {**fields, **forbidden}, status=303)
    session.expire_all()
    assert (person.role, person.email, person.password_hash) == before


def test_the_language_is_the_person_s_then_the_browser_s(visitor: Any, session: Any, person: User) -> None:
    stranger = visitor()
    answer = stranger.post("/langue", {"locale": "en", "next": "/connexion"}, status=303)
    assert answer.location == "/connexion"
    assert 'lang="en"' in stranger.get("/connexion").html
    assert stranger.post("/langue", {"locale": "fr", "next": "//evil.example"}, status=303).location == "/"
    stranger.post("/langue", {"locale": "xx"}, status=400)
    stranger.post("/langue", {}, status=400)
    here = visitor(person)
    here.post("/langue", {"locale": "en", "next": "/profil"}, status=303)
    assert 'lang="en"' in visitor(person).get("/profil").html
    here.post("/langue", {"locale": "", "next": "/profil"}, status=303)
    assert 'lang="fr"' in here.get("/profil").html


def test_one_sees_and_ends_one_s_own_sessions_only(visitor: Any, session: Any, person: User) -> None:
    here, phone = visitor(person), visitor(person)
    stranger = make_user()
    theirs, _ = UserSession.open(stranger)
    page = here.get("/profil/sessions")
    assert page.has("Ce navigateur")
    mine = [each.id for each in UserSession.living_of(person)]
    here.post(f"/profil/sessions/{theirs.id}/fermer", status=404)
    here.post(f"/profil/sessions/{mine[0]}/fermer", status=303)
    phone.get("/profil", status=401)
    assert here.post(f"/profil/sessions/{mine[1]}/fermer", status=303).location == "/"
    here.get("/profil", status=401)
    session.expire_all()
    assert UserSession.living_of(stranger) == [theirs]


def test_signing_out_everywhere(visitor: Any, person: User) -> None:
    here, phone = visitor(person), visitor(person)
    page = here.get("/profil/sessions").submit("Me déconnecter partout")
    assert page.has("Vous êtes déconnecté·e partout.")
    here.get("/profil", status=401)
    phone.get("/profil", status=401)


# Forgery ---------------------------------------------------------------------------------------------------------

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
