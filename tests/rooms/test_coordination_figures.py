"""Figures of the dashboard: each is what a plain count over the exported JSON gives, whatever people did."""

import json
import re
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chantiers.operations import instance_export
from models import db, today
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_objective,
    make_structure,
    make_task,
)
from tests.support.plain_counts import counted

#: What is done to a task after its birth, by the coordination.
MOVES = {
    "nothing": lambda task, by: None,
    "starts": lambda task, by: task.start(by=by),
    "ends": lambda task, by: task.finish(by=by),
    "blocks": lambda task, by: task.block("Un mur.", "", by=by),
    "gives up": lambda task, by: task.abandon("Trop tard.", by=by),
    "throws away": lambda task, by: task.trash(by=by),
    "comes back": lambda task, by: (task.trash(by=by), task.restore(by=by)),
    "reopens": lambda task, by: (task.finish(by=by), task.reopen(by=by)),
}
tasks = st.tuples(
    st.integers(0, 2),
    st.sampled_from(sorted(MOVES)),
    st.sampled_from([None, -40, -1, 0, 1, 30]),
    st.booleans(),
)
deliverables = st.tuples(st.integers(0, 2), st.sampled_from([None, -9, 0, 9]), st.booleans())
#: The columns of the screen, and what the plain count calls them.
COLUMNS = {
    "À venir": "todo", "En cours": "in_progress", "À valider": "to_validate", "Bloquées": "blocked",
    "En retard": "late", "Sans pilote": "without_pilote", "Structures": "structures",
}  # fmt: skip


@given(work=st.lists(tasks, max_size=12), promises=st.lists(deliverables, max_size=4), archives=st.booleans())
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_dashboard_says_what_a_plain_count_says(
    session: Any, visitor: Any, work: Any, promises: Any, archives: bool
) -> None:
    by, chantiers, lead = furnish()
    places = [make_objective(chantier) for chantier in chantiers]
    for place, move, due, led in work:
        day = None if due is None else today() + timedelta(days=due)
        task = make_task(places[place], due_on=day, pilote=lead if led else None, by=by)
        MOVES[move](task, by)
    for place, due, approved in promises:
        day = None if due is None else today() + timedelta(days=due)
        deliverable = make_deliverable(places[place], expected_on=day, by=by)
        if approved:
            deliverable.add_text("Texte", "", by=by)
            deliverable.approve(by=by)
    if archives:
        chantiers[2].archive(by=by)
    session.commit()
    assert shown(visitor(by)) == {
        number: {name: figures[key] for name, key in COLUMNS.items()}
        for number, figures in counted(exported(), today()).items()
    }


def furnish() -> Any:
    """Make three more chantiers, and somebody to work in them."""
    by, lead = make_coordinator(), make_structure()
    if db.session.scalar(db.select(db.func.count()).select_from(db.metadata.tables["demarche"])) == 0:
        make_demarche()
    chantiers = [make_chantier() for _ in range(3)]
    chantiers[0].enrol(lead, by=by)
    db.session.commit()
    return by, chantiers, lead


def exported() -> dict[str, Any]:
    """Return the instance, as its JSON says it."""
    whole: dict[str, Any] = json.loads("".join(instance_export.lines()))
    return whole


def shown(person: Any) -> dict[int, dict[str, int]]:
    """Return the figures of each chantier on the dashboard, page after page."""
    found: dict[int, dict[str, int]] = {}
    page = 1
    while True:
        table = person.get(f"/coordination?page={page}").rows("Avancement, statuts et alertes")
        names, lines = table[0], [(re.match(r"\d+", line[0]), line) for line in table[1:]]
        fresh = {
            int(number[0]): {name: int(line[names.index(name)]) for name in COLUMNS}
            for number, line in lines
            if number
        }
        if fresh.keys() <= found.keys():
            return found
        found |= fresh
        page += 1
