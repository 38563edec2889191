"""When cycles of garbage are collected: on Python 3.11 between requests, and never in the middle of an allocation.

Until Python 3.12 the collector runs inside whatever C code happens to allocate. With many threads in the ORM this
corrupts memory now and then, and the server dies of it: sixteen people who came in the second after a start ended one
start in four. Later versions collect at safe points by themselves, and keep their own ways.
"""

import gc
import sys

RUNS_ANYWHERE = sys.version_info < (3, 12)

#: After how many new containers the youngest are looked at, and after how many looks the older ones are.
YOUNG, LOOKS = 20_000, 10


def take_over() -> None:
    """From here on garbage is collected by `collect_when_due` alone; what the process holds by now is there to stay."""
    if RUNS_ANYWHERE:
        gc.collect()
        gc.freeze()
        gc.disable()


def collect_when_due() -> None:
    """Look for garbage where enough was made since the last look: between two requests, or two jobs."""
    if gc.isenabled():
        return
    young, middle, old = gc.get_count()
    if young > YOUNG:
        gc.collect(2 if old > LOOKS else 1 if middle > LOOKS else 0)
