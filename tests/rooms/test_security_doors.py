"""Ways in and ways to overwhelm that no list of addresses finds: links, races, keys and texts made to cost."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chantiers.language.versions import side_by_side
from chantiers.web.forms import fingerprint
from models import Objective, PasswordLink, Role, User, db
from tests.support import factories as make

ANOTHER = "tout autre chose ici"


@pytest.fixture
def coordinator(session):
    """Make somebody of the coordination, in a démarche."""
    make.make_demarche()
    person = make.make_coordinator("Claude Martin")
    session.commit()
    return person


def test_the_link_of_one_person_is_never_shown_on_the_page_of_another(coordinator, session, visitor):
    one, other = make.make_user("Anne"), make.make_user("Bakari")
    session.commit()
    first, second = (f"/gestion/personnes/{person.id}" for person in (one, other))
    manager = visitor(coordinator)
    manager.post(f"{first}/lien")
    assert "/mot-de-passe/" not in manager.get(second).html
    manager.post(f"{first}/lien")
    assert "/mot-de-passe/" in manager.get(first).html


def test_a_new_password_ends_the_links_that_were_out(coordinator, session, visitor):
    person = make.make_user("Zoé", password=make.PASSWORD)
    token = PasswordLink.issue(person, by=coordinator)
    session.commit()
    chosen = {"current_password": make.PASSWORD, "password": ANOTHER, "password_again": ANOTHER}
    visitor(person).post("/profil/mot-de-passe", chosen)
    visitor().get(f"/mot-de-passe/{token}", status=404)


def test_a_link_sent_to_a_wrong_address_ends_when_it_is_put_right(coordinator, session, visitor):
    person = make.make_user("Zoé")
    token = PasswordLink.issue(person, by=coordinator)
    person.edit(by=coordinator, name="Zoé L.")
    session.commit()
    visitor().get(f"/mot-de-passe/{token}")
    person.edit(by=coordinator, email="la-bonne@example.org")
    session.commit()
    visitor().get(f"/mot-de-passe/{token}", status=404)


def test_coordinators_who_all_resign_at_once_leave_one(in_app, visitor):
    with in_app() as session:
        make.make_demarche()
        people = [make.make_coordinator(name) for name in ("Ada", "Bao", "Cléo")]
        session.flush()
        facts = [(person.id, person.name, person.email) for person in people]
    with in_app() as session:
        visitors = [visitor(session.get(User, number)) for number, _name, _email in facts]
    start = Barrier(len(facts))

    def resign(person, number, name, email):
        shown = {"name": name, "title": "", "email": email, "role": Role.COORDINATOR}
        seen = json.dumps({field: fingerprint(value) for field, value in shown.items()})
        data = {**shown, "role": Role.MEMBER, "seen": seen, "csrf_token": person.csrf_token()}
        start.wait()
        return person.post(f"/gestion/personnes/{number}", data, status=None, check=False).status

    with ThreadPoolExecutor(len(facts)) as pool:
        running = [pool.submit(resign, person, *fact) for person, fact in zip(visitors, facts, strict=True)]
    assert sorted(each.result() for each in running) == [303, 303, 409]
    with in_app() as session:
        left = db.select(db.func.count()).select_from(User).where(User.role == Role.COORDINATOR)
        assert session.scalar(left) == 1


def test_the_key_of_another_form_leads_nowhere_else(coordinator, session, visitor):
    objective = make.make_objective(make.make_chantier())
    session.commit()
    root, number = f"/chantiers/{objective.chantier.slug}", objective.id
    manager = visitor(coordinator)
    task = {"title": "Planter", "objective": number, "pilote": 0, "key": "k"}
    manager.post(f"{root}/taches/nouvelle", task)
    manager.post(f"{root}/objectifs/nouveau", {"kind": "operational", "text": "Un autre", "key": "k"})
    assert session.scalar(db.select(Objective.id).where(Objective.text == "Un autre")) is not None


def test_what_a_page_showed_may_be_nonsense_of_any_depth(coordinator, session, visitor):
    objective = make.make_objective(make.make_chantier())
    task = make.make_task(objective, "Planter", by=coordinator)
    session.commit()
    sent = {"title": "Semer", "objective": objective.id, "pilote": 0, "seen": "[" * 100_000}
    visitor(coordinator).post(f"/taches/{task.id}/modifier", sent, status=409)


def test_texts_made_to_be_slow_to_compare_are_compared_roughly():
    theirs, mine = ["x"] * 9000, ["x", "y"] * 4500
    began = time.process_time()
    left, right = side_by_side("\n".join(theirs), "\n".join(mine))
    assert time.process_time() - began < 3
    assert [line for _, line in left] == theirs and [line for _, line in right] == mine


def test_an_ordinary_text_is_still_compared():
    theirs = [f"Ligne {number}" if number % 3 else "" for number in range(900)]
    mine = [*theirs[:451], "Une autre", *theirs[452:]]
    left, right = side_by_side("\n".join(theirs), "\n".join(mine))
    assert [line for differs, line in left if differs] == ["Ligne 451"]
    assert [line for differs, line in right if differs] == ["Une autre"]
