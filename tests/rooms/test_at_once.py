"""Concurrent writes of two people near the same thing: both are kept, nobody is refused for the other's sake."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from sqlalchemy import func, select

from models import (
    Activity,
    Chantier,
    Comment,
    Deliverable,
    DeliverableVersion,
    Review,
    ReviewRequest,
    Task,
    User,
    close_account,
)
from tests.support import factories as make

PDF = b"%PDF-1.7\nune grille d'analyse\n%%EOF\n"
TURNS = 8
#: Long enough for a request to reach the database and find somebody there.
A_MOMENT = 0.3


@pytest.fixture
def ground(in_app):
    """Make a chantier with a task, a deliverable in relecture and people of all sorts: their numbers."""
    with in_app() as session:
        make.make_demarche()
        chantier = make.make_chantier()
        objective = make.make_objective(chantier)
        people = {
            "referent": make.make_referent(chantier),
            "other": make.make_referent(chantier),
            "participant": make.make_member(chantier),
            "coordinator": make.make_coordinator(),
        }
        people["with_password"] = make.make_user(password="trois petits chantiers", email="mona@example.org")
        task = make.make_task(objective, by=people["referent"])
        deliverable = make.make_deliverable(objective, by=people["referent"])
        read = make.make_deliverable(objective, by=people["referent"])
        read.add_text("Un premier jet", by=people["coordinator"])
        read.submit(by=people["coordinator"], reviewers=([people["other"], people["participant"]], []))
        session.flush()
        asked = {request.person_id: request.id for request in session.scalars(select(ReviewRequest))}
        return {
            "chantier": chantier.id,
            "slug": chantier.slug,
            "task": task.id,
            "deliverable": deliverable.id,
            "read": read.id,
            "asked": {name: asked.get(person.id) for name, person in people.items()},
            **{name: person.id for name, person in people.items()},
        }


@pytest.fixture
def arrive(in_app, ground, visitor):
    """Sign in a person: `arrive("referent")`."""

    def signed_in(who):
        with in_app() as session:
            person = session.get(User, ground[who])
        return visitor(person)

    return signed_in


def at_once(*deeds):
    """Do all of this at the same time, and give back what came of each."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        return [running.result() for running in [pool.submit(deed) for deed in deeds]]


def each_turn(person, address, fields):
    """Make a deed: the same post again and again, with words of its own each time."""

    def deed():
        filled = ({k: v.format(turn=turn) for k, v in fields.items()} for turn in range(TURNS))
        return [person.post(address, each, status=None).status for each in filled]

    return deed


def assert_news_are_the_journals(in_app, kind, number):
    with in_app() as session:
        latest = select(func.max(Activity.at)).where(
            Activity.subject_type == kind.__tablename__, Activity.subject_id == number
        )
        assert session.get(kind, number).last_news_at == session.scalar(latest)


@pytest.mark.parametrize(
    ("address", "kind", "subject"),
    [("/taches/{task}", Task, "task"), ("/livrables/{deliverable}", Deliverable, "deliverable")],
)
def test_comments_on_the_same_thing_are_all_kept(in_app, ground, arrive, address, kind, subject):
    address = address.format(**ground) + "/commentaires"
    deeds = [
        each_turn(arrive(who), address, {"body": f"{who} " + "{turn}"}) for who in ("referent", "participant")
    ]
    assert at_once(*deeds) == [[303] * TURNS] * 2
    with in_app() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 2 * TURNS
    assert_news_are_the_journals(in_app, kind, ground[subject])


def test_comments_never_make_a_conflict_of_an_edit(in_app, ground, arrive):
    task = f"/taches/{ground['task']}"
    editor, ticking = arrive("referent"), arrive("other")

    def edit():
        answers = []
        for turn in range(TURNS):
            form = editor.get(f"{task}/modifier").fill("Titre", f"Titre {turn}")
            answers.append(form.submit("Enregistrer", status=None, follow=False).status)
        return answers

    said = each_turn(arrive("participant"), f"{task}/commentaires", {"body": "Mot {turn}"})
    points = each_turn(ticking, f"{task}/points", {"text": "Point {turn}"})
    assert at_once(edit, said, points) == [[303] * TURNS] * 3
    with in_app() as session:
        assert session.get(Task, ground["task"]).title == f"Titre {TURNS - 1}"
    assert_news_are_the_journals(in_app, Task, ground["task"])


def test_opinions_given_at_once_are_all_kept(in_app, ground, arrive):
    def opinion(who):
        person, asked = arrive(who), ground["asked"][who]
        fields = {"opinion": "to_rework", "words": f"Vu par {who}"}
        return lambda: person.post(f"/avis/{asked}", fields, status=None).status

    say = each_turn(arrive("referent"), f"/livrables/{ground['read']}/commentaires", {"body": "Mot {turn}"})
    assert at_once(opinion("other"), opinion("participant"), say) == [303, 303, [303] * TURNS]
    with in_app() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 2


def test_signing_in_from_several_browsers_at_once(in_app, ground, visitor):
    fields = {"email": "mona@example.org", "password": "trois petits chantiers"}

    def sign_in():
        person = visitor()
        return lambda: person.post("/connexion", fields, status=None).status

    assert at_once(*[sign_in() for _ in range(6)]) == [303] * 6


def test_ones_own_choices_from_two_windows_at_once(ground, arrive):
    mails = {"digest": "daily", "day": "0"}
    deeds = [
        each_turn(arrive("participant"), "/langue", {"locale": "en"}),
        each_turn(arrive("participant"), "/profil/mails", mails),
        each_turn(arrive("participant"), "/profil/mails", {"at_once": "y", **mails}),
    ]
    assert at_once(*deeds) == [[303] * TURNS] * 3


# While a file is kept ------------------------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(app, monkeypatch):
    """Do the deed of `meanwhile(deed)` while the next file is being kept."""
    storage = app.extensions["storage"]
    save = storage.save

    def arrange(deed):
        def slow(*arguments, **options):
            monkeypatch.setattr(storage, "save", save)
            # In a thread of its own, as another request would be: this one's session knows nothing of it.
            at_once(deed)
            return save(*arguments, **options)

        monkeypatch.setattr(storage, "save", slow)

    return arrange


def hand_in(person, ground):
    """Fill in a new version of the deliverable; what this returns sends it, and tells the answer's status."""
    page = person.get(f"/livrables/{ground['deliverable']}/versions/nouvelle")
    page.choose("Cette version est", "un fichier").attach("Fichier", ("grille.pdf", PDF))
    page.fill("Ce qui a changé", "Ma note")
    return lambda: page.submit("Ajouter la version", status=None, follow=False).status


def attach(person, ground):
    """Fill in a comment with a file, likewise."""
    page = person.get(f"/taches/{ground['task']}").fill("Votre commentaire", "Voici le plan.")
    page.attach("Fichiers à joindre", ("plan.pdf", PDF))
    return lambda: page.submit("Publier le commentaire", status=None, follow=False).status


@pytest.mark.parametrize("send", [hand_in, attach])
def test_what_others_write_while_a_file_is_kept_is_no_conflict(in_app, ground, arrive, meanwhile, send):
    other = arrive("other")

    def deed():
        for where in (f"/taches/{ground['task']}", f"/livrables/{ground['deliverable']}"):
            assert other.post(f"{where}/commentaires", {"body": "Au même moment"}, status=None).status == 303
            form = other.get(f"{where}/modifier").fill("Titre", "Un autre titre")
            assert form.submit("Enregistrer", status=None, follow=False).status == 303

    sending = send(arrive("participant"), ground)
    meanwhile(deed)
    assert sending() == 303
    with in_app() as session:
        assert session.get(Task, ground["task"]).title == "Un autre titre"
        assert session.get(Deliverable, ground["deliverable"]).title == "Un autre titre"


def assert_nothing_came(in_app):
    with in_app() as session:
        versions = select(func.count()).where(DeliverableVersion.file_name != "")
        assert session.scalar(versions) == session.scalar(select(func.count()).select_from(Comment)) == 0


@pytest.mark.parametrize("send", [hand_in, attach])
def test_a_file_does_not_land_in_a_chantier_archived_meanwhile(in_app, ground, arrive, meanwhile, send):
    pool = ThreadPoolExecutor(1)

    def archive(begun):
        with in_app() as session:
            chantier = session.get(Chantier, ground["chantier"])
            chantier.archive(by=session.get(User, ground["coordinator"]))
            session.flush()
            begun.set_result(None)
            sleep(A_MOMENT)

    def deed():
        begun = type(pool.submit(int))()
        archiving.append(pool.submit(archive, begun))
        begun.result(timeout=5)

    archiving: list[Any] = []
    sending = send(arrive("participant"), ground)
    meanwhile(deed)
    assert sending() == 403
    archiving[0].result()
    pool.shutdown()
    assert_nothing_came(in_app)


@pytest.mark.parametrize("send", [hand_in, attach])
@pytest.mark.parametrize("is_closed", [False, True])
def test_a_file_asks_the_rights_of_when_it_is_kept(in_app, ground, arrive, meanwhile, send, is_closed):
    def deed():
        with in_app() as session:
            person, by = session.get(User, ground["participant"]), session.get(User, ground["coordinator"])
            if is_closed:
                close_account(person, by=by)
            else:
                session.get(Chantier, ground["chantier"]).dismiss(person, by=by)
                person.role = "observer"

    sending = send(arrive("participant"), ground)
    meanwhile(deed)
    assert sending() == (401 if is_closed else 403)
    assert_nothing_came(in_app)
