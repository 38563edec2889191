"""Columns that hold an enumeration: stored as plain text, read as members."""

from sqlalchemy import text, update

from models import ChantierMembership, ChantierRole, Role, User
from models.ground.base import EnumText
from tests.support import factories as make


def test_a_column_is_read_as_a_member_and_stored_as_its_value(session):
    chantier = make.make_chantier()
    make.make_referent(chantier)
    session.commit()
    session.expire_all()
    membership = session.query(ChantierMembership).one()
    assert membership.role is ChantierRole.REFERENT and membership.role == "referent"
    assert session.scalar(text("SELECT role FROM chantier_membership")) == "referent"


def test_a_plain_string_is_taken_as_its_member(session):
    person = make.make_user()
    person.role = "observer"  # type: ignore[assignment]
    session.commit()
    session.expire_all()
    assert person.role is Role.OBSERVER
    assert session.query(User).filter(User.role == "observer").one() is person


def test_a_value_of_a_later_version_stays_readable(session):
    person = make.make_user()
    session.execute(update(User).where(User.id == person.id).values(role="auditor"))
    session.commit()
    session.expire_all()
    assert person.role == "auditor" and not person.is_coordinator


def test_its_column_is_the_one_of_a_string_of_that_length(session):
    dialect = session.get_bind().dialect
    assert EnumText(Role, 20).compile(dialect=dialect) == "VARCHAR(20)"
