"""Privacy: what every answer says of itself to the browser, and what no page nor log says of people."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from models import (
    Chantier,
    Comment,
    Deliverable,
    Opinion,
    ProgressUpdate,
    ReviewRequest,
    ReviewRound,
    User,
    Weather,
    db,
)
from tests.architecture.conftest import Scene
from tests.architecture.crawl import crawl
from tests.architecture.test_route_matrix import assert_none, token

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
@pytest.mark.parametrize("name", ["stranger", "observer"])
def test_nothing_of_a_draft_nor_of_what_referents_feel_reaches_who_may_not_read_it(
    scene: Scene, name: str
) -> None:
    """Words and a date planted in every part of a draft, and in a point d'avancement, are looked for on every page."""
    addresses = crawl(scene, "coordinator").addresses
    with scene.app.app_context():
        plant(scene, "motcache", date(2031, 7, 9))
        db.session.commit()
    visitor, reader = scene.person(name), scene.person("participant")
    planted = re.compile(r"motcache|2031|avis sur la version|a donné l’avis")
    seen = [
        where for where in addresses if planted.search(reader.visit("GET", where, None, check=False).html)
    ]
    # Whoever may read it meets it on many pages: the walk would see a leak.
    assert len(seen) > 8
    assert_none(
        f"{where}: {found[:3]}"
        for where in addresses
        if "motcache" not in where
        and (found := planted.findall(visitor.visit("GET", where, None, check=False).html))
    )


def plant(scene: Scene, word: str, day: date) -> None:
    """Put this word and this day wherever a draft, or what a référent says of their chantier, holds words and days."""
    by = db.session.get_one(User, scene.world.people["referent"])
    asked = db.session.get_one(User, scene.world.people["participant"])
    numbers = [scene.world.deliverables[name] for name in ("drafting", "expected")]
    for draft in db.session.scalars(
        select(Deliverable).where(Deliverable.id.in_(numbers)).options(*Deliverable.whole())
    ).unique():
        draft.edit(by=by, description=word)
        draft.reschedule(day, by=by)
        draft.add_text(f"# {word}", word, by=by)
        Comment.write(draft, word, by=by)
        draft.submit(by=by)
        version = draft.versions[-1]
        opened = ReviewRound.open(draft, version, [asked], [], by=by, closes_on=day, message=word)
        db.session.flush()
        request = db.session.scalars(ReviewRequest.whole(opened.requests[0].id)).one()
        request.answer(Opinion.TO_REWORK, word, by=asked)
    update = db.session.get_one(ProgressUpdate, scene.world.progress_updates["ours"])
    update.chantier = db.session.get_one(Chantier, update.chantier_id)
    update.reword(Weather.STORM, word, word, by=by)


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
