"""Comment form, with attachments, on the page of each thing that can be discussed."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField

from chantiers.files import types, uploads
from chantiers.files.types import FileFacts, UploadRefused
from chantiers.web.forms import CreationForm, LongTextField
from models import ATTACHMENTS, StoredFile

LENGTH = 20_000


class CommentForm(CreationForm):
    """Form of a comment, with a few attachments."""

    body = LongTextField(_l("Votre commentaire"), required=True, length=LENGTH)
    attached = MultipleFileField(_l("Fichiers à joindre"))
    #: Whether a file, or all of them together, exceed the limit in bytes.
    is_too_large = False

    @property
    def attached_help(self) -> str:
        """Help text of the file field: how many files, of which types, and their limit in all."""
        words = _(
            "%(max)d fichiers au plus, %(size)s en tout : %(types)s.",
            max=ATTACHMENTS,
            size=uploads.limit_in_words(),
            types=types.type_names(),
        )
        return str(words)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate each file, with an error for each that is refused; all are then to be chosen again."""
        sent = [upload for upload in self.attached.data or [] if upload and upload.filename]
        is_valid = super().validate(extra_validators)
        self.facts: list[tuple[Any, FileFacts]] = []
        wrong = self._inspect(sent)
        if sent and not (is_valid and not wrong):
            again = _("Choisissez de nouveau les fichiers : un navigateur ne les garde pas.")
            self.attached.errors = [*wrong, again]
        return is_valid and not wrong

    def _inspect(self, sent: Sequence[Any]) -> list[str]:
        """List what is wrong with the files, each in a sentence. The limit of one file is also that of all together."""
        self.is_too_large = False
        if len(sent) > ATTACHMENTS:
            return [_("%(max)d fichiers au plus.", max=ATTACHMENTS)]
        wrong = []
        for upload in sent:
            try:
                self.facts.append((upload, uploads.inspect_upload(upload)))
            except UploadRefused as refused:
                self.is_too_large |= refused.code == "too_large"
                wrong.append(types.message(refused))
        if sum(facts.size for _upload, facts in self.facts) > uploads.file_limit():
            self.is_too_large = True
            wrong.append(_("Ces fichiers pèsent plus de %(size)s ensemble.", size=uploads.limit_in_words()))
        return wrong

    @property
    def refusal(self) -> int:
        """Status of a refused form: 413 or 422."""
        return 413 if self.is_too_large else 422

    def store(self) -> list[StoredFile]:
        """Store the files, each whole or not at all. Raises StorageFull or StorageDown."""
        return [uploads.store_upload(upload, facts) for upload, facts in self.facts]
