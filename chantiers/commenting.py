"""The form by which people say something, on the page of each thing that can be spoken of."""

from flask_babel import lazy_gettext as _l

from chantiers.forms import CreationForm, LongTextField

LENGTH = 20_000


class CommentForm(CreationForm):
    """Something to say."""

    body = LongTextField(_l("Votre commentaire"), required=True, length=LENGTH)
