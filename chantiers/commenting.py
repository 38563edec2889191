"""The form by which people say something, on the page of each thing that can be spoken of."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField

from chantiers import files, uploads
from chantiers.files import FileFacts, FileRefused
from chantiers.forms import CreationForm, LongTextField
from models import ATTACHMENTS, StoredFile

LENGTH = 20_000


class CommentForm(CreationForm):
    """Something to say, with a few files."""

    body = LongTextField(_l("Votre commentaire"), required=True, length=LENGTH)
    attached = MultipleFileField(_l("Fichiers à joindre"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Look at each file; when anything is refused, say that they are to be chosen again."""
        sent = [upload for upload in self.attached.data or [] if upload and upload.filename]
        is_valid = super().validate(extra_validators)
        self.facts: list[tuple[Any, FileFacts]] = []
        self.is_too_large = False
        if len(sent) > ATTACHMENTS:
            self.attached.errors = [_("%(max)d fichiers au plus.", max=ATTACHMENTS)]
            return False
        for upload in sent:
            try:
                self.facts.append((upload, uploads.inspected(upload)))
            except FileRefused as refused:
                self.is_too_large = refused.code == "too_large"
                self.attached.errors = [files.message(refused)]
                return False
        if sent and not is_valid:
            self.attached.errors = [_("Choisissez de nouveau les fichiers : un navigateur ne les garde pas.")]
        return is_valid

    @property
    def refusal(self) -> int:
        """The status of a form that cannot be kept."""
        return 413 if getattr(self, "is_too_large", False) else 422

    def store(self) -> list[StoredFile]:
        """Put the files in the store, whole and for good. Raises StorageFull or StorageDown."""
        return [uploads.stored(upload, facts) for upload, facts in self.facts]
