"""Attachments: the files that somebody attached to a comment."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.ground.base import Base, IntId, Line

#: Files of one comment: what is more belongs in a deliverable.
ATTACHMENTS = 5


class CommentAttachment(Base):
    """Attached file, as it was handed in. Its name and size, which its comment shows, are kept with the comment."""

    __tablename__ = "comment_attachment"

    id: Mapped[IntId]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    storage_key: Mapped[str] = mapped_column(String(200), unique=True)
    file_name: Mapped[Line]
    media_type: Mapped[str] = mapped_column(String(100))
    #: In bytes.
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
