"""The one list of the kinds of mail: importing a module registers what makes its letters."""

from types import ModuleType

from flask import Flask

from chantiers.mail import BUILDERS
from chantiers.mails import accounts, checkpoints, comments, digests, relaunches, relecture, replies, tasks

#: chantiers/mails/: one module for each family of mails.
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
