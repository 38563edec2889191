"""Signed links by which a person gives an opinion on a version from a mail, without signing in."""

from flask_babel import gettext as _

from chantiers.web.links import absolute
from chantiers.web.tokens import signer
from models import Opinion, ReviewRequest, User


def addresses(asked: ReviewRequest, person: User) -> list[tuple[str, str]]:
    """Return the three opinions in words, each with the signed address by which this person gives it."""
    return [
        (words, absolute("relecture.from_mail", token=_token(asked.id, person.id, opinion)))
        for opinion, words in (
            (Opinion.FAVORABLE, _("Favorable")),
            (Opinion.WITH_RESERVATIONS, _("Avec réserves")),
            (Opinion.TO_REWORK, _("À reprendre")),
        )
    ]


def _token(request_id: int, user_id: int, opinion: Opinion) -> str:
    return str(signer("relecture").dumps([request_id, user_id, str(opinion)]))
