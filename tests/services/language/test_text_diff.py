"""Text diff: what it finds, what it folds, and that nothing makes it slow."""

import random
import time

import pytest

from chantiers.language.text_diff import CONTEXT, MOST_SHOWN, compare

DOG = "Le chien de la ferme dort au soleil."


def both(before, after):
    return compare("\n".join(before), "\n".join(after))


def text_of(line, changed=None):
    return "".join(piece.text for piece in line.pieces if changed in (None, piece.is_changed))


def marked(line):
    return [piece.text for piece in line.pieces if piece.is_changed]


def test_lines_then_words():
    compared = both(
        ["# Titre", "", DOG, "Une phrase qui s’en va."],
        ["# Titre", "", "Du neuf.", "", DOG.replace("au soleil", "sous la pluie")],
    )
    assert [row.kind for row in compared.rows] == ["same", "same", "added", "added", "changed", "removed"]
    assert (compared.added, compared.removed, compared.changed) == (1, 1, 1)
    changed = compared.rows[4]
    assert marked(changed.before) == ["au soleil"] and marked(changed.after) == ["sous la pluie"]
    assert (changed.before.number, changed.after.number) == (3, 5)
    assert not compared.is_same and compared.left_out == 0


def test_a_line_that_says_something_else_is_not_marked_word_by_word():
    compared = compare("Le budget est voté, enfin.", "Nous partons demain matin, très tôt.")
    assert [row.kind for row in compared.rows] == ["removed", "added"]


def test_changed_lines_find_their_own_among_new_ones():
    before = ["Les prix montent chaque année.", "Les loyers baissent un peu."]
    after = ["Rien de commun ici !", "Les prix montent chaque mois.", "Les loyers baissent beaucoup."]
    assert [row.kind for row in both(before, after).rows] == ["added", "changed", "changed"]


@pytest.mark.parametrize(
    ("before", "after"), [("", ""), (DOG, DOG), (f"{DOG}  \r\n\n", DOG), (" \n\n", ""), ("  a", "  a\t")]
)
def test_what_no_eye_sees_at_the_ends_is_no_difference(before, after):
    assert compare(before, after).is_same


def test_blank_lines_differ_and_are_not_counted():
    compared = both(["un", "deux"], ["un", "", "deux"])
    assert not compared.is_same
    assert (compared.added, compared.removed, compared.changed) == (0, 0, 0)


def test_from_nothing_to_something_and_back():
    assert [row.kind for row in compare("", "un\ndeux").rows] == ["added", "added"]
    assert [row.kind for row in compare("un\ndeux", "").rows] == ["removed", "removed"]


def test_unchanged_stretches_fold_but_beside_a_change():
    lines = [f"ligne {number}" for number in range(100)]
    compared = both(lines, [*lines[:50], "tout à fait autre chose", *lines[51:]])
    shapes = [(stretch.is_folded, len(stretch.rows)) for stretch in compared.stretches]
    assert shapes == [(True, 48), (False, CONTEXT), (False, 2), (False, CONTEXT), (True, 47)]
    assert next(compared.stretches).text.startswith("ligne 0\nligne 1\n")
    assert [stretch.is_folded for stretch in both(lines[:5], ["x", *lines[:5]]).stretches] == [False, False]


def test_only_so_many_differing_lines_are_shown():
    lines = [f"a{number}" for number in range(MOST_SHOWN + 10)]
    compared = both([], lines)
    assert compared.left_out == 10 and compared.added == MOST_SHOWN + 10
    assert sum(len(stretch.rows) for stretch in compared.stretches) == MOST_SHOWN


def test_both_texts_are_always_told_whole():
    chance = random.Random(7)
    for _ in range(150):
        before, after = (
            [
                " ".join(chance.choices(["un", "deux", "trois", "-"], k=chance.randint(1, 5)))
                for _ in range(size)
            ]
            for size in chance.choices(range(25), k=2)
        )
        rows = both(before, after).rows
        assert [text_of(row.before) for row in rows if row.before] == before
        assert [text_of(row.after) for row in rows if row.after] == after
        for row in rows:
            if row.kind == "changed":
                assert "".join(text_of(row.before, False).split()) == "".join(
                    text_of(row.after, False).split()
                )


WORDS = [f"mot{number}" for number in range(3000)] + ["de", "la", "le"] * 100


def some_lines(chance, count, words=8):
    return [" ".join(chance.choices(WORDS, k=words)) for _ in range(count)]


CHANCE = random.Random(1)
LINES = some_lines(CHANCE, 5000)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(LINES, [f"{line} encore" for line in LINES], id="each line changed"),
        pytest.param(LINES, some_lines(CHANCE, 5000), id="nothing in common"),
        pytest.param(LINES, CHANCE.sample(LINES, 5000), id="shuffled"),
        pytest.param(LINES, LINES[::-1], id="backwards"),
        pytest.param(["x"] * 5000, ["x", "y"] * 2500, id="one line over and over"),
        pytest.param(CHANCE.choices("abcdef", k=5000), CHANCE.choices("abcdef", k=5000), id="few lines"),
        pytest.param(some_lines(CHANCE, 1, 25000), some_lines(CHANCE, 1, 25000), id="one line of 200 KB"),
        pytest.param(["a " * 50000], ["b a " * 25000], id="one word over and over"),
        pytest.param(["-" * 100000], ["-+" * 50000], id="signs"),
    ],
)
def test_nothing_makes_it_slow(before, after):
    began = time.process_time()
    compared = both(before, after)
    assert list(compared.stretches) and not compared.is_same
    assert time.process_time() - began < 3


def test_a_few_changes_in_a_long_text_are_found_exactly():
    """Lines that are frequent in a long text (difflib's autojunk) are not left out of the comparison."""
    before = [line for number in range(2500) for line in (f"ligne {number}", "refrain")]
    after = [*before[:2000], "refrain", "Un couplet", *before[2000:4000], *before[4002:]]
    compared = both(before, after)
    assert (compared.added, compared.removed, compared.changed) == (2, 2, 0)
