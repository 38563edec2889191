"""Addresses: `url_for` answers as Flask's own does, and a thing leads to its page and its discussion."""

from typing import Any

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError

from chantiers.web.addresses import address_of, discussion, discussion_of, page
from models import Chantier, Objective, Task

#: Values of every sort, by what an address does with them: a number, a slug, a token, and what has to be quoted.
VALUES: tuple[Any, ...] = (12, 0, "7", "un-chantier", "a.b_c~d", "é /?", "")


@pytest.mark.parametrize("root", ["", "/carnet"])
def test_every_address_is_the_one_that_flask_builds(app, root):
    compared = 0
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
        for rule in app.url_map.iter_rules():
            for value in VALUES:
                values = {name: "taches" if name == "kind" else value for name in rule.arguments}
                for more in ({}, {"q": "deux mots"}, {"_anchor": "ici même"}, {"_external": True}):
                    expected = Flask.url_for(app, rule.endpoint, **values, **more)
                    assert url_for(rule.endpoint, **values, **more) == expected
                    compared += 1
    assert compared > 1000


def test_a_view_that_does_not_exist_has_no_address(app):
    with app.test_request_context("/"), pytest.raises(BuildError):
        url_for("nulle.part")


def test_values_of_another_name_are_parts_of_the_query(app):
    with app.test_request_context("/"):
        assert url_for("coordination.tasks", chantier="habiter") == "/coordination/taches?chantier=habiter"


def test_a_request_for_a_host_that_is_not_ours_has_addresses_too(app):
    with app.test_request_context(
        "/", base_url="http://autre.example.org", environ_overrides={"SCRIPT_NAME": "/carnet"}
    ):
        assert url_for("tasks.show", task_id=3) == "/carnet/taches/3"


def test_a_thing_leads_to_its_page_and_to_its_discussion(app):
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/carnet"}):
        assert address_of(Task(id=3)) == discussion_of(Task(id=3)) == "/carnet/taches/3"
        assert address_of(Objective(id=4)) == "/carnet/objectifs/4"
        assert discussion_of(Objective(id=4)) == "/carnet/objectifs/4/discussion"
        assert discussion_of(Chantier(id=5, slug="habiter")) == "/carnet/chantiers/habiter/discussion"
        assert page("structure", 6, "ellyx") == "/carnet/structures/ellyx"


def test_mails_lead_to_the_public_address(app, monkeypatch):
    with app.test_request_context("/"):
        monkeypatch.setitem(app.config, "PUBLIC_URL", "https://carnet.example.org")
        assert discussion("objective", 4, full=True) == "https://carnet.example.org/objectifs/4/discussion"
