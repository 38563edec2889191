"""The one list of rooms: each is a family of screens, with its own blueprint."""

from flask import Flask

from chantiers.accounts.routes import accounts
from chantiers.chantier.routes import chantier
from chantiers.checkpoints.routes import checkpoints
from chantiers.comments.routes import comments
from chantiers.coordination.routes import coordination
from chantiers.correspondence.routes import correspondence
from chantiers.deliverables.routes import deliverables
from chantiers.exports.routes import exports
from chantiers.health.routes import health
from chantiers.history.routes import history
from chantiers.imports.routes import imports
from chantiers.invitations.routes import invitations
from chantiers.joining.routes import joining
from chantiers.leaving.routes import leaving
from chantiers.management.routes import management
from chantiers.meetings.routes import meetings
from chantiers.my_work.routes import my_work
from chantiers.notifications.routes import notifications
from chantiers.objectives.routes import objectives
from chantiers.progress.routes import progress
from chantiers.public.routes import public
from chantiers.publications.routes import publications
from chantiers.relecture.routes import relecture
from chantiers.report.routes import report
from chantiers.search.routes import search
from chantiers.structures.routes import structures
from chantiers.style_guide.routes import style_guide
from chantiers.tasks.routes import tasks
from chantiers.trash.routes import trash

ROOMS = (
    public,
    publications,
    accounts,
    my_work,
    notifications,
    chantier,
    objectives,
    progress,
    tasks,
    deliverables,
    comments,
    relecture,
    invitations,
    joining,
    leaving,
    search,
    structures,
    coordination,
    history,
    meetings,
    report,
    checkpoints,
    management,
    imports,
    correspondence,
    trash,
    exports,
    health,
    style_guide,
)


def init_app(app: Flask) -> None:
    """Open every room."""
    for room in ROOMS:
        app.register_blueprint(room)
