"""What narrows a chantier's tasks: read from the address, said back in it, the same for the board and for the list."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import ColumnElement
from werkzeug.datastructures import MultiDict

from chantiers.web.forms import clean_line, number_of_ours
from models import Chantier, Task, TaskStatus, User, fold, title_matches

#: What `etat` may ask for: what needs somebody's eye.
STATES = ("retard", "bloquee", "sans-pilote", "sans-nouvelles")
PAGE_SIZES = (50, 200)


@dataclass(frozen=True)
class BoardFilters:
    """The address's own words, checked: anything that is not understood is as if it had not been there."""

    vue: str = "tableau"
    structure: int | None = None
    personne: int | None = None
    objectif: int | None = None
    etat: str = ""
    statut: str = ""
    q: str = ""
    page: int = 1
    par_page: int = PAGE_SIZES[0]

    @classmethod
    def read(cls, args: MultiDict[str, str], chantier: Chantier, user: User) -> "BoardFilters":
        """The filters of an address. Who is silent is only told to référents and coordination."""
        state = args.get("etat", "")
        if state not in STATES or (state == "sans-nouvelles" and not user.steers(chantier.id)):
            state = ""
        status = args.get("statut", "")
        size = number_of_ours(args.get("par_page")) or 0
        return cls(
            vue="liste" if args.get("vue") == "liste" else "tableau",
            structure=number_of_ours(args.get("structure")),
            personne=number_of_ours(args.get("personne")),
            objectif=number_of_ours(args.get("objectif")),
            etat=state,
            statut=status if status in list(TaskStatus) else "",
            q=clean_line(args.get("q"))[:100],
            page=number_of_ours(args.get("page")) or 1,
            par_page=size if size in PAGE_SIZES else PAGE_SIZES[0],
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.structure or self.personne or self.objectif or self.etat or self.statut or self.q)

    def conditions(self, chantier: Chantier, silent_after: int) -> list[ColumnElement[bool]]:
        """The conditions that a task of this chantier must meet."""
        conditions = [Task.chantier_id == chantier.id, Task.live()]
        if self.structure:
            conditions.append(Task.carried_by([self.structure]))
        if self.personne:
            conditions.append(Task.given_to(self.personne))
        if self.objectif:
            conditions.append(Task.objective_id == self.objectif)
        if self.statut:
            conditions.append(Task.status == self.statut)
        if self.etat == "retard":
            conditions.append(Task.late())
        elif self.etat == "bloquee":
            conditions.append(Task.status == TaskStatus.BLOCKED)
        elif self.etat == "sans-pilote":
            conditions.append(Task.without_pilote())
        elif self.etat == "sans-nouvelles":
            conditions.append(Task.silent(silent_after))
        if fold(self.q):
            conditions.append(title_matches(self.q))
        return conditions

    def query(self, **changes: object) -> str:
        """The filters as an address writes them, with `changes`; the page is the first unless given."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        default = BoardFilters()
        parts = {
            name: value for name, value in vars(changed).items() if value and value != getattr(default, name)
        }
        return urlencode(parts)
