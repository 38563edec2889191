"""Fields loaded from a file, and what people wrote since: neither overwrites the other unseen."""

from sqlalchemy.orm import Session

from models import Objective, db
from tests.support.factories import make_chantier, make_coordinator, make_objective


def loaded(text: str = "Écrire un référentiel") -> Objective:
    """Make an objective that was loaded from a file."""
    objective = make_objective(make_chantier(), text)
    objective.follow("1-o1", {"text": text})
    db.session.flush()
    return objective


def test_a_new_thing_remembers_what_the_file_said(session: Session) -> None:
    objective = loaded()
    assert (objective.source_key, objective.source) == ("1-o1", {"text": "Écrire un référentiel"})


def test_the_file_changes_what_nobody_touched(session: Session) -> None:
    objective = loaded()
    followed = objective.follow("1-o1", {"text": "Écrire le référentiel"})
    assert (followed.changed, followed.kept) == (["text"], [])
    assert objective.text == "Écrire le référentiel"


def test_people_s_words_stay_while_the_file_does_not_change(session: Session) -> None:
    objective = loaded()
    objective.edit(by=make_coordinator(), text="Nos mots")
    followed = objective.follow("1-o1", {"text": "Écrire un référentiel"})
    assert (followed.changed, followed.kept) == ([], [])
    assert objective.text == "Nos mots"


def test_when_both_changed_people_win_and_it_is_said_once(session: Session) -> None:
    objective = loaded()
    objective.edit(by=make_coordinator(), text="Nos mots")
    assert objective.follow("1-o1", {"text": "Les siens"}).kept == ["text"]
    assert objective.follow("1-o1", {"text": "Les siens"}).kept == []
    assert objective.text == "Nos mots"


def test_loading_the_same_again_writes_nothing(session: Session) -> None:
    objective = loaded()
    version = objective.version
    objective.follow("1-o1", {"text": "Écrire un référentiel"})
    assert not session.is_modified(objective)
    session.flush()
    assert objective.version == version


def test_what_people_made_keeps_their_words_when_the_file_meets_it(session: Session) -> None:
    objective = make_objective(make_chantier(), "Nos mots")
    assert objective.follow("1-o1", {"text": "Les siens"}).kept == ["text"]
    assert objective.text == "Nos mots"


def test_what_the_loader_remembers_is_no_field(session: Session) -> None:
    objective = loaded()
    objective.follow("1-o1", {"text": "Écrire un référentiel"}, remember={"rank": 2})
    assert objective.source == {"text": "Écrire un référentiel", "rank": 2}
    assert not hasattr(objective, "rank")
