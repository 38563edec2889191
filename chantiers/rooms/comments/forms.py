"""Forms of comments."""

from flask_babel import lazy_gettext as _l

from chantiers.components.comment_form import LENGTH
from chantiers.web.forms import CreationForm, EditForm, LongTextField


class HelpForm(CreationForm):
    """An offer of help on what is blocked."""

    body = LongTextField(_l("Comment pouvez-vous aider ?"), required=True, length=LENGTH)


class EditCommentForm(EditForm):
    """A comment that one wrote, to write better."""

    body = LongTextField(_l("Votre commentaire"), required=True, length=LENGTH)
