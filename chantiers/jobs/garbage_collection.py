"""Garbage collection: on Python 3.11 between requests, and never in the middle of an allocation.

Until Python 3.12 the collector runs inside whatever C code happens to allocate. With many threads in the ORM this
corrupts memory now and then, and the server dies of it: sixteen people who came in the second after a start ended one
start in four. Later versions collect at safe points by themselves, and keep their own ways.
"""

import gc
import sys

RUNS_ANYWHERE = sys.version_info < (3, 12)

#: Thresholds: new containers before the youngest generation is collected, and its collections before the older ones.
YOUNG, COLLECTIONS = 20_000, 10


def take_over() -> None:
    """Disable the automatic collector, in favour of `collect_when_due`, and freeze what the process holds by now."""
    if RUNS_ANYWHERE:
        gc.collect()
        gc.freeze()
        gc.disable()


def collect_when_due() -> None:
    """Collect garbage if the thresholds are passed: called between two requests, or two jobs."""
    if gc.isenabled():
        return
    young, middle, old = gc.get_count()
    if young > YOUNG:
        gc.collect(2 if old > COLLECTIONS else 1 if middle > COLLECTIONS else 0)
