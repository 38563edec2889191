"""Forms of imports: the file, what its columns are, and what is to be done with what is here already."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FileField, HiddenField, RadioField, SelectField

from chantiers.rooms.imports.columns import FIELDS, NEEDED, SEVERAL, Table, letter, suggest
from chantiers.web.forms import CreationForm, Form, bounded_int, clean_line, options
from models import ImportKind

#: The longest words of an objective in a list of choices.
LONGEST_CHOICE = 110


class NewImportForm(CreationForm):
    """The file, and what its lines are."""

    kind = RadioField(
        _l("Que contient ce fichier ?"),
        choices=options(
            [
                (ImportKind.TASKS, _l("Des tâches")),
                (ImportKind.STRUCTURES, _l("Des structures (annuaire, export Bazar d’un YesWiki)")),
            ]
        ),
        default=ImportKind.TASKS,
    )
    file = FileField(_l("Fichier"))


class ColumnsForm(Form):
    """What each column is. The columns themselves are added for each file."""

    sheet = HiddenField(filters=[clean_line])
    header = HiddenField(filters=[clean_line])
    objective = SelectField(_l("Objectif des lignes qui n’en disent pas"), choices=[], validate_choice=True)

    kind: ImportKind

    @property
    def columns(self) -> list[tuple[int, Field]]:
        """The fields of the columns, with the place of each."""
        return [
            (int(name.removeprefix("column_")), field)
            for name, field in self._fields.items()
            if name.startswith("column_")
        ]

    @property
    def chosen(self) -> dict[str, str]:
        """What the columns are, by their place; those that are left out are not there."""
        return {str(place): field.data for place, field in self.columns if field.data}

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for what a line cannot do without, and for each thing once."""
        valid = super().validate(extra_validators)
        problems = self._problems()
        self.form_errors = problems
        return valid and not problems

    def _problems(self) -> list[str]:
        fields, chosen = FIELDS[self.kind], list(self.chosen.values())
        found = []
        if NEEDED[self.kind] not in chosen:
            name = fields[NEEDED[self.kind]]
            found.append(
                _("Dites quelle colonne est « %(name)s » : sans elle, rien ne peut être importé.", name=name)
            )
        for name in dict.fromkeys(chosen):
            if chosen.count(name) > 1 and name not in SEVERAL:
                found.append(
                    _("« %(name)s » est choisi pour plusieurs colonnes : gardez-en une.", name=fields[name])
                )
        if (
            self.kind == ImportKind.TASKS
            and not {"objective", "chantier"} & set(chosen)
            and not self.objective.data
        ):
            found.append(_("Choisissez la colonne de l’objectif, ou l’objectif de toutes les lignes."))
        return found


def columns_form(
    table: Table, kind: ImportKind, objectives: Sequence[tuple[int, str, str]], mapping: Mapping[str, Any]
) -> ColumnsForm:
    """The form of a table: as it was filled before if it is the same one, else with what its titles suggest."""
    is_same = (mapping.get("sheet"), mapping.get("header")) == (table.sheet, table.header)
    titles: list[str] = [""] * (max((column.place for column in table.columns), default=-1) + 1)
    for column in table.columns:
        titles[column.place] = column.title
    proposed = (
        {int(place): name for place, name in mapping["columns"].items()} if is_same else suggest(titles, kind)
    )
    offered = [("", _("Ne pas importer")), *FIELDS[kind].items()]
    fields: dict[str, Any] = {"kind": kind}
    for column in table.columns:
        title = column.title or _("Colonne %(letter)s", letter=letter(column.place))
        fields[f"column_{column.place}"] = SelectField(
            title, choices=options(offered), default=proposed.get(column.place, "")
        )
    form = cast(ColumnsForm, type("ColumnsOfFile", (ColumnsForm,), fields)())
    if kind != ImportKind.TASKS:
        del form.objective
    else:
        form.objective.choices = options(
            [("", _("Aucun")), *((str(n), _short(text)) for n, text, _of in objectives)]
        )
        for choice, (_number, _text, chantier) in zip(form.objective.choices[1:], objectives, strict=True):
            choice.optgroup = chantier
        if not form.is_submitted():
            form.objective.data = str(mapping.get("objective") or "")
    if not form.is_submitted():
        form.sheet.data, form.header.data = str(table.sheet), str(table.header)
    return form


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CHOICE else text[: LONGEST_CHOICE - 1] + "…"


class OptionsForm(Form):
    """What is done with what is here already, and with names that nobody knows yet."""

    update = BooleanField(_l("Mettre à jour celles qui sont déjà là et que le fichier dit autrement"))
    create_structures = BooleanField(_l("Ajouter à l’annuaire les structures qui n’y sont pas"))


def number(written: Any) -> int | None:
    """A number that somebody sent; None for anything else."""
    try:
        return bounded_int(written)
    except ValueError:
        return None
