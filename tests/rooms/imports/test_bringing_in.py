"""Import of spreadsheets: what comes in, what is already here, and undoing."""

import csv
import io
from collections import Counter
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from chantiers.operations.doctor import figures, integrity
from models import (
    Activity,
    ChantierStructure,
    Comment,
    ImportBatch,
    ImportedRow,
    ImportOutcome,
    ImportState,
    Notification,
    ObjectiveTally,
    OutgoingMail,
    StatusChange,
    Structure,
    Task,
    TaskStatus,
    purge_bin,
    sweep_imports,
)
from tests.rooms.imports.spreadsheets import LOOK, UPDATE, send, sheet
from tests.support.factories import (
    make_member,
    make_task,
)

CREATE = "Ajouter à l’annuaire les structures qui n’y sont pas"

ROWS, FAULTY = 2_000, 37


def cp1252(*lines):
    """Return a CSV as a French spreadsheet of old writes it."""
    return "\r\n".join(";".join(line) for line in lines).encode("cp1252")


def their_spreadsheet():
    """Make a coordinator's sheet: a merged title, empty lines, French dates, 2,000 lines of which 37 are wrong."""
    rows: list[list[Any]] = [["Suivi des chantiers coopératifs"], [], ["Mis à jour en mars"], []]
    rows.append(["Objectif", "Tâche", "Responsable", "Avec", "Échéance", "État", "Commentaires"])
    days: list[Any] = ["12/03/2026", "12 mars 2026", "12-03-26", date(2026, 3, 12), 46093, "2026-03-12", None]
    days.append("jeudi 12 mars 2026")
    states = ["à faire", "En cours", "fait", "Bloqué", "annulé", None]
    for n in range(ROWS):
        objective = "Recenser les freins à la mobilité" if n % 2 else "former les accompagnateur·rice·s"
        rows.append([objective, f"Tâche n° {n}", "LABO ESS", "écosolies", days[n % 8], states[n % 6], "Été"])
        if n % 500 == 0:
            rows.append([])
    wrong = [
        (4, "31/02/2026", "day_unknown"),
        (5, "peut-être", "status_unknown"),
        (2, "Structure inconnue", "structure_unknown"),
        (0, "Objectif inconnu", "objective_unknown"),
        (1, None, "title_missing"),
    ]
    faulty = {}
    for n in range(FAULTY):
        where, words, code = wrong[n % 5]
        line = 20 + n * 40
        rows[line - 1][where] = words
        faulty[line] = code
    return rows, faulty


def read_again(session, task_id):
    whole = select(Task).where(Task.id == task_id).options(*Task.whole())
    return session.scalars(whole.execution_options(populate_existing=True)).one()


def undo(visitor, place, name):
    return visitor(place.coordination).get("/gestion/imports").click(name).submit("Annuler cet import")


@pytest.mark.databases("sqlite")
def test_two_thousand_lines_come_in_without_the_wrong_ones_and_go_again(session, place, visitor):
    rows, faulty = their_spreadsheet()
    page = send(visitor, place, "Suivi 2026.xlsx", sheet(rows))
    assert page.has(f"trouvés à la ligne 5, et {ROWS} lignes dessous")
    assert page.value_of("Responsable") == "Structure pilote"
    page = page.submit(LOOK)
    assert page.has(f"{ROWS - FAULTY} lignes à créer") and page.has(f"{FAULTY} lignes en erreur")
    batch = session.scalars(select(ImportBatch)).one()
    wrong = session.scalars(ImportedRow.of(batch.id, ImportOutcome.WRONG)).all()
    assert {row.line: row.reasons[0][0] for row in wrong} == faulty
    assert page.has("Ligne 20") and page.has("« 31/02/2026 » n’est pas une date : écrivez-la comme ceci")
    assert page.has("Aucun objectif opérationnel ne s’appelle « Objectif inconnu »")
    assert session.scalar(select(func.count(Task.id))) == 0

    page = page.submit(f"Importer {ROWS - FAULTY} lignes")
    assert page.has(f"{ROWS - FAULTY} ajouts") and page.has("Personne n’a reçu de mail")
    tasks = session.scalars(select(Task).order_by(Task.id)).all()
    assert len(tasks) == ROWS - FAULTY
    assert {task.due_on for task in tasks} == {date(2026, 3, 12), None}
    counted = Counter(task.status for task in tasks)
    tallies = session.scalars(select(ObjectiveTally)).all()
    assert {status: sum(getattr(tally, status) for tally in tallies) for status in counted} == counted
    assert set(counted) == {"todo", "in_progress", "done", "blocked", "abandoned"}
    assert session.scalar(select(func.count(StatusChange.id))) == len(tasks)
    assert {task.pilote_id for task in tasks} == {place.lead.id}
    enrolled = select(ChantierStructure.structure_id).where(ChantierStructure.left_at.is_(None))
    assert set(session.scalars(enrolled)) == {place.lead.id, place.other.id}
    assert not session.scalar(select(func.count(OutgoingMail.id)))
    assert not session.scalar(select(func.count(Notification.id)))
    told = session.scalars(select(Activity).where(Activity.action.like("%.tasks_imported"))).all()
    assert sorted(line.action for line in told) == ["chantier.tasks_imported", "demarche.tasks_imported"]
    assert told[0].particulars["created"] == len(tasks)
    journal = visitor(place.coordination).get("/chantiers/mobilite/journal")
    assert journal.has("Ada Coordonne a importé des tâches") and not journal.has("Tâche n° 1")
    found = [*figures.tallies(), *figures.last_news(), *integrity.search()]
    assert [finding.words for finding in found if finding.is_wrong] == []

    page = undo(visitor, place, "Suivi 2026.xlsx")
    assert page.has("Import annulé le") and page.has("Tout est comme avant")
    assert session.scalar(select(func.count(Task.id)).where(Task.live())) == 0
    assert {tally.total for tally in session.scalars(select(ObjectiveTally))} == {0}
    assert not session.scalars(enrolled).all()


# What is here already, and what was touched ---------------------------------------------------------------------------


def test_an_export_that_comes_back_makes_no_double_and_changes_what_was_asked(session, place, visitor):
    coordination = place.coordination
    someone = make_member(place.chantier, name="Zoé Aide")
    kept = make_task(
        place.first,
        "=1+1 Planter, « haies »",
        by=coordination,
        description="Été\n\n- un",
        due_on=date(2026, 5, 4),
        pilote=place.lead,
        contributors=[place.other],
        people=[someone],
    )
    blocked, dropped = (make_task(place.second, name, by=coordination) for name in ("-Bloquée", "Abandonnée"))
    blocked.block("Personne", by=coordination)
    dropped.abandon("Trop cher", by=coordination)
    session.commit()
    exported = "/chantiers/mobilite/taches/exporter"
    for extension in ("xlsx", "csv"):
        where = f"{exported}?format={extension}"
        content = visitor(coordination).get(where, check=False).data
        page = send(visitor, place, f"export.{extension}", content).submit(LOOK)
        assert page.has("À créer (0)") and page.has("Déjà là, inchangées (3)"), page.text

    book = load_workbook(io.BytesIO(visitor(coordination).get(exported, check=False).data))
    head = [cell.value for cell in book["Tâches"][1]]
    row = next(row for row in book["Tâches"].iter_rows(min_row=2) if row[0].value == kept.id)
    for name, words in (
        ("Titre", "Planter des haies"),
        ("Échéance", date(2026, 6, 1)),
        ("Statut", "Terminée"),
        ("Description", None),
        ("Pilote", "Ecosolies"),
        ("Structures", "Ecosolies, Le Labo de l’ESS"),
    ):
        row[head.index(name)].value = words
    file = io.BytesIO()
    book.save(file)
    page = send(visitor, place, "repris.xlsx", file.getvalue()).submit(LOOK)
    assert page.has("Déjà là, différentes (1)"), page.text
    assert not [button for button in page.buttons if button.startswith("Importer")], page.text
    page = page.check(UPDATE).submit("Appliquer ces choix").submit("Importer 1 ligne")
    task = read_again(session, kept.id)
    assert (task.title, task.due_on, task.status) == ("Planter des haies", date(2026, 6, 1), TaskStatus.DONE)
    assert task.description == "Été\n\n- un" and task.person_ids == {someone.id}
    assert task.pilote_id == place.other.id and [each.id for each in task.contributors] == [place.lead.id]

    task.reschedule(date(2027, 1, 1), by=coordination)
    session.commit()
    page = undo(visitor, place, "repris.xlsx")
    assert page.has("sauf 1 ligne dont quelqu’un s’est servi") and page.has("Quelqu’un l’a modifiée depuis")
    task = read_again(session, kept.id)
    assert (task.title, task.status) == ("=1+1 Planter, « haies »", TaskStatus.TODO)
    assert (task.due_on, task.pilote_id) == (date(2027, 1, 1), place.lead.id)


def test_what_was_touched_stays_and_structures_come_and_go(session, place, visitor):
    content = cp1252(
        ("Suivi", "", "", ""),
        ("Action", "Pilote", "Pour le", "État"),
        ("Créer un café réparation", "Nouvelle Équipe", "1er avril 26", "50 %"),
        ("Écrire aux maires", '"Le Labo de l\'ess; Atelier Vélo, Bois & Cie"', "", ""),
        ("écrire aux maires", "", "", ""),
        ("Sans suite", "Ecosolie", "un jour", "jamais"),
    )
    page = send(visitor, place, "actions.csv", content).submit(LOOK, status=422)
    assert page.has("Choisissez la colonne de l’objectif, ou l’objectif de toutes les lignes.")
    page = page.choose("Objectif des lignes qui n’en disent pas", place.first.text).submit(LOOK)
    assert page.has("La structure « Nouvelle Équipe » n’est pas dans l’annuaire")
    assert page.has("Est-ce « Ecosolies » ?")
    page = page.check(CREATE).submit("Appliquer ces choix")
    assert page.has("3 structures seront ajoutées à l’annuaire"), page.text
    assert page.has("C’est un doublon de la ligne 4") and page.has("« jamais » n’est pas un statut")
    batch = session.scalars(select(ImportBatch)).one()
    mended = visitor(place.coordination).get(f"/gestion/imports/{batch.id}/erreurs.csv", check=False).data
    lines = list(csv.reader(io.StringIO(mended.decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Action", "Pilote", "Pour le", "État", "Ligne", "Pourquoi"]
    assert lines[2][:5] == ["Sans suite", "Ecosolie", "un jour", "jamais", "6"]
    assert "n’est pas une date" in lines[2][5]

    page = page.submit("Importer 2 lignes")
    cafe, letters = session.scalars(select(Task).order_by(Task.title)).all()
    assert (cafe.status, cafe.due_on) == (TaskStatus.IN_PROGRESS, date(2026, 4, 1))
    assert letters.pilote_id == place.lead.id
    assert len(session.scalars(select(Structure)).all()) == 5
    Comment.write(cafe, "J’arrive", by=place.coordination)
    session.commit()
    page = undo(visitor, place, "actions.csv")
    assert page.has("Quelqu’un s’en est servi depuis l’import") and page.has("Créer un café réparation")
    assert page.has("Des tâches, des personnes ou un chantier la nomment")
    names = set(session.scalars(select(Structure.name)))
    assert names == {"Le Labo de l’ESS", "Ecosolies", "Nouvelle Équipe"}
    session.expire_all()
    assert not cafe.is_trashed and letters.is_trashed


def test_somebody_who_changes_things_meanwhile_is_not_overwritten(session, place, visitor):
    content = cp1252(("Tâche", "Objectif"), ("Planter", place.first.text), ("Semer", place.second.text))
    page = send(visitor, place, "a.csv", content).submit(LOOK)
    make_task(place.first, "planter", by=place.coordination)
    place.second.trash(by=place.coordination)
    session.commit()
    page = page.submit("Importer 2 lignes")
    assert page.has("Quelqu’un a créé la même tâche entre-temps") and page.has("Son objectif a été retiré")
    assert session.scalar(select(func.count(Task.id))) == 1
    batch = session.scalars(select(ImportBatch)).one()
    for doing in ("importer", "annuler", "annuler", "importer"):
        answer = visitor(place.coordination).post(f"/gestion/imports/{batch.id}/{doing}", {}, status=303)
        assert answer.location.endswith(f"/gestion/imports/{batch.id}")
    session.expire_all()
    assert batch.state == ImportState.UNDONE


# What stays, and what it costs ----------------------------------------------------------------------------------------


def test_what_nobody_finishes_is_forgotten_and_what_was_made_can_still_be_undone(
    session, place, visitor, clock
):
    content = cp1252(("Tâche", "Objectif"), ("Planter", place.first.text), ("", place.first.text))
    send(visitor, place, "oubli.csv", content)
    send(visitor, place, "fait.csv", content).submit(LOOK).submit("Importer 1 ligne")
    forgotten, made = session.scalars(select(ImportBatch).order_by(ImportBatch.id)).all()
    keys = {forgotten.storage_key, made.storage_key}
    clock.forward(days=6)
    assert sweep_imports() == ()
    clock.forward(days=2)
    assert set(sweep_imports()) == keys and sweep_imports() == ()
    session.commit()
    assert session.scalars(select(ImportBatch.file_name)).all() == ["fait.csv"]
    page = visitor(place.coordination).get(f"/gestion/imports/{made.id}?voir=en-erreur")
    assert page.has("ne sont gardées qu’une semaine")
    page.submit("Annuler cet import")
    assert session.scalar(select(Task.trashed_at)) is not None
    clock.forward(days=31)
    assert purge_bin().tasks == 1
    session.commit()
    row = session.scalars(select(ImportedRow)).one()
    assert (row.title, row.facts, row.before, row.fate) == ("Planter", {}, None, "removed")
    page = send(visitor, place, "autre.csv", content).submit("Abandonner")
    assert page.has("rien n’a été ajouté") and len(session.scalars(select(ImportBatch)).all()) == 1


def test_pages_of_imports_cost_the_same_for_two_lines_and_for_three_hundred(session, place, visitor):
    coordination, costs = visitor(place.coordination), []
    for number in (2, 300):
        rows = [["Tâche", "Objectif", "Pilote"]]
        rows += [
            [f"Tâche {number} {n}", place.first.text, place.lead.name if n % 2 else ""] for n in range(number)
        ]
        page = send(visitor, place, f"{number}.xlsx", sheet(rows)).submit(LOOK)
        batch_id = session.scalar(select(func.max(ImportBatch.id)))
        cost = [
            _statements(coordination, f"/gestion/imports/{batch_id}/{name}")
            for name in ("colonnes", "apercu")
        ]
        page.submit(f"Importer {number} lignes")
        cost += [
            _statements(coordination, f"/gestion/imports{end}") for end in (f"/{batch_id}", "", "/nouveau")
        ]
        costs.append(cost)
    assert costs[0] == costs[1] and max(costs[0]) <= 12, costs


def _statements(person, address):
    with person.count_statements() as statements:
        person.get(address)
    return len(statements)
