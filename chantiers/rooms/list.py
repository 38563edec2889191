"""The one list of rooms: each is a family of screens, with its own blueprint."""

from flask import Flask

from chantiers.rooms.accounts import password_routes, profile_routes, session_routes, sign_in_routes
from chantiers.rooms.accounts.blueprint import accounts
from chantiers.rooms.chantier.routes import chantier
from chantiers.rooms.checkpoints.routes import checkpoints
from chantiers.rooms.comments.routes import comments
from chantiers.rooms.coordination.routes import coordination
from chantiers.rooms.correspondence.routes import correspondence
from chantiers.rooms.deliverables import publication_routes, state_routes, version_routes
from chantiers.rooms.deliverables import routes as deliverable_routes
from chantiers.rooms.deliverables.blueprint import deliverables
from chantiers.rooms.exports.routes import exports
from chantiers.rooms.health.routes import health
from chantiers.rooms.history.routes import history
from chantiers.rooms.imports.routes import imports
from chantiers.rooms.invitations.routes import invitations
from chantiers.rooms.joining.routes import joining
from chantiers.rooms.leaving.routes import leaving
from chantiers.rooms.management.routes import management
from chantiers.rooms.meetings import agenda_routes, decision_routes
from chantiers.rooms.meetings import routes as meeting_routes
from chantiers.rooms.meetings.blueprint import meetings
from chantiers.rooms.my_work.routes import my_work
from chantiers.rooms.notifications.routes import notifications
from chantiers.rooms.objectives.routes import objectives
from chantiers.rooms.progress.routes import progress
from chantiers.rooms.public.routes import public
from chantiers.rooms.publications.routes import publications
from chantiers.rooms.relecture.routes import relecture
from chantiers.rooms.report.routes import report
from chantiers.rooms.search.routes import search
from chantiers.rooms.structures.routes import structures
from chantiers.rooms.style_guide.routes import style_guide
from chantiers.rooms.tasks import board_routes, checklist_routes, dependency_routes, status_routes
from chantiers.rooms.tasks import routes as task_routes
from chantiers.rooms.tasks.blueprint import tasks
from chantiers.rooms.trash.routes import trash

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

#: Modules of views that import their room's blueprint from `blueprint.py`: their routes exist once they are imported.
VIEWS = (
    sign_in_routes,
    password_routes,
    profile_routes,
    session_routes,
    deliverable_routes,
    state_routes,
    publication_routes,
    version_routes,
    task_routes,
    status_routes,
    board_routes,
    checklist_routes,
    dependency_routes,
    meeting_routes,
    agenda_routes,
    decision_routes,
)


def init_app(app: Flask) -> None:
    """Open every room."""
    for room in ROOMS:
        app.register_blueprint(room)
