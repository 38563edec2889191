"""What the room of join requests reads."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models import JoinRequest, Structure, User, db


def request_to_answer(request_id: int) -> JoinRequest | None:
    """A request, whatever became of it, with all that answering touches."""
    return db.session.scalar(
        select(JoinRequest)
        .where(JoinRequest.id == request_id)
        .options(
            joinedload(JoinRequest.chantier),
            joinedload(JoinRequest.person),
            joinedload(JoinRequest.structure),
        )
    )


def structures_of(user: User) -> list[Structure]:
    """The structures in whose name this person may ask."""
    return list(db.session.scalars(Structure.of_person(user)))
