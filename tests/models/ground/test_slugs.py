"""Readable addresses."""

import pytest

from models.ground.slugs import LENGTH, slugify


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Développer les métiers", "developper-les-metiers"),
        ("Que'Volterre", "que-volterre"),
        ("Œuvres & co", "oeuvres-co"),
        ("🌱", "sans-nom"),
        ("عربي", "sans-nom"),
        ("", "sans-nom"),
    ],
)
def test_letters_digits_and_hyphens(name: str, slug: str) -> None:
    assert slugify(name, taken=lambda _: False) == slug


def test_a_long_name_is_cut_between_words() -> None:
    slug = slugify("coopération " * 30, taken=lambda _: False)
    assert len(slug) <= LENGTH
    assert slug.endswith("cooperation")


def test_one_endless_word_is_cut() -> None:
    assert slugify("a" * 10_000, taken=lambda _: False) == "a" * LENGTH


def test_a_taken_slug_gets_a_number() -> None:
    assert slugify("Actes", taken={"actes", "actes-2"}.__contains__) == "actes-3"
