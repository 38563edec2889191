"""Archive of a chantier while people write in it: what was begun before is kept, nothing lands afterwards."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from models import Activity, Chantier, Comment, Task, TaskStatus, User, db
from tests.support import factories as make

#: Long enough for a request to reach the database and find somebody there.
A_MOMENT = 0.3


@pytest.fixture
def ground(in_app):
    """Make a chantier with a task, another one in the bin, a référent and a coordinator: their numbers."""
    with in_app() as session:
        make.make_demarche()
        chantier = make.make_chantier()
        objective, referent = make.make_objective(chantier), make.make_referent(chantier)
        task, binned = make.make_task(objective, by=referent), make.make_task(objective, by=referent)
        coordinator, newcomer = make.make_coordinator(), make.make_user()
        binned.trash(by=referent)
        session.flush()
        return {
            "chantier": chantier.id,
            "slug": chantier.slug,
            "objective": objective.id,
            "task": task.id,
            "binned": binned.id,
            "referent": referent.id,
            "coordinator": coordinator.id,
            "newcomer": newcomer.id,
        }


@pytest.fixture
def arrive(in_app, ground, visitor):
    """Sign in a person: `arrive("referent")`."""

    def signed_in(who):
        with in_app() as session:
            person = session.get(User, ground[who])
        return visitor(person)

    return signed_in


WRITES = {
    "status": ("/taches/{task}/statut", {"move": "start", "seen_status": "todo"}),
    "task": ("/chantiers/{slug}/taches", {"title": "Trop tard", "objective": "{objective}"}),
    "comment": ("/taches/{task}/commentaires", {"body": "Trop tard"}),
    "member": (
        "/chantiers/{slug}/membres/personnes/ajouter",
        {"person": "{newcomer}", "role": "participant"},
    ),
    "bin": ("/corbeille/taches/{binned}/retablir", {}),
}


@pytest.mark.parametrize(
    ("write", "status"), [*((name, 403) for name in WRITES if name != "bin"), ("bin", 404)]
)
def test_what_comes_while_it_is_being_archived_is_refused(in_app, ground, arrive, write, status):
    address, fields = WRITES[write]
    fields = {name: value.format(**ground) for name, value in fields.items()}
    referent = arrive("referent")
    referent.csrf_token()
    with ThreadPoolExecutor(1) as pool:
        with in_app() as session:
            chantier = session.get(Chantier, ground["chantier"])
            chantier.archive(by=session.get(User, ground["coordinator"]))
            session.flush()
            writing = pool.submit(referent.post, address.format(**ground), fields, status=None)
            sleep(A_MOMENT)
        assert writing.result().status == status
    with in_app() as session:
        last = session.scalars(db.select(Activity.action).order_by(Activity.id.desc())).first()
        assert last == "chantier.archived"
        assert session.get(Task, ground["task"]).status == TaskStatus.TODO
        assert session.get(Task, ground["binned"]).is_trashed
        assert session.scalars(db.select(Comment)).all() == []


def test_it_waits_for_those_who_began_to_write_before(in_app, ground, arrive):
    coordinator = arrive("coordinator")
    with ThreadPoolExecutor(1) as pool:
        with in_app() as session:
            assert Chantier.hold_open(ground["chantier"])
            address = f"/gestion/chantiers/{ground['slug']}/archiver"
            archiving = pool.submit(coordinator.post, address, {}, status=None)
            sleep(A_MOMENT)
            assert not archiving.done()
            task = session.scalar(db.select(Task).where(Task.id == ground["task"]).options(*Task.whole()))
            task.start(by=session.get(User, ground["referent"]))
        assert archiving.result().status == 303
    with in_app() as session:
        last = session.scalars(db.select(Activity.action).order_by(Activity.id.desc()).limit(2)).all()
        assert last[0] == "chantier.archived"
        assert session.get(Task, ground["task"]).status == TaskStatus.IN_PROGRESS
        assert not Chantier.hold_open(ground["chantier"])


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("write", ["status", "task", "comment", "member"])
def test_those_who_write_do_not_wait_for_each_other(in_app, ground, arrive, write):
    address, fields = WRITES[write]
    fields = {name: value.format(**ground) for name, value in fields.items()}
    referent = arrive("referent")
    with ThreadPoolExecutor(1) as pool, in_app():
        assert Chantier.hold_open(ground["chantier"])
        writing = pool.submit(referent.post, address.format(**ground), fields, status=None)
        assert writing.result(timeout=5).status == 303
