"""The document of a comité de pilotage, and the same report for any period: a PDF to hand out, a DOCX to amend."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from chantiers.files.downloads import send_as_attachment
from chantiers.rooms.report import queries
from chantiers.rooms.report.contents import CommitteeReport
from chantiers.rooms.report.docx import as_docx
from chantiers.rooms.report.outline import title_of
from chantiers.rooms.report.pdf import as_pdf
from chantiers.web.access import acting, require
from chantiers.web.extensions import current_demarche
from models import Meeting, today

report = Blueprint("report", __name__)

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@report.get("/copil/<id:meeting_id>/document.pdf")
@require("meeting.read", queries.meeting)
def meeting_pdf(meeting: Meeting) -> ResponseReturnValue:
    """The document of a session, to hand out."""
    return _handed(lambda: _of(meeting), as_pdf, "pdf", PDF)


@report.get("/copil/<id:meeting_id>/document.docx")
@require("meeting.read", queries.meeting)
def meeting_docx(meeting: Meeting) -> ResponseReturnValue:
    """The same, to amend."""
    return _handed(lambda: _of(meeting), as_docx, "docx", DOCX)


@report.get("/coordination/rapport.pdf")
@require("dashboard.read")
def period_pdf() -> ResponseReturnValue:
    """The report of a period without a session, to hand out."""
    return _handed(_of_period, as_pdf, "pdf", PDF)


@report.get("/coordination/rapport.docx")
@require("dashboard.read")
def period_docx() -> ResponseReturnValue:
    """The same, to amend."""
    return _handed(_of_period, as_docx, "docx", DOCX)


def _of(meeting: Meeting) -> CommitteeReport:
    return queries.report_of(acting(), current_demarche, meeting)


def _of_period() -> CommitteeReport:
    """What moved since the day that the address gives; three months ago where it gives none."""
    asked = request.args.get("depuis", "")
    try:
        since = date.fromisoformat(asked) if asked else today() - queries.USUAL_PERIOD
    except ValueError:
        abort(404)
    if not date(2000, 1, 1) <= since <= today():
        abort(404)
    return queries.report_since(acting(), current_demarche, since)


def _handed(
    read: Callable[[], CommitteeReport], make: Callable[[CommitteeReport], bytes], kind: str, media_type: str
) -> ResponseReturnValue:
    """A document speaks French whoever takes it: others read it after them."""
    with force_locale("fr"):
        said = read()
        return send_as_attachment(f"{title_of(said)}.{kind}", BytesIO(make(said)), media_type)
