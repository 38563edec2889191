"""Registry of the kinds of mail: importing each module of this list registers its builder.

A kind has one name, the one that the outbox stores: `kinds/<kind>.py` holds its builder, `templates/emails/<kind>.html`
and `.txt` what it says, `tests/services/mail/kinds/test_<kind>.py` its tests. To add one, copy these and list it here.
"""

from types import ModuleType

from flask import Flask

from chantiers.mail.kinds import (
    assignment,
    checkpoint,
    digest,
    invitation,
    mention,
    opinion_awaited,
    relaunch,
    reply_refused,
    review_asked,
    review_reminder,
    sign_in_link,
)
from chantiers.mail.message import BUILDERS

KINDS: tuple[ModuleType, ...] = (
    assignment,
    checkpoint,
    digest,
    invitation,
    mention,
    opinion_awaited,
    relaunch,
    reply_refused,
    review_asked,
    review_reminder,
    sign_in_link,
)


def init_app(app: Flask) -> None:
    """Give the app the builder of each kind of mail."""
    app.extensions["mail_kinds"] = BUILDERS
