"""Reading of spreadsheets: formats, days and names, and files that must harm nobody."""

import io
from datetime import date
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy import select

from chantiers.files import spreadsheets
from chantiers.rooms.imports.values import day_of, names_in
from models import (
    ImportBatch,
    Structure,
    StructureKind,
    Task,
)
from tests.rooms.imports.spreadsheets import LOOK, UPDATE, send, sheet

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


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


FAR = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="{0}"><c r="{1}{0}"><v>1</v></c></row></sheetData>'


ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


TEXT = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData>'


def workbook_with(xml, doctype=""):
    """Make a workbook whose sheet is this XML."""
    out, whole = io.BytesIO(), f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{MAIN}">{xml}</worksheet>'
    with ZipFile(io.BytesIO(sheet([["Tâche"]]))) as book, ZipFile(out, "w", ZIP_DEFLATED) as other:
        for name in book.namelist():
            other.writestr(name, whole if name.endswith("sheet1.xml") else book.read(name))
    return out.getvalue()


# What must harm nobody ------------------------------------------------------------------------------------------------


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
