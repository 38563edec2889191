"""File types: which are accepted, under which name, and how the others are refused."""

import hashlib
import io
import struct
import time
import zipfile
from contextlib import suppress

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from chantiers.files import types as files
from chantiers.files.types import UploadRefused, clean_name, content_disposition, inspect, message

ODF = "application/vnd.oasis.opendocument."
OOXML = "application/vnd.openxmlformats-officedocument."


def archive(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", compression) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return output.getvalue()


def odf(kind: str, **parts: bytes) -> bytes:
    return archive({"mimetype": f"{ODF}{kind}".encode(), "content.xml": b"<x/>" * 100, **parts})


def ooxml(kind: str, **parts: bytes) -> bytes:
    types = f'<Types><Override ContentType="{OOXML}{kind}.main+xml"/></Types>'.encode()
    return archive({"[Content_Types].xml": types, "word/document.xml": b"<x/>" * 100, **parts})


RIGHT = {
    "note.pdf": b"%PDF-1.7\n%\xe2\xe3",
    "note.odt": odf("text"),
    "budget.ods": odf("spreadsheet"),
    "plan.odp": odf("presentation"),
    "note.docx": ooxml("wordprocessingml.document"),
    "budget.xlsx": ooxml("spreadsheetml.sheet"),
    "plan.pptx": ooxml("presentationml.presentation"),
    "liste.csv": "nom;ville\nÉco;Besançon\n".encode("cp1252"),
    "note.txt": "\ufeffDéjà ☀".encode(),
    "note.md": b"# Titre\n",
    "photo.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20,
    "photo.jpg": b"\xff\xd8\xff\xe0" + b"\x00" * 20,
    "photo.JPEG": b"\xff\xd8\xff\xe1" + b"\x00" * 20,
    "photo.webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
}


def refusal(content: bytes, name: str, **options: int) -> UploadRefused:
    with pytest.raises(UploadRefused) as caught:
        inspect(io.BytesIO(content), name, **options)
    return caught.value


@pytest.mark.parametrize("name", RIGHT)
def test_each_type_is_known_by_its_content(name: str) -> None:
    stream = io.BytesIO(RIGHT[name])
    facts = inspect(stream, name)
    assert facts.name == name
    assert facts.extension == name.rpartition(".")[2].lower()
    assert facts.size == len(RIGHT[name])
    assert facts.sha256 == hashlib.sha256(RIGHT[name]).hexdigest()
    assert stream.tell() == 0


def test_every_type_has_its_example() -> None:
    assert {name.rpartition(".")[2].lower() for name in RIGHT} == set(files.TYPES)


@pytest.mark.parametrize("name", [name for name in RIGHT if not name.endswith(("csv", "txt", "md"))])
@pytest.mark.parametrize("other", RIGHT)
def test_a_false_extension_is_refused(name: str, other: str) -> None:
    types = [files.TYPES[each.rpartition(".")[2].lower()].media_type for each in (name, other)]
    if types[0] == types[1]:
        return
    assert refusal(RIGHT[other], name).code == "content_mismatch"


@pytest.mark.parametrize(
    "name",
    [
        "a.html",
        "a.htm",
        "a.svg",
        "a.js",
        "a.exe",
        "a.xhtml",
        "a.zip",
        "a.doc",
        "a.docm",
        "a.pdf.html",
        "a.PhP",
        "sans",
    ],
)
def test_other_types_are_refused(name: str) -> None:
    assert refusal(b"%PDF-1.7", name).code == "extension_refused"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x00\x01", "note.txt"),
        (b"a\x81b\xff", "note.csv"),
        ("a;b".encode("utf-16"), "liste.csv"),
        (b"<html>%PDF-1.7", "note.pdf"),
        (b"PK\x03\x04", "note.odt"),
        (b"PK\x03\x04" + b"\x00" * 100, "note.docx"),
        (odf("text")[:-30], "note.odt"),
        (archive({"mimetype": b"application/epub+zip"}), "note.odt"),
        (archive({"note.pdf": b"%PDF-"}), "note.docx"),
        (ooxml("wordprocessingml.document.macroEnabled"), "note.docx"),
    ],
)
def test_content_that_lies(content: bytes, name: str) -> None:
    assert refusal(content, name).code == "content_mismatch"


def test_a_text_is_judged_across_pieces() -> None:
    edge = "a" * (files.PIECE - 1) + "é" + "a" * files.PIECE
    assert inspect(io.BytesIO(edge.encode()), "note.txt").size == len(edge.encode())
    cut = edge.encode()[: files.PIECE] + b"A\x81"
    assert refusal(cut, "note.txt").code == "content_mismatch"


def test_nothing_and_too_much() -> None:
    assert refusal(b"", "note.pdf").code == "empty"
    refused = refusal(b"%PDF-" + b"x" * 100, "note.pdf", limit=50)
    assert (refused.code, refused.particulars["limit"]) == ("too_large", 50)


class Endless(io.RawIOBase):
    """Endless stream that counts what is read of it."""

    given = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return 0

    def read(self, size: int = -1, /) -> bytes:
        assert 0 < size <= files.PIECE
        self.given += size
        return b"x" * size


def test_nothing_is_read_far_beyond_the_limit() -> None:
    stream = Endless()
    with pytest.raises(UploadRefused):
        inspect(stream, "note.txt", limit=5 * files.MEBIBYTE)  # type: ignore[arg-type]
    assert stream.given <= 7 * files.MEBIBYTE


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("note.docx", "word/vbaProject.bin"),
        ("note.odt", "Basic/Standard/Module1.xml"),
        ("note.odt", "Scripts/python/bonjour.py"),
    ],
)
def test_macros_are_refused(name: str, part: str) -> None:
    make = (
        odf("text", **{part: b"x"})
        if name.endswith("odt")
        else ooxml("wordprocessingml.document", **{part: b"x"})
    )
    assert refusal(make, name).code == "macros_refused"


def test_an_empty_library_of_macros_is_no_macro() -> None:
    content = odf(
        "text", **{"Basic/": b"", "Basic/script-lc.xml": b"<x/>", "Basic/Standard/script-lb.xml": b"<x/>"}
    )
    assert inspect(io.BytesIO(content), "note.odt").extension == "odt"


def test_bombs_are_not_opened() -> None:
    swollen = ooxml("wordprocessingml.document", **{"bomb.xml": b"\x00" * (60 * files.MEBIBYTE)})
    crowded = ooxml("wordprocessingml.document", **{f"{n}.xml": b"" for n in range(files.MOST_ENTRIES)})
    for bomb in (swollen, crowded):
        start = time.process_time()
        assert refusal(bomb, "note.docx").code == "archive_refused"
        assert time.process_time() - start < 3


@pytest.mark.parametrize("where", ["last", "hidden", "zip64"])
def test_a_directory_too_long_to_read_is_not_read(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = ooxml("wordprocessingml.document")
    body, end = content[:-22], bytearray(content[-22:])
    if where == "zip64":
        record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, 10**8, 0)
        end = bytearray(record + struct.pack("<4sIQI", b"PK\x06\x07", 0, len(body), 1) + end)
    else:
        struct.pack_into("<HHI", end, 8, 60_000, 60_000, 40_000_000)
    if where == "hidden":
        end[12:16] = struct.pack("<I", 40_000_000)
        end[16:20] = b"PK\x05\x06"
    monkeypatch.setattr(files, "ZipFile", None)
    assert refusal(body + bytes(end), "note.docx").code == "archive_refused"


def test_a_part_that_swells_is_read_no_further_than_needed() -> None:
    bomb = archive({"[Content_Types].xml": b" " * (200 * files.MEBIBYTE)})
    start = time.process_time()
    assert refusal(bomb, "note.docx").code == "content_mismatch"
    assert time.process_time() - start < 3


@given(
    st.binary(max_size=300),
    st.sampled_from(sorted(files.TYPES)),
    st.sampled_from([b"", b"PK\x03\x04", b"%PDF-"]),
)
def test_any_content_gets_an_answer(content: bytes, extension: str, start: bytes) -> None:
    with suppress(UploadRefused):
        inspect(io.BytesIO(start + content), f"note.{extension}")


@given(st.integers(0, 600), st.integers(0, 255))
def test_a_damaged_document_gets_an_answer(place: int, value: int) -> None:
    content = bytearray(odf("text"))
    content[place % len(content)] = value
    with suppress(UploadRefused):
        inspect(io.BytesIO(bytes(content)), "note.odt")


# Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("note.pdf", "note.pdf"),
        ("../../etc/note.pdf", "note.pdf"),
        ("C:\\Users\\camille\\Ma note.pdf", "Ma note.pdf"),
        ("note\r\nSet-Cookie: a=b.pdf", "note Set-Cookie: a=b.pdf"),
        ("no\x00te.pdf", "note.pdf"),
        ("note\u202efdp.exe.pdf", "notefdp.exe.pdf"),
        ("note\u202e.p\u200bdf", "note.pdf"),
        ("note\ud800.pdf", "note.pdf"),
        ("e\u0301cole.pdf", "\u00e9cole.pdf"),
        ("  ..note  . .pdf  ", "note.pdf"),
        ("note   du\t2 mai.pdf", "note du 2 mai.pdf"),
        ("é" * 300 + ".docx", "é" * 145 + ".docx"),
        ("🌻.pdf", "🌻.pdf"),
        ('<script>alert("1")</script>.pdf', "script>.pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@pytest.mark.parametrize("name", [None, "", ".", "..", "../..", " \u202e ", "\x00"])
def test_names_that_say_nothing(name: str | None) -> None:
    with pytest.raises(UploadRefused) as caught:
        clean_name(name)
    assert caught.value.code == "name_refused"


@given(st.text(max_size=400), st.sampled_from(["pdf", "docx"]))
def test_any_name_is_safe_to_show_and_to_send(stem: str, extension: str) -> None:
    try:
        name = clean_name(f"{stem}.{extension}")
    except UploadRefused as refused:
        assert len(refused.particulars["name"]) <= 150
        return
    assert 0 < len(name) <= 150
    assert name.endswith(f".{extension}")
    assert name.isprintable() or "\u00a0" in name
    assert not set(name) & set("/\\\r\n\x00\u202e")
    header = content_disposition(name)
    assert header.isascii()
    assert not set(header) & set("\r\n\x00")
    assert parse_options_header(header)[0] == "attachment"


@pytest.mark.parametrize(
    "name", ["note.pdf", "ma note; b=c.pdf", "Référentiel « métier » ☀ 100%.pdf", "a'b,c.pdf"]
)
def test_a_browser_finds_the_name_again(name: str) -> None:
    kind, found = parse_options_header(content_disposition(name))
    assert kind == "attachment"
    assert found["filename"] == name


# Words -----------------------------------------------------------------------------------------------------------


def test_each_refusal_says_what_happened_and_what_to_do() -> None:
    app = Flask(__name__)
    Babel(app, default_locale="fr")
    codes = ["empty", "too_large", "name_refused", "extension_refused", "content_mismatch", "macros_refused"]
    with app.test_request_context():
        for code in [*codes, "archive_refused"]:
            refused = UploadRefused(code, name="100 % <b>.pdf", extension="pdf", limit=files.LIMIT)
            words = message(refused)
            assert "il n’a pas été gardé" in words
            assert "%(" not in words
        assert "50\u00a0Mo" in message(UploadRefused("too_large", name="a.pdf", limit=files.LIMIT))
        assert message(UploadRefused("empty"))
