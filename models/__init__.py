"""Public API of the domain: everything else imports from here."""

from models.commit import COMMIT_STEPS
from models.deliverables.deliverable import (
    Deliverable,
    DeliverableType,
    deliverable_structure,
    deliverable_task,
)
from models.deliverables.review import USUAL_REVIEW, Opinion, Review, ReviewRequest, ReviewRound
from models.deliverables.state import FINISHED, DeliverableState, is_overdue
from models.deliverables.version import DeliverableVersion, StoredFile, Verdict, VersionKind
from models.demarche.chantier import HUES, Chantier
from models.demarche.demarche import CharterAcceptance, CharterVersion, Demarche
from models.demarche.merging import merge_structures
from models.demarche.objective import Objective, ObjectiveKind, ObjectiveTally
from models.demarche.structure import Structure, StructureAlias, StructureKind
from models.discussion.attachment import ATTACHMENTS, CommentAttachment
from models.discussion.comment import Comment, CommentThread
from models.discussion.notification import SUBJECTS, Following, Notification, Wish, notify_recorded
from models.discussion.reminder import Recipient, relaunch, whom_to_relaunch
from models.figures.history import (
    Changes,
    CurvePoint,
    Figures,
    changed_between,
    curve,
    figures_at,
    figures_at_each,
    figures_by_objective,
    landmarks,
)
from models.figures.percent import percent
from models.figures.trace import DayCount, Trace, counts_from_traces, kept_counts, recount, stray_traces
from models.ground.base import HOME, Base, at, db, fold, held, now, reading, today
from models.ground.refused import Refused
from models.imports.batch import ImportBatch, ImportKind, ImportState, sweep_imports
from models.imports.bulk_tasks import NewTask, create_tasks
from models.imports.row import Fate, ImportedRow, ImportOutcome
from models.imports.task_fields import WITHOUT_REASON, differences
from models.joining.closing import close_account
from models.joining.handover import Handover, Holdings
from models.joining.invitation import Invitation
from models.joining.join_request import JoinRequest, JoinState
from models.journal import CATALOGUE, Activity, only, quietly, record
from models.mail.incoming import IncomingMail, MailOutcome
from models.mail.outgoing import POSTED, MailState, OutgoingMail
from models.people import passwords
from models.people.mail_preferences import Digest, next_digest
from models.people.membership import ChantierMembership, ChantierStructure, StructureMember
from models.people.roles import ChantierRole, Role
from models.people.sign_in import (
    DEMONSTRATION_ENTRIES,
    SESSION_LIFE,
    PasswordLink,
    SignInFailure,
    SignInLink,
    Submission,
    UserSession,
)
from models.people.standing import Standing
from models.people.user import User
from models.retention.expiry import forget_expired
from models.retention.purge import Purged, purge_bin
from models.search.index import SearchEntry, index_changed, index_disagreements, reindex
from models.search.question import LONGEST_QUESTION, MOST_FOUND, Term, find, kinds_of, terms_of
from models.steering.arbitration import (
    SUBJECT_OF,
    Matter,
    MatterChantier,
    MatterFilter,
    ToArbitrate,
    to_arbitrate,
)
from models.steering.checkpoint import (
    GRACE,
    USUAL_NOTICE,
    Checkpoint,
    CheckpointLine,
    CheckpointState,
    figures_of,
)
from models.steering.checkpoint_answer import CheckpointAnswer
from models.steering.checkpoint_recipients import TO_ASK, tasks_to_ask, wants_checkpoints, whom_to_ask
from models.steering.decision import Decision, FollowUp
from models.steering.meeting import AgendaItem, Attendance, Meeting, MeetingPresence, MeetingState, Presence
from models.steering.progress_update import A_MONTH, ProgressFacts, ProgressUpdate, Weather, facts_since_last
from models.tasks.carriers import task_person, task_structure
from models.tasks.checklist import ChecklistItem
from models.tasks.dependencies import task_dependency
from models.tasks.status import OPEN, STARTED, StatusChange, TaskStatus
from models.tasks.task import Task, title_matches
from models.traits.trashable import RESTORABLE

__all__ = [
    "ATTACHMENTS",
    "A_MONTH",
    "CATALOGUE",
    "COMMIT_STEPS",
    "DEMONSTRATION_ENTRIES",
    "FINISHED",
    "GRACE",
    "HOME",
    "HUES",
    "LONGEST_QUESTION",
    "MOST_FOUND",
    "OPEN",
    "POSTED",
    "RESTORABLE",
    "SESSION_LIFE",
    "STARTED",
    "SUBJECTS",
    "SUBJECT_OF",
    "TO_ASK",
    "USUAL_NOTICE",
    "USUAL_REVIEW",
    "WITHOUT_REASON",
    "Activity",
    "AgendaItem",
    "Attendance",
    "Base",
    "Changes",
    "Chantier",
    "ChantierMembership",
    "ChantierRole",
    "ChantierStructure",
    "CharterAcceptance",
    "CharterVersion",
    "ChecklistItem",
    "Checkpoint",
    "CheckpointAnswer",
    "CheckpointLine",
    "CheckpointState",
    "Comment",
    "CommentAttachment",
    "CommentThread",
    "CurvePoint",
    "DayCount",
    "Decision",
    "Deliverable",
    "DeliverableState",
    "DeliverableType",
    "DeliverableVersion",
    "Demarche",
    "Digest",
    "Fate",
    "Figures",
    "FollowUp",
    "Following",
    "Handover",
    "Holdings",
    "ImportBatch",
    "ImportKind",
    "ImportOutcome",
    "ImportState",
    "ImportedRow",
    "IncomingMail",
    "Invitation",
    "JoinRequest",
    "JoinState",
    "MailOutcome",
    "MailState",
    "Matter",
    "MatterChantier",
    "MatterFilter",
    "Meeting",
    "MeetingPresence",
    "MeetingState",
    "NewTask",
    "Notification",
    "Objective",
    "ObjectiveKind",
    "ObjectiveTally",
    "Opinion",
    "OutgoingMail",
    "PasswordLink",
    "Presence",
    "ProgressFacts",
    "ProgressUpdate",
    "Purged",
    "Recipient",
    "Refused",
    "Review",
    "ReviewRequest",
    "ReviewRound",
    "Role",
    "SearchEntry",
    "SignInFailure",
    "SignInLink",
    "Standing",
    "StatusChange",
    "StoredFile",
    "Structure",
    "StructureAlias",
    "StructureKind",
    "StructureMember",
    "Submission",
    "Task",
    "TaskStatus",
    "Term",
    "ToArbitrate",
    "Trace",
    "User",
    "UserSession",
    "Verdict",
    "VersionKind",
    "Weather",
    "Wish",
    "at",
    "changed_between",
    "close_account",
    "counts_from_traces",
    "create_tasks",
    "curve",
    "db",
    "deliverable_structure",
    "deliverable_task",
    "differences",
    "facts_since_last",
    "figures_at",
    "figures_at_each",
    "figures_by_objective",
    "figures_of",
    "find",
    "fold",
    "forget_expired",
    "held",
    "index_changed",
    "index_disagreements",
    "is_overdue",
    "kept_counts",
    "kinds_of",
    "landmarks",
    "merge_structures",
    "next_digest",
    "notify_recorded",
    "now",
    "only",
    "passwords",
    "percent",
    "purge_bin",
    "quietly",
    "reading",
    "record",
    "recount",
    "reindex",
    "relaunch",
    "stray_traces",
    "sweep_imports",
    "task_dependency",
    "task_person",
    "task_structure",
    "tasks_to_ask",
    "terms_of",
    "title_matches",
    "to_arbitrate",
    "today",
    "wants_checkpoints",
    "whom_to_ask",
    "whom_to_relaunch",
]
