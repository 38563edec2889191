"""Flash message with an undo button."""

from flask import flash
from flask_babel import gettext as _


def flash_with_undo(words: str, action: str) -> None:
    """Flash on the next page what went to the bin, with a button that restores it by posting to `action`."""
    flash({"words": words, "label": _("Rétablir"), "action": action}, "success")  # type: ignore[arg-type]
