"""What every answer says of itself to the browser, and what no page nor log says of people."""

import re

import pytest

from tests.house.conftest import Scene
from tests.house.crawl import crawl
from tests.house.test_route_matrix import assert_none, token

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
#: One's own profile, and the page of a link that only its owner has.
ONES_OWN = re.compile(r"/profil|/mot-de-passe/")
#: The same, and where a référent keeps people.
OF_MEMBERS = re.compile(rf"/chantiers/[\w-]+/(membres|invitations)|{ONES_OWN.pattern}")


@pytest.mark.parametrize("name", ["stranger", "observer", "participant"])
def test_no_page_gives_an_address_away(scene: Scene, name: str) -> None:
    visitor, wrong = scene.person(name), []
    for where in crawl(scene, "coordinator").addresses:
        page = visitor.visit("GET", where, None, check=False)
        if not ONES_OWN.match(where) and (given := ADDRESS.findall(page.html)):
            wrong.append(f"{where}: {given}")
    assert_none(wrong)


def test_a_referent_meets_addresses_only_where_people_are_managed(scene: Scene) -> None:
    visitor = scene.person("referent")
    assert_none(
        f"{where}: {found}"
        for where in crawl(scene, "coordinator").addresses
        if not OF_MEMBERS.match(where)
        and (found := ADDRESS.findall(visitor.visit("GET", where, None, check=False).html))
    )


@pytest.mark.databases("sqlite")
def test_every_answer_is_protected(scene: Scene) -> None:
    wrong = []
    for name in ("coordinator", "stranger"):
        for where in [
            *crawl(scene, "coordinator").addresses,
            "/nulle-part",
            "/chantiers?q=%00",
            "/static/rien",
        ]:
            headers = scene.person(name).visit("GET", where, None, check=False).headers
            policy = (
                headers.get("Content-Security-Policy", "")
                if "/static/" not in where
                else "default-src 'none'"
            )
            if "default-src 'none'" not in policy or "unsafe" in policy:
                wrong.append(f"{name}: {where}: {policy}")
            if headers.get("X-Content-Type-Options") != "nosniff" or headers.get("X-Frame-Options") != "DENY":
                wrong.append(f"{name}: {where}: {dict(headers)}")
            for cookie in headers.getlist("Set-Cookie"):
                if "HttpOnly" not in cookie or "SameSite=Lax" not in cookie:
                    wrong.append(f"{name}: {where}: {cookie}")
    assert_none(wrong)


@pytest.mark.databases("sqlite")
def test_the_log_names_no_one(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of an address, a token, a name or a title, whatever is asked and sent."""
    secret = "motsecret"
    capsys.readouterr()
    for name in ("coordinator", "stranger"):
        person = scene.person(name)
        data = {
            "csrf_token": token(scene, name),
            "email": f"{secret}@example.org",
            "title": secret,
            "name": secret,
        }
        for where in ("/", f"/mot-de-passe/{scene.world.token}", f"/chantiers?q={secret}", f"/{secret}"):
            person.visit(
                "GET", where, None, check=False, headers={"User-Agent": secret, "Referer": f"/{secret}"}
            )
        for where in ("/connexion", "/gestion/personnes/nouvelle", f"/{secret}", "/langue"):
            person.visit("POST", where, None, check=False, data={**data, "password": secret})
    said = capsys.readouterr().err
    assert "chantiers.requests" in said
    for word in (secret, scene.world.token, "secret.example.org", "Personne "):
        assert word not in said
