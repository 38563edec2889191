"""What the screens of objectives read."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from models import Deliverable, Objective, Task, db, held


def objective(objective_id: int) -> Objective | None:
    """An objective that is not in the bin, with its chantier; held until the end of the request that changes it."""
    found = (
        select(Objective)
        .where(Objective.id == objective_id, Objective.live())
        .options(joinedload(Objective.chantier, innerjoin=True))
    )
    return db.session.scalar(held(found, Objective))


def hanging_on(objective: Objective) -> tuple[int, int]:
    """How many tasks and deliverables hang on the objective."""
    row = db.session.execute(
        select(
            select(func.count()).where(Task.objective_id == objective.id, Task.live()).scalar_subquery(),
            select(func.count())
            .where(Deliverable.objective_id == objective.id, Deliverable.live())
            .scalar_subquery(),
        )
    ).one()
    return row[0], row[1]
