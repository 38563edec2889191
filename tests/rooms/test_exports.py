"""Files that people take away: the lines of the screen, real types, no formula, and calendars that diaries read."""

import csv
import io
from datetime import date, datetime

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from models import Role, today
from tests.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)

HOSTILE = (
    "=1+1",
    "+33",
    "-2",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("https://example.org")',
    "  =2",
    "a\x1bb\x0bc",
)


@pytest.fixture
def chantier(session):
    make_demarche()
    return make_chantier("Mobilité")


def sheet(page, name):
    return load_workbook(io.BytesIO(page.data))[name]


def lines(page):
    assert page.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(page.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def taken(person, address):
    return person.visit("GET", address, None, check=False)


def test_no_word_is_a_formula_and_dates_are_dates(session, visitor, chantier):
    objective = make_objective(chantier)
    led = make_structure("=CMD()")
    for words in HOSTILE:
        make_task(objective, words, due_on=date(2020, 3, 1), pilote=led, description="x" * 40_000)
    person = visitor(make_user())
    page = taken(person, "/chantiers/mobilite/taches/exporter?format=xlsx")
    assert page.status == 200 and page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert str(today()) in page.headers["Content-Disposition"]
    found = sheet(page, "Tâches")
    assert all(cell.data_type != "f" and not cell.hyperlink for row in found.iter_rows() for cell in row)
    assert found.freeze_panes == "A2" and found.auto_filter.ref == f"A1:O{len(HOSTILE) + 1}"
    heads = [cell.value for cell in found[1]]
    first = dict(zip(heads, found[2], strict=True))
    assert first["Échéance"].value == datetime(2020, 3, 1) and first["Échéance"].number_format == "dd/mm/yyyy"
    assert first["Jours de retard"].value == (today() - date(2020, 3, 1)).days
    assert len(first["Description"].value) == 32_767
    assert {row[3].value for row in found.iter_rows(min_row=2)} >= {"=1+1", "@SUM(A1)", "abc"}
    rows = lines(taken(person, "/chantiers/mobilite/taches/exporter?format=csv"))
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)
    assert rows[1][7] == "01/03/2020"


def test_an_export_has_the_lines_of_its_list(session, visitor, chantier):
    objective, mine = make_objective(chantier), make_structure("Ecosolies")
    for number in range(60):
        make_task(objective, f"Tâche {number}", pilote=mine if number % 2 else None)
    person = visitor(make_user())
    for query in ("", f"structure={mine.id}", "etat=sans-pilote", "q=t%C3%A2che+5", "statut=done"):
        shown: list[str] = []
        page = 1
        while True:
            there = person.get(f"/chantiers/mobilite/taches?vue=liste&page={page}&{query}")
            titles = there.texts("a", class_="task-row__title")
            if not titles or titles[0] in shown:
                break
            shown, page = shown + titles, page + 1
        rows = lines(taken(person, f"/chantiers/mobilite/taches/exporter?format=csv&{query}"))
        assert [row[3] for row in rows[1:]] == shown, query


def test_observers_get_no_draft_and_addresses_are_for_who_manages(session, visitor, chantier):
    make_deliverable(make_objective(chantier), "Note", expected_on=date(2030, 1, 2))
    make_member(chantier, name="Ada")
    referent, observer = make_referent(chantier), make_user(role=Role.OBSERVER)
    told = lines(taken(visitor(make_user()), "/exports/livrables?format=csv"))
    kept = lines(taken(visitor(observer), "/exports/livrables?format=csv"))
    assert told[1][6] == "02/01/2030" and kept[1][6] == ""
    book = taken(visitor(observer), "/exports/demarche.xlsx")
    assert sheet(book, "Livrables")["G2"].value is None
    assert sheet(book, "Lisez-moi")["B1"].value == "Chantiers coopératifs"
    address = "/chantiers/mobilite/membres/exporter?format=csv"
    assert b"@example.org" in taken(visitor(referent), address).data
    assert b"@" not in taken(visitor(observer), address).data
    for each in ("/exports/structures", "/exports/tableau-de-bord", "/chantiers/mobilite/journal/exporter"):
        assert taken(visitor(make_coordinator()), each).status == 200


def test_statements_do_not_grow_with_lines(session, visitor, chantier):
    objective, person = make_objective(chantier), visitor(make_user())
    counts = []
    for _round in range(2):
        for _ in range(20):
            make_task(objective)
            make_deliverable(objective)
        with person.count_statements() as statements:
            assert taken(person, "/exports/demarche.xlsx").status == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14, counts


def test_a_calendar_is_read_by_a_diary_until_it_is_renewed(session, visitor, chantier):
    ours, user = make_structure("Ecosolies"), make_user()
    ours.gather(user, by=None)
    objective = make_objective(chantier)
    title = "Écrire ; lire, relire\\ et " + "é" * 100
    make_task(objective, title, due_on=today(), pilote=ours)
    make_task(objective, "D’une autre", due_on=today())
    person = visitor(user)
    page = person.get("/profil/agendas")
    mine = page.value_of("Adresse de l’agenda de mes échéances")
    address = mine[mine.index("/agenda/") :]
    got = taken(visitor(), address)
    assert got.status == 200 and got.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"\n" not in got.data.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in got.data.split(b"\r\n"))
    (event,) = Calendar.from_ical(got.data).walk("VEVENT")
    assert event["SUMMARY"] == f"{title} (À venir)" and event.decoded("DTSTART") == today()
    assert event["TRANSP"] == "TRANSPARENT" and event["UID"].startswith("task-")
    again = visitor().visit("GET", address, None, check=False, headers={"If-None-Match": got.headers["ETag"]})
    assert again.status == 304
    page.submit("Renouveler les adresses")
    assert visitor().visit("GET", address, None, check=False).status == 410
