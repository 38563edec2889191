"""FIFO lock of SQLite's writers: it goes to whoever has waited longest, and is never lost."""

import sqlite3
from threading import Thread
from time import sleep

import pytest
from sqlalchemy.exc import OperationalError

from models import db
from models.ground.write_queue import FifoLock
from tests.support import factories as make


def test_writers_are_served_in_the_order_in_which_they_came():
    lock, served = FifoLock(), []
    assert lock.acquire(1)

    def write(number):
        assert lock.acquire(5)
        served.append(number)
        lock.release()

    threads = [Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
        sleep(0.01)
    lock.release()
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_who_waits_too_long_is_told_and_leaves_the_queue():
    lock = FifoLock()
    assert lock.acquire(1)
    assert not lock.acquire(0.01)
    lock.release()
    assert lock.acquire(0.01)


def test_the_turn_comes_back_after_a_rollback_and_after_an_error(app, in_app):
    for _time in range(3):
        with app.app_context():
            make.make_structure()
            db.session.rollback()
        with pytest.raises(RuntimeError), app.app_context():
            make.make_structure()
            raise RuntimeError
    with in_app():
        make.make_structure()


@pytest.mark.databases("sqlite")
def test_a_lost_connection_gives_its_turn_back(app, in_app):
    with app.app_context():
        make.make_structure()
        db.session.connection().invalidate()
        db.session.rollback()
    with in_app():
        make.make_structure()


@pytest.mark.databases("sqlite")
def test_writers_of_other_processes_are_waited_for(app, in_app):
    with app.app_context():
        elsewhere = sqlite3.connect(db.engine.url.database, isolation_level=None)
    elsewhere.execute("BEGIN IMMEDIATE")
    failures = []

    def write():
        try:
            with in_app():
                make.make_structure()
        except OperationalError as error:
            failures.append(error)

    writers = [Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    sleep(0.2)
    elsewhere.execute("ROLLBACK")
    for writer in writers:
        writer.join()
    elsewhere.close()
    assert failures == []
