"""Files attached to what people say: the same rules as for versions, the same readers as the comment."""

from io import BytesIO

import pytest
from sqlalchemy import select

from chantiers.files import uploads
from chantiers.storage.store import current_storage
from models import Chantier, Comment, CommentAttachment, Refused, Role, StoredFile, User, db, purge_bin
from tests.support import factories as make
from tests.support.terminal import said

PDF = b"%PDF-1.7 du texte"


@pytest.fixture
def scene(session):
    """Make a task and a draft, and who is who."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.referent = make.make_referent(scene.chantier)
    scene.member = make.make_member(scene.chantier, name="Zoé Lambert")
    scene.objective = make.make_objective(scene.chantier)
    scene.task = make.make_task(scene.objective, "Trouver un lieu", by=scene.referent)
    scene.draft = make.make_deliverable(scene.objective, "Brouillon", by=scene.referent)
    session.commit()
    return scene


def attachments():
    """Return every file that is kept, by its name."""
    db.session.commit()
    return db.session.scalars(select(CommentAttachment).order_by(CommentAttachment.id)).all()


def stored(content=PDF, name="note.pdf"):
    """Return a file that the store holds."""
    kept = current_storage().save(BytesIO(content))
    return StoredFile(kept.key, name, "application/pdf", kept.size, kept.sha256)


def test_a_file_is_attached_and_comes_back_the_same(scene, visitor):
    page = visitor(scene.member).get(f"/taches/{scene.task.id}")
    page.fill("Votre commentaire", "Voici le plan.").attach("Fichiers à joindre", ("Plan d’été.pdf", PDF))
    page = page.submit("Publier le commentaire")
    file = visitor(scene.referent).get(f"/taches/{scene.task.id}").click("Plan d’été.pdf (PDF, 17 octets)")
    assert file.data == PDF and file.headers["Content-Disposition"].startswith("attachment")
    assert (
        file.headers["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in file.headers["Content-Security-Policy"]
    )
    with visitor(scene.referent).count_statements() as statements:
        visitor(scene.referent).get(f"/taches/{scene.task.id}")
    assert len(statements) <= 12, statements


def test_a_wrong_file_keeps_the_words_and_says_why(scene, visitor):
    page = visitor(scene.member).get(f"/taches/{scene.task.id}")
    page.fill("Votre commentaire", "Regardez ceci.").attach("Fichiers à joindre", ("page.html", b"<script>"))
    page = page.submit("Publier le commentaire", status=422)
    assert page.value_of("Votre commentaire") == "Regardez ceci." and page.error_of("Fichiers à joindre")
    page = visitor(scene.member).get(f"/taches/{scene.task.id}")
    page.attach("Fichiers à joindre", ("note.pdf", PDF))
    page = page.submit("Publier le commentaire", status=422, validate=False)
    assert "de nouveau" in page.error_of("Fichiers à joindre")
    assert not attachments() and not db.session.scalars(select(Comment)).all()


def test_each_wrong_file_is_named_and_all_are_asked_for_again(scene, visitor):
    page = visitor(scene.member).get(f"/taches/{scene.task.id}").fill("Votre commentaire", "Trois pièces.")
    sent = [("bon.pdf", PDF), ("page.html", b"<script>"), ("vide.pdf", b"")]
    page = page.attach("Fichiers à joindre", *sent).submit("Publier le commentaire", status=422)
    told = page.error_of("Fichiers à joindre")
    assert "page.html" in told and "vide.pdf" in told and "bon.pdf" not in told
    assert "Choisissez de nouveau les fichiers" in told
    page = page.attach("Fichiers à joindre", *[(f"{n}.pdf", PDF) for n in range(6)])
    page = page.submit("Publier le commentaire", status=422)
    assert "5 fichiers au plus." in page.error_of("Fichiers à joindre")
    assert page.value_of("Votre commentaire") == "Trois pièces." and not attachments()


def test_what_is_too_much_is_refused_with_its_words_kept(scene, make_app, visitor):
    small = make_app(MAX_CONTENT_LENGTH=1000)
    for sent in ([("note.pdf", PDF + b"x" * 2000)], [(f"{n}.pdf", PDF + b"x" * 600) for n in range(2)]):
        page = visitor(scene.member, app=small).get(f"/taches/{scene.task.id}")
        page = page.fill("Votre commentaire", "Lourd.").attach("Fichiers à joindre", *sent)
        page = page.submit("Publier le commentaire", status=413)
        assert page.value_of("Votre commentaire") == "Lourd." and page.error_of("Fichiers à joindre")
    assert not attachments()
    with pytest.raises(Refused, match="too_many_files"):
        Comment.write(scene.task, "Six", by=scene.member, files=[stored() for _ in range(6)])


def test_only_who_reads_the_comment_gets_its_file(scene, visitor):
    on_draft = Comment.write(scene.draft, "Avec une pièce", by=scene.member, files=[stored()])
    on_task = Comment.write(scene.task, "Sans", by=scene.member, files=[stored(name="autre.pdf")])
    observer = make.make_user("Une fondation", role=Role.OBSERVER)
    db.session.commit()
    first, second = attachments()
    where = f"/commentaires/{on_draft.id}/fichiers/{first.id}"
    assert visitor(scene.referent).get(where).data == PDF
    visitor(observer).get(where, status=404)
    visitor().get(where, status=401)
    visitor(scene.referent).get(f"/commentaires/{on_draft.id}/fichiers/{second.id}", status=404)
    assert visitor(observer).get(f"/commentaires/{on_task.id}/fichiers/{second.id}").data == PDF
    thrown = make.make_task(scene.objective, "Jetée", by=scene.referent)
    in_bin = Comment.write(thrown, "Avec elle", by=scene.member, files=[stored(name="c.pdf")])
    thrown.trash(by=scene.referent)
    db.session.commit()
    visitor(scene.referent).get(
        f"/commentaires/{in_bin.id}/fichiers/{in_bin.attachments[0]['id']}", status=404
    )
    on_draft.delete(subject=scene.draft, by=scene.member)
    db.session.commit()
    visitor(scene.referent).get(where, status=404)


def test_every_list_of_files_knows_them(scene, app, clock):
    kept = Comment.write(scene.task, "Gardé", by=scene.member, files=[stored(b"%PDF-1.7 a", "a.pdf")])
    Comment.write(scene.task, "Supprimé", by=scene.member, files=[stored(b"%PDF-1.7 b", "b.pdf")]).delete(
        subject=scene.task, by=scene.member
    )
    gone = make.make_task(scene.objective, "Jetée", by=scene.referent)
    Comment.write(gone, "Avec elle", by=scene.member, files=[stored(b"%PDF-1.7 c", "c.pdf")])
    gone.trash(by=scene.referent)
    db.session.commit()
    kept_id = kept.id
    assert "(2)" in said(app, "doctor")
    clock.forward(days=31)
    purged = purge_bin()
    assert len(purged.files) == 1
    db.session.commit()
    left = attachments()
    assert [each.file_name for each in left] == ["a.pdf"] and left[0].comment_id == kept_id
    key = left[0].storage_key
    said(app, "purge")
    # The file of the deleted comment is swept, that of the purged task went with it.
    assert [entry.key for entry in current_storage().entries()] == [key]


def test_a_chantier_archived_while_files_are_kept_takes_them_no_more(scene, app, visitor, monkeypatch):
    chantier_id, coordinator_id = scene.chantier.id, make.make_coordinator().id
    db.session.commit()
    page = visitor(scene.member).get(f"/taches/{scene.task.id}")
    page.fill("Votre commentaire", "Trop tard.").attach("Fichiers à joindre", ("note.pdf", PDF))
    store = uploads.store_upload

    def meanwhile(upload, facts):
        db.session.rollback()
        db.session.get(Chantier, chantier_id).archive(by=db.session.get(User, coordinator_id))
        db.session.commit()
        return store(upload, facts)

    monkeypatch.setattr(uploads, "store_upload", meanwhile)
    page.submit("Publier le commentaire", status=403)
    assert not attachments() and not db.session.scalars(select(Comment)).all()
