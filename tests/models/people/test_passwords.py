"""Passwords: which ones we keep, how, and which ones we refuse."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import passwords


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("onze signes", "password_too_short"),
        ("e" * 257, "password_too_long"),
        ("aaaaaaaaaaaa", "password_common"),
        ("121212121212", "password_common"),
        ("abcabcabcabc", "password_common"),
        ("azertyuiopqs", "password_common"),
        ("AZERTYUIOP123", "password_common"),
        ("poiuytreza123", "password_common"),
        ("qsdfghjklm12", "password_common"),
        ("123456789012", "password_common"),
        ("098765432109", "password_common"),
        ("abcdefghijklmnop", "password_common"),
        ("1qaz2wsx3edc", "password_common"),
        ("MotDePasse2026!", "password_common"),
        ("mot de passe 2026", "password_common"),
        ("M0tdep@sse-provisoire", "password_common"),
        ("!@#$%^&*()_+", "password_common"),
        ("P@$$w0rd!2026", "password_common"),
        ("Password123456", "password_common"),
        ("p4ssw0rdpassword", "password_common"),
        ("Jetaimejetaime", "password_common"),
        ("je t’aime mon amour", "password_common"),
        ("bonjour123456", "password_common"),
        ("Chantiers2026!", "password_common"),
        ("chantiers coopératifs", "password_common"),
        ("Transition écologique juste", "password_common"),
        ("Camille-Aubry-26", "password_personal"),
        ("aubry.camille!", "password_personal"),
        ("camille.aubry1", "password_personal"),
        ("reseau-exemple", "password_personal"),
        ("la pluie tombe sur Vesoul", None),
        ("girafe en retard", None),
        ("Zk4!vq9Wp#2m", None),
        ("les chantiers de mon oncle Anatole", None),
        ("Camille mange trois clémentines", None),
        ("m" * 6 + "xyzwvu" * 10, None),
        ("🐝🌻🌊🦔🍄🐌🌾🐦🦋🌙🍂🪵", None),
    ],
)
def test_what_is_refused(password: str, code: str | None) -> None:
    assert passwords.problem(password, "Camille Aubry", "camille.aubry@reseau-exemple.org") == code


def test_short_words_of_a_name_forbid_nothing() -> None:
    assert passwords.problem("de la soupe au lait", "Léa de la Tour", "l@de.fr") is None


def test_the_list_is_worth_its_name() -> None:
    entries = passwords._common()
    assert len(entries) > 400
    assert "motdepasseprovisoire" in entries
    for entry in entries:
        assert len(entry) < passwords.SHORTEST or passwords.problem(entry) == "password_common", entry


def test_it_comes_back_from_its_hash_only() -> None:
    stored = passwords.hash("la pluie tombe sur Vesoul")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(stored, "la pluie tombe sur Vesoul")
    assert not passwords.verify(stored, "la pluie tombe sur vesoul")
    assert passwords.hash("la pluie tombe sur Vesoul") != stored


def test_two_ways_of_typing_an_accent_are_one_password() -> None:
    assert passwords.verify(passwords.hash("e\u0301cole du soir"), "\u00e9cole du soir")


@pytest.mark.parametrize("stored", [None, "", "nothing", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
def test_nothing_opens_a_door_without_a_password(stored: str | None) -> None:
    assert not passwords.verify(stored, "la pluie tombe sur Vesoul")
    assert not passwords.verify(stored, "nobody")


def test_settings_of_another_time_ask_for_a_new_hash() -> None:
    assert not passwords.needs_rehash(passwords.hash("la pluie tombe sur Vesoul"))
    assert passwords.needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aUb1ICb0zZ0")
    assert passwords.needs_rehash("nothing")


def test_an_unknown_address_costs_as_much_as_a_known_one() -> None:
    stored = passwords.hash("la pluie tombe sur Vesoul")
    passwords.same_work("warm")

    def fastest(check: object) -> float:
        times = []
        for _ in range(7):
            start = time.process_time()
            check("une autre phrase")  # type: ignore[operator]
            times.append(time.process_time() - start)
        return min(times)

    known, unknown = fastest(lambda word: passwords.verify(stored, word)), fastest(passwords.same_work)
    assert 0.5 < unknown / known < 2


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60))
def test_any_text_gets_an_answer(password: str, name: str, email: str) -> None:
    assert passwords.problem(password, name, email) in {
        None, "password_too_short", "password_too_long", "password_common", "password_personal",
    }  # fmt: skip


def test_lone_surrogates_hash_too() -> None:
    odd = "\ud800" * 3 + "phrase longue"
    assert passwords.verify(passwords.hash(odd), odd)
