"""Queries of the directory of structures: its filters and one page of it."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Row, exists, func, select

from chantiers.web.forms import clean_line
from models import (
    Chantier,
    ChantierStructure,
    Structure,
    StructureKind,
    db,
)

PAGE = 60


@dataclass
class Directory:
    """A page of the directory, in letters, with the chantiers of each structure."""

    letters: list[tuple[str, list[Any]]]
    marks: dict[int, list[Any]]
    total: int
    page: int
    size: int = PAGE

    @property
    def pages(self) -> int:
        return -(-self.total // self.size)


def asked(arguments: Any) -> tuple[str, str, str]:
    """What narrows the directory, as an address says it: a name, a kind, a chantier; what means nothing is left out."""
    kind = arguments.get("nature", "")
    return (
        clean_line(arguments.get("q"))[:100],
        kind if kind in list(StructureKind) else "",
        arguments.get("chantier", "")[:120],
    )


def directory(search: str, kind: str, chantier: str, page: int, size: int = PAGE) -> Directory:
    """The structures whose name or alias holds `search`, of a kind, in a chantier: sixty at a time."""
    found = (
        select(
            Structure.id,
            Structure.name,
            Structure.slug,
            Structure.kind,
            Structure.territory,
            Structure.is_example,
            Structure.name_key,
            func.count().over().label("total"),
        )
        .where(Structure.merged_into_id.is_(None))
        .order_by(Structure.name_key, Structure.id)
        .offset((page - 1) * size)
        .limit(size)
    )
    if search:
        found = found.where(Structure.named_like(search))
    if kind:
        found = found.where(Structure.kind == kind)
    if chantier:
        found = found.where(
            exists().where(
                ChantierStructure.structure_id == Structure.id,
                ChantierStructure.left_at.is_(None),
                ChantierStructure.chantier_id == Chantier.id,
                Chantier.slug == chantier,
            )
        )
    rows = db.session.execute(found).all()
    return Directory(
        letters=[(letter, list(group)) for letter, group in groupby(rows, _letter)],
        marks=_marks([row.id for row in rows]),
        total=rows[0].total if rows else 0,
        page=page,
        size=size,
    )


def _letter(row: Row[*tuple[Any, ...]]) -> str:
    first = row.name_key[:1].upper()
    return first if first.isalpha() else "#"


def _marks(structure_ids: list[int]) -> dict[int, list[Any]]:
    rows = db.session.execute(
        select(ChantierStructure.structure_id, Chantier.number, Chantier.hue, Chantier.title, Chantier.slug)
        .join(Chantier, Chantier.id == ChantierStructure.chantier_id)
        .where(ChantierStructure.structure_id.in_(structure_ids), ChantierStructure.left_at.is_(None))
        .order_by(Chantier.number)
    )
    marks: dict[int, list[Any]] = {}
    for row in rows:
        marks.setdefault(row.structure_id, []).append(row)
    return marks


def chantiers_to_filter() -> list[tuple[str, str]]:
    """The chantiers by which the directory can be narrowed."""
    rows = db.session.execute(
        select(Chantier.slug, Chantier.number, Chantier.title).order_by(Chantier.number)
    )
    return [(row.slug, f"{row.number}. {row.title}") for row in rows]
