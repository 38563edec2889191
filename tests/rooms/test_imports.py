"""A spreadsheet that people have comes in: read as it is, looked at line by line, brought in whole, and taken back."""

import csv
import io
import time
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from models import (
    Activity,
    ChantierStructure,
    ImportBatch,
    ImportedRow,
    ImportState,
    LineOutcome,
    Notification,
    ObjectiveTally,
    OutgoingMail,
    Role,
    StatusChange,
    Structure,
    StructureKind,
    Task,
    TaskStatus,
    db,
)
from tests.factories import (
    make_chantier,
    make_coordinator,
    make_demarche,
    make_member,
    make_objective,
    make_structure,
    make_task,
    make_user,
)

ROWS, FAULTY = 2_000, 37


@pytest.fixture
def place(session):
    """A chantier with two objectives, two structures, and the coordination."""
    make_demarche()
    chantier = make_chantier("Mobilité", number=3)
    first = make_objective(chantier, "Recenser les freins à la mobilité")
    second = make_objective(chantier, "Former les accompagnateur·rice·s")
    lead, help_ = make_structure("Le Labo de l’ESS"), make_structure("Ecosolies")
    lead.also_known_as(["Labo ESS"])
    make_member(chantier)
    coordination = make_coordinator("Ada Coordonne")
    session.commit()
    return chantier, first, second, lead, help_, coordination


def sheet(rows, title="Suivi"):
    """A workbook of one sheet, as openpyxl writes it."""
    book = Workbook()
    page = book.active
    page.title = title
    for row in rows:
        page.append(row)
    if rows and len(rows[0]) == 1:
        page.merge_cells("A1:F1")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def their_spreadsheet():
    """What a coordinator has: a merged title, empty lines, French dates, two thousand lines of which 37 are wrong."""
    rows = [["Suivi des chantiers coopératifs"], [], ["Mis à jour en mars"], []]
    rows.append(["Objectif", "Tâche", "Responsable", "Avec", "Échéance", "État", "Commentaires"])
    days = ["12/03/2026", "12 mars 2026", "12-03-26", date(2026, 3, 12), 46093, "2026-03-12", "jeudi 12 mars 2026", None]
    states = ["à faire", "En cours", "fait", "Bloqué", "annulé", None]
    for number in range(ROWS):
        objective = "Recenser les freins à la mobilité" if number % 2 else "former les accompagnateur·rice·s"
        rows.append(
            [objective, f"Tâche reprise n° {number}", "LABO ESS", "écosolies", days[number % 8], states[number % 6], "Été"]
        )
        if number % 500 == 0:
            rows.append([])
    wrong = {4: "31/02/2026", 5: "peut-être", 2: "Structure inconnue", 0: "Objectif inconnu", 1: None}
    lines = {}
    for number in range(FAULTY):
        place, words = list(wrong.items())[number % 5]
        line = 20 + number * 40
        rows[line - 1] = list(rows[line - 1])
        rows[line - 1][place] = words
        lines[line] = place
    return rows, lines


def send(visitor, user, name, content, kind="Des tâches"):
    page = visitor(user).get("/gestion/imports/nouveau")
    page.choose("Que contient ce fichier ?", kind).attach("Fichier", (name, content))
    return page.submit("Lire le fichier")


def test_two_thousand_lines_come_in_without_the_wrong_ones_and_go_again(session, place, visitor):
    chantier, first, second, lead, help_, coordination = place
    rows, faulty = their_spreadsheet()
    page = send(visitor, coordination, "Suivi 2026.xlsx", sheet(rows))
    assert page.has("trouvés à la ligne 5, et 2000 lignes dessous")
    assert page.value_of("Responsable") == "Structure pilote"
    page = page.submit("Voir ce que cela donne")
    assert page.has(f"{ROWS - FAULTY} lignes à créer") and page.has(f"{FAULTY} lignes en erreur")
    batch = session.scalars(select(ImportBatch)).one()
    wrong = session.scalars(ImportedRow.of(batch.id, LineOutcome.WRONG)).all()
    assert {row.line for row in wrong} == set(faulty)
    assert page.has("« 31/02/2026 » n’est pas une date : écrivez-la comme ceci : 12/03/2026.")
    assert page.has("Ligne 20") and page.has("Aucun objectif opérationnel ne s’appelle « Objectif inconnu ».")
    begun = time.perf_counter()
    page = page.submit(f"Importer {ROWS - FAULTY} lignes")
    print("import", time.perf_counter() - begun)
    assert page.has("1963 ajouts")
    tasks = session.scalars(select(Task).order_by(Task.id)).all()
    assert len(tasks) == ROWS - FAULTY
    begun = time.perf_counter()
    page = page.submit("Annuler cet import")
    print("undo", time.perf_counter() - begun)
    assert page.has("tout est comme avant")
    assert session.scalar(select(func.count(Task.id)).where(Task.live())) == 0
