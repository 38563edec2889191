"""Benchmark of the product beside its baseline, in the same minutes on the same machine.

python -m bench.run [--quick]
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from flask import Flask

from bench import servers
from bench.generate import Made, application, fill
from bench.load import Browser, Pace, at_once, pace_of
from bench.screens import Screen, cookie_for, most_statements, people, screens, statements_of
from bench.servers import MeasuredServer, serving
from bench.writing import an_objective, creating, kept

#: The sizes that screens are compared at: chantiers × tasks in each.
SMALL, LARGE = (5, 200), (50, 2000)
CONNECTIONS = (1, 16)
#: What must hold.
LEAST_RATIO, MOST_GROWTH = 1 / 3, 3.0
MEASURED_AT_LEAST = "tâches, liste de 200"


@dataclass(frozen=True)
class Plan:
    """Duration of the measures: seconds of a round, and how many rounds."""

    seconds: float
    rounds: int
    writing: float

    @property
    def warming(self) -> float:
        """Return the warm-up: what is asked for before anything counts."""
        return min(0.3, self.seconds)


QUICK, FULL = Plan(0.25, 2, 3.0), Plan(0.6, 5, 10.0)


@dataclass
class MeasuredDemarche:
    """Generated démarche of one size: its application in this process, and a server of its own."""

    app: Flask
    made: Made
    server: MeasuredServer

    def cookie(self, user_id: int) -> str:
        """Return a signed-in browser's cookie, with what a first page adds to it."""
        browser = Browser(self.server.port, cookie_for(self.app, user_id))
        browser.get("/mon-travail")
        browser.close()
        return browser.cookie


@dataclass
class Beside:
    """Screen and baseline, measured in turns."""

    product: Pace = field(default_factory=Pace)
    baseline: Pace = field(default_factory=Pace)
    #: Seconds of processor that each took.
    product_work: float = 0.0
    baseline_work: float = 0.0

    @property
    def ratio(self) -> float:
        """Return the product's rate over the baseline's."""
        return self.product.rate / self.baseline.rate if self.baseline.rate else 0.0

    @property
    def work_ratio(self) -> float:
        """Return the ratio of the processor times that an answer takes."""
        if not self.product_work or not self.baseline_work:
            return 0.0
        product = self.product_work / len(self.product.times)
        return self.baseline_work / len(self.baseline.times) / product


@contextlib.contextmanager
def world(folder: Path, size: tuple[int, int]) -> Iterator[MeasuredDemarche]:
    """Generate a démarche of that size and serve it."""
    url = f"sqlite:///{folder / f'{size[0]}x{size[1]}.sqlite3'}"
    app = application(url, SECRET_KEY=servers.SECRET, LOG_LEVEL="ERROR")
    began = time.perf_counter()
    made = fill(app, chantiers=size[0], tasks=size[1])
    print(f"{size[0]} × {size[1]} tâches : {made.rows} lignes en {time.perf_counter() - began:.0f} s")
    with serving("app:create_app()", url) as server:
        yield MeasuredDemarche(app, made, server)


def compare(
    world: MeasuredDemarche,
    baseline: MeasuredServer,
    screen: Screen,
    cookie: str,
    connections: int,
    plan: Plan,
) -> Beside:
    """Measure a screen and a baseline of as many rows, in turns, so that what else the machine does weighs on both."""
    beside = Beside()
    pace_of(baseline.port, "", f"/{screen.rows}", connections, plan.warming)
    pace_of(world.server.port, cookie, screen.address, connections, plan.warming)
    for _round in range(plan.rounds):
        baseline_before, product_before = baseline.work, world.server.work
        beside.baseline.add(pace_of(baseline.port, "", f"/{screen.rows}", connections, plan.seconds))
        beside.product.add(pace_of(world.server.port, cookie, screen.address, connections, plan.seconds))
        beside.baseline_work += baseline.work - baseline_before
        beside.product_work += world.server.work - product_before
    if beside.product.errors:
        log = world.server.log.read_text()[-2000:]
        raise RuntimeError(f"{screen.name}: {beside.product.errors[0]}\n{log}")
    return beside


# The parts --------------------------------------------------------------------------------------------------------


def measure_screens(
    world: MeasuredDemarche, baseline: MeasuredServer, plan: Plan, persons: Sequence[str]
) -> list[str]:
    """Measure every screen beside the baseline; return what misses its bar."""
    missed = []
    print(f"\n{'écran':<22}{'qui':<14}{'SQL':>4}{'octets':>9}{'comprimés':>10}", end="")
    for connections in CONNECTIONS:
        print(f"{f'/s à {connections}':>9}{'p95 ms':>8}{'rapport':>9}{'(calcul)':>9}", end="")
    print()
    for person in persons:
        user_id = people(world.made)[person]
        cookie = world.cookie(user_id)
        for screen in screens(world.app, world.made):
            statements = len(statements_of(world.app, cookie_for(world.app, user_id), screen.address))
            raw, compressed = weigh(world.server, cookie, screen.address)
            print(f"{screen.name:<22}{person:<14}{statements:>4}{raw:>9}{compressed:>10}", end="", flush=True)
            for connections in CONNECTIONS:
                beside = compare(world, baseline, screen, cookie, connections, plan)
                product = beside.product
                print(
                    f"{product.rate:>9.0f}{product.p95 * 1000:>8.1f}{beside.ratio:>9.2f}{beside.work_ratio:>9.2f}",
                    end="",
                    flush=True,
                )
                if screen.name == MEASURED_AT_LEAST and beside.ratio < LEAST_RATIO:
                    missed.append(f"{screen.name}, {person}, {connections} : {beside.ratio:.2f} du référence")
            print()
            if statements > most_statements(screen.name):
                missed.append(f"{screen.name}, {person} : {statements} requêtes SQL")
    print(f"mémoire : produit {world.server.memory:.0f} Mo, référence {baseline.memory:.0f} Mo")
    return missed


def weigh(server: MeasuredServer, cookie: str, address: str) -> tuple[int, int]:
    """Return the size of a page in bytes, plain and compressed."""
    sizes = []
    for encoding in ("identity", "br, gzip"):
        browser = Browser(server.port, cookie, encoding)
        sizes.append(len(browser.get(address).body))
        browser.close()
    return sizes[0], sizes[1]


def measure_growth(small: MeasuredDemarche, large: MeasuredDemarche, plan: Plan) -> list[str]:
    """Compare each screen at both sizes: as many statements, and how much longer; return what misses its bar."""
    missed = []
    print(f"\n{'écran':<22}{'qui':<14}{'SQL petit':>10}{'SQL grand':>10}{'temps grand / petit':>21}")
    for person in people(small.made):
        worlds = (small, large)
        ids = [people(each.made)[person] for each in worlds]
        cookies = [each.cookie(user_id) for each, user_id in zip(worlds, ids, strict=True)]
        for one, other in zip(screens(small.app, small.made), screens(large.app, large.made), strict=True):
            counts = [
                len(statements_of(each.app, cookie_for(each.app, user_id), screen.address))
                for each, user_id, screen in zip(worlds, ids, (one, other), strict=True)
            ]
            paces = (Pace(), Pace())
            for _round in range(plan.rounds):
                for pace, each, screen, cookie in zip(paces, worlds, (one, other), cookies, strict=True):
                    pace.add(pace_of(each.server.port, cookie, screen.address, 1, plan.seconds))
            growth = paces[0].rate / paces[1].rate
            print(f"{one.name:<22}{person:<14}{counts[0]:>10}{counts[1]:>10}{growth:>21.2f}", flush=True)
            if counts[0] != counts[1] or counts[1] > most_statements(one.name):
                missed.append(f"{one.name}, {person} : {counts[0]} puis {counts[1]} requêtes SQL")
            if one.name == "coordination" and growth > MOST_GROWTH:
                missed.append(f"{one.name}, {person} : {growth:.1f} fois plus long à 100 000 tâches")
    return missed


def measure_writing(world: MeasuredDemarche, plan: Plan) -> list[str]:
    """Create tasks as one person, then as sixteen at once; return what went wrong."""
    missed = []
    writers = [*world.made.referent_ids[:1], *world.made.member_ids[0]]
    objective = an_objective(world.app)
    names = f"{'/s':>8}{'p95 ms':>9}{'au pire ms':>12}{'erreurs':>9}{'perdues':>9}{'chacun':>14}"
    print(f"\n{'création de tâches':<22}{names}")
    for count in CONNECTIONS:
        mark = f"Mesure {uuid4().hex[:8]}"
        shares: list[int] = []

        def write(cookie: str, mark: str = mark, shares: list[int] = shares) -> Callable[[], Pace]:
            deed = creating(
                world.server.port, cookie, world.made.slugs[0], objective, mark, seconds=plan.writing
            )

            def counted() -> Pace:
                pace = deed()
                shares.append(len(pace.times))
                return pace

            return counted

        pace = at_once([write(world.cookie(writer)) for writer in writers[:count]])
        lost = len(pace.times) - kept(world.app, mark)
        print(
            f"{f'{count} à la fois':<22}{pace.rate:>8.0f}{pace.p95 * 1000:>9.1f}{max(pace.times) * 1000:>12.1f}"
            f"{len(pace.errors):>9}{lost:>9}{f'{min(shares)} à {max(shares)}':>14}"
        )
        if pace.errors or lost:
            reason = pace.errors[0] if pace.errors else ""
            missed.append(f"création à {count} : {len(pace.errors)} erreurs, {lost} perdues {reason}")
    return missed


def main() -> None:
    """Run the command: print the tables and, at the end, what misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute instead of six, and less sure")
    quick = parser.parse_args().quick
    plan = QUICK if quick else FULL
    missed: list[str] = []
    print(f"{os.cpu_count()} cœurs, charge {os.getloadavg()[0]:.1f}")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chantiers-bench-")))
        small = stack.enter_context(world(folder, SMALL))
        baseline = stack.enter_context(
            serving("bench.baseline:create_baseline()", small.app.config["SQLALCHEMY_DATABASE_URI"])
        )
        missed += measure_screens(small, baseline, plan, ["référente"] if quick else list(people(small.made)))
        large = stack.enter_context(world(folder, LARGE if not quick else (20, 1000)))
        missed += measure_growth(small, large, plan)
        missed += measure_writing(small, plan)
    print("\n" + ("\n".join(["Hors des bornes :", *missed]) if missed else "Tout tient."))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
