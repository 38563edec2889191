"""Rows of tasks: who carries them, how they lived, their checklists and what they wait for."""

from datetime import datetime, timedelta
from typing import Any

from bench.rows import MeasuredChantier, NamedRow, RowBuffer
from bench.words import LIVES, NEED, OBSTACLE, SENTENCE, WORKS
from models import CATALOGUE, TaskStatus, fold
from models.tasks.board_order import GAP


class TaskRows(RowBuffer):
    """Maker of the tasks of a chantier."""

    def _task(self, place: MeasuredChantier, began: datetime) -> None:
        chance = self.random.random
        title = f"{self._work()}, volet {len(place.tasks) + 1}"
        number = self.numbers["task"] + 1
        subject = ("task", number, place.id, title)
        author = self._somebody(place)
        self._record(began, author.id, "task.created", subject)
        carriers, people = self._carriers(place), self._some(place.members, 0.3, 2)
        if carriers[0] or carriers[1] or people:
            self._entrust(subject, began, author, *carriers, people)
        place.bottom += GAP
        status, since, reached, position = self._live(place, subject, began, place.bottom)
        news = self._add_items(place, subject, reached) or reached
        news = self._depend(place, subject, news) or news
        if status in (TaskStatus.TODO, TaskStatus.IN_PROGRESS) and chance() < 0.4:
            news = self._moment(news)
            self._record(news, self._somebody(place).id, "task.edited", subject, fields=["description"])
        trashed_at = self._moment(news) if chance() < 0.01 else None
        if trashed_at:
            self._record(trashed_at, place.referent.id, "task.trashed", subject)
        blocked = status == TaskStatus.BLOCKED
        objective = self.random.choice(place.objectives)
        self._add(
            "task",
            chantier_id=place.id,
            objective_id=objective,
            title=title,
            title_key=fold(title),
            description=SENTENCE * self.random.randrange(4),
            status=str(status),
            status_since=since,
            blocked_reason=OBSTACLE if blocked else "",
            blocked_need=NEED if blocked else "",
            position=position,
            due_on=(began + timedelta(days=self.random.randint(20, 260))).date() if chance() < 0.7 else None,
            pilote_id=carriers[0].id if carriers[0] else None,
            created_by_id=author.id,
            created_at=began,
            last_news_at=news,
            version=1,
            trashed_at=trashed_at,
            trashed_by_id=place.referent.id if trashed_at else None,
        )
        if trashed_at is None:
            self.numbers[f"{objective} {status}"] += 1
        place.tasks.append((number, title))

    def _carriers(self, place: MeasuredChantier) -> tuple[NamedRow | None, list[NamedRow]]:
        """Choose the pilote and the contributing structures."""
        chosen = self.random.sample(place.structures, min(len(place.structures), self.random.randint(1, 4)))
        return (chosen[0] if self.random.random() < 0.85 else None), chosen[1:]

    def _entrust(
        self,
        subject: Any,
        at: datetime,
        by: NamedRow,
        pilote: NamedRow | None,
        contributors: list[NamedRow],
        people: list[NamedRow],
    ) -> None:
        for structure in contributors:
            self._add("task_structure", task_id=subject[1], structure_id=structure.id)
        for person in people:
            self._add("task_person", task_id=subject[1], user_id=person.id)
        self._record(
            at,
            by.id,
            "task.entrusted",
            subject,
            pilote=pilote.name if pilote else None,
            added=[each.name for each in (*contributors, *people)],
            removed=[],
        )

    def _live(
        self, place: MeasuredChantier, subject: Any, began: datetime, bottom: int
    ) -> tuple[TaskStatus, datetime, datetime, int]:
        """Return the status it ends up in, since when, its latest news, and its place on the board."""
        [(status, _weight, path)] = self.random.choices(LIVES, [life[1] for life in LIVES])
        before, at, position = TaskStatus.TODO, began, bottom
        self._status_change(subject, began, place.referent, "", TaskStatus.TODO)
        for action, to in path:
            at = self._moment(at)
            decides = to in (TaskStatus.DONE, TaskStatus.ABANDONED)
            by = place.referent if decides else self._somebody(place)
            reason = OBSTACLE if to in (TaskStatus.BLOCKED, TaskStatus.ABANDONED) else ""
            need = NEED if to == TaskStatus.BLOCKED else ""
            self._status_change(subject, at, by, str(before), to, reason, need)
            words = {"reason": reason, "need": need}
            told = {name: words[name] for name in CATALOGUE[action].particulars if name in words}
            self._record(at, by.id, action, subject, **{"from": str(before)}, **told)
            position = place.tops[str(to)]
            place.tops[str(to)] -= GAP
            before = to
        return status, at, at, position

    def _status_change(
        self, subject: Any, at: datetime, by: NamedRow, before: str, to: str, reason: str = "", need: str = ""
    ) -> None:
        self._add(
            "status_change",
            task_id=subject[1],
            at=at,
            by_id=by.id,
            from_status=before,
            to_status=str(to),
            reason=reason,
            need=need,
        )

    def _add_items(self, place: MeasuredChantier, subject: Any, at: datetime) -> datetime | None:
        """Give some a checklist; return the moment of its latest news."""
        if self.random.random() > 0.12:
            return None
        for position in range(1, self.random.randint(2, 4) + 1):
            at = self._moment(at)
            words, by = f"Point {position} : {self.random.choice(WORKS)}", self._somebody(place)
            self._record(at, by.id, "task.item_added", subject, text=words)
            ticked = self.random.random() < 0.4
            if ticked:
                at = self._moment(at)
                self._record(at, by.id, "task.item_checked", subject, text=words)
            self._add(
                "checklist_item",
                task_id=subject[1],
                text=words,
                position=position,
                done_at=at if ticked else None,
                done_by_id=by.id if ticked else None,
            )
        return at

    def _depend(self, place: MeasuredChantier, subject: Any, at: datetime) -> datetime | None:
        """Let some wait for an earlier task: earlier ones never wait for later ones, so there is no circle."""
        if not place.tasks or self.random.random() > 0.08:
            return None
        at = self._moment(at)
        blocker, title = self.random.choice(place.tasks)
        self._add("task_dependency", task_id=subject[1], blocker_id=blocker)
        self._record(at, self._somebody(place).id, "task.dependency_added", subject, blocker=title)
        return at
