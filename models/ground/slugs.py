"""Slugs: readable addresses made from names."""

from collections.abc import Callable

from models.ground.base import fold

#: Long enough to recognise a chantier, short enough for an address bar.
LENGTH = 80


def slugify(name: str, *, taken: Callable[[str], bool]) -> str:
    """Make a slug of lower-case letters, digits and hyphens that `taken` does not know; never empty."""
    words = "".join(c if c.isascii() else " " for c in fold(name)).split()
    stem = ""
    for word in words:
        if stem and len(stem) + len(word) >= LENGTH:
            break
        stem = f"{stem}-{word}" if stem else word[:LENGTH]
    stem = stem or "sans-nom"
    slug, number = stem, 2
    while taken(slug):
        slug, number = f"{stem}-{number}", number + 1
    return slug
