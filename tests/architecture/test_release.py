"""Files of a release: the version, its date and the licence are the same wherever they are told."""

import hashlib
import json
import re
import tomllib

import pytest
import yaml
from flask import Flask

from chantiers import config
from chantiers.config import ROOT
from tests.support.terminal import said

#: The text of version 3, as the Free Software Foundation publishes it.
AGPL = "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"
LICENCE = "AGPL-3.0-or-later"

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PUBLICCODE = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
#: The top keys that version 0.4 of the standard asks for.
MANDATORY = {
    "publiccodeYmlVersion",
    "name",
    "url",
    "platforms",
    "categories",
    "developmentStatus",
    "softwareType",
    "description",
    "legal",
    "maintenance",
    "localisation",
}


@pytest.mark.databases("sqlite")
def test_the_command_and_the_doctor_tell_the_version(app: Flask) -> None:
    assert said(app, "version") == f"{PROJECT['version']}\n"
    assert f"Chantiers {PROJECT['version']}" in said(app, "doctor")
    assert config.version() == PROJECT["version"]


def test_the_version_is_the_latest_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert versions[0] == (PROJECT["version"], PUBLICCODE["releaseDate"])
    assert versions == sorted(versions, key=lambda each: tuple(map(int, each[0].split("."))), reverse=True)
    assert PUBLICCODE["softwareVersion"] == PROJECT["version"]


def test_the_licence_is_the_same_everywhere() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == AGPL
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert {PROJECT["license"], package["license"], PUBLICCODE["legal"]["license"]} == {LICENCE}


def test_publiccode_holds_what_its_standard_asks() -> None:
    assert PUBLICCODE["publiccodeYmlVersion"] == "0.4"
    assert PUBLICCODE.keys() >= MANDATORY
    for words in PUBLICCODE["description"].values():
        assert len(words["shortDescription"]) <= 150 <= len(words["longDescription"]) <= 10_000
        assert words["features"]
