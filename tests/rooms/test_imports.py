"""A spreadsheet that people have comes in: read as it is, looked at line by line, brought in whole, and taken back."""

import csv
import io
from collections import Counter
from datetime import date
from types import SimpleNamespace
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from chantiers.files import spreadsheets
from chantiers.operations import doctor
from chantiers.rooms.imports.values import day_of, names_in
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
    StructureKind,
    Task,
    TaskStatus,
    purge_bin,
    sweep_imports,
)
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_demarche,
    make_member,
    make_objective,
    make_structure,
    make_task,
)

ROWS, FAULTY = 2_000, 37
UPDATE = "Mettre à jour celles qui sont déjà là et que le fichier dit autrement"
CREATE = "Ajouter à l’annuaire les structures qui n’y sont pas"
LOOK = "Voir ce que cela donne"


@pytest.fixture
def place(session):
    """A chantier with two objectives, two structures, and the coordination."""
    make_demarche()
    chantier = make_chantier("Mobilité", number=3)
    first = make_objective(chantier, "Recenser les freins à la mobilité")
    second = make_objective(chantier, "Former les accompagnateur·rice·s")
    lead, other = make_structure("Le Labo de l’ESS"), make_structure("Ecosolies")
    lead.also_known_as(["Labo ESS"])
    coordination = make_coordinator("Ada Coordonne")
    session.commit()
    return SimpleNamespace(
        chantier=chantier, first=first, second=second, lead=lead, other=other, coordination=coordination
    )


def sheet(rows):
    """A workbook of one sheet, as openpyxl writes it."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if rows and len(rows[0]) == 1:
        book.active.merge_cells("A1:F1")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def cp1252(*lines):
    """A CSV as a French spreadsheet of old writes it."""
    return "\r\n".join(";".join(line) for line in lines).encode("cp1252")


def their_spreadsheet():
    """What a coordinator has: a merged title, empty lines, French dates, two thousand lines of which 37 are wrong."""
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


def send(visitor, place, name, content, kind="Des tâches"):
    """The page of the columns of a file that the coordination sends."""
    page = visitor(place.coordination).get("/gestion/imports/nouveau")
    page.choose("Que contient ce fichier ?", kind).attach("Fichier", (name, content))
    return page.submit("Lire le fichier")


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
    found = [*doctor.tallies(), *doctor.last_news(), *doctor.search()]
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


# What is read ---------------------------------------------------------------------------------------------------------


def test_a_bazar_brings_structures_without_addresses(session, place, visitor):
    head = 'datetime_create,"Nom de la structure *",bf_mail,bf_site_internet,listeListeTypeStructure,bf_description'
    text = (
        '<p>Nous <strong>plantons</strong>, <a href=""javascript:alert(1)"">ici</a><script>alert(1)</script>.</p>'
        '<ul><li>Écrire à <a href=""mailto:haies@example.org"">haies@example.org</a></li></ul>'
    )
    lines = (
        head,
        f'"12/03/2024 10:00:00","L\'Atelier",a@example.org,www.haies.example,"Association loi 1901","{text}"',
        '"12/03/2024 10:00:00",ecosolies,,https://ecosolies.example,,',
        '"12/03/2024 10:00:00","Sans site",,"pas une adresse",,',
    )
    kind = "Des structures (annuaire, export Bazar d’un YesWiki)"
    page = send(visitor, place, "bazar.csv", "\n".join(lines).encode(), kind)
    assert page.value_of("bf_mail") == "Ne pas importer"
    page = page.submit(LOOK)
    assert page.has("1 ligne à créer") and page.has(
        "« https://pas une adresse » n’est pas une adresse de site"
    )
    page = page.check(UPDATE).submit("Appliquer ces choix").submit("Importer 2 lignes")
    made = session.scalars(select(Structure).where(Structure.name == "L'Atelier")).one()
    assert (made.kind, made.site) == (StructureKind.ASSOCIATION, "https://www.haies.example")
    assert made.summary.split() == ["Nous", "**plantons**,", "ici.", "-", "Écrire", "à", "…"]
    session.expire_all()
    assert place.other.site == "https://ecosolies.example"
    page.submit("Annuler cet import")
    session.expire_all()
    assert place.other.site == ""
    assert session.scalar(select(Structure).where(Structure.name == "L'Atelier")) is None


def test_formulas_are_words_and_every_making_of_csv_is_read(session, place, visitor):
    rows = (("Tâche", "Objectif"), ("=cmd|' /C calc'!A0", "Recenser les freins à la mobilité"))
    written = "\n".join(";".join(row) for row in rows)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"):
        assert spreadsheets.decode(written.encode(encoding)) == written, encoding
    for delimiter in ";,\t|":
        text = "Suivi\n\n" + "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
        _name, (found,) = spreadsheets.read(text.encode(), "a.csv")
        assert tuple(map(tuple, found.rows[2:])) == rows, delimiter
    send(visitor, place, "a.csv", written.encode()).submit(LOOK).submit("Importer 1 ligne")
    assert session.scalars(select(Task.title)).one() == "=cmd|' /C calc'!A0"


def test_an_opendocument_sheet_keeps_its_days_and_the_numbers_of_its_lines():
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    names = " ".join(f'xmlns:{name}="{office}{name}:1.0"' for name in ("office", "table", "text", "manifest"))
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        '<table:table table:name="Suivi"><table:table-row table:number-rows-repeated="2"><table:table-cell/>'
        '</table:table-row><table:table-row><table:table-cell office:value-type="string"><text:p>Été</text:p>'
        '</table:table-cell><table:table-cell office:value-type="date" office:date-value="2026-03-12"><text:p>12/03'
        "</text:p></table:table-cell></table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content)
        book.writestr("META-INF/manifest.xml", f"<manifest:manifest {names}/>")
    name, (found,) = spreadsheets.read(file.getvalue(), "Suivi.ods")
    assert (name, list(spreadsheets.lines(found))) == ("Suivi.ods", [(3, ["Été", date(2026, 3, 12)])])
    assert spreadsheets.unpack(spreadsheets.pack([found])) == [found]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("12/03/2026", "2026-03-12"),
        ("12-03-26", "2026-03-12"),
        ("1.4.2026", "2026-04-01"),
        ("12 mars 2026", "2026-03-12"),
        ("Jeudi 12 mars 2026", "2026-03-12"),
        ("1er avril 26", "2026-04-01"),
        ("2026-03-12T10:00:00", "2026-03-12"),
        ("12/03/2026 14:30", "2026-03-12"),
        ("fin février 2028", "2028-02-29"),
        ("46093", "2026-03-12"),
        (46093.5, "2026-03-12"),
        ("", "None"),
        ("31/02/2026", ""),
        ("12/03", ""),
        ("bientôt", ""),
        ("12/03/1926", ""),
        (12.0, ""),
        ("٣/٣/٢٠٢٦", ""),
    ],
)
def test_days_are_understood_or_refused(cell, day):
    if day:
        assert str(day_of(cell)) == day
    else:
        with pytest.raises(ValueError):
            day_of(cell)


def test_a_name_may_hold_what_parts_names():
    known = {"a b": 1, "bois cie": 2, "labo": 3, "a b c": 4}
    assert names_in("Labo, A, b ; Bois & Cie\nFruits & Cie, Labo", known) == [3, 1, 2, "Fruits & Cie"]
    assert names_in("A, b, c", known) == [4] and names_in(" ; , ", known) == []
    assert names_in("Labo et A b", known) == [3, 1]


# What must harm nobody ------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FAR = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="{0}"><c r="{1}{0}"><v>1</v></c></row></sheetData>'
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
TEXT = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData>'


def workbook_with(xml, doctype=""):
    """A workbook whose sheet is this XML."""
    out, whole = io.BytesIO(), f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{MAIN}">{xml}</worksheet>'
    with ZipFile(io.BytesIO(sheet([["Tâche"]]))) as book, ZipFile(out, "w", ZIP_DEFLATED) as other:
        for name in book.namelist():
            other.writestr(name, whole if name.endswith("sheet1.xml") else book.read(name))
    return out.getvalue()


@pytest.mark.databases("sqlite")
def test_no_file_does_harm_and_each_refusal_is_said(session, place, visitor):
    swollen = "<c><v>1</v></c>" * 4_000_000
    refused = {
        "vide.csv": b"",
        "blancs.csv": b"\r\n;;\r\n",
        "rapport.xlsx": b"%PDF-1.7 un rapport",
        "rapport.csv": b"%PDF-1.7\n\x01\x02",
        "tableau.xls": b"\xd0\xcf\x11\xe0",
        "nul.csv": b"T\xc3\xa2che;a\n" + b"x" * 3000 + b"\x00;b\n",
        "longue.csv": b"Titre;a\n" + b"x" * 1_000_000 + b";b\n",
        "large.csv": b";".join([b"x"] * 61) + b"\n",
        "sans fin.csv": b"x;y\n" * 10_001,
        "bombe.xlsx": workbook_with(f"<sheetData><row>{swollen}</row></sheetData>"),
        "loin.xlsx": workbook_with(FAR.format(1_048_576, "XFD")),
        "bas.xlsx": workbook_with(FAR.format(1_000_000_000, "A")),
        "entité.xlsx": workbook_with(TEXT, ENTITY),
        "vide.xlsx": sheet([]),
        "blancs.xlsx": sheet([[" ", "  "]]),
        "faux.ods": sheet([["Tâche"]]),
    }
    for name, content in refused.items():
        page = visitor(place.coordination).get("/gestion/imports/nouveau").attach("Fichier", (name, content))
        page = page.submit("Lire le fichier", status=422)
        assert page.error_of("Fichier") and not page.has("root:"), name
    assert not session.scalars(select(ImportBatch)).all()


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
