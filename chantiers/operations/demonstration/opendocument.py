"""Writer of small OpenDocument texts, so that the demonstration has a true file to download."""

import re
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MIME = "application/vnd.oasis.opendocument.text"
#: Fixed date of the entries, the first that the format knows: each run writes the same bytes.
WRITTEN = (1980, 1, 1, 0, 0, 0)

_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIME}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:text>{}</office:text></office:body></office:document-content>"""


def opendocument(markdown: str) -> bytes:
    """Return the headings and paragraphs of a Markdown text as an .odt file."""
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n|\n(?=[-#] )", markdown))
    body = "".join(_element(block) for block in blocks if block)
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        # The format wants its type first, and bare.
        _add(archive, "mimetype", MIME, ZIP_STORED)
        _add(archive, "META-INF/manifest.xml", _MANIFEST, ZIP_DEFLATED)
        _add(archive, "content.xml", _CONTENT.format(body), ZIP_DEFLATED)
    return written.getvalue()


def _element(block: str) -> str:
    words = escape(re.sub(r"\*\*|^[-#]+ ", "", block))
    level = len(block) - len(block.lstrip("#"))
    if level:
        return f'<text:h text:outline-level="{level}">{words}</text:h>'
    return f"<text:p>{words}</text:p>"


def _add(archive: ZipFile, name: str, content: str, compression: int) -> None:
    entry = ZipInfo(name, WRITTEN)
    entry.compress_type = compression
    archive.writestr(entry, content.encode())
