"""Helpers of the tests of imported spreadsheets."""

import io

from openpyxl import Workbook

ROWS, FAULTY = 2_000, 37


UPDATE = "Mettre à jour celles qui sont déjà là et que le fichier dit autrement"


LOOK = "Voir ce que cela donne"


def sheet(rows):
    """Make a workbook of one sheet, as openpyxl writes it."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if rows and len(rows[0]) == 1:
        book.active.merge_cells("A1:F1")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def send(visitor, place, name, content, kind="Des tâches"):
    """Return the page of the columns of a file that the coordination sends."""
    page = visitor(place.coordination).get("/gestion/imports/nouveau")
    page.choose("Que contient ce fichier ?", kind).attach("Fichier", (name, content))
    return page.submit("Lire le fichier")
