"""Points d'étape: when they may be planned, whom they ask, what an answer does to a task."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select

from models import (
    Activity,
    Checkpoint,
    CheckpointLine,
    CheckpointState,
    Comment,
    Following,
    OutgoingMail,
    Refused,
    TaskStatus,
    User,
    Wish,
    close_account,
    db,
    figures_of,
    now,
    today,
)
from tests.support import factories as make


def came(person):
    """Mark a person as having signed in: they have an account."""
    person.seen_at = now()
    return person


@pytest.fixture
def scene(session, clock):
    clock.travel_to("2026-03-02 10:00")
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.coordinator = came(make.make_coordinator("Ada Coord"))
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.objective = make.make_objective(scene.chantier)
    scene.referent = came(make.make_referent(scene.chantier, "Rosa Réf"))
    scene.camille = came(make.make_member(scene.chantier, name="Camille Là"))
    scene.structure = make.make_structure("La Passerelle")
    scene.idris = came(make.make_user("Idris Ba"))
    scene.structure.gather(scene.idris, by=scene.coordinator)
    session.flush()
    return scene


def task(scene, title, **fields):
    return make.make_task(scene.objective, title, by=scene.referent, **fields)


def planned(scene, **fields):
    return Checkpoint.plan("COPIL du 20 mars", date(2026, 3, 20), by=scene.coordinator, **fields)


def asked(scene, clock):
    checkpoint = planned(scene)
    clock.travel_to("2026-03-13 10:00")
    checkpoint.ask(by=scene.coordinator)
    db.session.commit()
    return checkpoint


def pairs():
    query = select(User.name, CheckpointLine.task_id).join(User, User.id == CheckpointLine.user_id)
    found: dict[str, set[int]] = {}
    for name, task_id in db.session.execute(query):
        found.setdefault(name, set()).add(task_id)
    return found


def line(checkpoint, person, task):
    return CheckpointLine.to_answer(checkpoint.id, person.id, task.id)


def test_it_is_planned_moved_and_cancelled(scene, clock):
    checkpoint = planned(scene)
    assert checkpoint.asks_on == date(2026, 3, 13)
    assert checkpoint.leaves_at.isoformat() == "2026-03-13T08:00:00+01:00"
    checkpoint.move(date(2026, 4, 10), by=scene.coordinator)
    # In summer's time the morning is as early in the day.
    assert checkpoint.leaves_at.isoformat() == "2026-04-03T08:00:00+02:00"
    checkpoint.move(date(2026, 4, 10), date(2026, 4, 8), by=scene.coordinator)
    assert (checkpoint.held_on, checkpoint.asks_on) == (date(2026, 4, 10), date(2026, 4, 8))
    checkpoint.reword("COPIL d’avril", "À **tout** de suite", by=scene.coordinator)
    for wrong, code in (
        ((date(2026, 3, 1), None), "checkpoint_past"),
        ((date(2026, 3, 9), date(2026, 3, 10)), "checkpoint_asks_late"),
        ((date(2026, 3, 9), date(2026, 3, 1)), "checkpoint_asks_late"),
    ):
        with pytest.raises(Refused) as refused:
            Checkpoint.plan("Trop", *wrong, by=scene.coordinator)
        assert refused.value.code == code
    checkpoint.cancel(by=scene.coordinator)
    for verb in (checkpoint.cancel, checkpoint.ask):
        with pytest.raises(Refused) as refused:
            verb(by=scene.coordinator)
        assert refused.value.code == "checkpoint_over"
    db.session.flush()
    lines = db.session.scalars(
        select(Activity.action).where(Activity.subject_type == "checkpoint").order_by(Activity.id)
    ).all()
    kept = [each.removeprefix("checkpoint.") for each in lines]
    assert kept == ["planned", "moved", "edited", "edited", "cancelled"]


def test_what_leaves_today_leaves_time_to_think_again(scene):
    today_itself = Checkpoint.plan("Bientôt", today(), by=scene.coordinator)
    assert now() + timedelta(minutes=59) < today_itself.leaves_at < now() + timedelta(minutes=61)


def test_each_is_asked_about_their_own_tasks(scene, clock):
    named = task(scene, "Nommée", people=[scene.camille], pilote=scene.structure)
    led = task(scene, "Pilotée", pilote=scene.structure)
    gone = came(make.make_member(scene.chantier, name="Gone Parti"))
    left = task(scene, "À qui n’est plus là", people=[gone], pilote=scene.structure)
    scene.chantier.dismiss(gone, by=scene.referent)
    never_came = make.make_member(scene.chantier, name="Jamais Venu")
    unknown = task(scene, "À qui n’est jamais venu", people=[never_came])
    closed = came(make.make_member(scene.chantier, name="Fermé"))
    task(scene, "À un compte fermé", people=[closed])
    close_account(closed, by=scene.coordinator)
    muted = task(scene, "En sourdine", people=[scene.camille])
    Following.say(scene.camille, muted, Wish.MUTE)
    over = task(scene, "Finie", people=[scene.camille])
    over.finish(by=scene.referent)
    waits = task(scene, "À valider", people=[scene.camille])
    waits.submit(by=scene.camille)
    dropped = task(scene, "Abandonnée", people=[scene.camille])
    dropped.abandon("Inutile", by=scene.referent)
    binned = task(scene, "Jetée", people=[scene.camille])
    binned.trash(by=scene.referent)
    task(scene, "Seulement contribuée", contributors=[scene.structure])
    archived = make.make_chantier("Fini")
    make.make_task(make.make_objective(archived), "Là-bas", people=[scene.camille])
    archived.archive(by=scene.coordinator)
    checkpoint = asked(scene, clock)
    assert pairs() == {"Camille Là": {named.id}, "Idris Ba": {led.id, left.id}}
    assert unknown.id not in pairs()["Idris Ba"]
    assert figures_of([checkpoint.id]) == {checkpoint.id: (2, 0, 3, 0)}
    with pytest.raises(Refused):
        checkpoint.ask(by=scene.coordinator)


@pytest.mark.parametrize(
    ("at_once", "checkpoints", "mails"), [(True, True, 1), (False, True, 0), (True, False, 0)]
)
def test_whoever_wants_no_mail_gets_none_and_is_asked_on_the_page(scene, clock, at_once, checkpoints, mails):
    task(scene, "Nommée", people=[scene.camille])
    scene.camille.choose_mails(at_once=at_once, digest="never", day=0, checkpoints=checkpoints)
    asked(scene, clock)
    sent = select(func.count()).where(OutgoingMail.kind == "checkpoint")
    assert db.session.scalar(sent) == mails
    assert len(db.session.scalars(CheckpointLine.awaited_of(scene.camille)).all()) == 1


def test_answers_make_the_tasks_own_verbs(scene, clock):
    doing, done, stuck = (task(scene, title, people=[scene.camille]) for title in ("A", "B", "C"))
    doing.start(by=scene.camille)
    checkpoint = asked(scene, clock)
    clock.forward(hours=1)
    assert line(checkpoint, scene.camille, doing).answer("in_progress", "Presque", by=scene.camille)
    assert line(checkpoint, scene.camille, done).answer("done", by=scene.camille, seen="todo")
    with pytest.raises(Refused) as refused:
        line(checkpoint, scene.camille, stuck).answer("blocked", by=scene.camille)
    assert refused.value.code == "reason_missing"
    line(checkpoint, scene.camille, stuck).answer("blocked", "Le bail", "Un juriste", by=scene.camille)
    assert [doing.status, done.status, stuck.status] == ["in_progress", "to_validate", "blocked"]
    assert (stuck.blocked_reason, stuck.blocked_need) == ("Le bail", "Un juriste")
    assert [each.body for each in db.session.scalars(select(Comment))] == ["Presque"]
    # A task that is said to go on is no longer silent.
    assert doing.last_news_at > checkpoint.asked_at
    assert figures_of([checkpoint.id]) == {checkpoint.id: (1, 1, 3, 3)}
    assert db.session.scalars(CheckpointLine.awaited_of(scene.camille)).all() == []


def test_the_same_answer_twice_is_one_and_a_late_one_overwrites_nothing(scene, clock):
    one = task(scene, "A", people=[scene.camille])
    one.start(by=scene.camille)
    checkpoint = asked(scene, clock)
    for expected in (True, False):
        found = line(checkpoint, scene.camille, one)
        answered = found.answer("in_progress", "Presque", by=scene.camille, seen="in_progress")
        assert answered is expected
    assert len(db.session.scalars(select(Comment)).all()) == 1
    one.block("Rien ne vient", by=scene.referent)
    with pytest.raises(Refused) as refused:
        line(checkpoint, scene.camille, one).answer("done", by=scene.camille, seen="in_progress")
    assert refused.value.code == "status_already"
    one.abandon("Inutile", by=scene.referent)
    with pytest.raises(Refused) as refused:
        line(checkpoint, scene.camille, one).answer("done", by=scene.camille, seen="abandoned")
    assert refused.value.code == "task_closed"
    clock.travel_to("2026-04-12 10:00")
    with pytest.raises(Refused) as refused:
        line(checkpoint, scene.camille, one).answer("done", "Enfin", by=scene.camille)
    assert refused.value.code == "checkpoint_over"


def test_a_referents_done_is_done_and_one_answer_serves_for_all(scene, clock):
    shared = task(scene, "À deux", people=[scene.camille, scene.referent])
    moved = task(scene, "Vue ailleurs", people=[scene.camille])
    given_away = task(scene, "Confiée à d’autres depuis", people=[scene.camille])
    checkpoint = asked(scene, clock)
    clock.forward(hours=1)
    line(checkpoint, scene.referent, shared).answer("done", by=scene.referent)
    assert shared.status == TaskStatus.DONE
    moved.start(by=scene.camille)
    given_away.entrust(None, [], [scene.referent], by=scene.referent)
    db.session.flush()
    assert db.session.scalars(CheckpointLine.awaited_of(scene.camille)).all() == []
    assert checkpoint.state == CheckpointState.ASKED


def test_asking_many_takes_no_more_statements_than_asking_few(scene, clock):
    def statements_for(people):
        for number in range(people):
            person = came(make.make_member(scene.chantier, name=f"P {number}"))
            for _ in range(2):
                task(scene, "Une de plus", people=[person])
        checkpoint = planned(scene)
        db.session.commit()
        seen = []
        engine = db.session.get_bind()
        count = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", count)
        checkpoint.ask(by=None)
        db.session.commit()
        event.remove(engine, "before_cursor_execute", count)
        return len(seen)

    assert statements_for(3) == statements_for(30) <= 12
