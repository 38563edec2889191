"""Users: identity, role in the démarche, password, language; their account is closed in `models.joining.closing`."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.ground.base import Base, EnumText, IntId, Line, Versioned, db, fold, now, table_above
from models.ground.refused import Refused
from models.ground.uniqueness import unless_taken
from models.journal import from_to, record
from models.people import passwords
from models.people.mail_preferences import Digest, WantsMail
from models.people.membership import ChantierMembership
from models.people.roles import Role
from models.people.sign_in import PasswordLink, SignInLink
from models.people.standing import WithStanding
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced

if TYPE_CHECKING:
    from models.demarche.structure import Structure


class User(Versioned, Editable, Sourced, WantsMail, WithStanding, Base):
    """Person, with or without an account: some are only a name and a title on a page."""

    __tablename__ = "user"
    # The session token is of one request, not of the table.
    __allow_unmapped__ = True

    id: Mapped[IntId]
    name: Mapped[Line]
    name_key: Mapped[Line] = mapped_column(index=True)
    title: Mapped[Line] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    role: Mapped[Role] = mapped_column(EnumText(Role, 20), default=Role.MEMBER)
    #: "fr", "en", or empty for the browser's choice.
    locale: Mapped[str] = mapped_column(String(5), default="")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    #: The number of the last charter they accepted; the acceptances themselves keep the dates.
    charter_number: Mapped[int] = mapped_column(default=0)
    #: Mails at once: mentioned, given a task, asked for an opinion. Everything else waits for the digest.
    mail_at_once: Mapped[bool] = mapped_column(default=True)
    #: Among these, being asked where one's tasks stand before a committee.
    mail_checkpoints: Mapped[bool] = mapped_column(default=True)
    #: "never", "daily" or "weekly"; weekly on this day, 0 is Monday.
    digest: Mapped[Digest] = mapped_column(EnumText(Digest, 10), default=Digest.WEEKLY)
    digest_day: Mapped[int] = mapped_column(default=0)
    #: When the next digest is due; nothing for those who never came in.
    next_digest_at: Mapped[datetime | None] = mapped_column(index=True)
    #: When they were last here, and when their visit before this one ended.
    seen_at: Mapped[datetime | None]
    last_visit_at: Mapped[datetime | None]
    #: How often they renewed the addresses of their calendars: those signed with an earlier number are over.
    feed_number: Mapped[int] = mapped_column(default=0, server_default="0")
    #: An invented account of the demonstration, entered in one click and only there.
    is_example: Mapped[bool] = mapped_column(default=False)

    memberships: Mapped[list[ChantierMembership]] = relationship(
        back_populates="user", lazy="raise_on_sql", foreign_keys="ChantierMembership.user_id"
    )
    structures: Mapped[list["Structure"]] = relationship(
        secondary="structure_member", viewonly=True, lazy="raise_on_sql", order_by="Structure.name_key"
    )

    #: The token of the session in which this person is signed in; Flask-Login keeps it in the cookie.
    session_token: str | None = None

    @validates("name")
    def _keep_sort_key(self, _attribute: str, name: str) -> str:
        self.name_key = fold(name)[:300]
        return name

    @validates("email")
    def _normalise(self, _attribute: str, email: str | None) -> str | None:
        return email.strip().lower() or None if email else None

    @classmethod
    def create(
        cls,
        name: str,
        *,
        by: "User | None",
        email: str | None = None,
        title: str = "",
        role: Role = Role.MEMBER,
    ) -> "User":
        """Create a person, without an account. Raises Refused("email_taken")."""
        person = cls(name=name, email=email, title=title, role=role)
        person._refuse_taken(person.email)
        with unless_taken("email_taken", email=email):
            db.session.add(person)
        record(person, "person.created", by=by)
        return person

    @classmethod
    def with_email(cls, email: str) -> "User | None":
        """Find the person of an address, whatever its case."""
        return db.session.scalar(select(cls).where(cls.email == email.strip().lower()))

    @property
    def journal_title(self) -> str:
        return self.name

    @property
    def has_account(self) -> bool:
        """True when they sign in by themselves: with a password, or by links that they get by mail."""
        return self.closed_at is None and not self.never_came

    @classmethod
    def with_account(cls) -> ColumnElement[bool]:
        """Return the SQL condition of `has_account`."""
        return and_(cls.closed_at.is_(None), or_(cls.password_hash.is_not(None), cls.seen_at.is_not(None)))

    @property
    def never_came(self) -> bool:
        """True when nobody was ever signed in as this person, nor could be."""
        return self.password_hash is None and self.seen_at is None

    @property
    def may_sign_in(self) -> bool:
        return self.closed_at is None

    def renew_feeds(self) -> None:
        """Revoke the addresses of their calendars (feeds); new ones take their place."""
        self.set_facts(feed_number=self.feed_number + 1)

    @property
    def initials(self) -> str:
        words = self.name.split()
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()

    def edit(self, *, by: "User", **fields: object) -> list[str]:
        """Change name, title, email or locale; return the fields that changed. Raises Refused("email_taken").

        Links that were sent to another address stop working.
        """
        before = self.email
        if isinstance(fields.get("email"), str):
            fields["email"] = self._normalise("email", str(fields["email"]))
            self._refuse_taken(fields["email"])
        with unless_taken("email_taken", email=fields.get("email")):
            changed = super().edit(by=by, **fields)
        if before is not None and self.email != before:
            PasswordLink.end_all_of(self)
            SignInLink.end_all_of(self)
        return changed

    @property
    def _edited(self) -> str:
        return "person.edited"

    def become(self, role: Role, *, by: "User | None") -> None:
        """Change the role in the démarche. Raises Refused("last_coordinator") for the last one."""
        if role == self.role:
            return
        if self.role == Role.COORDINATOR:
            self.refuse_if_last_coordinator()
        record(self, "person.role_changed", by=by, **from_to(self.role, role))
        self.role = role

    def choose_password(self, password: str) -> None:
        """Set the password by which they sign in; links to choose one stop working.

        Raises Refused with the code of what is wrong with it.
        """
        problem = passwords.problem(password, self.name, self.email or "")
        if problem:
            raise Refused(problem)
        self.set_facts(password_hash=passwords.hash(password), password_changed_at=now())
        PasswordLink.end_all_of(self)
        SignInLink.end_all_of(self)

    def rehash(self, password: str) -> None:
        """Hash a password that was just verified again, if its hash was made with older settings."""
        if self.password_hash is not None and passwords.needs_rehash(self.password_hash):
            self.set_facts(password_hash=passwords.hash(password))

    def speak(self, locale: str) -> None:
        """Set their locale, or the browser's with "": a matter of their own screens, not of the journal."""
        self.set_facts(locale=locale)

    def _refuse_taken(self, email: object) -> None:
        if email is None:
            return
        other = db.session.scalar(select(User.id).where(User.email == email))
        if other is not None and other != self.id:
            raise Refused("email_taken", email=email)

    @property
    def is_last_coordinator(self) -> bool:
        """True when nobody else is of the coordination."""
        others = select(User.id).where(
            User.role == Role.COORDINATOR, User.closed_at.is_(None), User.id != self.id
        )
        return db.session.scalar(others.limit(1)) is None

    def refuse_if_last_coordinator(self) -> None:
        """Raise Refused("last_coordinator") where nobody else is of the coordination.

        The lock lets one go at a time: two who resign together would each count on the other.
        """
        db.session.execute(select(table_above("demarche").c.id).with_for_update(key_share=True))
        if self.is_last_coordinator:
            raise Refused("last_coordinator")

    # Flask-Login asks these of whoever is signed in.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.may_sign_in

    def get_id(self) -> str | None:
        """Return what Flask-Login keeps in the cookie: the session's token, never the person's id."""
        return self.session_token
