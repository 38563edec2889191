"""Permission table: who may do what, in one place. Views and templates name a permission by the same key.

Rights come in three layers. What a person may not know of is not found at all (`visible_to` on the models); what they
may read but not do is refused here; a view that declares nothing does not run (`chantiers.web.access`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from models import Role, User

Predicate = Callable[[User, Any], bool]


def anyone_signed_in(user: User, thing: Any) -> bool:
    """Grant to whoever is signed in, observers included: cooperation is transparent."""
    return True


def contributor(user: User, thing: Any) -> bool:
    """Grant to anybody but a mere observer; a membership of a chantier outranks the observer role."""
    return not user.is_only_observer


def draft_reader(user: User, thing: Any) -> bool:
    """Tell whether the person reads deliverables that are not approved; in SQL: `User.draft_readers`."""
    return user.reads_drafts


def participant(user: User, thing: Any) -> bool:
    """Grant to a member of the chantier that the thing belongs to."""
    return user.takes_part_in(thing.chantier_id)


def creator(user: User, thing: Any) -> bool:
    """Grant to whoever created it, as long as they take part in its chantier."""
    return thing.created_by_id == user.id and participant(user, thing)


def author(user: User, thing: Any) -> bool:
    """Grant to whoever wrote it, unless they are a mere observer."""
    return thing.author_id == user.id and not user.is_only_observer


def in_charge(user: User, thing: Any) -> bool:
    """Grant to a person named on it, or a member of a structure that carries it; to no mere observer."""
    if user.is_only_observer:
        return False
    return user.id in thing.person_ids or not user.standing.structures.isdisjoint(thing.carrier_ids)


def asked(user: User, thing: Any) -> bool:
    """Grant to the person whose opinion is asked, or a member of that structure, where they take part."""
    return bool(thing.is_of(user, thing.chantier_id))


def referent(user: User, thing: Any) -> bool:
    """Grant to a référent of the chantier that the thing belongs to."""
    return user.leads(thing.chantier_id)


def outsider(user: User, thing: Any) -> bool:
    """Grant to somebody who takes part elsewhere or nowhere yet; neither the coordination nor a mere observer."""
    return not (user.is_only_observer or user.is_coordinator or user.takes_part_in(thing.chantier_id))


def oneself(user: User, thing: Any) -> bool:
    """Grant to the person whose membership it is."""
    return bool(thing.user_id == user.id)


def any_referent(user: User, thing: Any) -> bool:
    """Grant to a référent of any chantier: for what belongs to none."""
    return any(user.leads(chantier_id) for chantier_id in user.standing.chantiers)


def coordinator(user: User, thing: Any) -> bool:
    """Grant to the coordination."""
    return user.role == Role.COORDINATOR


#: Permission → predicates: any one of them is enough.
TABLE: Mapping[str, tuple[Predicate, ...]] = {
    "chantier.read": (anyone_signed_in,),
    "dashboard.read": (anyone_signed_in,),
    "deliverable.read_draft": (draft_reader,),
    "comment.write": (contributor,),
    "comment.edit": (author,),
    "comment.delete": (author, referent, coordinator),
    "task.offer_help": (contributor,),
    "silence.read": (referent, coordinator),
    "relaunch.send": (referent, coordinator),
    "task.create": (participant, referent, coordinator),
    "task.take": (participant, in_charge, referent, coordinator),
    "task.edit": (creator, in_charge, referent, coordinator),
    "task.entrust": (creator, referent, coordinator),
    "task.validate": (referent, coordinator),
    "task.trash": (creator, referent, coordinator),
    "deliverable.create": (referent, coordinator),
    "deliverable.add_version": (participant, in_charge, referent, coordinator),
    "deliverable.edit": (creator, in_charge, referent, coordinator),
    "deliverable.entrust": (creator, referent, coordinator),
    "deliverable.decide": (referent, coordinator),
    "review.answer": (asked, referent, coordinator),
    "review.manage": (referent, coordinator),
    "deliverable.trash": (creator, referent, coordinator),
    "objective.manage": (referent, coordinator),
    "progress.read": (contributor,),
    "progress.write": (referent, coordinator),
    "chantier.manage_members": (referent, coordinator),
    "invitation.manage": (referent, coordinator),
    "chantier.ask_to_join": (outsider,),
    "membership.hand_over": (oneself, referent, coordinator),
    "structure.leave": (referent, coordinator),
    "chantier.manage": (coordinator,),
    "structure.read_silence": (any_referent, coordinator),
    "structure.manage": (coordinator,),
    "meeting.read": (anyone_signed_in,),
    "meeting.propose": (any_referent, coordinator),
    "meeting.manage": (coordinator,),
    "checkpoint.read": (any_referent, coordinator),
    "checkpoint.manage": (coordinator,),
    "person.manage": (coordinator,),
    "import.manage": (coordinator,),
    "demarche.manage": (coordinator,),
}

#: Permissions that remain in an archived chantier: reading it, and managing it (to open it again).
IN_ARCHIVE = frozenset(
    {
        "chantier.read",
        "dashboard.read",
        "deliverable.read_draft",
        "progress.read",
        "silence.read",
        "chantier.manage",
    }
)


def can(user: Any, permission: str, thing: Any = None) -> bool:
    """Tell whether `user` holds `permission`, on `thing` where the permission is about one.

    `thing` is a model or a row that has `chantier_id` and, for tasks and deliverables, `created_by_id`, `carrier_ids`
    (structures) and `person_ids`. Raises KeyError for a permission outside the table.
    """
    predicates = TABLE[permission]
    if not user.is_authenticated:
        return False
    if getattr(thing, "is_archived", False) and permission not in IN_ARCHIVE:
        return False
    return any(holds(user, thing) for holds in predicates)
