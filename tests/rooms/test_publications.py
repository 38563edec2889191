"""Publications: anybody reads each at an address that stays, and nothing else of it."""

from datetime import timedelta
from io import BytesIO

import pytest

from chantiers.storage.store import current_storage
from models import Deliverable, DeliverableState, Notification, Refused, Role, StoredFile, db, today
from tests.support import factories as make

LICENCE = "CC BY-SA 4.0 : en citant la source, et sous la même licence"


@pytest.fixture
def scene(session):
    """Make a chantier with an approved text, and who is who."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.objective = make.make_objective(scene.chantier)
    scene.referent = make.make_referent(scene.chantier)
    scene.member = make.make_member(scene.chantier, name="Zoé Lambert")
    scene.guide = approved(scene, "Guide de l’habitat partagé", "# Habiter\n\nEnsemble, **vraiment**.")
    session.commit()
    return scene


def approved(scene, title, text):
    """Make a deliverable whose text was approved."""
    made = make.make_deliverable(scene.objective, title, by=scene.referent)
    made.add_text(text, "Note interne", by=scene.member)
    made.approve(by=scene.referent)
    return made


def whole(deliverable):
    """Return the deliverable as it is now, with what its verbs touch."""
    db.session.commit()
    db.session.expire_all()
    return db.session.scalar(
        db.select(Deliverable).where(Deliverable.id == deliverable.id).options(*Deliverable.whole())
    )


def test_a_referent_publishes_and_anybody_reads_it(scene, visitor):
    page = visitor(scene.referent).get(f"/livrables/{scene.guide.id}").click("Publier la version 1")
    assert page.has("Ce qui devient public")
    page = page.choose("Licence", LICENCE).submit("Publier")
    assert page.has("C’est publié") and page.has("tout le monde peut la lire")
    where = "/publications/guide-de-l-habitat-partage"
    public = visitor().get(where)
    assert public.heading == "Guide de l’habitat partagé" and public.has("Ensemble, vraiment.")
    assert public.has("CC BY-SA 4.0") and public.has("Citer cette version")
    # Neither the people, nor what they said of it among themselves.
    assert not public.has("Zoé Lambert") and not public.has("Note interne")
    assert f'rel="canonical" href="http://localhost{where}"'.encode() in public.data
    assert visitor().get(f"{where}/versions/1").heading == public.heading
    assert visitor().get("/publications").click("Guide de l’habitat partagé").path == where
    assert visitor().get("/").click("Guide de l’habitat partagé").path == where
    observer = make.make_user(role=Role.OBSERVER)
    assert visitor(observer).get(f"/livrables/{scene.guide.id}").click("Voir la page publique").path == where


def test_what_is_published_is_late_no_more(scene, visitor):
    structure = make.make_structure("Ecosolies")
    scene.guide.entrust([structure], by=scene.referent)
    scene.guide.reschedule(today() - timedelta(days=3), by=scene.referent)
    scene.guide.publish("CC BY-SA 4.0", by=scene.referent)
    db.session.commit()
    person = visitor(scene.member)
    for address in (
        f"/chantiers/{scene.chantier.slug}",
        "/structures/ecosolies",
        f"/livrables/{scene.guide.id}",
    ):
        page = person.get(address)
        assert page.has("Publié") and not page.has("En retard")


def test_only_who_leads_publishes(scene, visitor):
    elsewhere = make.make_referent(make.make_chantier("Ailleurs"))
    observer = make.make_user(role=Role.OBSERVER)
    for person in (scene.member, elsewhere, observer):
        for verb, data in (
            ("publier", {"licence": "CC0 1.0", "number": "1"}),
            ("depublier", {"reason": "non"}),
        ):
            visitor(person).post(f"/livrables/{scene.guide.id}/{verb}", data, status=403)
    assert visitor().get("/publications").has("Rien n’est encore publié")
    visitor().get("/publications/guide-de-l-habitat-partage", status=404)


def test_the_address_survives_a_new_title_and_shows_the_newest_published_version(scene, visitor):
    whole(scene.guide).publish("CC BY 4.0", by=scene.referent)
    guide = whole(scene.guide)
    guide.edit(by=scene.referent, title="Un tout autre titre")
    guide.add_text("La suite, encore secrète.", by=scene.member)
    where = "/publications/guide-de-l-habitat-partage"
    db.session.commit()
    assert not visitor().get(where).has("encore secrète")
    visitor().get(f"{where}/versions/2", status=404)
    guide = whole(guide)
    assert guide.state == DeliverableState.DRAFTING
    guide.approve(by=scene.referent)
    db.session.commit()
    assert not visitor().get(where).has("encore secrète")
    guide = whole(guide)
    guide.publish("CC0 1.0", by=scene.referent)
    db.session.commit()
    newest = visitor().get(where)
    assert newest.heading == "Un tout autre titre" and newest.has("encore secrète") and newest.has("CC0 1.0")
    earlier = newest.click("Version 1")
    assert earlier.has("Ensemble, vraiment.") and earlier.has("CC BY 4.0")
    assert earlier.has("Une version plus récente est publiée")


def test_what_is_withdrawn_says_so_and_comes_back_without_its_past(scene, visitor):
    whole(scene.guide).publish("CC BY 4.0", by=scene.referent)
    db.session.commit()
    where = "/publications/guide-de-l-habitat-partage"
    page = visitor(scene.referent).get(f"/livrables/{scene.guide.id}").click("Retirer de la publication")
    page.submit("Retirer de la publication", status=422, validate=False)
    page = page.fill("Pourquoi le retirer", "Une adresse privée y figurait.").submit(
        "Retirer de la publication"
    )
    assert page.has("Ce n’est plus publié")
    for gone in (where, f"{where}/versions/1", f"{where}/versions/1/fichier", f"{where}/fichier"):
        assert visitor().get(gone, status=410).has("a été retirée")
    assert not visitor().get("/publications").has("Guide de l’habitat")
    guide = whole(scene.guide)
    assert guide.state == DeliverableState.APPROVED
    guide.add_text("Sans l’adresse.", by=scene.member)
    guide.approve(by=scene.referent)
    guide = whole(guide)
    guide.publish("CC BY 4.0", by=scene.referent)
    db.session.commit()
    assert visitor().get(where).has("Sans l’adresse.")
    visitor().get(f"{where}/versions/1", status=404)


def test_the_bin_is_not_public(scene, visitor):
    whole(scene.guide).publish("CC BY 4.0", by=scene.referent)
    guide = whole(scene.guide)
    guide.trash(by=scene.referent)
    db.session.commit()
    visitor().get("/publications/guide-de-l-habitat-partage", status=410)
    assert visitor().get("/publications").has("Rien n’est encore publié")
    guide = whole(guide)
    guide.restore(by=scene.referent)
    db.session.commit()
    visitor().get("/publications/guide-de-l-habitat-partage")


def test_a_file_is_downloaded_without_an_account_and_never_opened(scene, app, visitor):
    with app.app_context():
        stored = current_storage().save(BytesIO(b"%PDF-1.7 du texte"))
    made = make.make_deliverable(scene.objective, "Rapport", by=scene.referent)
    file = StoredFile(stored.key, "rapport.pdf", "application/pdf", stored.size, stored.sha256)
    made.add_file(file, by=scene.member)
    made.approve(by=scene.referent)
    draft = make.make_deliverable(scene.objective, "Brouillon", by=scene.referent)
    db.session.commit()
    whole(made).publish("Licence ouverte 2.0", by=scene.referent)
    db.session.commit()
    page = visitor().get("/publications/rapport")
    file = page.click("Télécharger rapport.pdf (PDF, 17 octets)")
    assert file.data == b"%PDF-1.7 du texte"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert (
        file.headers["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in file.headers["Content-Security-Policy"]
    )
    assert visitor().get("/publications/rapport/fichier", follow=True).data == file.data
    visitor().get(f"/livrables/{draft.id}", status=401)


def test_only_what_is_approved_is_published_and_once(scene):
    draft = make.make_deliverable(scene.objective, "Brouillon", by=scene.referent)
    draft.add_text("Un brouillon.", by=scene.member)
    with pytest.raises(Refused, match="not_approved"):
        draft.publish("CC BY 4.0", by=scene.referent)
    guide = whole(scene.guide)
    with pytest.raises(Refused, match="licence_missing"):
        guide.publish("", by=scene.referent)
    with pytest.raises(Refused, match="newer_version"):
        guide.publish("CC BY 4.0", by=scene.referent, number=7)
    guide.publish("CC BY 4.0", by=scene.referent)
    with pytest.raises(Refused, match="published_already"):
        guide.publish("CC BY 4.0", by=scene.referent)
    with pytest.raises(Refused, match="state_already"):
        guide.approve(by=scene.referent)
    assert guide.is_approved and not guide.is_late
    db.session.commit()
    assert Notification.unread_of(make.make_member(scene.chantier), guide) == 0
    twin = approved(scene, "Guide de l’habitat partagé", "Un homonyme")
    twin.publish("CC BY 4.0", by=scene.referent)
    assert twin.public_slug == "guide-de-l-habitat-partage-2"


def test_a_licence_of_nobody_is_refused_and_the_choice_is_asked_again(scene, visitor):
    page = visitor(scene.referent).post(
        f"/livrables/{scene.guide.id}/publier", {"licence": "La mienne", "number": "1"}, status=422
    )
    assert page.alerts and page.has("CC0 1.0")


def test_the_list_is_filtered_paged_and_costs_no_more_with_many(scene, visitor):
    counted = []
    for count in (2, 25):
        other = make.make_objective(make.make_chantier(f"Se nourrir {count}"))
        for number in range(count):
            made = make.make_deliverable(other, f"Fiche {count} {number}", by=scene.referent)
            made.add_text("Texte", by=scene.member)
            made.approve(by=scene.referent)
            made.publish("CC BY 4.0", by=scene.referent)
        db.session.commit()
        for where in ("/publications", "/"):
            with visitor().count_statements() as statements:
                visitor().get(where)
            counted.append(len(statements))
    assert counted[:2] == counted[2:] and max(counted) <= 12
    whole(scene.guide).publish("CC BY 4.0", by=scene.referent)
    db.session.commit()
    assert visitor().get("/publications").has("28 publications")
    assert visitor().get("/publications?chantier=habiter-autrement").has("1 publication")
    assert visitor().get("/publications?page=2").has("Fiche 2 0")
    assert visitor().get("/publications?chantier=inconnu").has("Aucune publication ne correspond")
