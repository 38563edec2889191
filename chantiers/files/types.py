"""File types accepted from people, and the inspection of a file before it is stored: nothing is unpacked or decoded."""

import codecs
import hashlib
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import SEEK_END
from typing import Any, BinaryIO
from urllib.parse import quote
from zipfile import ZipFile

from flask_babel import gettext as _
from werkzeug.http import dump_options_header

MEBIBYTE = 1024 * 1024
LIMIT = 50 * MEBIBYTE
PIECE = MEBIBYTE
LONGEST_NAME = 150

#: Zip bombs: documents hold a few hundred parts and shrink ten to fifty times; a bomb, a thousand times that.
MOST_ENTRIES = 5_000
LARGEST_DIRECTORY = 2 * MEBIBYTE
LARGEST_UNPACKED = 1024 * MEBIBYTE
MOST_SWOLLEN = 250
LARGEST_PART_READ = MEBIBYTE

ODF = "application/vnd.oasis.opendocument."
OOXML = "application/vnd.openxmlformats-officedocument."


class UploadRefused(Exception):
    """Uploaded file that is refused. `code` names the reason, `particulars` fill the sentence.

    Codes: empty, too_large, name_refused, extension_refused, content_mismatch, macros_refused, archive_refused.
    """

    def __init__(self, code: str, **particulars: Any) -> None:
        super().__init__(code)
        self.code = code
        self.particulars = particulars


@dataclass(frozen=True)
class FileFacts:
    """Facts about a file that may be stored."""

    name: str
    extension: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class FileType:
    """Type of file that is accepted: its media type, and the check of its content (magic bytes)."""

    media_type: str
    is_right: Callable[[BinaryIO], bool]


def inspect(stream: BinaryIO, filename: str | None, limit: int = LIMIT) -> FileFacts:
    """Inspect a file, read once in pieces; the stream is left at its beginning. Raises UploadRefused."""
    name = clean_name(filename)
    extension = name.rpartition(".")[2].lower()
    kind = TYPES.get(extension)
    if kind is None:
        raise UploadRefused("extension_refused", name=name, extension=extension)
    size, sha256 = _measure(stream, name, limit)
    if extension in ARCHIVES and _directory_is_too_large(stream):
        raise UploadRefused("archive_refused", name=name)
    if not kind.is_right(stream):
        raise UploadRefused("content_mismatch", name=name, extension=extension)
    if extension in ARCHIVES:
        _refuse_traps(stream, name, size)
    stream.seek(0)
    return FileFacts(name, extension, kind.media_type, size, sha256)


def clean_name(filename: str | None) -> str:
    """Return the file name to show and save: no path, nothing invisible, its extension. Raises UploadRefused."""
    last = re.split(r"[/\\]", filename or "")[-1]
    spaced = re.sub(r"\s+", " ", unicodedata.normalize("NFC", last))
    # Control, format (which can write a name backwards), lone surrogates, private and unassigned signs.
    seen = "".join(sign for sign in spaced if not unicodedata.category(sign).startswith("C"))
    stem, dot, extension = seen.strip(" .").rpartition(".")
    stem, extension = stem.strip(" ."), extension.strip()
    if not dot or not extension:
        raise UploadRefused(
            "extension_refused" if seen.strip(" .") else "name_refused", name=seen, extension=""
        )
    if not stem:
        raise UploadRefused("name_refused", name=seen[:LONGEST_NAME])
    end = f".{extension[:10]}"
    return stem[: LONGEST_NAME - len(end)].rstrip(" .") + end


def content_disposition(name: str) -> str:
    """Build a Content-Disposition header (RFC 6266): an attachment under its name, whatever signs it holds."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    named = {"filename": re.sub(r'["\\\x00-\x1f\x7f]', "", plain)}
    if plain != name:
        named["filename*"] = f"UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
    return dump_options_header("attachment", named)


def message(refused: UploadRefused) -> str:
    """Return the sentence for a refused file: what happened, what was kept, what to do."""
    known = {"name": "", "extension": "", "limit": 0, **refused.particulars}
    sentences = {
        "empty": _(
            "Le fichier « %(name)s » est vide : il n’a pas été gardé. "
            "Vérifiez qu’il s’ouvre chez vous, puis choisissez-le de nouveau.",
            **known,
        ),
        "too_large": _(
            "Le fichier « %(name)s » dépasse %(limit)s Mo : il n’a pas été gardé. "
            "Allégez-le, ou déposez-le ailleurs et ajoutez un lien.",
            **{**known, "limit": known["limit"] // MEBIBYTE},
        ),
        "name_refused": _(
            "Ce fichier n’a pas de nom lisible : il n’a pas été gardé. Renommez-le, puis choisissez-le de nouveau."
        ),
        "extension_refused": _(
            "Le fichier « %(name)s » est d’un type que nous ne prenons pas : il n’a pas été gardé. "
            "Enregistrez-le en %(types)s, ou ajoutez un lien.",
            **known,
            types=", ".join(TYPES),
        ),
        "content_mismatch": _(
            "Le contenu de « %(name)s » n’est pas celui d’un fichier .%(extension)s : il n’a pas été gardé. "
            "Ouvrez-le dans son logiciel, enregistrez-le de nouveau, puis choisissez-le.",
            **known,
        ),
        "macros_refused": _(
            "Le fichier « %(name)s » contient des macros : il n’a pas été gardé. "
            "Enregistrez-le sans macros, puis choisissez-le de nouveau.",
            **known,
        ),
        "archive_refused": _(
            "Le fichier « %(name)s » prendrait une place démesurée une fois ouvert : il n’a pas été gardé. "
            "Enregistrez-le de nouveau dans son logiciel, ou ajoutez un lien.",
            **known,
        ),
    }
    words: str = sentences[refused.code]
    return words


# Content ---------------------------------------------------------------------------------------------------------


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    return iter(lambda: stream.read(PIECE), b"")


def _measure(stream: BinaryIO, name: str, limit: int) -> tuple[int, str]:
    size, sha256 = 0, hashlib.sha256()
    for piece in _pieces(stream):
        size += len(piece)
        if size > limit:
            raise UploadRefused("too_large", name=name, limit=limit)
        sha256.update(piece)
    if size == 0:
        raise UploadRefused("empty", name=name)
    return size, sha256.hexdigest()


def _starts_with(*signatures: bytes) -> Callable[[BinaryIO], bool]:
    def is_right(stream: BinaryIO) -> bool:
        stream.seek(0)
        return stream.read(16).startswith(signatures)

    return is_right


def _is_webp(stream: BinaryIO) -> bool:
    stream.seek(0)
    start = stream.read(12)
    return start[:4] == b"RIFF" and start[8:] == b"WEBP"


def _is_text(stream: BinaryIO) -> bool:
    """Tell whether it is text as people's software writes it here: UTF-8 or Windows-1252."""
    decoders = [codecs.getincrementaldecoder(encoding)() for encoding in ("utf-8", "cp1252")]
    for piece in _pieces(stream):
        if b"\x00" in piece:
            return False
        decoders = [decoder for decoder in decoders if _decodes(decoder, piece)]
    return any(_decodes(decoder, b"", final=True) for decoder in decoders)


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


# Documents that are archives -------------------------------------------------------------------------------------


def _odf(kind: str) -> Callable[[BinaryIO], bool]:
    return _archive_that_says("mimetype", lambda part: part.strip() == f"{ODF}{kind}".encode())


def _ooxml(kind: str) -> Callable[[BinaryIO], bool]:
    wanted = f'"{OOXML}{kind}.main+xml"'.encode()
    return _archive_that_says("[Content_Types].xml", lambda part: wanted in part.replace(b"'", b'"'))


def _archive_that_says(part: str, is_right: Callable[[bytes], bool]) -> Callable[[BinaryIO], bool]:
    def look(stream: BinaryIO) -> bool:
        stream.seek(0)
        if stream.read(4) != b"PK\x03\x04":
            return False
        try:
            with ZipFile(stream) as archive, archive.open(part) as content:
                return is_right(content.read(LARGEST_PART_READ))
        except Exception:
            # Whatever zipfile stumbles over, and it knows many ways, this is no document.
            return False

    return look


def _directory_is_too_large(stream: BinaryIO) -> bool:
    """Tell whether the archive's central directory is itself too long to read; called before anything reads it."""
    size = stream.seek(0, SEEK_END)
    stream.seek(max(0, size - 65_557))
    tail = stream.read()
    return any(
        entries > MOST_ENTRIES or length > LARGEST_DIRECTORY
        for entries, length in (
            *_ends(tail, b"PK\x05\x06", 10, "<HI"),
            *_ends(tail, b"PK\x06\x06", 32, "<QQ"),
        )
    )


def _ends(tail: bytes, signature: bytes, offset: int, shape: str) -> Iterator[tuple[int, int]]:
    """Yield the (entries, bytes) that each end-of-directory record announces; a forged archive may hold several."""
    for found in re.finditer(re.escape(signature), tail):
        place = found.start() + offset
        if place + struct.calcsize(shape) <= len(tail):
            entries, length = struct.unpack_from(shape, tail, place)
            yield entries, length


def _refuse_traps(stream: BinaryIO, name: str, size: int) -> None:
    with ZipFile(stream) as archive:
        parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED or unpacked > MOST_SWOLLEN * max(size, 4096):
        raise UploadRefused("archive_refused", name=name)
    # Word's and Excel's macros; LibreOffice's, of which each document may carry an empty folder.
    if any(_is_macro(part.filename) for part in parts):
        raise UploadRefused("macros_refused", name=name)


def _is_macro(path: str) -> bool:
    lowered = path.lower()
    if lowered.endswith(("vbaproject.bin", "vbadata.xml")):
        return True
    is_script = lowered.startswith(("basic/", "scripts/")) and not lowered.endswith("/")
    return is_script and not lowered.endswith(("script-lc.xml", "script-lb.xml"))


ARCHIVES = {
    "odt": _odf("text"),
    "ods": _odf("spreadsheet"),
    "odp": _odf("presentation"),
    "docx": _ooxml("wordprocessingml.document"),
    "xlsx": _ooxml("spreadsheetml.sheet"),
    "pptx": _ooxml("presentationml.presentation"),
}

#: Accepted types, by extension: what a démarche writes, counts and shows. No HTML, SVG or script, which run in
#: browsers; no .doc, .xls or .docm, which carry macros; no .zip, which hides all of these: people send each file, or
#: a link; no .gif, since a still one is a .png and a moving one is heavy.
TYPES = {
    "pdf": FileType("application/pdf", _starts_with(b"%PDF-")),
    "odt": FileType(f"{ODF}text", ARCHIVES["odt"]),
    "ods": FileType(f"{ODF}spreadsheet", ARCHIVES["ods"]),
    "odp": FileType(f"{ODF}presentation", ARCHIVES["odp"]),
    "docx": FileType(f"{OOXML}wordprocessingml.document", ARCHIVES["docx"]),
    "xlsx": FileType(f"{OOXML}spreadsheetml.sheet", ARCHIVES["xlsx"]),
    "pptx": FileType(f"{OOXML}presentationml.presentation", ARCHIVES["pptx"]),
    "csv": FileType("text/csv", _is_text),
    "txt": FileType("text/plain", _is_text),
    "md": FileType("text/markdown", _is_text),
    "png": FileType("image/png", _starts_with(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")),
    "jpg": FileType("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    "jpeg": FileType("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    "webp": FileType("image/webp", _is_webp),
}


def accepted_types() -> str:
    """List the accepted extensions for the `accept` attribute of a file input."""
    return ",".join(f".{extension}" for extension in TYPES)


def type_names() -> str:
    """List the accepted types as people call them: « PDF, ODT… »."""
    return ", ".join(extension.upper() for extension in TYPES if extension not in ("jpeg", "md"))
