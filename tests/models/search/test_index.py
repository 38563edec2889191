"""Search: what is found, by whom, in which order, and that the index follows every change at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import (
    Comment,
    ObjectiveKind,
    Role,
    SearchEntry,
    Structure,
    db,
    find,
    fold,
    index_disagreements,
    merge_structures,
    purge_bin,
    reindex,
    terms_of,
)
from models.search.question import EMPTY_WORDS
from models.search.words import index_words, words_in
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_objective,
    make_structure,
    make_task,
    make_user,
)


def found(user, question, **where):
    """Commit, then list what this person finds, in order: (kind, title or the beginning of the text)."""
    db.session.commit()
    page = find(user, terms_of(question), **where)
    assert sum(page.counts.values()) >= len(page.entries)
    return [(entry.kind, entry.title or entry.body[:30]) for entry in page.entries]


def titles(user, question, **where):
    return [title for _kind, title in found(user, question, **where)]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(WORDS)
def test_a_text_answers_each_of_its_words_and_their_beginnings(text):
    held = set(index_words("", text, None).split())
    for word in words_in(text):
        assert word in held
        for start in range(3, len(word) + 1):
            for term in terms_of(word[:start]):
                assert term.is_in(word)
    for term in terms_of(text):
        assert term.word in held
        assert term.stem in held


@given(st.text(max_size=300))
def test_a_question_holds_letters_and_digits_and_no_more_than_is_read(text):
    terms = terms_of(text)
    assert len(terms) <= 8
    assert all(term.word.isalnum() and term.stem.isalnum() and len(term.word) <= 40 for term in terms)
    assert bool(terms) == bool(fold(text[:200]))


def test_empty_words_are_left_out_unless_they_are_all_there_is():
    assert [term.word for term in terms_of("Les œuvres de l’été")] == ["oeuvres", "ete"]
    assert [term.word for term in terms_of("de la")] == ["de", "la"]
    assert terms_of(" ?!\0*\"'() ") == ()
    assert set(words_in(" ".join(EMPTY_WORDS))) == EMPTY_WORDS


CORPUS = (
    "Cartographier les lieux",
    "Préparer la cartographie des tiers-lieux",
    "Former les animateur·rices",
    "La formation des élu·es",
    "Œuvrer pour l’économie circulaire",
    "Réunir le comité 2026",
    "Eau, vélos et énergies renouvelables",
    "L’ESS en Île-de-France",
    "Cœur de ville, ça bouge",
    "Знание и 数据",
)

#: What each question finds, on either database: nothing is left to their dictionaries.
ANSWERS = {
    "cartograph": {0, 1},
    "CARTOGRAPHIE": {0, 1},
    "lieu": {0, 1},
    "formations": {3},
    "forma": {2, 3},
    "elu": {3},
    "élus": {3},
    "oeuvrer": {4},
    "economies circulaires": {4},
    "l'économie": {4},
    "comités 2026": {5},
    "velo": {6},
    "eaux": {6},
    "energie": {6},
    "ess": {7},
    "ile de france": {7},
    "coeur": {8},
    "Ça": {8},
    "знан": {9},
    "数据": {9},
    "introuvable": set(),
    "ea": set(),
    "cartographie formation": set(),
    'eau" OR "ess': set(),
    "NEAR(eau energie)": set(),
    "eau*": {6},
    "-eau": {6},
    "words:eau": set(),
    "eau & énergies": {6},
    "eau | ess": set(),
    "=eau": {6},
    "'; DROP TABLE search_entry; --": set(),
    "\\": set(),
    "é" * 500: set(),
}


def test_the_same_words_find_the_same_things_on_both_databases(session):
    user = make_user()
    objective = make_objective(make_chantier("Chantier", number=1))
    for title in CORPUS:
        make_task(objective, title)
    session.commit()
    for question, wanted in ANSWERS.items():
        terms = terms_of(question)
        entries = find(user, terms, kind="task").entries if terms else []
        assert {CORPUS.index(entry.title) for entry in entries} == wanted, question


def test_titles_come_first_whole_words_before_their_beginnings_then_the_latest(session, clock):
    user = make_user()
    objective = make_objective(make_chantier())
    for title, description in (
        ("Un compost", ""),
        ("Deux composteurs", ""),
        ("Trois", "du compost"),
        ("Quatre composts", ""),
        ("Cinq", "des composteurs"),
    ):
        clock.forward(days=1)
        make_task(objective, title, description=description)
    wanted = ["Quatre composts", "Un compost", "Deux composteurs", "Cinq", "Trois"]
    assert titles(user, "compost") == wanted
    assert titles(user, "compost", limit=2) + titles(user, "compost", first=2, limit=5) == wanted


@pytest.fixture
def scene(session):
    """Make one of everything, with the same rare word."""
    by = make_coordinator()
    chantier = make_chantier("Le chantier du zinc")
    objective = make_objective(chantier, "Objectif du zinc")
    task = make_task(objective, "Zinc du toit", by=by)
    draft = make_deliverable(objective, "Note", by=by)
    draft.add_text("Un brouillon parle de zinc", by=by)
    comment = Comment.write(task, "Le zinc, j’en parle", by=by)
    structure = make_structure("Zinc et compagnie")
    return by, chantier, objective, task, draft, comment, structure


def test_observers_read_neither_drafts_nor_comments_and_their_counts_say_so(scene, session):
    by, chantier, _objective, _task, draft, _comment, _structure = scene
    observer = make_user(role=Role.OBSERVER)
    kinds = {kind for kind, _title in found(observer, "zinc")}
    assert kinds == {"task", "structure", "chantier"}
    assert find(observer, terms_of("zinc")).counts == {
        "task": 1,
        "deliverable": 0,
        "decision": 0,
        "structure": 1,
        "chantier": 1,
    }
    assert found(observer, "note") == [("deliverable", "Note")]
    elsewhere = {kind for kind, _title in found(make_user(), "zinc")}
    assert elsewhere == {"task", "draft", "comment", "structure", "chantier"}
    draft.submit(by=by)
    draft.approve(by=by)
    assert ("deliverable", "Note") in found(observer, "zinc")
    draft.add_text("Une suite sur le cuivre", by=by)
    assert found(observer, "cuivre") == []
    assert ("deliverable", "Note") in found(observer, "zinc")
    assert found(by, "cuivre") == [("draft", "Note")]
    chantier.welcome(observer, by=by)
    session.commit()
    assert titles(session.merge(observer), "cuivre") == ["Note"]


def test_what_is_said_of_the_bin_is_not_found_until_it_comes_back(scene, session, clock):
    by, _chantier, objective, task, draft, _comment, _structure = scene
    everything = set(found(by, "zinc"))
    assert len(everything) == 5
    task.trash(by=by)
    draft.trash(by=by)
    assert {kind for kind, _title in found(by, "zinc")} == {"structure", "chantier"}
    task.restore(by=by)
    draft.restore(by=by)
    assert set(found(by, "zinc")) == everything
    for thing in (task, draft, objective):
        thing.trash(by=by)
    session.commit()
    clock.forward(days=31)
    purge_bin()
    assert {kind for kind, _title in found(by, "zinc")} == {"structure", "chantier"}
    assert "brouillon" not in str([entry.body for entry in session.query(SearchEntry)])
    assert index_disagreements() == {}


def test_every_change_is_found_as_soon_as_it_is_kept(scene, session):
    by, chantier, _objective, task, draft, comment, structure = scene
    task.reword("Toit de cuivre", "avec du plomb", by=by)
    assert titles(by, "plomb") == titles(by, "cuivre") == ["Toit de cuivre"]
    assert ("task", "Zinc du toit") not in found(by, "zinc")
    task.block("La grue manque", "un camion", by=by)
    assert titles(by, "grue") == ["Toit de cuivre"]
    comment.edit("Du laiton plutôt", subject=task, by=by)
    assert titles(by, "laiton") == ["Du laiton plutôt"]
    comment.delete(subject=task, by=by)
    assert titles(by, "laiton") == []
    draft.add_text("Le texte nomme le nickel", by=by)
    assert titles(by, "nickel") == ["Note"]
    structure.also_known_as(["Chrome SARL"], by=by)
    assert titles(by, "chrome") == ["Zinc et compagnie"]
    other = make_structure("Ferraille")
    session.commit()
    merge_structures(structure, into=session.get(Structure, other.id), by=by)
    assert titles(by, "chrome") == titles(by, "compagnie") == ["Ferraille"]
    make_objective(chantier, "Vers le titane", ObjectiveKind.POLITICAL)
    assert titles(by, "titane") == ["Le chantier du zinc"]
    chantier = session.merge(chantier)
    chantier.archive(by=by)
    assert titles(by, "cuivre") == ["Toit de cuivre"]
    assert titles(by, "cuivre", chantier_id=chantier.id) == ["Toit de cuivre"]
    assert titles(by, "cuivre", chantier_id=chantier.id + 1) == []
    # What is not kept is not found, and leaves nothing behind.
    make_structure("Uranium")
    session.rollback()
    assert titles(by, "uranium") == []
    assert index_disagreements() == {}


def test_the_index_is_made_again_from_nothing_and_a_second_time_changes_nothing(scene, session):
    session.commit()
    before = [(entry.id, entry.words) for entry in session.query(SearchEntry).order_by(SearchEntry.id)]
    assert len(before) == 6
    session.query(SearchEntry).filter(SearchEntry.kind != "chantier").delete()
    session.query(SearchEntry).update({"words": "perdu"})
    session.add(
        SearchEntry(
            id=(1 << 40) + 999,
            kind="task",
            subject_id=999,
            title="x",
            body="",
            words="x",
            at=scene[3].created_at,
        )
    )
    session.commit()
    assert sum(index_disagreements().values()) == 7
    for _again in range(2):
        assert sum(reindex()) == 6
        session.commit()
        session.expire_all()
        after = [(entry.id, entry.words) for entry in session.query(SearchEntry).order_by(SearchEntry.id)]
        assert after == before
        assert index_disagreements() == {}
    assert len(found(scene[0], "zinc")) == 5
