"""Sheets of the other lists: deliverables, structures, members, the journal.

A list's export asks the list's own question, so that they cannot disagree. Nothing here grows with what is exported but
the number of lines that are read. Sheets and columns bear French names for every reader: others build on them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from chantiers.language.journal import sentence
from chantiers.language.labels import label, type_name
from chantiers.rooms.chantier import journal_queries, member_queries
from chantiers.rooms.deliverables import list_queries as deliverable_queries
from chantiers.rooms.exports.rows import PAGE, addresses, days_past, pages
from chantiers.rooms.exports.tables import ExportColumn, ExportSheet
from chantiers.rooms.structures import directory_queries as structure_queries
from chantiers.web.links import absolute
from models import (
    Chantier,
    User,
)


def deliverables(
    filters: deliverable_queries.DeliverableListFilters, chantier: Chantier | None = None
) -> ExportSheet:
    """Return the deliverables that a list shows under these filters; observers get titles, types and states."""

    def read(page: int) -> tuple[Sequence[Any], int]:
        found = deliverable_queries.listed(filters, page, chantier, PAGE)
        return found.rows, found.total

    def lines() -> Iterator[Sequence[Any]]:
        address = addresses("deliverables.show", "deliverable_id")
        for row in pages(read):
            yield (
                row.id,
                f"{row.chantier.number}. {row.chantier.title}",
                row.objective[1],
                row.title,
                type_name(row.type),
                label(row.state, "state"),
                row.expected_on,
                days_past(row.expected_on, row.is_late),
                ", ".join(row.structures),
                row.latest,
                row.reference,
                address(row.id),
            )

    columns = [
        ExportColumn("Numéro", 9),
        ExportColumn("Chantier", 30),
        ExportColumn("Objectif", 40),
        ExportColumn("Titre", 50),
        ExportColumn("Type", 22),
        ExportColumn("État", 16),
        ExportColumn("Attendu le", 12),
        ExportColumn("Jours de retard", 15),
        ExportColumn("Structures", 40),
        ExportColumn("Dernière version", 16),
        ExportColumn("Version de référence", 20),
        ExportColumn("Adresse", 50),
    ]
    return ExportSheet("Livrables", columns, lines())


def structures(search: str = "", kind: str = "", chantier: str = "") -> ExportSheet:
    """Return the structures of the directory under these filters, with the chantiers where they take part."""

    def lines() -> Iterator[Sequence[Any]]:
        page = 1
        while True:
            found = structure_queries.directory(search, kind, chantier, page, PAGE)
            for _letter, rows in found.letters:
                for row in rows:
                    marks = found.marks.get(row.id, [])
                    yield (
                        row.name,
                        label(row.kind, "kind") if row.kind else None,
                        row.territory,
                        ", ".join(f"{mark.number}. {mark.title}" for mark in marks),
                        len(marks),
                        absolute("structures.show", slug=row.slug),
                    )
            if page >= found.pages:
                return
            page += 1

    columns = [
        ExportColumn("Nom", 36),
        ExportColumn("Nature", 22),
        ExportColumn("Territoire", 24),
        ExportColumn("Chantiers", 60),
        ExportColumn("Nombre de chantiers", 19),
        ExportColumn("Adresse", 50),
    ]
    return ExportSheet("Structures", columns, lines())


def members(chantier: Chantier, with_email: bool) -> ExportSheet:
    """Return the people of a chantier; their e-mail addresses only for who manages them."""

    def read(page: int) -> tuple[Sequence[Any], int]:
        return member_queries.members(chantier, page, with_email=with_email, size=PAGE)

    def lines() -> Iterator[Sequence[Any]]:
        for row in pages(read):
            told = (row.email,) if with_email else ()
            structures = ", ".join(structure.name for structure in row.structures)
            yield (row.name, row.title, label(row.role, "chantier_role"), structures, row.since, *told)

    columns = [
        ExportColumn("Nom", 30),
        ExportColumn("Fonction", 30),
        ExportColumn("Rôle dans le chantier", 22),
        ExportColumn("Structures", 40),
        ExportColumn("Membre depuis le", 17),
        *([ExportColumn("Adresse e-mail", 34)] if with_email else []),
    ]
    return ExportSheet("Membres", columns, lines())


def journal(chantier: Chantier, user: User, kind: str, actor_id: int | None) -> ExportSheet:
    """Return the lines of a chantier's journal under these filters, latest first."""

    def lines() -> Iterator[Sequence[Any]]:
        before = None
        while True:
            entries = journal_queries.entries(
                chantier, user, limit=PAGE, before=before, kind=kind, actor_id=actor_id
            )
            for entry in entries:
                words = sentence(entry.activity, entry.is_trashed, at_home=True).striptags()
                yield entry.activity.at, words
            if len(entries) < PAGE:
                return
            before = entries[-1].activity.id

    return ExportSheet(
        "Journal", [ExportColumn("Date", 17), ExportColumn("Ce qui s’est passé", 110)], lines()
    )
