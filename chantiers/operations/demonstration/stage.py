"""Stage of the demonstration: turns the content's stories into dated events."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from chantiers.operations.demonstration.cast import Cast, StoryCalendar, StoryEvent
from chantiers.operations.demonstration.content_files import read_text, read_yaml, store_file
from chantiers.policy import can
from models import (
    Attendance,
    ChantierRole,
    Checkpoint,
    Decision,
    Deliverable,
    Meeting,
    Presence,
    ProgressUpdate,
    Task,
    User,
    Weather,
    db,
    fold,
    relaunch,
    whom_to_relaunch,
)

#: Days since everybody's last visit.
LAST_VISIT = 9
#: Permission that a verb on a task takes, where it is not `task.edit`.
ASKED_OF = {"send_back": "task.validate", "take": "task.take", "relaunch": "relaunch.send"}


class Stage:
    """Stage that turns the content into events; each checks its author's permission, as a page would."""

    def __init__(self, cast: Cast, calendar: StoryCalendar) -> None:
        self.cast, self.calendar = cast, calendar

    def events(self) -> Iterator[StoryEvent]:
        for number in sorted(self.cast.chantiers):
            content = read_yaml(f"chantier-{number}")
            for entry in content["members"]:
                yield self._membership(number, entry)
            for facts in content["tasks"]:
                yield from self._task(facts)
            for facts in content["deliverables"]:
                yield from self._deliverable(facts)
            for line in content["progress"]:
                yield self._progress(number, line)
        for facts in read_yaml("meetings"):
            yield from self._meeting(facts)
        yield StoryEvent(LAST_VISIT, self._visit)

    def _meeting(self, facts: dict[str, Any]) -> Iterator[StoryEvent]:
        """Yield the events of a comité de pilotage: planned, then held."""
        yield StoryEvent(facts["planned"], partial(self._plan_meeting, facts))
        if "decisions" in facts:
            yield StoryEvent(facts["held"], partial(self._hold_meeting, facts))

    def _plan_meeting(self, facts: dict[str, Any]) -> None:
        by, held_on = self.cast.people["coordination"], self.calendar.day(facts["held"])
        meeting = Meeting.plan(held_on, facts["place"], facts["opening"].strip(), by=by)
        db.session.flush()
        for point in facts["agenda"]:
            meeting.put_on_agenda(
                point["title"], point.get("note", ""), by=by, chantier_id=self._number_of(point)
            )
        self.cast.meetings[facts["held"]] = meeting

    def _hold_meeting(self, facts: dict[str, Any]) -> None:
        by, meeting = self.cast.people["coordination"], self.cast.meetings[facts["held"]]
        came = {
            self.cast.structures[key].id: Attendance(Presence(presence), people)
            for key, (presence, people) in facts["came"].items()
        }
        meeting.note_attendance(came, by=by)
        for each in facts["decisions"]:
            decision = Decision.take(meeting, each["text"], by=by, chantier_id=self._number_of(each))
            if "objective" in each:
                decision.follow(
                    self.cast.objectives[each["objective"]],
                    each["task"],
                    by=by,
                    due_on=self.calendar.day(-each["due"]),
                    pilote=self.cast.structures[each["pilote"]],
                )
        if facts.get("closed"):
            meeting.close(by=by)

    def _number_of(self, facts: dict[str, Any]) -> int | None:
        return self.cast.chantiers[facts["chantier"]].id if "chantier" in facts else None

    def _visit(self) -> None:
        """Note everybody's last visit, and let the coordination plan the next point d'étape."""
        for person in self.cast.people.values():
            person.be_seen()
        coordination = self.cast.people["coordination"]
        Checkpoint.plan("Comité de pilotage", self.calendar.day(-20), by=coordination)

    def _membership(self, number: int, entry: str) -> StoryEvent:
        """Parse « 180 referente leads » or « 170 referente enrols rivieres »."""
        days, who, verb, *what = entry.split()
        chantier, person = self.cast.chantiers[number], self.cast.people[who]
        if verb == "leads":
            coordination = self.cast.people["coordination"]
            return StoryEvent(
                int(days), partial(chantier.welcome, person, ChantierRole.REFERENT, by=coordination)
            )
        if verb == "enrols":
            structure = self.cast.structures[what[0]]
            return StoryEvent(int(days), partial(chantier.enrol, structure, by=person))
        raise ValueError(f"nobody {verb} a chantier")

    def _progress(self, number: int, line: str) -> StoryEvent:
        """Parse « 152 referente bright | ce qu’elle en dit | ce qu’il faudrait »."""
        days, who, weather, words = _parse(line)
        return StoryEvent(days, partial(self._tell_progress, number, who, Weather(weather), words))

    def _tell_progress(self, number: int, who: str, weather: Weather, words: list[str]) -> None:
        chantier, person = self.cast.chantiers[number], self.cast.people[who]
        _check(person, "progress.write", chantier)
        ProgressUpdate.write(chantier, weather, *words, by=person)

    def _task(self, facts: dict[str, Any]) -> Iterator[StoryEvent]:
        yield StoryEvent(facts["born"], partial(self._create_task, facts))
        for line in facts.get("story", ()):
            days, who, verb, words = _parse(line)
            yield StoryEvent(days, partial(self._on_task, facts["key"], who, verb, words))

    def _create_task(self, facts: dict[str, Any]) -> None:
        objective = self.cast.objectives[facts["objective"]]
        author = self.cast.people[facts["by"]]
        _check(author, "task.create", objective)
        structures = self.cast.structures
        task = Task.create(
            objective,
            facts["title"],
            by=author,
            description=facts.get("description", "").strip(),
            due_on=self.calendar.day(-facts["due"]) if "due" in facts else None,
            pilote=structures[facts["pilote"]] if "pilote" in facts else None,
            contributors=[structures[key] for key in facts.get("with", ())],
            people=[self.cast.people[key] for key in facts.get("people", ())],
        )
        self.cast.tasks[facts["key"]] = task
        for text in facts.get("checklist", ()):
            task.add_item(text, by=author)
        for key in facts.get("waits", ()):
            task.depend_on(self.cast.tasks[key], by=author)

    def _on_task(self, key: str, who: str, verb: str, words: list[str]) -> None:
        task, person = self.cast.tasks[key], self.cast.people[who]
        _check(person, ASKED_OF.get(verb, "task.edit"), task)
        if verb == "check":
            for number in words[0].split():
                task.checklist[int(number) - 1].check(by=person)
        elif verb == "take":
            task.take(self.cast.structures[words[0]], by=person)
        elif verb == "relaunch":
            people = whom_to_relaunch(task, by=person)
            relaunch(task, [each.id for each in people if each.is_in_charge], *words, by=person)
        elif verb == "reschedule":
            task.reschedule(self.calendar.day(-int(words[0])), by=person)
        elif verb == "depends":
            task.depend_on(self.cast.tasks[words[0]], by=person)
        else:
            getattr(task, verb)(*words, by=person)

    def _deliverable(self, facts: dict[str, Any]) -> Iterator[StoryEvent]:
        yield StoryEvent(facts["begun"], partial(self._announce, facts))
        for line in facts.get("story", ()):
            days, who, verb, words = _parse(line)
            yield StoryEvent(days, partial(self._on_deliverable, fold(facts["title"]), who, verb, words))

    def _announce(self, facts: dict[str, Any]) -> None:
        """Give the démarche's own deliverable a date and its structures, or announce one more."""
        author = self.cast.people[facts["by"]]
        structures = [self.cast.structures[key] for key in facts.get("structures", ())]
        expected_on = self.calendar.day(-facts["expected"])
        key = fold(facts["title"])
        if key not in self.cast.deliverables:
            objective = self.cast.objectives[facts["objective"]]
            _check(author, "deliverable.create", objective)
            self.cast.deliverables[key] = Deliverable.create(
                objective,
                facts["type"],
                facts["title"],
                by=author,
                expected_on=expected_on,
                structures=structures,
            )
        deliverable = self.cast.deliverables[key]
        _check(author, "deliverable.edit", deliverable)
        deliverable.reschedule(expected_on, by=author)
        deliverable.entrust(structures, by=author)
        changes = {name: facts[name].strip() for name in ("description", "licence") if name in facts}
        deliverable.edit(by=author, **changes)

    def _on_deliverable(self, key: str, who: str, verb: str, words: list[str]) -> None:
        deliverable, person = self.cast.deliverables[key], self.cast.people[who]
        adds = verb in ("text", "file", "link")
        _check(person, "deliverable.add_version" if adds else "deliverable.decide", deliverable)
        if verb == "text":
            deliverable.add_text(read_text(words[0]), words[1], by=person)
        elif verb == "file":
            deliverable.add_file(store_file(words[0]), words[1], by=person)
        elif verb == "link":
            deliverable.add_link(words[0], words[1], by=person)
        elif verb == "tasks":
            deliverable.rely_on([self.cast.tasks[name] for name in words[0].split()], by=person)
        else:
            getattr(deliverable, verb)(*words, by=person)


def _parse(line: str) -> tuple[int, str, str, list[str]]:
    """Parse « 31 participante block | ce qui bloque | ce qu’il faut »: days, person, verb, words."""
    head, *words = (part.strip() for part in line.split(" | "))
    days, who, verb = head.split()
    return int(days), who, verb, words


def _check(person: User, permission: str, thing: Any) -> None:
    if not can(person, permission, thing):
        raise ValueError(f"{person.name} may not {permission} {thing.journal_title}")
