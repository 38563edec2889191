"""Versions added to a deliverable: a file, a link or a text, each numbered after the latest."""

from models.deliverables.state import DeliverableLifecycle, DeliverableState
from models.deliverables.version import DeliverableVersion, StoredFile, VersionKind
from models.ground.base import db, now
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User


class DeliverableWriting(DeliverableLifecycle):
    """Mixin of a deliverable to which people add versions."""

    def add_file(self, file: StoredFile, note: str = "", *, by: "User") -> DeliverableVersion:
        """Add a version that is a file already in the store."""
        version = DeliverableVersion(
            kind=VersionKind.FILE,
            storage_key=file.key,
            file_name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
        )
        return self._add(version, note, by=by)

    def add_link(self, url: str, note: str = "", *, by: "User") -> DeliverableVersion:
        """Add a version that is an address on the web."""
        return self._add(DeliverableVersion(kind=VersionKind.LINK, url=url), note, by=by)

    def add_text(
        self, text: str, note: str = "", *, by: "User", seen: int | None = None
    ) -> DeliverableVersion:
        """Add a version written here, in Markdown.

        `seen` is the number of the version that its author started from, 0 for none; where a newer one came meanwhile,
        Refused("newer_version") lets them read it first.
        """
        if not text.strip():
            raise Refused("text_empty")
        latest = self.latest_version
        if seen is not None and latest is not None and seen != latest.number:
            raise Refused("newer_version", number=latest.number)
        return self._add(DeliverableVersion(kind=VersionKind.TEXT, text=text), note, by=by)

    def _add(self, version: DeliverableVersion, note: str, *, by: "User") -> DeliverableVersion:
        if self.state == DeliverableState.IN_REVIEW:
            raise Refused("in_review")
        latest = self.latest_version
        version.number = latest.number + 1 if latest else 1
        version.note, version.author, version.at = note, by, now()
        self.versions.insert(0, version)
        if self.state != DeliverableState.DRAFTING:
            self._go_to(DeliverableState.DRAFTING)
        record(self, "deliverable.version_added", by=by, number=version.number, note=note)
        db.session.flush()
        return version
