"""Document of a comité de pilotage: what is read back of the PDF and of the DOCX is what the screens say."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pypdf
import pytest
from docx import Document

from models import Decision, Meeting, ProgressUpdate, Role, Weather, today
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)

NASTY = 'Un \x0b mot\ud800 #import "x" $a$ <b> \\u{1F600} 😀 مرحبا ' + "long" * 60


#: What each document says of the scene, in its own order.
SAID = (
    "On avance moins vite.",
    "Ce qu’en dit Ada Exemple",
    "Visiter trois lieux",
    "Personne ne répond.",
    "Il faudrait : Un contact",
    "Grille d’analyse",
    "Où se réunir ?",
    "À Rennes",
    "On se réunit à Rennes.",
    "La mairie est appelée.",
    "Suivie : Appeler la mairie",
    "Écrire la synthèse",
    "Ecosolies",
)


@pytest.fixture
def scene(session):
    """Make a démarche with a session today and one two months ago."""
    make_demarche(name="Coopérer ici", bearer="Le Labo")
    scene = type("Scene", (), {})()
    scene.by = make_coordinator("Camille Exemple")
    scene.chantier = make_chantier("Mobilité du quotidien", number=1)
    make_chantier("Habitat partagé", number=2)
    scene.referent = make_referent(scene.chantier, "Ada Exemple")
    objective = make_objective(scene.chantier, "Recenser les lieux")
    done, blocked = make_task(objective, "Visiter trois lieux"), make_task(objective, "Trouver un lieu")
    make_task(objective, "Écrire la synthèse", pilote=make_structure("Ecosolies"))
    done.finish(by=scene.referent)
    blocked.block("Personne ne répond.", "Un contact", by=scene.referent)
    make_deliverable(objective, "Grille d’analyse", expected_on=today() + timedelta(days=9))
    ProgressUpdate.write(
        scene.chantier, Weather.RAIN, "On **avance** moins vite.", "Un lieu.", by=scene.referent
    )
    earlier = Meeting.plan(today() - timedelta(days=60), by=scene.by)
    Decision.take(earlier, "La mairie est appelée.", by=scene.by).follow(
        objective, "Appeler la mairie", by=scene.by
    )
    scene.meeting = Meeting.plan(today(), "À Nantes", "Ce qu’on vient **décider**.", by=scene.by)
    scene.meeting.put_on_agenda("Où se réunir ?", "- À Nantes\n- À Rennes", by=scene.by)
    Decision.take(scene.meeting, "On se réunit à Rennes.", by=scene.by, chantier_id=scene.chantier.id)
    session.commit()
    return scene


def structure_of(pdf: pikepdf.Pdf) -> list[str]:
    """Return the kinds of the tags of a PDF, in their order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for each in node:
                walk(each)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node and node.get("/Type", "/StructElem") != "/MCR":
                found.append(str(node.S))
            walk(node.get("/K", pikepdf.Array()))

    walk(pdf.Root.StructTreeRoot.K)
    return found


def words_of(content: bytes) -> str:
    """Return the words of a DOCX, tables and links included."""
    document = Document(BytesIO(content))
    texts = document.element.body.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t")
    return " ".join(
        "".join(each.text or "" for each in texts).replace("\u00a0", " ").replace("\u200b", "").split()
    )


def words_of_pdf(content: bytes) -> str:
    """Return the words of a PDF as a reader gets them; those cut at the end of a line are whole again."""
    pages = (page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)
    whole = "\n".join(pages).replace("\u00ad\n", "").replace("\u00ad", "").replace("\u00a0", " ")
    return " ".join(whole.replace("\u200b", "").split())


def expected_days(content: bytes) -> list[str]:
    """Return the days on which deliverables are expected, as the document says them."""
    tables = [
        table for table in Document(BytesIO(content)).tables if table.rows[0].cells[0].text == "Livrable"
    ]
    return [row.cells[-1].text for table in tables for row in table.rows[1:]]


def test_the_pdf_is_tagged_with_its_title_its_language_and_its_headings(scene, visitor):
    answer = visitor(scene.by).get(f"/copil/{scene.meeting.id}/document.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    with pikepdf.open(BytesIO(answer.data)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("fr")
        assert "Comité de pilotage du" in str(pdf.docinfo["/Title"])
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        tags = structure_of(pdf)
    for wanted in ("/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/L", "/LI", "/Link"):
        assert wanted in tags, wanted


def test_the_docx_says_what_the_screens_say(scene, visitor):
    person = visitor(scene.by)
    answer = person.get(f"/copil/{scene.meeting.id}/document.docx")
    document, words = Document(BytesIO(answer.data)), words_of(answer.data)
    assert document.core_properties.title.startswith("Comité de pilotage du")
    headings = [each.text for each in document.paragraphs if each.style.name.startswith("Heading")]
    assert (
        headings[0] == "Synthèse"
        and "1. Mobilité du quotidien" in headings
        and "2. Habitat partagé" in headings
    )
    assert len(document.tables) >= 4 and document.tables[0].rows[0].cells[0].text == "Chantier"
    # The figures are those of the chantier's own page.
    overview = person.get(f"/chantiers/{scene.chantier.slug}").text
    assert "25 %" in overview and "1 tâche terminée sur 4" in overview
    line = [cell.text.replace("\u00a0", " ") for cell in document.tables[0].rows[1].cells]
    assert line == ["1. Mobilité du quotidien", "Pluie", "25 % (1 sur 4)", "1", "0", "2", "0 sur 1"]
    for said in SAID:
        assert said in words, said


def test_the_pdf_says_the_same(scene, visitor):
    person = visitor(scene.by)
    words = words_of_pdf(person.get(f"/copil/{scene.meeting.id}/document.pdf").data)
    line = "1. Mobilité du quotidien Pluie 25 % (1 sur 4) 1 0 2 0 sur 1"
    for said in (*SAID, line, "Comité de pilotage du", "Synthèse", "2 Habitat partagé"):
        assert said in words, said


def test_mere_observers_get_neither_weather_nor_drafts(scene, visitor, session):
    observer = visitor(make_user(role=Role.OBSERVER))
    kept = observer.get(f"/copil/{scene.meeting.id}/document.docx").data
    words = words_of(kept)
    assert "Visiter trois lieux" in words and "Grille d’analyse" in words
    assert "Pluie" not in words and "moins vite" not in words
    told = visitor(scene.by).get("/coordination/rapport.docx").data
    assert expected_days(kept) == ["–"] and expected_days(told)[0].startswith(
        str((today() + timedelta(9)).day)
    )


def test_what_people_write_breaks_no_document(scene, visitor, session):
    task = make_task(make_objective(scene.chantier, NASTY.replace("\ud800", "")), "Titre")
    task.title = NASTY.replace("\ud800", "")[:290]
    scene.meeting.edit(
        by=scene.by,
        opening=NASTY.replace("\ud800", "")
        + "\n\n> cité\n\n1. un\n2. deux\n\n| a | b |\n|---|---|\n| c | d |",
    )
    session.commit()
    person = visitor(scene.by)
    for address in (f"/copil/{scene.meeting.id}/document", "/coordination/rapport"):
        with pikepdf.open(BytesIO(person.get(f"{address}.pdf").data)) as pdf:
            assert len(pdf.pages) >= 2
    words = words_of(person.get(f"/copil/{scene.meeting.id}/document.docx").data)
    assert '#import "x" $a$ <b>' in words and "😀" in words and "cité" in words
    for wrong in ("hier", "1999-01-01", "2999-01-01", "2024-13-45"):
        person.get(f"/coordination/rapport.pdf?depuis={wrong}", status=404)


def test_the_annexes_name_the_first_and_count_the_others(scene, visitor, session):
    objective = make_objective(scene.chantier, "Faire beaucoup")
    person, counts = visitor(scene.by), []
    for _ in range(2):
        for number in range(30):
            make_task(objective, f"Une tâche de plus {number}").start(by=scene.referent)
        session.commit()
        with person.count_statements() as statements:
            words = words_of(person.get("/coordination/rapport.docx").data)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    # Ten of those that were begun, and forty of the open ones in the annex, three of which were there before.
    assert words.count("Une tâche de plus") == 10 + 37
    assert "et 50 autres, dans le classeur" in words and "et 23 autres, dans le classeur" in words


def test_a_session_that_was_held_keeps_the_figures_of_its_day(session, visitor, clock):
    clock.travel_to("2024-03-01 10:00")
    make_demarche()
    by, chantier = make_coordinator(), make_chantier("Mobilité", number=1)
    objective = make_objective(chantier, "Recenser")
    done, blocked, other = (
        make_task(objective, title, by=by) for title in ("Une finie", "Une bloquée", "Une autre")
    )
    clock.travel_to("2024-03-10 10:00")
    done.finish(by=by)
    blocked.block("Un mur.", "Une porte", by=by)
    ProgressUpdate.write(chantier, Weather.RAIN, "Il pleut en mars.", by=by)
    meeting = Meeting.plan(today(), by=by)
    meeting.close(by=by)
    session.commit()
    address = f"/copil/{meeting.id}/document.docx"
    clock.forward(hours=2)
    person = visitor(by)
    clock.travel_to("2024-03-11 10:00")
    then = words_of(person.get(address).data)
    for said in (
        "33 % (1 sur 3)",
        "Une finie",
        "Une bloquée",
        "Un mur.",
        "Il pleut en mars.",
        "au soir du 10 mars 2024",
    ):
        assert said in then, said
    # Whatever happens later, it says the same.
    clock.travel_to("2024-06-01 10:00")
    blocked.unblock(by=by)
    other.finish(by=by)
    done.reopen(by=by)
    make_task(objective, "Une nouvelle", by=by)
    ProgressUpdate.write(chantier, Weather.BRIGHT, "Il fait beau en juin.", by=by)
    session.commit()
    assert words_of(visitor(by).get(address).data) == then
    with pikepdf.open(BytesIO(visitor(by).get(address.replace("docx", "pdf")).data)) as pdf:
        assert "/H2" in structure_of(pdf)
