"""The document as a tagged PDF (PDF/UA-1), made by typst in the product's look."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from chantiers.rooms.report.contents import CommitteeReport
from chantiers.rooms.report.outline import outline, preface

HERE = Path(__file__).parent


@cache
def _fonts() -> typst.Fonts:
    """Ours alone: the document is the same on every machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(HERE / "fonts")])


def as_pdf(report: CommitteeReport) -> bytes:
    """The document. What people wrote goes in as data, never as typst's markup.

    It claims PDF/UA-1, but where somebody wrote a sign that none of our letters draws (an emoji): the standard does not
    admit it, and a document is owed all the same. That one has the same tags, and a box in the place of the sign.
    """
    said = json.dumps({"preface": preface(report), "elements": outline(report)}, ensure_ascii=False)
    try:
        return _compiled(said, "ua-1")
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compiled(said, None)


def _compiled(said: str, standard: Literal["ua-1"] | None) -> bytes:
    return typst.compile(
        str(HERE / "report.typ"),
        sys_inputs={"report": said},
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=standard,
    )
