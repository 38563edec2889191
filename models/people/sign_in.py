"""Authentication: sessions, single-use links, throttle of failed sign-ins, and keys of submitted forms."""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Select, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.ground.base import Base, IntId, db, now
from models.ground.refused import Refused
from models.mail.outgoing import OutgoingMail
from models.people import passwords

if TYPE_CHECKING:
    from models.people.user import User

#: Most people come once a month: a session outlives that, and no more.
SESSION_LIFE = timedelta(days=45)
LINK_LIFE = timedelta(days=14)
#: A link that signs in is asked for and followed at once.
SIGN_IN_LINK_LIFE = timedelta(minutes=15)

#: How many failures within how long stop the guessing, for one account from anywhere and for one network address.
THROTTLE_WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 10
FAILURES_PER_ADDRESS = 50

#: The accounts by which the demonstration is entered in one click: what the button is called in addresses, and whose.
DEMONSTRATION_ENTRIES = (
    ("coordination", "coordination@example.org"),
    ("referente", "referente@example.org"),
    ("participante", "participante@example.org"),
    ("observatrice", "observatrice@example.org"),
)


def digest(token: str) -> str:
    """Hash a token for storage: reading the table gives nobody a way in."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class UserSession(Base):
    """Session of a signed-in browser. Ending the row signs that browser out, whatever its cookie says."""

    __tablename__ = "user_session"

    id: Mapped[IntId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: The browser as it presented itself, so that its owner recognises it.
    browser: Mapped[str] = mapped_column(String(200), default="")

    user: Mapped["User"] = relationship(lazy="raise_on_sql")

    @classmethod
    def open(cls, user: "User", browser: str = "") -> tuple["UserSession", str]:
        """Sign somebody in; return the session and the token for its cookie. Their expired sessions are deleted."""
        db.session.execute(delete(cls).where(cls.user_id == user.id, cls.expires_at < now()))
        token = secrets.token_urlsafe(32)
        session = cls(
            token_hash=digest(token),
            user_id=user.id,
            user=user,
            browser=browser[:200],
            expires_at=now() + SESSION_LIFE,
        )
        db.session.add(session)
        db.session.flush()
        return session, token

    @classmethod
    def with_token(cls, token: str) -> "UserSession | None":
        """Find the living session of a token, with its person, in one statement."""
        return db.session.scalar(_living_session(), {"token_hash": digest(token), "now": now()})

    @classmethod
    def living_of(cls, user: "User") -> "list[UserSession]":
        """List the person's open sessions, latest first."""
        mine = select(cls).where(cls.user_id == user.id, cls.ended_at.is_(None), cls.expires_at > now())
        return list(db.session.scalars(mine.order_by(cls.id.desc())))

    @classmethod
    def end_all_of(cls, user: "User", but: "UserSession | None" = None) -> None:
        """Sign somebody out everywhere, except in the browser of `but`."""
        ending = update(cls).where(cls.user_id == user.id, cls.ended_at.is_(None))
        if but is not None:
            ending = ending.where(cls.id != but.id)
        db.session.execute(ending.values(ended_at=now()))

    def end(self) -> None:
        """Sign this browser out."""
        self.ended_at = now()


@cache
def _living_session() -> "Select[UserSession]":
    """Build the statement once: every request begins with it."""
    return (
        select(UserSession)
        .where(
            UserSession.token_hash == bindparam("token_hash"),
            UserSession.ended_at.is_(None),
            UserSession.expires_at > bindparam("now"),
        )
        .options(joinedload(UserSession.user, innerjoin=True))
    )


class PasswordLink(Base):
    """Single-use link by which one person chooses a password, within two weeks. Whoever made it hands it over."""

    __tablename__ = "password_link"

    id: Mapped[IntId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped["User"] = relationship(lazy="raise_on_sql", foreign_keys=[user_id])

    @classmethod
    def issue(cls, user: "User", *, by: "User | None") -> str:
        """Make a link and return its token; earlier links of that person stop working."""
        if user.closed_at is not None:
            raise Refused("account_closed")
        cls.end_all_of(user)
        token = secrets.token_urlsafe(32)
        db.session.add(
            cls(
                token_hash=digest(token),
                user_id=user.id,
                created_by_id=by.id if by else None,
                expires_at=now() + LINK_LIFE,
            )
        )
        db.session.flush()
        return token

    @classmethod
    def end_all_of(cls, user: "User") -> None:
        """Make every link of that person stop working."""
        unused = update(cls).where(cls.user_id == user.id, cls.used_at.is_(None))
        db.session.execute(unused.values(used_at=now()))

    @classmethod
    def with_token(cls, token: str) -> "PasswordLink | None":
        """Find the link of a token if it still works: unused, not expired, its person's account not closed."""
        link = db.session.scalar(
            select(cls)
            .where(cls.token_hash == digest(token), cls.used_at.is_(None), cls.expires_at > now())
            .options(joinedload(cls.user, innerjoin=True))
        )
        return link if link is not None and link.user.may_sign_in else None

    def use(self, password: str) -> None:
        """Choose the password; one of several simultaneous uses wins, the others get Refused("link_used").

        A password that is refused leaves the link as it was.
        """
        problem = passwords.problem(password, self.user.name, self.user.email or "")
        if problem:
            raise Refused(problem)
        won = db.session.execute(
            update(PasswordLink)
            .where(PasswordLink.id == self.id, PasswordLink.used_at.is_(None))
            .values(used_at=now())
        )
        if won.rowcount != 1:  # type: ignore[attr-defined]
            raise Refused("link_used")
        self.user.choose_password(password)
        UserSession.end_all_of(self.user)


class SignInLink(Base):
    """Single-use link by mail: it signs in, within a quarter of an hour, or lets a new password be chosen.

    One is made for an address that nobody has, too, and nobody gets it: asking takes the same work either way.
    """

    __tablename__ = "sign_in_link"

    id: Mapped[IntId]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    nonce: Mapped[str] = mapped_column(String(32))
    #: "sign_in" or "password".
    purpose: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped["User | None"] = relationship(lazy="raise_on_sql")

    @classmethod
    def send(cls, user: "User | None", purpose: str) -> None:
        """Mail a link to a person, earlier ones stop working; for nobody, one that will not leave."""
        cls.end_all_of(user)
        link = cls(
            user_id=user.id if user else None,
            nonce=secrets.token_hex(16),
            purpose=purpose,
            expires_at=now() + SIGN_IN_LINK_LIFE,
        )
        db.session.add(link)
        db.session.flush()
        OutgoingMail.post("sign_in_link", to=user, link=link.id)

    @classmethod
    def end_all_of(cls, user: "User | None") -> None:
        """Make every link of that person stop working."""
        unused = update(cls).where(cls.user_id == (user.id if user else 0), cls.used_at.is_(None))
        db.session.execute(unused.values(used_at=now()))

    @classmethod
    def at(cls, number: int, nonce: str) -> "SignInLink | None":
        """Find the link of a mail if it still works, with its person."""
        link = db.session.scalar(
            select(cls)
            .where(cls.id == number, cls.nonce == nonce, cls.used_at.is_(None), cls.expires_at > now())
            .options(joinedload(cls.user, innerjoin=True))
        )
        return link if link is not None and link.user is not None and link.user.may_sign_in else None

    def use(self) -> None:
        """Use it up; one of several simultaneous uses wins, the others get Refused("link_used")."""
        won = db.session.execute(
            update(SignInLink)
            .where(SignInLink.id == self.id, SignInLink.used_at.is_(None))
            .values(used_at=now())
        )
        if won.rowcount != 1:  # type: ignore[attr-defined]
            raise Refused("link_used")


class SignInFailure(Base):
    """Failed sign-in, by which guessing is throttled: for which account, from which address, both only as hashes."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_key_at", "key", "at"),)

    id: Mapped[IntId]
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now, index=True)

    @classmethod
    def remember(cls, email: str, address: str) -> None:
        """Count one attempt for the account and one for the network address, and delete those out of the window.

        It is counted before the password is looked at: simultaneous guesses cannot outrun the count. A success
        takes it back (`forget`).
        """
        db.session.execute(delete(cls).where(cls.at < now() - THROTTLE_WINDOW))
        db.session.add_all([cls(key=_account_key(email)), cls(key=_address_key(address))])
        db.session.flush()

    @classmethod
    def forget(cls, email: str, address: str) -> None:
        """Reset the throttle after a success: delete the account's failures, and this attempt's of the address."""
        latest = (
            select(cls.id).where(cls.key == _address_key(address)).order_by(cls.id.desc()).limit(1)
        ).scalar_subquery()
        db.session.execute(delete(cls).where((cls.key == _account_key(email)) | (cls.id == latest)))

    @classmethod
    def wait(cls, email: str, address: str, counted: bool = False) -> timedelta | None:
        """Return how long the throttle lasts, where the account's or the address's limit is reached; None to go on.

        `counted` says that the attempt at hand is already among those remembered.
        """
        since = now() - THROTTLE_WINDOW
        waits = []
        for key, limit in (
            (_account_key(email), FAILURES_PER_ACCOUNT),
            (_address_key(address), FAILURES_PER_ADDRESS),
        ):
            failures = select(cls.at).where(cls.key == key, cls.at > since).order_by(cls.at.desc())
            reaching = db.session.scalar(failures.offset(limit - 1 + counted).limit(1))
            if reaching is not None:
                waits.append(reaching - since)
        return max(waits, default=None)


class Submission(Base):
    """Idempotency key of a form that created something, and where that is: sent twice, it leads there again."""

    __tablename__ = "submission"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    location: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(default=now, index=True)


def _account_key(email: str) -> str:
    return digest("account:" + email.strip().lower())


def _address_key(address: str) -> str:
    """Return the key of a network address; an IPv6 subscriber has 2⁶⁴ of them and counts as one."""
    try:
        host = ip_address(address)
    except ValueError:
        return digest("address:" + address)
    if isinstance(host, IPv6Address):
        host = host.ipv4_mapped or host
    network = host if host.version == 4 else ip_network((int(host), 64), strict=False)
    return digest(f"address:{network}")
