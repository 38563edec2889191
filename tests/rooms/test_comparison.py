"""Comparison of two versions of a deliverable: texts, files, links, and who may."""

import pytest

from models import Deliverable, ReviewRequest, Role, StoredFile, db
from tests.support import factories as make

FIRST = "# La note\n\nLe chien dort au soleil.\n\n" + "\n".join(f"Point {number}" for number in range(20))
SECOND = FIRST.replace("au soleil", "sous la <b>pluie</b>") + "\nUne ligne de plus"


@pytest.fixture
def scene(session):
    """Make a note with a text rewritten once."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.referent = make.make_referent(scene.chantier)
    scene.reader = make.make_member(scene.chantier, name="Idris Ba")
    scene.deliverable = make.make_deliverable(
        make.make_objective(scene.chantier), "La note", by=scene.referent
    )
    scene.deliverable.add_text(FIRST, by=scene.referent)
    scene.deliverable.add_text(SECOND, "Il pleut", by=scene.referent)
    scene.page = f"/livrables/{scene.deliverable.id}"
    session.commit()
    return scene


def again(deliverable):
    """Return the deliverable read anew, as its verbs want it after a visit."""
    return db.session.get(Deliverable, deliverable.id, options=Deliverable.whole(), populate_existing=True)


def a_file(scene, name, size, sha256):
    key = f"versions/{scene.deliverable.latest_version.number}"
    return scene.deliverable.add_file(
        StoredFile(key, name, "application/pdf", size, sha256 * 64), by=scene.referent
    )


def test_two_texts_line_by_line_then_word_by_word(scene, visitor):
    page = visitor(scene.reader).get(scene.page).click("Comparer avec la version 1")
    assert page.heading == "Comparer deux versions"
    assert page.has("1 ligne ajoutée, 1 ligne modifiée.") and page.has("Il pleut")
    assert page.texts("del") == ["au soleil"]
    assert page.texts("ins") == ["sous la <b>pluie</b>", "Une ligne de plus"]
    assert page.has("Ligne modifiée, avant :") and page.has("Ligne ajoutée :")
    assert page.texts("summary").count("17 lignes inchangées") == 1
    assert page.value_of("Avant").startswith("Version 1,") and page.value_of("Après").startswith("Version 2,")


def test_the_last_two_unless_one_chooses(scene, visitor, session):
    scene.deliverable.add_text("Tout autre chose", by=scene.referent)
    session.commit()
    reader = visitor(scene.reader)
    page = reader.get(f"{scene.page}/comparer")
    assert page.has("Ce qui change entre les versions 2 et 3")
    page = page.choose("Avant", "Version 1").choose("Après", "Version 2").submit("Comparer")
    assert page.has("Ce qui change entre les versions 1 et 2")
    assert reader.get(f"{scene.page}/comparer?de=2&a=1").texts("del") == [
        "sous la <b>pluie</b>",
        "Une ligne de plus",
    ]
    assert reader.get(f"{scene.page}/comparer?a=2").has("entre les versions 1 et 2")
    assert reader.get(f"{scene.page}/comparer?de=2&a=2").has("C’est deux fois la même version")
    assert reader.get(f"{scene.page}/comparer?a=1").has("C’est deux fois la même version")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("de=7&a=1", 404),
        ("de=0", 404),
        ("de=-1&a=2", 404),
        (f"a={10**30}", 404),
        ("de=x&a=[]", 200),
        ("de=" + "9" * 5000, 200),
    ],
)
def test_versions_that_do_not_exist(scene, visitor, asked, status):
    visitor(scene.reader).get(f"{scene.page}/comparer?{asked}", status=status)


def test_files_and_links_by_their_facts(scene, visitor, session):
    a_file(scene, "note.pdf", 1000, "a")
    a_file(scene, "note.pdf", 1000, "b")
    a_file(scene, "relue.pdf", 1000, "b")
    scene.deliverable.add_link("https://example.org/un", by=scene.referent)
    scene.deliverable.add_link("https://example.org/deux", by=scene.referent)
    scene.deliverable.add_text("   ".join("ab"), by=scene.referent)
    scene.deliverable.add_text("   ".join("ab"), by=scene.referent)
    session.commit()
    reader = visitor(scene.reader)

    def compared(before, after):
        return reader.get(f"{scene.page}/comparer?de={before}&a={after}")

    page = compared(3, 4)
    assert page.has("Les deux fichiers n’ont pas le même contenu.") and page.has("a" * 64)
    assert page.has("Différent") and page.has("Identique") and page.has("octets)")
    assert compared(4, 5).has("C’est le même fichier, octet pour octet.")
    assert compared(5, 6).has("ne sont pas de même nature")
    assert compared(6, 7).has("Les deux versions mènent à des adresses différentes.")
    assert compared(8, 9).has("Les deux textes sont identiques.")


def test_nothing_to_compare_yet(scene, visitor, session):
    alone = make.make_deliverable(make.make_objective(scene.chantier), "Seul", by=scene.referent)
    session.commit()
    reader = visitor(scene.reader)
    assert reader.get(f"/livrables/{alone.id}/comparer").has("Rien à comparer pour le moment")
    again(alone).add_text("Un", by=scene.referent)
    session.commit()
    assert reader.get(f"/livrables/{alone.id}/comparer?de=1&a=1").has("Rien à comparer pour le moment")
    assert "/comparer" not in str(reader.get(f"/livrables/{alone.id}").html)


def test_whoever_reviews_is_led_to_what_changed(scene, visitor):
    scene.deliverable.submit(by=scene.referent, reviewers=([scene.reader], []))
    db.session.commit()
    asked = db.session.scalar(db.select(ReviewRequest))
    reader = visitor(scene.reader)
    assert reader.get(f"/avis/{asked.id}").click("Comparer avec la version précédente").has("1 ligne ajoutée")
    page = reader.get(f"{scene.page}/versions/2").click("Comparer avec la version précédente")
    assert page.has("entre les versions 1 et 2")
    assert not reader.get(f"{scene.page}/versions/1").has("Comparer avec la version précédente")


def test_drafts_are_not_compared_before_strangers_and_observers(scene, visitor, session):
    scene.deliverable.approve(by=scene.referent)
    observer = make.make_user("Une fondation", Role.OBSERVER)
    session.commit()
    visitor(observer).get(f"{scene.page}/comparer", status=404)
    assert "/comparer" not in str(visitor(observer).get(scene.page).html)
    assert "/comparer" not in str(visitor(observer).get(f"{scene.page}/versions/2").html)
    visitor().get(f"{scene.page}/comparer", status=401)
    elsewhere = make.make_user("Zoé Ailleurs")
    session.commit()
    visitor(elsewhere).get(f"{scene.page}/comparer")
    scene.deliverable.trash(by=scene.referent)
    session.commit()
    visitor(elsewhere).get(f"{scene.page}/comparer", status=404)


def test_it_asks_the_database_as_much_for_many_versions_as_for_two(scene, visitor, session):
    reader = visitor(scene.reader)
    reader.get(f"{scene.page}/comparer")
    with reader.count_statements() as few:
        reader.get(f"{scene.page}/comparer?de=1&a=2")
    deliverable = again(scene.deliverable)
    for number in range(20):
        deliverable.add_text(f"{FIRST}\n{number}", by=scene.referent)
    session.commit()
    with reader.count_statements() as many:
        reader.get(f"{scene.page}/comparer?de=1&a=20")
    assert len(many) == len(few) <= 12, many
