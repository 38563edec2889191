"""Late saves: many people save the same thing at once; one is kept, nobody is overwritten or loses their text."""

import contextvars
import threading

from models import Submission, Task, db
from tests.support import factories as make

CROWD = 20


def all_at_once(stories):
    """Run each story in a thread of its own, all starting together, and return what each returned."""
    start, answers = threading.Barrier(len(stories)), [None] * len(stories)

    def run(number: int) -> None:
        start.wait()
        answers[number] = stories[number]()

    threads = [
        threading.Thread(target=contextvars.Context().run, args=(run, number))
        for number in range(len(stories))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_twenty_saves_of_one_text_one_is_kept_and_nineteen_keep_theirs(session, visitor):
    make.make_demarche()
    chantier = make.make_chantier()
    referent = make.make_referent(chantier)
    task = make.make_task(make.make_objective(chantier), "Commun", by=referent, description="Avant")
    session.commit()
    address = f"/taches/{task.id}/modifier"
    pages = [visitor(referent).get(address) for _ in range(CROWD)]
    for number, page in enumerate(pages):
        page.fill("Description", f"Le texte numéro {number}.")
    session.commit()

    def save(page):
        fields = dict(page.form(button="Enregistrer").fields())
        answer = page.visitor.client.post(address, data=fields)
        return answer.status_code, fields["description"], answer.get_data(as_text=True)

    answers = all_at_once([lambda page=page: save(page) for page in pages])

    assert sorted(status for status, _text, _page in answers) == [303] + [409] * (CROWD - 1)
    session.expire_all()
    kept = session.get(Task, task.id).description
    for status, text, page in answers:
        assert kept == text if status == 303 else (text in page and kept in page)


def test_of_two_saves_of_different_fields_both_are_kept(session, visitor):
    make.make_demarche()
    chantier = make.make_chantier()
    referent = make.make_referent(chantier)
    task = make.make_task(make.make_objective(chantier), "Avant", by=referent, description="Avant")
    session.commit()
    address = f"/taches/{task.id}/modifier"
    title, description = (visitor(referent).get(address) for _ in range(2))
    title.fill("Titre", "Après")
    description.fill("Description", "Après aussi")
    session.commit()
    posts = [
        lambda page=page: (
            page.visitor.client.post(address, data=dict(page.form(button="Enregistrer").fields())).status_code
        )
        for page in (title, description)
    ]
    assert all_at_once(posts) == [303, 303]
    session.expire_all()
    task = session.get(Task, task.id)
    assert (task.title, task.description) == ("Après", "Après aussi")


def test_a_form_sent_by_both_hands_creates_one_thing(session, visitor):
    make.make_demarche()
    chantier = make.make_chantier()
    referent = make.make_referent(chantier)
    make.make_objective(chantier)
    session.commit()
    address = f"/chantiers/{chantier.slug}/taches/nouvelle"
    page = visitor(referent).get(address).fill("Titre", "Une seule")
    fields = dict(page.form(button="Créer la tâche").fields())
    session.commit()

    answers = all_at_once([lambda: page.visitor.client.post(address, data=fields)] * 6)

    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, "/taches/1")}
    assert db.session.scalar(db.select(db.func.count()).select_from(Task)) == 1
    assert db.session.scalar(db.select(db.func.count()).select_from(Submission)) == 1
