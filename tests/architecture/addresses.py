"""Addresses under which the world knows each route: of things of ours, of others, of nothing at all."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from chantiers.web.access import Access
from tests.support.world import World

UNKNOWN = 987_654_321
#: Numbers that no database holds; the second would overflow one that tried.
HUGE = ("999999999999999999", str(2**63), str(10**30))


@dataclass(frozen=True)
class Target:
    """Target of an address: what stands in it, and what it designates."""

    name: str
    values: dict[str, Any]
    #: The kind and number of what the permission is about; None where there is no such thing.
    subject: tuple[str, int] | None = None
    #: Nobody finds it, or no mere observer does.
    is_hidden: bool = False
    is_hidden_from_observers: bool = False


def nowhere(name: str, **values: Any) -> Target:
    """Return an address of nothing."""
    return Target(name, values, is_hidden=True)


class Targets:
    """Targets of each rule of the URL map."""

    def __init__(self, world: World, numbers: dict[tuple[str, str], int]) -> None:
        self.world = world
        #: The number of each chantier and structure: ("chantier", slug) → id.
        self.numbers = numbers

    #: Which method lists the targets of an address that begins so; the first that matches counts.
    WAYS = (
        (r"/chantiers/<slug:slug>/membres/structures/<id:structure_id>", "_enrolments"),
        (r"/chantiers/<slug:slug>/membres/<id:user_id>/passer-la-main", "_parts"),
        (r"/chantiers/<slug:slug>/membres/<id:user_id>", "_memberships"),
        (r"/demandes/<id:request_id>", "_join_requests"),
        (r"/chantiers/<slug:slug>/points-d-avancement", "_told_chantiers"),
        (r"(/gestion)?/chantiers/<slug:slug>", "_chantiers"),
        (r"/points-d-avancement/<id:update_id>", "_progress_updates"),
        (r"/copil/<id:meeting_id>", "_meetings"),
        (r"/copil/points/<id:item_id>", "_agenda_items"),
        (r"/copil/decisions/<id:decision_id>", "_decisions"),
        (r"/taches/<id:task_id>/points/<id:item_id>", "_lines"),
        (r"/taches/<id:task_id>/attend/<id:other_id>", "_pairs"),
        (r"/taches/<id:task_id>", "_tasks"),
        (r"/livrables/<id:deliverable_id>/versions/<id:number>/fichier", "_files_of_versions"),
        (r"/livrables/<id:deliverable_id>/versions/<id:number>", "_versions"),
        (r"/livrables/<id:deliverable_id>/(commentaires|discussion)", "_spoken_of"),
        (r"/livrables/<id:deliverable_id>", "_deliverables"),
        (r"/demarche/<slug:slug>", "_public_chantiers"),
        (r"/publications/<slug:slug>/versions/<id:number>", "_published_versions"),
        (r"/publications/<slug:slug>", "_publications"),
        (r"/avis/<id:request_id>", "_review_requests"),
        (r"/relectures/<id:round_id>", "_review_rounds"),
        (r"/commentaires/<id:comment_id>/fichiers/<id:attachment_id>", "_attachments"),
        (r"/commentaires/<id:comment_id>", "_comments"),
        (r"/notifications/<slug:kind>/<id:subject_id>/lu", "_any_subject"),
        (r"/notifications/<slug:kind>/<id:subject_id>", "_subjects"),
        (r"/mentions/<slug:kind>/<id:subject_id>", "_subjects"),
        (r"/gestion/imports/<id:import_id>", "_imports"),
        (r"/gestion/mails/bilans/<id:user_id>", "_readers"),
        (r"/gestion/mails/<id:mail_id>", "_mails"),
        (r"/invitations/<id:invitation_id>", "_invitations"),
        (r"/(relecture|point|invitation|connexion/lien)/<signed:token>", "_signed"),
        (
            r"/coordination/relancer/<any\(taches, livrables, objectifs, chantiers\):kind>/<id:thing_id>",
            "_relaunched",
        ),
        (r"/coordination/points-d-etape/<id:checkpoint_id>", "_checkpoints"),
        (r"/desabonnement/<signed:token>", "_signed"),
        (r"/objectifs/<id:objective_id>", "_objectives"),
        (r"/structures/<slug:slug>/personnes/<id:user_id>", "_belongings"),
        (r"/structures/<slug:slug>$", "_structures"),
        (r"/structures/<slug:slug>", "_structures_to_change"),
        (r"/gestion/personnes/<id:user_id>", "_people"),
        (r"/corbeille/<any\(taches, livrables, objectifs\):kind>/<id:thing_id>", "_binned"),
        (r"/profil/sessions/<id:session_id>", "_sessions"),
        (r"/mot-de-passe/<token:token>", "_tokens"),
        (r"/connexion/demonstration/<slug:entry>", "_entries"),
        (r"/static/<path:path>", "_files"),
        (r"/agenda/<signed:token>.ics", "_signed"),
        (r"[^<]*$", "_one"),
    )

    def of(self, rule: Rule) -> list[Target]:
        """Return the targets of a rule. Raises KeyError for an address of no known kind, to be added to WAYS."""
        for pattern, way in self.WAYS:
            if re.match(pattern, str(rule)):
                list_targets: Callable[[], Iterator[Target]] = getattr(self, way)
                return list(list_targets())
        raise KeyError(f"{rule} ({rule.endpoint}): which targets does it have? Say it in {__name__}")

    def _one(self) -> Iterator[Target]:
        yield Target("", {})

    def _chantiers(self) -> Iterator[Target]:
        for name, slug in self.world.chantiers.items():
            yield Target(name, {"slug": slug}, ("chantier", self.numbers["chantier", slug]))
        yield nowhere("unknown", slug="nulle-part")

    def _meetings(self) -> Iterator[Target]:
        for name, number in self.world.meetings.items():
            yield Target(name, {"meeting_id": number})
        yield nowhere("unknown", meeting_id=UNKNOWN)

    def _agenda_items(self) -> Iterator[Target]:
        yield Target("open", {"item_id": self.world.agenda_item})
        yield nowhere("unknown", item_id=UNKNOWN)

    def _decisions(self) -> Iterator[Target]:
        for name, number in self.world.decisions.items():
            yield Target(name, {"decision_id": number})
        yield nowhere("unknown", decision_id=UNKNOWN)

    def _public_chantiers(self) -> Iterator[Target]:
        for name, slug in self.world.chantiers.items():
            yield Target(name, {"slug": slug})
        yield nowhere("unknown", slug="nulle-part")

    def _told_chantiers(self) -> Iterator[Target]:
        """List the chantiers, hiding from mere observers what référents feel."""
        for target in self._chantiers():
            yield replace(target, is_hidden_from_observers=True)

    def _progress_updates(self) -> Iterator[Target]:
        for name, number in self.world.progress_updates.items():
            subject = ("chantier", self.numbers["chantier", self.world.chantiers[name]])
            yield Target(name, {"update_id": number}, subject, is_hidden_from_observers=True)
        yield nowhere("unknown", update_id=UNKNOWN)

    def _tasks(self) -> Iterator[Target]:
        for name, number in self.world.tasks.items():
            binned = name.startswith("binned") or name == "purged"
            yield Target(name, {"task_id": number}, ("task", number), is_hidden=binned)
        yield nowhere("unknown", task_id=UNKNOWN)

    def _lines(self) -> Iterator[Target]:
        for name, (task, line) in self.world.lines.items():
            yield Target(name, {"task_id": task, "item_id": line}, ("task", task))
        (ours, _), (_, theirs) = self.world.lines["open"], self.world.lines["theirs"]
        yield nowhere("of another task", task_id=ours, item_id=theirs)
        yield nowhere("unknown", task_id=ours, item_id=UNKNOWN)

    def _pairs(self) -> Iterator[Target]:
        tasks = self.world.tasks
        for name in ("open", "named", "carried", "created", "created_outside", "theirs", "archived"):
            values = {"task_id": tasks[name], "other_id": tasks["long"]}
            yield Target(name, values, ("task", tasks[name]))
        yield nowhere("with the bin", task_id=tasks["open"], other_id=tasks["binned"])
        yield nowhere("with nothing", task_id=tasks["open"], other_id=UNKNOWN)
        yield nowhere("from the bin", task_id=tasks["binned"], other_id=tasks["open"])

    def _deliverables(self) -> Iterator[Target]:
        for name, number in self.world.deliverables.items():
            yield Target(
                name, {"deliverable_id": number}, ("deliverable", number), is_hidden=name.startswith("binned")
            )
        yield nowhere("unknown", deliverable_id=UNKNOWN)

    def _spoken_of(self) -> Iterator[Target]:
        """List the deliverables; what is said of a draft is hidden from mere observers."""
        for target in self._deliverables():
            yield replace(
                target,
                is_hidden_from_observers=target.name
                not in ("approved", "archived", "published", "withdrawn"),
            )

    def _comments(self) -> Iterator[Target]:
        for name, number in self.world.comments.items():
            yield Target(
                name,
                {"comment_id": number},
                ("comment", number),
                is_hidden=name in ("deleted", "of_the_bin"),
                is_hidden_from_observers=name == "on_draft",
            )
        yield nowhere("unknown", comment_id=UNKNOWN)

    def _attachments(self) -> Iterator[Target]:
        comments, files = self.world.comments, self.world.attachments
        for name, number in files.items():
            yield Target(
                name,
                {"comment_id": comments[name], "attachment_id": number},
                ("comment", comments[name]),
                is_hidden_from_observers=name == "on_draft",
            )
        of_another = {"comment_id": comments["on_chantier"], "attachment_id": files["on_task"]}
        yield nowhere("of another comment", **of_another)
        yield nowhere("unknown", comment_id=comments["on_task"], attachment_id=UNKNOWN)

    def _any_subject(self) -> Iterator[Target]:
        """List subjects of which one reads what one was told, if anything: whether the thing exists is not said."""
        yield Target("task", {"kind": "task", "subject_id": self.world.tasks["open"]})
        yield Target("unknown", {"kind": "task", "subject_id": UNKNOWN})
        yield nowhere("of no kind", kind="personne", subject_id=1)

    def _subjects(self) -> Iterator[Target]:
        world = self.world
        yield Target("task", {"kind": "task", "subject_id": world.tasks["open"]})
        yield Target(
            "chantier", {"kind": "chantier", "subject_id": self.numbers["chantier", world.chantiers["ours"]]}
        )
        yield Target("objective", {"kind": "objective", "subject_id": world.objectives["ours"]})
        yield Target("approved", {"kind": "deliverable", "subject_id": world.deliverables["approved"]})
        yield Target(
            "draft",
            {"kind": "deliverable", "subject_id": world.deliverables["drafting"]},
            is_hidden_from_observers=True,
        )
        yield nowhere("binned", kind="task", subject_id=world.tasks["binned"])
        yield nowhere("of no kind", kind="personne", subject_id=1)
        yield nowhere("unknown", kind="chantier", subject_id=UNKNOWN)

    def _invitations(self) -> Iterator[Target]:
        for name, number in self.world.invitations.items():
            slug = self.world.chantiers[name]
            yield Target(name, {"invitation_id": number}, ("chantier", self.numbers["chantier", slug]))
        yield nowhere("unknown", invitation_id=UNKNOWN)

    def _review_requests(self) -> Iterator[Target]:
        for name, number in self.world.review_requests.items():
            values = {"request_id": number}
            yield Target(name, values, ("review_request", number), is_hidden_from_observers=True)
        yield nowhere("unknown", request_id=UNKNOWN)

    def _review_rounds(self) -> Iterator[Target]:
        number = self.world.review_round
        yield Target("open", {"round_id": number}, ("review_round", number), is_hidden_from_observers=True)
        yield nowhere("unknown", round_id=UNKNOWN)

    def _readers(self) -> Iterator[Target]:
        yield Target("reader", {"user_id": self.world.people["referent_elsewhere"]})
        yield nowhere("closed", user_id=self.world.people["closed"])
        yield nowhere("unknown", user_id=UNKNOWN)

    def _mails(self) -> Iterator[Target]:
        yield Target("waiting", {"mail_id": self.world.mail})
        yield nowhere("unknown", mail_id=UNKNOWN)

    def _checkpoints(self) -> Iterator[Target]:
        for name, number in self.world.checkpoints.items():
            yield Target(name, {"checkpoint_id": number})
        yield nowhere("unknown", checkpoint_id=UNKNOWN)

    def _imports(self) -> Iterator[Target]:
        for name, number in self.world.imports.items():
            yield Target(name, {"import_id": number})
        yield nowhere("unknown", import_id=UNKNOWN)

    def _signed(self) -> Iterator[Target]:
        yield nowhere("forged", token="x" * 43)

    def _versions(self) -> Iterator[Target]:
        found = self.world.deliverables
        shown_to_observers = {
            ("approved", 1),
            ("rewritten", 1),
            ("archived", 1),
            ("published", 1),
        }
        for name, number in (
            ("drafting", 1),
            ("in_review", 1),
            ("to_rework", 1),
            ("approved", 1),
            ("published", 1),
            ("rewritten", 1),
            ("rewritten", 2),
            ("theirs", 1),
            ("archived", 1),
        ):
            values = {"deliverable_id": found[name], "number": number}
            hidden = (name, number) not in shown_to_observers
            subject = ("deliverable", found[name])
            yield Target(f"{name} {number}", values, subject, is_hidden_from_observers=hidden)
        yield nowhere("of nothing", deliverable_id=found["expected"], number=1)
        yield nowhere("unknown", deliverable_id=found["approved"], number=UNKNOWN)
        yield nowhere("binned", deliverable_id=found["binned"], number=1)

    def _files_of_versions(self) -> Iterator[Target]:
        """List the files of versions: a link or a text has none."""
        for target in self._versions():
            is_file = target.name in ("approved 1", "published 1", "rewritten 2")
            yield replace(target, is_hidden=target.is_hidden or not is_file)

    def _publications(self) -> Iterator[Target]:
        yield Target("published", {"slug": "livrable-published"})
        yield nowhere("never published", slug="livrable-approved")
        yield nowhere("unknown", slug="nulle-part")

    def _published_versions(self) -> Iterator[Target]:
        yield Target("published 1", {"slug": "livrable-published", "number": 1})
        yield nowhere("unknown version", slug="livrable-published", number=UNKNOWN)
        yield nowhere("unknown", slug="nulle-part", number=1)

    def _objectives(self) -> Iterator[Target]:
        for name, number in self.world.objectives.items():
            yield Target(name, {"objective_id": number}, ("objective", number), is_hidden=name == "binned")
        yield nowhere("unknown", objective_id=UNKNOWN)

    def _memberships(self) -> Iterator[Target]:
        for name, person in (
            ("ours", "participant"),
            ("ours", "referent"),
            ("theirs", "elsewhere"),
            ("archived", "creator"),
        ):
            slug = self.world.chantiers[name]
            values = {"slug": slug, "user_id": self.world.people[person]}
            yield Target(f"{name} {person}", values, ("chantier", self.numbers["chantier", slug]))
        ours = self.world.chantiers["ours"]
        yield nowhere("of another", slug=ours, user_id=self.world.people["elsewhere"])
        yield nowhere("unknown", slug=ours, user_id=UNKNOWN)
        yield nowhere("nowhere", slug="nulle-part", user_id=self.world.people["participant"])

    def _parts(self) -> Iterator[Target]:
        """List the memberships, where what is asked depends on whose part it is."""
        for target in self._memberships():
            part = self.world.parts.get(target.name)
            yield replace(target, subject=("membership", part) if part else None)

    def _join_requests(self) -> Iterator[Target]:
        for name, number in self.world.join_requests.items():
            yield Target(name, {"request_id": number}, ("join_request", number))
        yield nowhere("unknown", request_id=UNKNOWN)

    def _enrolments(self) -> Iterator[Target]:
        for name, structure in (("ours", "carrying"), ("theirs", "elsewhere")):
            slug = self.world.chantiers[name]
            values = {
                "slug": slug,
                "structure_id": self.numbers["structure", self.world.structures[structure]],
            }
            yield Target(f"{name} {structure}", values, ("chantier", self.numbers["chantier", slug]))
        for name in ("elsewhere", "gone", "apart", "merged"):
            number = self.numbers["structure", self.world.structures[name]]
            yield nowhere(name, slug=self.world.chantiers["ours"], structure_id=number)

    def _structures(self) -> Iterator[Target]:
        for name, slug in self.world.structures.items():
            yield Target(name, {"slug": slug}, ("structure", self.numbers["structure", slug]))
        yield nowhere("unknown", slug="nulle-part")

    def _structures_to_change(self) -> Iterator[Target]:
        """List the structures to change: one that another took over only leads there."""
        for target in self._structures():
            yield replace(target, is_hidden=target.is_hidden or target.name == "merged")

    def _belongings(self) -> Iterator[Target]:
        slug = self.world.structures["carrying"]
        subject = ("structure", self.numbers["structure", slug])
        yield Target("carrier", {"slug": slug, "user_id": self.world.people["carrier"]}, subject)
        yield nowhere("of another", slug=slug, user_id=self.world.people["participant"])
        yield nowhere("unknown", slug=slug, user_id=UNKNOWN)

    def _people(self) -> Iterator[Target]:
        for name in ("participant", "referent", "observer", "coordinator", "newcomer"):
            yield Target(name, {"user_id": self.world.people[name]})
        yield nowhere("closed", user_id=self.world.people["closed"])
        yield nowhere("unknown", user_id=UNKNOWN)

    def _binned(self) -> Iterator[Target]:
        world = self.world
        for kind, subject, found in (
            ("taches", "task", world.tasks),
            ("livrables", "deliverable", world.deliverables),
            ("objectifs", "objective", world.objectives),
        ):
            for name, number in found.items():
                if name.startswith("binned"):
                    yield Target(f"{kind} {name}", {"kind": kind, "thing_id": number}, (subject, number))
        yield nowhere("living", kind="taches", thing_id=world.tasks["open"])
        yield nowhere("purged", kind="taches", thing_id=world.tasks["purged"])
        yield nowhere("of another kind", kind="objectifs", thing_id=world.tasks["binned"])
        yield nowhere("unknown", kind="livrables", thing_id=UNKNOWN)

    def _relaunched(self) -> Iterator[Target]:
        world = self.world
        for kind, subject, found in (
            ("taches", "task", world.tasks),
            ("livrables", "deliverable", world.deliverables),
            ("objectifs", "objective", world.objectives),
        ):
            for name, number in found.items():
                binned = name.startswith("binned") or name == "purged"
                values = {"kind": kind, "thing_id": number}
                yield Target(f"{kind} {name}", values, (subject, number), is_hidden=binned)
        for name, slug in world.chantiers.items():
            number = self.numbers["chantier", slug]
            yield Target(f"chantiers {name}", {"kind": "chantiers", "thing_id": number}, ("chantier", number))
        yield nowhere("unknown", kind="livrables", thing_id=UNKNOWN)

    def _sessions(self) -> Iterator[Target]:
        yield nowhere("unknown", session_id=UNKNOWN)

    def _tokens(self) -> Iterator[Target]:
        yield Target("newcomer", {"token": self.world.token})
        yield nowhere("unknown", token="x" * 43)

    def _entries(self) -> Iterator[Target]:
        yield nowhere("no demonstration", entry="coordination")

    def _files(self) -> Iterator[Target]:
        yield nowhere("unknown", path="nulle/part.css")


def access_of(app: Flask, rule: Rule) -> Access | None:
    """Return what the view behind this rule declared."""
    view: Any = app.view_functions[rule.endpoint]
    return getattr(view, "access", None)


def rules(app: Flask, method: str | None = None) -> list[Rule]:
    """List every rule of the URL map, or those that take a method."""
    return sorted(
        (rule for rule in app.url_map.iter_rules() if method is None or method in (rule.methods or ())),
        key=lambda rule: (rule.endpoint, str(rule)),
    )


def address(app: Flask, rule: Rule, target: Target) -> str:
    """Return the path of this target under this rule."""
    with app.test_request_context():
        built = rule.build({name: str(value) for name, value in target.values.items()})
    assert built is not None, f"{rule} cannot be built from {target.values}"
    return built[1]
