"""Mentions: the people and structures that a comment names, whom it mails, and the names proposed to whoever writes."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    case,
    exists,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped

from models.demarche.structure import Structure
from models.ground.base import db, fold
from models.mail.outgoing import OutgoingMail
from models.people.membership import ChantierMembership, ChantierStructure, StructureMember
from models.people.user import User

#: Syntax of a mention: @[Nom].
MENTION = re.compile(r"@\[([^\[\]\n]{1,300})\]")
#: The most people and structures that one comment may mention: beyond, it is a notice, not a comment.
MENTIONS = 20
#: The most people and structures proposed to whoever begins a name: a list that is read at a glance.
PROPOSALS = 8


class Proposal(NamedTuple):
    """Proposal (autocompletion) of a person or a structure to mention, for a name that is half-typed."""

    kind: str
    name: str
    #: The function of a person, which tells them from others; empty for a structure.
    title: str = ""


class Mentioning:
    """Mixin of a comment whose text mentions people and structures."""

    if TYPE_CHECKING:
        id: Mapped[int]
        subject_type: Mapped[str]
        subject_id: Mapped[int]
        chantier_id: Mapped[int]
        author: Mapped[User | None]
        body: Mapped[str]
        mentions: Mapped[list[dict[str, Any]]]

    def _call_in(self) -> list[int]:
        """Find whom the text mentions, mail each once, and return the ids of those that it did not mention before."""
        known = {(each["kind"], each["id"]) for each in self.mentions}
        self.mentions = list(_mentions_in(self.body, self.subject_type, self.chantier_id))
        db.session.flush()
        fresh = [each for each in self.mentions if (each["kind"], each["id"]) not in known]
        called = self._people_of(fresh)
        OutgoingMail.post_all(
            "mention",
            [
                (user_id, None, f"mention:{self.id}:{user_id}")
                for user_id, at_once in called.items()
                if at_once
            ],
            comment=self.id,
        )
        return list(called)

    def _people_of(self, mentions: Sequence[dict[str, Any]]) -> dict[int, bool]:
        """Return the ids of the people behind mentions, but for the author, with whether each wants mail at once.

        A structure is its members who take part in the chantier.
        """
        if not mentions:
            return {}
        named = [each["id"] for each in mentions if each["kind"] == "person"]
        structures = [each["id"] for each in mentions if each["kind"] == "structure"]
        members = (
            select(StructureMember.user_id)
            .join(ChantierMembership, ChantierMembership.user_id == StructureMember.user_id)
            .where(
                StructureMember.structure_id.in_(structures),
                ChantierMembership.chantier_id == self.chantier_id,
            )
        )
        people = select(User.id, User.mail_at_once).where(
            or_(User.id.in_(named), User.id.in_(members)),
            User.closed_at.is_(None),
            User.id != (self.author.id if self.author else 0),
        )
        return {row.id: row.mail_at_once for row in db.session.execute(people)}

    # Helping to write -------------------------------------------------------------------------------------------------

    @classmethod
    def names_called(cls, subject: Any, body: str) -> list[str]:
        """Return the names that a text not yet posted would mention."""
        return [each["name"] for each in _mentions_in(body, subject.__tablename__, subject.chantier_id)]

    @classmethod
    def proposals(cls, subject: Any, start: str, *, by: User) -> list[Proposal]:
        """Propose names that begin so, in two statements: people of the chantier, its structures, then other people.

        Before anything is typed, only those of the chantier.
        """
        typed = fold(start)[:60]
        takes_part = exists().where(
            ChantierMembership.user_id == User.id, ChantierMembership.chantier_id == subject.chantier_id
        )
        people = db.session.execute(
            select(User.name, User.title, takes_part)
            .where(
                _begins(User.name_key, typed) if typed else takes_part,
                User.with_account(),
                User.id != by.id,
                _may_read(subject.__tablename__),
            )
            .order_by(case((takes_part, 0), else_=1), User.name_key, User.id)
            .limit(PROPOSALS)
        ).all()
        structures = db.session.scalars(
            select(Structure.name)
            .join(ChantierStructure, ChantierStructure.structure_id == Structure.id)
            .where(
                ChantierStructure.chantier_id == subject.chantier_id,
                ChantierStructure.left_at.is_(None),
                Structure.merged_into_id.is_(None),
                _begins(Structure.name_key, typed),
            )
            .order_by(Structure.name_key, Structure.id)
            .limit(PROPOSALS)
        ).all()
        found = [Proposal("person", name, title) for name, title, is_here in people if is_here]
        # However many people there are, structures keep half of the list.
        found = found[: PROPOSALS - min(len(structures), PROPOSALS // 2)]
        found += [Proposal("structure", name) for name in structures[: PROPOSALS - len(found)]]
        found += [Proposal("person", name, title) for name, title, is_here in people if not is_here]
        # A name with brackets cannot be written between brackets.
        return [each for each in found if MENTION.fullmatch(f"@[{each.name}]")][:PROPOSALS]


def _mentions_in(body: str, subject_type: str, chantier_id: int) -> Iterator[dict[str, Any]]:
    """Resolve the people and structures that a text mentions; of namesakes, the one who takes part in the chantier."""
    names = {fold(name): name.strip() for name in MENTION.findall(body)[:MENTIONS]}
    if not names:
        return
    takes_part = exists().where(
        ChantierMembership.user_id == User.id, ChantierMembership.chantier_id == chantier_id
    )
    people = db.session.execute(
        select(User.id, User.name_key, takes_part).where(
            User.name_key.in_(names), User.closed_at.is_(None), _may_read(subject_type)
        )
    ).all()
    structures = db.session.execute(
        select(Structure.id, Structure.name_key).where(
            Structure.name_key.in_(names), Structure.merged_into_id.is_(None)
        )
    ).all()
    for key, name in names.items():
        bearers = [(user_id, member) for user_id, known_as, member in people if known_as == key]
        chosen = [each for each in bearers if each[1]] or bearers
        if len(chosen) == 1:
            yield {"kind": "person", "id": chosen[0][0], "name": name}
        elif not chosen:
            for structure_id, known_as in structures:
                if known_as == key:
                    yield {"kind": "structure", "id": structure_id, "name": name}


def _may_read(subject_type: str) -> ColumnElement[bool]:
    """Return the SQL condition of a person who may read of such a subject: mere observers do not read of drafts."""
    if subject_type != "deliverable":
        return true()
    return User.draft_readers()


def _begins(key: Any, typed: str) -> Any:
    """Return the SQL condition of a name one of whose words begins so."""
    return or_(key.like(f"{typed}%"), key.like(f"% {typed}%"))
