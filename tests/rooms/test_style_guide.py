"""Style guide: it shows every component, to everybody, and stays valid HTML."""

from collections.abc import Callable

from tests.support.visitor import Visitor


def test_anyone_may_read_the_style_guide(visitor: Callable[..., Visitor]) -> None:
    page = visitor().get("/style")
    assert page.heading == "Guide de style"
    for words in ("À venir", "Bloquée", "En relecture", "En retard", "Sans nouvelles", "Sans pilote"):
        assert page.has(words)


def test_the_refused_form_keeps_what_was_typed_and_says_what_to_change(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor().get("/style")
    assert page.has("Un premier jet, gardé tel quel.")
    assert page.has("Ce champ est nécessaire.")
    assert page.has("2 points sont à reprendre")
