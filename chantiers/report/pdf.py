"""The document as a tagged PDF (PDF/UA-1), made by typst in the product's look."""

import json
from functools import cache
from pathlib import Path

import typst

from chantiers.report.contents import Report
from chantiers.report.outline import outline, preface

HERE = Path(__file__).parent


@cache
def _fonts() -> typst.Fonts:
    """Ours alone: the document is the same on every machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(HERE / "fonts")])


def as_pdf(report: Report) -> bytes:
    """The document. What people wrote goes in as data, never as typst's markup."""
    said = json.dumps({"preface": preface(report), "elements": outline(report)}, ensure_ascii=False)
    made = typst.compile(
        str(HERE / "report.typ"),
        sys_inputs={"report": said},
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=["ua-1"],
    )
    assert isinstance(made, bytes)
    return made
