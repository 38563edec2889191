"""Storage in a folder and in an S3 bucket: a file is stored whole or not at all."""

import errno
import hashlib
import io
import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from moto.server import ThreadedMotoServer

from chantiers.config import Misconfigured
from chantiers.storage import folder as folders
from chantiers.storage import setup
from chantiers.storage.folder import FolderStorage
from chantiers.storage.s3 import PART, S3Storage
from chantiers.storage.setup import storage_at
from chantiers.storage.store import (
    PIECE,
    FileMissing,
    InvalidKey,
    Storage,
    StorageDown,
    StorageFull,
    current_storage,
)

UNKNOWN = "00/" + "0" * 30


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(bucket_server: str, monkeypatch: pytest.MonkeyPatch) -> Storage:
    urllib.request.urlopen(urllib.request.Request(f"{bucket_server}/moto-api/reset", method="POST")).close()
    urllib.request.urlopen(urllib.request.Request(f"{bucket_server}/chantiers", method="PUT")).close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    return storage_at(f"s3://chantiers/une/instance?endpoint={bucket_server}&region=eu-west-3")


@pytest.fixture
def folder(tmp_path: Path) -> Storage:
    return storage_at((tmp_path / "fichiers du chantier").as_uri())


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest) -> Storage:
    found: Storage = request.getfixturevalue(request.param)
    return found


def everything(store: Storage) -> list[str]:
    return sorted(entry.key for entry in store.entries())


class Torn:
    """Upload whose sender goes away after so many bytes."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int, /) -> bytes:
        if self.left <= 0:
            raise ConnectionResetError("the sender went away")
        piece = min(size, self.left)
        self.left -= piece
        return b"x" * piece


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART + 12345])
def test_what_goes_in_comes_out(store: Storage, size: int) -> None:
    content = os.urandom(size)
    stored = store.save(io.BytesIO(content))
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    with store.open(stored.key) as chunks:
        assert chunks.size == size
        assert b"".join(chunks) == content
    assert store.size(stored.key) == size
    assert store.exists(stored.key)
    assert everything(store) == [stored.key]


def test_the_same_content_twice_is_two_files(store: Storage) -> None:
    first, second = (store.save(io.BytesIO(b"la charte")) for _ in range(2))
    store.delete(first.key)
    assert everything(store) == [second.key]


def test_deleting_twice_is_no_error(store: Storage) -> None:
    stored = store.save(io.BytesIO(b"la charte"))
    store.delete(stored.key)
    store.delete(stored.key)
    assert not store.exists(stored.key)


def test_a_file_that_is_not_there(store: Storage) -> None:
    assert not store.exists(UNKNOWN)
    for ask in (store.open, store.size):
        with pytest.raises(FileMissing):
            ask(UNKNOWN)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../../etc/passwd",
        "ab/../../x",
        "/etc/passwd",
        "ab/" + "0" * 29 + "/",
        UNKNOWN + "\n",
        "incoming/x",
    ],
)
def test_only_keys_of_ours(store: Storage, key: str) -> None:
    for ask in (store.open, store.size, store.delete, store.exists):
        with pytest.raises(InvalidKey):
            ask(key)


@pytest.mark.parametrize("size", [1000, PART + 1000, 3 * PART])
def test_a_torn_upload_leaves_nothing(store: Storage, size: int) -> None:
    with pytest.raises(ConnectionResetError):
        store.save(Torn(size))
    assert everything(store) == []
    if isinstance(store, FolderStorage):
        assert list(store.incoming.iterdir()) == []


def test_the_check_leaves_nothing(store: Storage) -> None:
    store.check()
    assert everything(store) == []


def test_the_sweep_takes_old_orphans_only(store: Storage) -> None:
    kept, orphan = (store.save(io.BytesIO(b"la charte")) for _ in range(2))
    assert store.sweep({kept.key}, timedelta(hours=24)) == []
    assert store.sweep({kept.key}, timedelta(seconds=-5)) == [orphan.key]
    assert everything(store) == [kept.key]


def test_the_sweep_takes_what_a_killed_process_was_writing(folder: FolderStorage) -> None:
    folder.save(io.BytesIO(b"la charte"))
    half, fresh = folder.incoming / "half", folder.incoming / "fresh"
    for path in (half, fresh):
        path.write_bytes(b"la cha")
    os.utime(half, (time.time() - 90_000,) * 2)
    folder.sweep({entry.key for entry in folder.entries()}, timedelta(hours=24))
    assert [path.name for path in folder.incoming.iterdir()] == ["fresh"]


def test_strangers_in_the_folder_are_left_alone(folder: FolderStorage) -> None:
    folder.save(io.BytesIO(b"la charte"))
    stranger = folder.root / "ab" / "README"
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("not ours")
    folder.sweep((), timedelta(seconds=-5))
    assert stranger.exists()


def test_the_prefix_keeps_instances_apart(bucket: S3Storage) -> None:
    bucket.save(io.BytesIO(b"la charte"))
    assert everything(S3Storage("chantiers", "une/autre", bucket.endpoint)) == []


def test_closing_early_closes_the_file(folder: FolderStorage) -> None:
    stored = folder.save(io.BytesIO(b"x" * 3 * PIECE))
    chunks = folder.open(stored.key)
    next(iter(chunks))
    chunks.close()
    with pytest.raises(ValueError, match="closed file"):
        next(iter(chunks))


def test_written_means_on_the_disk(folder: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def watch(module: object, name: str) -> None:
        original: Callable[..., object] = getattr(module, name)

        def seen(*arguments: object) -> object:
            calls.append(name)
            return original(*arguments)

        monkeypatch.setattr(module, name, seen)

    watch(os, "fsync")
    watch(Path, "rename")
    folder.save(io.BytesIO(b"la charte"))
    assert calls == ["fsync", "fsync", "rename", "fsync"]


@pytest.mark.parametrize(
    ("number", "answer"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, StorageDown)]
)
def test_a_disk_that_refuses(
    folder: FolderStorage, monkeypatch: pytest.MonkeyPatch, number: int, answer: type[Exception]
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(answer):
        folder.save(io.BytesIO(b"la charte"))
    monkeypatch.undo()
    assert everything(folder) == []
    assert list(folder.incoming.iterdir()) == []


def test_a_full_disk_for_real() -> None:
    full = FolderStorage(Path("/dev/full"))
    with pytest.raises(StorageDown):
        full.save(io.BytesIO(b"la charte"))
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(StorageFull):
        folders._write(io.BytesIO(b"la charte"), file)


@pytest.mark.parametrize("size", [10, PART + 10])
def test_a_bucket_that_does_not_exist(bucket: S3Storage, size: int) -> None:
    nowhere = S3Storage("nowhere", endpoint=bucket.endpoint)
    with pytest.raises(StorageDown):
        nowhere.save(io.BytesIO(b"x" * size))
    with pytest.raises(StorageDown):
        nowhere.check()


def test_a_bucket_out_of_reach_says_so_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        store = S3Storage("chantiers", endpoint=f"http://127.0.0.1:{deaf.getsockname()[1]}")
        start = time.monotonic()
        with pytest.raises(StorageDown):
            store.open(UNKNOWN)
        assert time.monotonic() - start < 10
    start = time.monotonic()
    with pytest.raises(StorageDown):
        store.save(io.BytesIO(b"la charte"))
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "url", ["", "files", "/srv/files", "file://host/files", "file:///", "s3://", "s3:///prefix", "http://x/y"]
)
def test_addresses_that_lead_nowhere(url: str) -> None:
    with pytest.raises(Misconfigured):
        storage_at(url)


def test_the_app_has_one(folder: FolderStorage) -> None:
    app = Flask(__name__)
    app.config["STORAGE_URL"] = folder.root.as_uri()
    setup.init_app(app)
    with app.app_context():
        found = current_storage()
    assert isinstance(found, FolderStorage)
    assert found.root == folder.root
