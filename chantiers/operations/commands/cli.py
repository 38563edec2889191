"""Commands of whoever runs an instance, listed here: `flask --app app init FILE`, and the others. They speak French."""

from flask import Flask

from chantiers.operations.commands.accounts import link
from chantiers.operations.commands.backup import backup, export, restore
from chantiers.operations.commands.demarche import import_file, init
from chantiers.operations.commands.demonstration import demonstration
from chantiers.operations.commands.doctor import doctor
from chantiers.operations.commands.mail import receive, worker
from chantiers.operations.commands.purge import purge
from chantiers.operations.commands.search import reindex
from chantiers.operations.commands.version import print_version

COMMANDS = (
    init,
    import_file,
    link,
    print_version,
    doctor,
    purge,
    reindex,
    backup,
    export,
    restore,
    worker,
    receive,
    demonstration,
)


def init_app(app: Flask) -> None:
    """Give the app its commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
