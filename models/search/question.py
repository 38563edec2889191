"""Search questions: the terms of what somebody typed, and the entries that answer, as that person may read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    String,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects import postgresql

from models.ground.base import db
from models.people.user import User
from models.search.index import KIND_BIT, SearchEntry, entry_id
from models.search.words import stem, words_in

#: The most results that are counted: nobody reads a thousand of them.
MOST_FOUND = 1000
#: Limits of a question: its characters, and its terms.
LONGEST_QUESTION, MOST_TERMS = 200, 8
#: The number of letters from which a word may be half-typed.
HALF_TYPED = 3
#: Stop words: they say nothing of what is looked for, unless they are all there is.
EMPTY_WORDS = frozenset({
    "a", "au", "aux", "avec", "c", "ce", "ces", "d", "dans", "de", "des", "du", "elle", "en", "est", "et", "eux",
    "il", "ils", "j", "je", "l", "la", "le", "les", "leur", "leurs", "lui", "m", "ma", "mais", "me", "mes", "mon",
    "n", "ne", "nos", "notre", "nous", "on", "ont", "ou", "par", "pas", "pour", "qu", "que", "qui", "s", "sa", "se",
    "ses", "son", "sont", "sur", "t", "ta", "te", "tes", "ton", "tu", "un", "une", "vos", "votre", "vous", "y",
})  # fmt: skip


@dataclass(frozen=True)
class Term:
    """Term of a question: a word as typed, folded, and its stem."""

    word: str
    stem: str

    @property
    def may_be_half_typed(self) -> bool:
        return len(self.word) >= HALF_TYPED

    def is_in(self, word: str) -> bool:
        """Tell whether a folded word of a text answers it."""
        if self.may_be_half_typed and word.startswith(self.word):
            return True
        return word == self.word or self.stem in (word, stem(word))


def terms_of(question: str) -> tuple[Term, ...]:
    """Parse a question into its terms: the words that say something, each once; none where there is none."""
    words = list(dict.fromkeys(words_in(question[:LONGEST_QUESTION])))
    telling = [word for word in words if word not in EMPTY_WORDS] or words
    return tuple(Term(word, stem(word)) for word in telling[:MOST_TERMS])


@dataclass(frozen=True)
class SearchPage:
    """Page of results, and their number by kind: `MOST_FOUND` + 1 for more than is counted."""

    entries: Sequence[SearchEntry]
    counts: dict[str, int]


def kinds_of(user: "User") -> tuple[str, ...]:
    """Return the kinds that this person reads. A mere observer reads no draft, no comment, nor what référents feel."""
    if not user.reads_drafts:
        return ("task", "deliverable", "decision", "structure", "chantier")
    return ("task", "draft", "comment", "progress", "decision", "structure", "chantier")


def find(
    user: "User",
    terms: Sequence[Term],
    *,
    kind: str | None = None,
    chantier_id: int | None = None,
    first: int = 0,
    limit: int = 20,
) -> SearchPage:
    """Find what this person may read and that has all these terms, ranked.

    In the title first, whole words first, then the latest. Of what is very common only the latest thousand of each
    kind are looked at.
    """
    kinds = kinds_of(user)
    anywhere = _expression(terms, chantier_id)
    counting = union_all(
        *(
            select(literal(each, String).label("kind"), func.count().label("number")).select_from(
                _hits(each, anywhere).subquery()
            )
            for each in kinds
        )
    )
    counts = {row.kind: int(row.number) for row in db.session.execute(counting)}
    tiers = (
        _expression(terms, chantier_id, mark="=", whole=True),
        _expression(terms, chantier_id, mark="="),
        anywhere,
    )
    shown = [each for each in kinds if kind in (None, each) and counts[each]]
    if not shown:
        return SearchPage([], counts)
    hits = union_all(
        *(
            select(hit.c.id, literal_column(str(tier)).label("tier"))
            for each in shown
            for tier, expression in enumerate(tiers)
            for hit in (_hits(each, expression).subquery(),)
        )
    ).subquery()
    ranked = select(hits.c.id, func.min(hits.c.tier).label("tier")).group_by(hits.c.id).subquery()
    page = (
        select(SearchEntry)
        .join(ranked, ranked.c.id == SearchEntry.id)
        .order_by(ranked.c.tier, SearchEntry.at.desc(), SearchEntry.id.desc())
        .offset(first)
        .limit(limit)
    )
    return SearchPage(db.session.scalars(page).all(), counts)


def _expression(
    terms: Sequence[Term], chantier_id: int | None, *, mark: str = "", whole: bool = False
) -> str:
    """Write the query of the terms in the syntax of the database; folded words hold letters and digits, no quote."""
    on_sqlite = db.session.get_bind().dialect.name == "sqlite"
    quote, start, either, both = ('"', "*", " OR ", " AND ") if on_sqlite else ("'", ":*", " | ", " & ")
    asked = [f"{quote}@{chantier_id}{quote}"] if chantier_id is not None else []
    for term in terms:
        word = f"{quote}{mark}{term.word}{quote}"
        word += start if term.may_be_half_typed and not whole else ""
        stemmed = f"{quote}{mark}{term.stem}{quote}" if term.stem != term.word else ""
        asked.append(f"({word}{either}{stemmed})" if stemmed else word)
    return both.join(asked)


def _hits(kind: str, expression: str) -> Select[Any]:
    """Select the latest entries of a kind that answer, one more than are counted."""
    first, last = entry_id(kind, 0), entry_id(kind, (1 << KIND_BIT) - 1)
    if db.session.get_bind().dialect.name == "sqlite":
        index = table("search_index", column("rowid", BigInteger))
        number: Any = index.c.rowid
        answers = literal_column("search_index").op("MATCH")(literal(expression, Text))
    else:
        number = SearchEntry.__table__.c.id
        # Written out too: a plan that serves for any words is the wrong one for the common or for the rare.
        asked = bindparam(None, expression, Text, literal_execute=True)
        answers = literal_column("search_entry.vector").op("@@")(cast(asked, postgresql.TSQUERY))
    # The bounds are written out: the databases choose their way by them.
    within = and_(number >= literal_column(str(first)), number <= literal_column(str(last)))
    return select(number.label("id")).where(answers, within).order_by(number.desc()).limit(MOST_FOUND + 1)
