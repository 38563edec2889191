"""Help to write: the preview of a text, and whom the start of a name may mean."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from models import Comment, OutgoingMail, Role, db
from tests.architecture import hostile
from tests.support import factories as make


@pytest.fixture
def scene(session):
    """Make a chantier with its people and structures, a task and a draft."""
    make.make_demarche()
    chantier = make.make_chantier("Habiter autrement")
    scene = type("Scene", (), {})()
    scene.chantier = chantier
    objective = make.make_objective(chantier)
    scene.referent = make.make_referent(chantier, "Ama Référente")
    scene.member = make.make_member(chantier, name="Émile-Amand Ba")
    scene.elsewhere = make.make_user("Amalia Ailleurs", title="Urbaniste")
    scene.observer = make.make_user("Amaury Observateur", role=Role.OBSERVER)
    for person in (scene.referent, scene.member, scene.elsewhere, scene.observer):
        person.seen_at = datetime(2024, 1, 1, tzinfo=UTC)
    scene.never_came = make.make_member(chantier, name="Amadou Jamais-Venu")
    scene.structure = make.make_structure("L’Amarrage")
    chantier.enrol(scene.structure, by=scene.referent)
    gone = make.make_structure("Amarres d’hier")
    chantier.enrol(gone, by=scene.referent)
    chantier.withdraw(gone, by=scene.referent)
    make.make_structure("Amandiers d’ailleurs")
    scene.task = make.make_task(objective, "Trouver un lieu", by=scene.referent)
    scene.deliverable = make.make_deliverable(objective, "La note", by=scene.referent)
    session.commit()
    return scene


def names(visitor, user, thing, start=""):
    """Return the names that are proposed to a person."""
    found = visitor(user).get(f"/mentions/{thing.__tablename__}/{thing.id}?q={start}").json
    return [each["name"] for each in found]


def test_the_start_of_any_word_proposes_people_and_structures(scene, visitor):
    # Those of the chantier first; who never came, who left and whoever asks are no help.
    assert names(visitor, scene.referent, scene.task, "AmÂ") == [
        "Émile-Amand Ba",
        "L’Amarrage",
        "Amalia Ailleurs",
        "Amaury Observateur",
    ]
    assert names(visitor, scene.member, scene.chantier, "ama") == [
        "Ama Référente",
        "L’Amarrage",
        "Amalia Ailleurs",
        "Amaury Observateur",
    ]
    assert names(visitor, scene.member, scene.chantier, "l%27am") == ["L’Amarrage"]
    # Before a word, only the chantier; « % » is a sign like any other.
    for start in ("", "%25", "_"):
        assert names(visitor, scene.member, scene.task, start) == ["Ama Référente", "L’Amarrage"]
    assert names(visitor, scene.member, scene.task, "zzz") == []
    # A mere observer does not read of drafts: calling them in would tell nobody.
    assert names(visitor, scene.member, scene.deliverable, "amau") == []
    page = visitor(scene.member).get(f"/mentions/task/{scene.task.id}?q=amalia")
    assert page.json == [{"kind": "person", "name": "Amalia Ailleurs", "note": "Urbaniste"}]
    assert "@" not in page.html
    # What is proposed is what is understood.
    chosen = names(visitor, scene.referent, scene.task, "am")[0]
    said = Comment.write(scene.task, f"Et @[{chosen}] ?", by=scene.referent)
    assert [each["id"] for each in said.mentions] == [scene.member.id]


def test_proposals_are_few_and_cost_the_same_whatever_there_is(scene, visitor):
    person = visitor(scene.referent)

    def cost():
        with person.count_statements() as statements:
            person.get(f"/mentions/task/{scene.task.id}?q=am")
        return len(statements)

    before = cost()
    for number in range(12):
        make.make_member(scene.chantier, name=f"Amélie {number}").seen_at = datetime(2024, 1, 1, tzinfo=UTC)
        scene.chantier.enrol(make.make_structure(f"Amis {number}"), by=scene.referent)
    make.make_member(scene.chantier, name="Ame [sic]").seen_at = datetime(2024, 1, 1, tzinfo=UTC)
    db.session.commit()
    found = person.get(f"/mentions/task/{scene.task.id}?q=am").json
    assert len(found) <= 8 and {each["kind"] for each in found} == {"person", "structure"}
    assert not any("[" in each["name"] for each in found)
    assert cost() == before <= 10


def test_names_are_only_for_whoever_may_speak(scene, visitor):
    visitor().get(f"/mentions/task/{scene.task.id}", status=401)
    visitor(scene.observer).get(f"/mentions/task/{scene.task.id}", status=403)
    visitor(scene.observer).get(f"/mentions/deliverable/{scene.deliverable.id}", status=404)
    visitor(scene.member).get(f"/mentions/user/{scene.member.id}", status=404)
    visitor(scene.member).get("/mentions/task/987654321", status=404)


def test_a_preview_is_the_comment_to_come_and_keeps_nothing(scene, visitor):
    text = "## Un titre\n\nQu’en dis-tu, @[émile amand ba] ? Et @[Personne] ?\n\n- **un**"
    person = visitor(scene.referent)
    with person.count_statements() as statements:
        page = person.post("/apercu", {"text": text, "about": f"task/{scene.task.id}"}, status=200)
    assert not [
        each for each in statements if each.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    html = page.json["html"]
    assert db.session.scalars(db.select(OutgoingMail)).all() == []
    said = Comment.write(scene.task, text, by=scene.referent)
    db.session.commit()
    assert '<span class="mention">@émile amand ba</span>' in html and "@[Personne]" in html
    # The page of the task shows the same.
    assert html.strip() in person.get(f"/taches/{scene.task.id}").html
    assert [each["id"] for each in said.mentions] == [scene.member.id]
    # Elsewhere nobody is called in, nor where this person may not speak.
    assert "mention" not in person.post("/apercu", {"text": text}, status=200).json["html"]
    for about in (f"deliverable/{scene.deliverable.id}", "task/x", "task/", "/", f"user/{scene.member.id}"):
        answer = visitor(scene.observer).post(
            "/apercu", {"text": "@[Ama Référente]", "about": about}, status=200
        )
        assert "mention" not in answer.json["html"]
    visitor(scene.member).post("/apercu", {"text": "x"}, status=400, csrf=False)
    visitor().post("/apercu", {"text": "x"}, status=401)


@pytest.mark.databases("sqlite")
def test_a_preview_waits_for_no_writer(scene, visitor):
    person = visitor(scene.member)
    person.get(f"/taches/{scene.task.id}")
    with closing(sqlite3.connect(db.engine.url.database)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert (
            person.post("/apercu", {"text": "Un **mot**"}, status=200)
            .json["html"]
            .startswith("<p>Un <strong>")
        )
        writer.rollback()


def test_a_preview_takes_anything(scene, visitor):
    person = visitor(scene.member)
    token = person.csrf_token()
    for what, text in hostile.TEXTS.items():
        for field in ({"text": text}, {"text": "@[Ama Référente]", "about": text}):
            page = person.visit("POST", "/apercu", None, check=False, data={**field, "csrf_token": token})
            assert page.status == (413 if what == "200,000 characters" and field["text"] == text else 200), (
                what
            )
            assert not any(mark in page.html for mark in hostile.LIVE), what
    for raw in hostile.BYTES.values():
        page = person.visit(
            "POST",
            "/apercu",
            None,
            check=False,
            data=f"csrf_token={token}&text={raw}&about=task/{raw}",
            content_type="application/x-www-form-urlencoded",
        )
        assert page.status == 200
    assert "trop long" in person.post("/apercu", {"text": "é" * 100_001}, status=413).json["message"]
