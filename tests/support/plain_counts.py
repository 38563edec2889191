"""Figures counted over the exported JSON, row by row, without a word of our SQL: what screens must equal."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

OPEN = {"todo", "in_progress", "to_validate", "blocked"}
FINISHED = {"approved", "published"}

Rows = list[dict[str, Any]]


def counted(export: dict[str, Any], today: date) -> dict[int, Counter[str]]:
    """Count, for each open chantier by its number: tasks by status, those late or without pilote, deliverables."""
    tables: dict[str, Rows] = export["tables"]
    open_ones = {row["id"]: row["number"] for row in tables["chantier"] if row["archived_at"] is None}
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for number in open_ones.values():
        found[number] += Counter()
    for task in tables["task"]:
        if task["chantier_id"] in open_ones and task["trashed_at"] is None:
            found[open_ones[task["chantier_id"]]] += _of_task(task, today)
    for deliverable in tables["deliverable"]:
        if deliverable["chantier_id"] in open_ones and deliverable["trashed_at"] is None:
            found[open_ones[deliverable["chantier_id"]]] += _of_deliverable(deliverable, today)
    for enrolled in tables["chantier_structure"]:
        if enrolled["chantier_id"] in open_ones and enrolled["left_at"] is None:
            found[open_ones[enrolled["chantier_id"]]]["structures"] += 1
    return found


def _of_task(task: dict[str, Any], today: date) -> Counter[str]:
    is_open = task["status"] in OPEN
    late = is_open and task["due_on"] is not None and date.fromisoformat(task["due_on"]) < today
    return Counter({task["status"]: 1, "late": late, "without_pilote": is_open and task["pilote_id"] is None})


def _of_deliverable(deliverable: dict[str, Any], today: date) -> Counter[str]:
    done, expected = deliverable["state"] in FINISHED, deliverable["expected_on"]
    late = not done and expected is not None and date.fromisoformat(expected) < today
    return Counter({"deliverables": 1, "deliverables_approved": done, "deliverables_late": late})
