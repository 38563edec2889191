"""Why a file, a line, or what a line did, cannot be taken: one sentence for each code, in one place."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers.files.spreadsheet_reader import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS
from chantiers.files.spreadsheets import EXTENSIONS, LIMIT, Unreadable
from chantiers.files.types import MEBIBYTE, UploadRefused
from chantiers.files.types import message as file_message

#: Of a file.
UNREADABLE = {
    "unreadable": _l(
        "Ce fichier ne se lit pas : il n’a pas été gardé. Ouvrez-le dans votre tableur, enregistrez-le de nouveau, "
        "puis choisissez-le."
    ),
    "password": _l(
        "Ce fichier est protégé par un mot de passe : il n’a pas été gardé. Enregistrez-le sans protection, puis "
        "choisissez-le."
    ),
    "not_text": _l(
        "Ce fichier n’est pas un CSV : il n’a pas été gardé. Dans votre tableur, choisissez « Enregistrer sous », "
        "puis CSV, XLSX ou ODS."
    ),
    "empty": _l("Ce fichier ne contient aucune ligne : il n’a pas été gardé. Vérifiez que c’est le bon."),
    "too_many_rows": _l(
        "Ce fichier a plus de %(rows)s lignes : il n’a pas été gardé. Importez-le en plusieurs fois."
    ),
    "too_many_columns": _l(
        "Ce fichier a plus de %(columns)s colonnes : il n’a pas été gardé. Retirez celles qui ne servent pas."
    ),
    "too_many_letters": _l(
        "Ce fichier contient trop de texte : il n’a pas été gardé. Importez-le en plusieurs fois."
    ),
    "cell_too_long": _l(
        "Une cellule de ce fichier dépasse %(letters)s caractères : il n’a pas été gardé. Raccourcissez-la."
    ),
}
#: Of a line, and of what it did.
SENTENCES = {
    "title_missing": _l("Cette ligne n’a pas d’intitulé."),
    "name_missing": _l("Cette ligne n’a pas de nom."),
    "title_long": _l(
        "L’intitulé dépasse 300 caractères : gardez l’essentiel, le reste va dans la description."
    ),
    "text_long": _l("La description dépasse 100 000 caractères."),
    "summary_long": _l("La présentation dépasse 10 000 caractères."),
    "day_unknown": _l("« %(words)s » n’est pas une date : écrivez-la comme ceci : 12/03/2026."),
    "status_unknown": _l(
        "« %(words)s » n’est pas un statut : À venir, En cours, À valider, Terminée, Bloquée ou Abandonnée."
    ),
    "chantier_unknown": _l("Aucun chantier ne s’appelle « %(words)s » : donnez son numéro ou son titre."),
    "chantier_archived": _l("Ce chantier est archivé : on n’y écrit plus."),
    "objective_missing": _l("Cette ligne ne dit pas à quel objectif la tâche se rattache."),
    "objective_unknown": _l("Aucun objectif opérationnel ne s’appelle « %(words)s »."),
    "objective_ambiguous": _l(
        "« %(words)s » désigne plusieurs objectifs : précisez le chantier, ou écrivez l’objectif en entier."
    ),
    "structure_unknown": _l("La structure « %(words)s » n’est pas dans l’annuaire."),
    "person_unknown": _l(
        "« %(words)s » n’est pas le nom d’une personne de la démarche : invitez-la d’abord."
    ),
    "person_ambiguous": _l(
        "Plusieurs personnes portent un nom de « %(words)s » : confiez-leur la tâche après."
    ),
    "double": _l("C’est un doublon de la ligne %(line)s."),
    "other_chantier": _l("Cette tâche existe dans un autre chantier : une tâche ne change pas de chantier."),
    "site_wrong": _l("« %(words)s » n’est pas une adresse de site : https://www.exemple.org."),
    "objective_gone": _l("Son objectif a été retiré, ou son chantier archivé, entre-temps."),
    "structure_gone": _l("Une structure qu’elle nomme a été réunie à une autre ou retirée entre-temps."),
    "person_gone": _l("Une personne qu’elle nomme a fermé son compte entre-temps."),
    "came_meanwhile": _l("Quelqu’un a créé la même tâche entre-temps."),
    "task_gone": _l("La tâche a été mise à la corbeille, ou son chantier archivé, entre-temps."),
    "name_taken": _l("Quelqu’un a ajouté « %(name)s » à l’annuaire entre-temps."),
    "touched": _l("Quelqu’un s’en est servi depuis l’import : elle reste."),
    "in_use": _l("Des tâches, des personnes ou un chantier la nomment : elle reste."),
    "changed_since": _l("Quelqu’un l’a modifiée depuis l’import : ses mots restent."),
    "binned": _l("Elle est à la corbeille : elle y reste telle quelle."),
}
NEAR = _l("La structure « %(words)s » n’est pas dans l’annuaire. Est-ce « %(near)s » ?")


def of_file(refused: UploadRefused | Unreadable) -> str:
    """What is wrong with a file, and what to do."""
    if isinstance(refused, Unreadable):
        particulars = {"rows": MOST_ROWS, "columns": MOST_COLUMNS, "letters": LONGEST_CELL}
        return str(UNREADABLE[refused.code]) % particulars
    if refused.code == "nothing_chosen":
        return str(_("Choisissez un fichier."))
    if refused.code == "extension_refused":
        words: str = _(
            "« %(name)s » n’est pas un tableur que nous lisons : enregistrez-le en %(kinds)s.",
            name=refused.particulars["name"][:100],
            kinds=", ".join(EXTENSIONS),
        )
        return words
    if refused.code == "too_large":
        return str(_("Ce fichier dépasse %(limit)s Mo : il n’a pas été gardé.", limit=LIMIT // MEBIBYTE))
    return file_message(refused)


def of_line(reason: list[Any]) -> str:
    """What is wrong with a line."""
    code, particulars = reason
    words = str(NEAR if code == "structure_unknown" and particulars.get("near") else SENTENCES[code])
    sentence: str = words % particulars
    return sentence
