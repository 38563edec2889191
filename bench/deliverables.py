"""Rows of deliverables: their versions, and what was decided of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bench.rows import MeasuredChantier, NamedRow, RowBuffer
from bench.words import COURSES, FIELDS, OBSTACLE, SENTENCE, TYPES, WORKS
from models import VersionKind


class DeliverableRows(RowBuffer):
    """Maker of the deliverables of a chantier."""

    def _deliverable(self, place: MeasuredChantier) -> None:
        number = self.numbers["deliverable"] + 1
        title = f"{self.random.choice(WORKS).capitalize()} {self.random.choice(FIELDS)}, tome {number}"
        subject = ("deliverable", number, place.id, title)
        began, by = self._moment(place.began), place.referent
        self._record(began, by.id, "deliverable.created", subject)
        structures = self._some(place.structures, 0.9, 2)
        for structure in structures:
            self._add("deliverable_structure", deliverable_id=number, structure_id=structure.id)
        if structures:
            names = [structure.name for structure in structures]
            self._record(began, by.id, "deliverable.entrusted", subject, added=names, removed=[])
        news = began
        tasks = self._some(place.tasks, 0.5, 3)
        for task, _title in tasks:
            self._add("deliverable_task", deliverable_id=number, task_id=task)
        if tasks:
            news = self._moment(news)
            self._record(news, by.id, "deliverable.edited", subject, fields=["tasks"])
        [(state, _weight, course)] = self.random.choices(COURSES, [each[1] for each in COURSES])
        since = began
        if course:
            since = news = self._write_versions(place, subject, news, course)
        self._add(
            "deliverable",
            chantier_id=place.id,
            objective_id=self.random.choice(place.objectives),
            type_key=self.random.choice(TYPES),
            title=title,
            description=SENTENCE,
            expected_on=(began + timedelta(days=self.random.randint(60, 300))).date(),
            state=str(state),
            state_since=since,
            created_by_id=by.id,
            created_at=began,
            last_news_at=news,
            version=1,
        )

    def _write_versions(
        self, place: MeasuredChantier, subject: Any, at: datetime, course: Iterable[str]
    ) -> datetime:
        version: dict[str, Any] = {}
        by = place.referent
        for deed in course:
            at = self._moment(at)
            if deed == "version_added":
                version = self._version(subject, at, self._somebody(place), version.get("number", 0) + 1)
                self._record(
                    at, version["author_id"], f"deliverable.{deed}", subject,
                    number=version["number"], note=version["note"],
                )  # fmt: skip
                continue
            words = {"reason": OBSTACLE} if deed == "sent_back" else {}
            self._record(at, by.id, f"deliverable.{deed}", subject, number=version["number"], **words)
            if deed in ("sent_back", "approved"):
                self._add(
                    "verdict",
                    deliverable_id=subject[1],
                    version_id=version["id"],
                    approved=deed == "approved",
                    words=words.get("reason", ""),
                    by_id=by.id,
                    at=at,
                )
            if deed == "approved":
                version["approved_at"] = at
        return at

    def _version(self, subject: Any, at: datetime, by: NamedRow, number: int) -> dict[str, Any]:
        written_here = self.random.random() < 0.6
        self._add(
            "deliverable_version",
            deliverable_id=subject[1],
            number=number,
            kind=str(VersionKind.TEXT if written_here else VersionKind.LINK),
            note="Un premier jet." if number == 1 else "Les retours du groupe.",
            author_id=by.id,
            at=at,
            approved_at=None,
            url="" if written_here else f"https://example.org/{subject[1]}/{number}",
            text=SENTENCE * 10 if written_here else "",
        )
        return self.rows["deliverable_version"][-1]
