"""Job of digests: at each person's hour, one mail for one period goes to the outbox."""

from flask import Flask
from sqlalchemy import select

from models import HOME, OutgoingMail, User, db, next_digest, now, reading

#: People whose digests go to the outbox in one transaction.
BATCH = 200


def post_due(app: Flask) -> int:
    """Put the digests that are due in the outbox, return their number. Row locks keep two workers from the same one."""
    posted = 0
    with app.app_context():
        with reading():
            # Most of the time none is due: a read transaction holds no writer up.
            due = db.session.scalar(select(User.id).where(User.next_digest_at <= now()).limit(1))
            db.session.rollback()
        if due is None:
            return 0
        while batch := _post_batch():
            db.session.commit()
            posted += batch
        db.session.rollback()
    return posted


def _post_batch() -> int:
    moment = now()
    due = (
        select(User)
        .where(User.next_digest_at <= moment)
        .order_by(User.next_digest_at, User.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    people = db.session.scalars(due).all()
    reachable = [person for person in people if person.closed_at is None and person.email]
    OutgoingMail.post_all(
        "digest", [(person.id, None, f"digest:{person.id}:{_period(person)}") for person in reachable]
    )
    for person in people:
        due_next = next_digest(person.digest, person.digest_day, moment) if person in reachable else None
        person.set_facts(next_digest_at=due_next)
    return len(people)


def _period(person: User) -> str:
    """Return the day that names the period in the outbox's key: a digest posted twice leaves once."""
    assert person.next_digest_at is not None
    return person.next_digest_at.astimezone(HOME).date().isoformat()
