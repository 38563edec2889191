"""The document as a DOCX to amend: real headings, real lists, tables whose headers repeat."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_BREAK
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.text.paragraph import Paragraph

from chantiers.rooms.report.contents import CommitteeReport
from chantiers.rooms.report.outline import Element, outline, preface

BRAND, SOFT = RGBColor(0x17, 0x60, 0x3F), RGBColor(0x56, 0x61, 0x5B)
#: The width of a page between its margins.
WIDTH = Cm(17)


def as_docx(report: CommitteeReport) -> bytes:
    """The document."""
    document, said = Document(), preface(report)
    _style(document)
    properties = document.core_properties
    properties.title, properties.author = said["title"][:255], said["demarche"][:255]
    properties.language, properties.created = "fr-FR", report.made_at.replace(tzinfo=None)
    properties.comments = ""
    document.sections[0].header.paragraphs[0].text = f"{said['title']}\t\t{said['demarche']}"
    document.sections[0].footer.paragraphs[0].text = said["made"]
    _soft(document.add_paragraph(), said["demarche"].upper())
    document.add_heading(said["title"], 0)
    for line in (said["place"], said["bearer"], f"{said['made']}. {said['period']}."):
        if line:
            _soft(document.add_paragraph(), line)
    for element in outline(report):
        DRAW[element["kind"]](document, element)
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


def _style(document: Docx) -> None:
    """The look: ours where the reader has our letters, theirs otherwise."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Figtree", Pt(10.5)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "fr-FR")
    normal.element.get_or_add_rPr().append(language)
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3"):
        style = document.styles[name]
        style.font.color.rgb = BRAND
        # The template names other letters for headings, by theme: they would win over the name.
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in list(fonts.attrib):
            del fonts.attrib[attribute]
        style.font.name = "Figtree"


def _soft(paragraph: Paragraph, text: str) -> None:
    run = paragraph.add_run(text)
    run.font.color.rgb, run.font.size = SOFT, Pt(9.5)


def _listed(document: Docx, style: str) -> Paragraph:
    """A line of a list. The style is named as the file names it: by its title, the library reads them all each time."""
    paragraph = document.add_paragraph()
    paragraph._p.style = style
    return paragraph


# Elements -------------------------------------------------------------------------------------------------------------


def _heading(document: Docx, one: Element) -> None:
    number = f"{one['number']}. " if one["number"] else ""
    document.add_heading(number + one["text"], one["level"])


def _lead(document: Docx, one: Element) -> None:
    _soft(document.add_paragraph(), one["text"])


def _figures(document: Docx, one: Element) -> None:
    paragraph = document.add_paragraph()
    for place, item in enumerate(one["items"]):
        paragraph.add_run(("  ·  " if place else "") + item["value"]).bold = True
        paragraph.add_run(f" {item['label']}")


def _prose(document: Docx, one: Element) -> None:
    _blocks(document, one["blocks"])


def _blocks(document: Docx, blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        if block["kind"] == "li":
            paragraph = _listed(document, "ListNumber" if block["number"] else "ListBullet")
            paragraph.paragraph_format.left_indent = Cm(0.6 * block["depth"])
        else:
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.left_indent = Cm(0.6 * block["depth"])
        for run in block["runs"]:
            _run(paragraph, run, heading=block["kind"] == "h")


def _run(paragraph: Paragraph, run: dict[str, Any], heading: bool = False) -> None:
    if run["href"].startswith(("http", "mailto:")):
        _link(paragraph, run["text"], run["href"])
        return
    written = paragraph.add_run(run["text"])
    written.bold, written.italic = run["bold"] or heading, run["italic"]


def _link(paragraph: Paragraph, text: str, href: str) -> None:
    """A link that a word processor follows: the library has no word for it."""
    # The library looks among all links for the same one: with thousands, each link would cost all the others.
    relations = paragraph.part.rels
    relation = f"rIdLink{len(relations)}"
    relations.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, href, relation, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = paragraph.add_run(text)
    run.font.underline, run.font.color.rgb = True, RGBColor(0x13, 0x4C, 0x78)
    link.append(run._r)
    paragraph._p.append(link)


def _told(document: Docx, one: Element) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run(one["title"]).bold = True
    _soft(paragraph, f"  {one['by']}")
    _blocks(document, one["blocks"])
    if one["needs"]:
        document.add_paragraph().add_run(one["needs_label"]).bold = True
        _blocks(document, one["needs"])


def _bars(document: Docx, one: Element) -> None:
    document.add_heading(one["caption"], 3)
    for item in one["items"]:
        paragraph = _listed(document, "ListBullet")
        paragraph.add_run(item["text"])
        _soft(paragraph, f"  {item['label']}")


def _lines(document: Docx, one: Element) -> None:
    document.add_heading(one["title"], 3)
    for item in one["items"]:
        paragraph = _listed(document, "ListBullet")
        if item["href"]:
            _link(paragraph, item["text"], item["href"])
        else:
            paragraph.add_run(item["text"])
        if item["detail"]:
            _soft(paragraph, f"  {item['detail']}")
    if one["note"]:
        _soft(document.add_paragraph(), one["note"])


def _point(document: Docx, one: Element) -> None:
    document.add_heading(f"{one['number']}. {one['title']}", 2)
    if one["about"]:
        _soft(document.add_paragraph(), one["about"])
    _blocks(document, one["blocks"])


def _table(document: Docx, one: Element) -> None:
    document.add_paragraph().add_run(one["caption"]).bold = True
    columns, lines = len(one["columns"]), [one["columns"], *one["rows"]]
    table = document.add_table(rows=len(lines), cols=columns, style="Light Grid Accent 3")
    table.autofit = False
    widths = [Emu(int(WIDTH * share / sum(one["widths"]))) for share in one["widths"]]
    # Asked once: a row finds its cells by reading the whole table again.
    cells = table._cells
    for place, text in enumerate(text for line in lines for text in line):
        cells[place].width = widths[place % columns]
        cells[place].paragraphs[0].add_run(text).font.size = Pt(9)
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(header)
    note = document.add_paragraph()
    if one["note"]:
        _soft(note, one["note"])


def _break(document: Docx, _one: Element) -> None:
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


DRAW: dict[str, Callable[[Docx, Element], None]] = {
    "heading": _heading,
    "lead": _lead,
    "figures": _figures,
    "prose": _prose,
    "told": _told,
    "bars": _bars,
    "table": _table,
    "lines": _lines,
    "point": _point,
    "break": _break,
}
