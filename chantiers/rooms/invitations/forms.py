"""Forms of invitations: a list of people to bring in, and the acceptance of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, RadioField
from wtforms.validators import Length, Optional, ValidationError

from chantiers.language.labels import CHANTIER_ROLES
from chantiers.web.forms import (
    ADDRESS,
    CreationForm,
    Form,
    LineField,
    LongTextField,
    ManyField,
    clean_line,
    options,
)
from models import ChantierRole, Structure, fold

#: People of one list: a chantier, not a newsletter.
MOST = 100


@dataclass(frozen=True)
class InvitationLine:
    """Person of the list."""

    email: str
    name: str
    structure: Structure | None


class InvitationsForm(CreationForm):
    """People to invite, one a line: address ; name ; structure."""

    people = LongTextField(_l("Qui inviter"), required=True, length=20_000)
    role = RadioField(
        _l("En tant que"), choices=options(CHANTIER_ROLES.items()), default=str(ChantierRole.PARTICIPANT)
    )

    also = ManyField(_l("Aussi dans ces chantiers"))

    #: The structures by which a line may name its own: folded name or alias → structure.
    structures: dict[str, Structure]
    lines: list[InvitationLine]

    def offer(self, structures: dict[str, Structure], others: Sequence[Any]) -> None:
        """Let lines name these structures, and the invitations open these other chantiers."""
        self.structures = structures
        self.also.choices = options((each.id, f"{each.number}. {each.title}") for each in others)

    def validate_people(self, field: Any) -> None:
        """Read every line; each that cannot be read is named with its reason."""
        self.lines, wrong = [], []
        seen: set[str] = set()
        rows = [row for row in (field.data or "").splitlines() if row.strip()]
        if len(rows) > MOST:
            raise ValidationError(_("%(max)d personnes au plus à la fois.", max=MOST))
        for number, row in enumerate(rows, 1):
            line, problem = self._read(row)
            if line is not None and line.email in seen:
                problem = _("cette adresse est déjà plus haut")
            if problem or line is None:
                wrong.append(_("Ligne %(number)d : %(problem)s.", number=number, problem=problem))
                continue
            seen.add(line.email)
            self.lines.append(line)
        if wrong:
            raise ValidationError(" ".join(wrong[:20]))

    def _read(self, row: str) -> tuple[InvitationLine | None, str]:
        parts: Sequence[str] = [clean_line(part) for part in re.split(r"[;\t]", row)]
        email = parts[0].lower()
        if not re.match(ADDRESS, email) or len(email) > 254:
            return None, _("« %(text)s » n’est pas une adresse complète", text=parts[0][:60])
        name = parts[1] if len(parts) > 1 else ""
        if not name:
            return None, _("il manque le nom, après un point-virgule")
        wanted = parts[2] if len(parts) > 2 else ""
        structure = self.structures.get(fold(wanted)) if wanted else None
        if wanted and structure is None:
            return None, _("la structure « %(name)s » n’est pas dans la démarche", name=wanted[:60])
        return InvitationLine(email, name[:300], structure), ""


class AcceptForm(Form):
    """Acceptance of an invitation: a name, and a password if they want one."""

    name = LineField(_l("Votre nom"))
    password = PasswordField(_l("Un mot de passe"), validators=[Optional(), Length(max=1000)])
