"""Words of the search index: folded (no accent, no case), each with its French stem.

They are normalised here, once, and not by the databases, whose dictionaries disagree: « tâche » finds « taches » on
both.
"""

from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]

from models.ground.base import fold

#: Limits of an indexed text: its characters, its different words, and the letters of a word.
LONGEST_BODY, MOST_WORDS, LONGEST_WORD = 200_000, 8000, 40

_stemmer = snowballstemmer.stemmer("french")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the French stem of a folded word.

    The stemmer leaves the plural of what ends in a vowel (« élus », « vélos », « lieux »): it goes first.
    """
    if len(word) > 3 and word.endswith(("s", "x")) and not word.endswith(("ss", "aux")):
        word = word[:-1]
    return str(_stemmer.stemWord(word))[:LONGEST_WORD]


def words_in(text: str) -> list[str]:
    """Split a text into its folded words, in their order."""
    return [word[:LONGEST_WORD] for word in fold(text).split()]


def index_words(title: str, body: str, chantier_id: int | None) -> str:
    """Return the words of an entry: each word and its stem, those of the title also with "=", and "@" its chantier."""
    found: dict[str, None] = {}
    if chantier_id is not None:
        found[f"@{chantier_id}"] = None
    for word in words_in(title):
        for each in (word, stem(word)):
            found[f"={each}"] = found[each] = None
    for word in words_in(body[:LONGEST_BODY]):
        if len(found) >= MOST_WORDS:
            break
        found[word] = found[stem(word)] = None
    return " ".join(each for each in found if each)
