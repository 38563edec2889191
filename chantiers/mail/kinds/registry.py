"""The one list of the kinds of mail: importing a module registers what makes its contents."""

from types import ModuleType

from flask import Flask

from chantiers.mail.kinds import (
    accounts,
    checkpoints,
    comments,
    digests,
    relaunches,
    relecture,
    replies,
    tasks,
)
from chantiers.mail.message import BUILDERS

#: chantiers/mail/kinds/: one module for each family of mails.
LETTERS: tuple[ModuleType, ...] = (
    accounts,
    checkpoints,
    comments,
    digests,
    relaunches,
    relecture,
    replies,
    tasks,
)


def init_app(app: Flask) -> None:
    """Tell the app what it can write."""
    app.extensions["letters"] = BUILDERS
