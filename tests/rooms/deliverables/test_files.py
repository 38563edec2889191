"""Files of deliverables: what is taken, what is refused and in which words, and how they are given back."""

import hashlib
import threading
from io import BytesIO
from urllib.parse import unquote
from zipfile import ZipFile

import pytest

from chantiers.storage.store import StorageDown, StorageFull
from models import Deliverable, DeliverableVersion, Role
from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_user,
)

PDF = b"%PDF-1.7\nune grille d'analyse\n%%EOF\n"


@pytest.fixture(autouse=True)
def demarche(session):
    return make_demarche()


@pytest.fixture
def chantier(session):
    return make_chantier("Mobilité du quotidien")


@pytest.fixture
def referent(chantier):
    return make_referent(chantier)


@pytest.fixture
def participant(chantier):
    return make_member(chantier, name="Paul Participant")


@pytest.fixture
def deliverable(chantier):
    return make_deliverable(make_objective(chantier), "Grille d’analyse")


def add_page(visitor, person, deliverable, **options):
    return visitor(person, **options).get(f"/livrables/{deliverable.id}/versions/nouvelle")


def hand_in(page, name, content, status=200, note="Ma note"):
    """Send a file as a new version."""
    page.choose("Cette version est", "un fichier").attach("Fichier", (name, content)).fill(
        "Ce qui a changé", note
    )
    return page.submit("Ajouter la version", status=status)


def file_of(deliverable, number=1):
    return f"/livrables/{deliverable.id}/versions/{number}/fichier"


def kept_files(app):
    return list(app.extensions["storage"].entries())


def test_a_file_comes_back_as_it_was(visitor, session, app, participant, deliverable):
    page = hand_in(add_page(visitor, participant, deliverable), "Grille d’été – v2.pdf", PDF)
    assert page.has("Grille d’été – v2.pdf (PDF, 36 octets)") and page.has("Ma note")
    assert page.has(hashlib.sha256(PDF).hexdigest())
    answer = visitor(participant).get(file_of(deliverable))
    assert answer.data == PDF
    headers = answer.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("attachment")
    assert "Grille d’été – v2.pdf" in unquote(headers["Content-Disposition"])
    assert headers["Content-Length"] == str(len(PDF))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["ETag"] == f'"{hashlib.sha256(PDF).hexdigest()}"'
    assert "private" in headers["Cache-Control"]
    version = session.query(DeliverableVersion).one()
    assert (version.size, version.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert [entry.key for entry in kept_files(app)] == [version.storage_key]


def test_a_browser_that_has_it_is_not_sent_it_again(visitor, session, participant, deliverable):
    hand_in(add_page(visitor, participant, deliverable), "grille.pdf", PDF)
    somebody = visitor(participant)
    tag = somebody.get(file_of(deliverable)).headers["ETag"]
    answer = somebody.get(file_of(deliverable), status=304, headers={"If-None-Match": tag})
    assert answer.data == b"" and answer.headers["ETag"] == tag
    deliverable = session.get(Deliverable, deliverable.id)
    deliverable.trash(by=make_user())
    somebody.get(file_of(deliverable), status=404, headers={"If-None-Match": tag})


def test_the_same_form_twice_gives_one_version(visitor, session, participant, deliverable):
    page = add_page(visitor, participant, deliverable)
    hand_in(page, "grille.pdf", PDF)
    hand_in(page, "grille.pdf", PDF)
    assert session.query(DeliverableVersion).count() == 1


def archive(*parts):
    """Make a zip of these (name, content)."""
    stream = BytesIO()
    with ZipFile(stream, "w") as made:
        for name, content in parts:
            made.writestr(name, content)
    return stream.getvalue()


HOSTILE = [
    ("vide.pdf", b""),
    ("page.html", b"<script>alert(1)</script>"),
    ("page.xhtml", b"<html/>"),
    ("dessin.svg", b"<svg onload='alert(1)'/>"),
    ("outil.exe", b"MZ\x90\x00"),
    ("script.js", b"alert(1)"),
    ("archive.zip", archive(("a.html", "<script>"))),
    ("faux.pdf", b"<html><script>alert(1)</script>"),
    ("faux.png", b"\x89PNG mais non"),
    ("faux.docx", archive(("a.txt", "rien"))),
    ("faux.odt", b"PK\x03\x04 tronqu"),
    ("macros.docx", archive(("word/vbaProject.bin", "x"), ("[Content_Types].xml", "<x/>"))),
    ("sans-extension", PDF),
    (".pdf", PDF),
    ("grille.pdf\u202efdp.exe", PDF),
    ("grille.pdf.exe", PDF),
    ("texte.txt", b"avec un \x00 dedans"),
    ("   ", PDF),
    ("...", PDF),
]


@pytest.mark.parametrize(("name", "content"), HOSTILE, ids=[repr(name) for name, _ in HOSTILE])
def test_what_is_refused_is_said_and_the_note_kept(
    visitor, session, app, participant, deliverable, name, content
):
    page = add_page(visitor, participant, deliverable).fill("Texte", "Un texte commencé")
    page = hand_in(page, name, content, status=422)
    assert "pas été gardé" in page.error_of("Fichier") or "Choisissez un fichier" in page.error_of("Fichier")
    assert page.value_of("Ce qui a changé") == "Ma note" and page.value_of("Texte") == "Un texte commencé"
    assert session.query(DeliverableVersion).count() == 0
    assert kept_files(app) == []


NAMES = {
    "../../etc/passwd.pdf": "passwd.pdf",
    "C:\\Users\\rachel\\grille.pdf": None,
    "gri\x00lle\r\nX-Injected: 1.pdf": None,
    "a" * 300 + ".pdf": None,
    "\u202egrille.pdf": "grille.pdf",
    '"guillemets"; filename=x.html.pdf': None,
    "📄 dossier.pdf": "📄 dossier.pdf",
    "<b>gras</b>.pdf": None,
}


@pytest.mark.parametrize(("name", "shown"), NAMES.items(), ids=[repr(name)[:30] for name in NAMES])
def test_strange_names_become_plain_ones(visitor, session, participant, deliverable, name, shown):
    page = hand_in(add_page(visitor, participant, deliverable), name, PDF, status=None)
    if page.status == 422:
        assert page.error_of("Fichier")
        return
    kept = session.query(DeliverableVersion).one().file_name
    assert len(kept) <= 150 and not set(kept) & set("\x00\r\n/\\\u202e") and kept.endswith(".pdf")
    assert shown is None or kept == shown
    answer = visitor(participant).get(file_of(deliverable))
    assert "X-Injected" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == "application/pdf"


def test_no_file_chosen(visitor, participant, deliverable):
    page = add_page(visitor, participant, deliverable).choose("Cette version est", "un fichier")
    page = page.fill("Ce qui a changé", "Ma note").submit("Ajouter la version", status=422)
    assert (
        "Choisissez un fichier" in page.error_of("Fichier") and page.value_of("Ce qui a changé") == "Ma note"
    )


def test_a_file_must_be_chosen_again_after_another_error(visitor, session, participant, deliverable):
    page = add_page(visitor, participant, deliverable)
    page.choose("Cette version est", "un fichier").attach("Fichier", ("grille.pdf", PDF))
    page.fill("Ce qui a changé", "x" * 3000)
    page = page.submit("Ajouter la version", status=422, validate=False)
    assert page.error_of("Ce qui a changé") and "Choisissez de nouveau" in page.error_of("Fichier")


def test_too_large_a_file_keeps_the_note(visitor, session, make_app, participant, deliverable):
    small = make_app(MAX_CONTENT_LENGTH=2000)
    page = add_page(visitor, participant, deliverable, app=small)
    page = hand_in(page, "grille.pdf", PDF + b"x" * 3_000_000, status=413)
    assert "dépasse" in page.error_of("Fichier") and page.value_of("Ce qui a changé") == "Ma note"
    assert session.query(DeliverableVersion).count() == 0
    assert kept_files(small) == []
    page = hand_in(page, "grille.pdf", PDF)
    assert page.has("La version 1 est ajoutée") and page.has("Ma note")


def test_a_file_just_at_the_limit_is_taken(visitor, session, make_app, participant, deliverable):
    content = PDF + b"x" * (5000 - len(PDF))
    for limit, status in ((4999, 413), (5000, 200)):
        page = add_page(visitor, participant, deliverable, app=make_app(MAX_CONTENT_LENGTH=limit))
        hand_in(page, "grille.pdf", content, status=status)
    assert session.query(DeliverableVersion).one().size == 5000


def test_a_large_file_goes_through_the_disk(visitor, session, participant, deliverable):
    content = PDF + bytes(range(256)) * 8000
    hand_in(add_page(visitor, participant, deliverable), "grille.pdf", content)
    assert visitor(participant).get(file_of(deliverable)).data == content


@pytest.mark.parametrize(("failure", "status"), [(StorageDown("absent"), 503), (StorageFull("plein"), 507)])
def test_a_store_that_fails_is_said_and_keeps_nothing(
    visitor, session, app, participant, deliverable, monkeypatch, failure, status
):
    page = add_page(visitor, participant, deliverable)

    def fail(_stream):
        raise failure

    monkeypatch.setattr(app.extensions["storage"], "save", fail)
    page = hand_in(page, "grille.pdf", PDF, status=status)
    assert page.has("Ma note"), "what was typed is shown back"
    assert session.query(DeliverableVersion).count() == 0


def test_a_file_that_is_gone_is_said(visitor, session, app, participant, deliverable):
    hand_in(add_page(visitor, participant, deliverable), "grille.pdf", PDF)
    storage, version = app.extensions["storage"], session.query(DeliverableVersion).one()
    storage.delete(version.storage_key)
    page = visitor(participant).get(file_of(deliverable), status=503)
    assert page.has("Ce fichier n’est pas dans l’espace de fichiers")
    visitor(participant).get(f"/livrables/{deliverable.id}")


def test_a_refused_row_leaves_a_file_that_the_sweep_takes(
    visitor, session, app, referent, participant, deliverable
):
    page = add_page(visitor, participant, deliverable)
    one = session.get(Deliverable, deliverable.id, options=Deliverable.whole(), populate_existing=True)
    one.add_text("Un", by=participant)
    one.submit(by=referent)
    page = hand_in(page, "grille.pdf", PDF, status=409)
    assert page.has("Une version est en relecture") and page.value_of("Ce qui a changé") == "Ma note"
    assert session.query(DeliverableVersion).count() == 1


# Rights


def test_rights_are_read_at_each_download(visitor, session, referent, participant, chantier, deliverable):
    observer = make_user(role=Role.OBSERVER)
    for number in (1, 2):
        hand_in(
            add_page(visitor, participant, deliverable), f"grille-{number}.pdf", PDF + str(number).encode()
        )
    somebody = visitor(observer)
    somebody.get(file_of(deliverable, 1), status=404)
    again = session.get(Deliverable, deliverable.id, options=Deliverable.whole(), populate_existing=True)
    again.approve(by=referent)
    assert somebody.get(file_of(deliverable, 2)).data.endswith(b"2")
    page = somebody.get(f"/livrables/{deliverable.id}")
    assert page.has("grille-2.pdf") and not page.has("grille-1.pdf") and not page.has("Ma note")
    somebody.get(file_of(deliverable, 1), status=404)
    visitor().get(file_of(deliverable, 2), status=401)


def test_an_observer_hands_in_nothing(visitor, session, app, deliverable):
    somebody = visitor(make_user(role=Role.OBSERVER))
    somebody.get(f"/livrables/{deliverable.id}")
    data = {"kind": "file", "file": (BytesIO(PDF), "grille.pdf"), "key": "k"}
    somebody.post(f"/livrables/{deliverable.id}/versions/nouvelle", data, status=403)
    assert kept_files(app) == []


def test_simultaneous_versions_get_different_numbers(visitor, session, participant, deliverable):
    pages = [add_page(visitor, participant, deliverable) for _ in range(6)]
    for index, page in enumerate(pages):
        page.choose("Cette version est", "un fichier").attach("Fichier", (f"grille-{index}.pdf", PDF))
    session.commit()
    statuses = []

    def send(page):
        form = page.form(button="Ajouter la version")
        response = page.visitor.client.post(
            page.path, data=dict(form.fields()), content_type="multipart/form-data"
        )
        statuses.append(response.status_code)

    threads = [threading.Thread(target=send, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 6
    session.expire_all()
    assert sorted(number for (number,) in session.query(DeliverableVersion.number)) == [1, 2, 3, 4, 5, 6]
