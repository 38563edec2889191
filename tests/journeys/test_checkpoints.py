"""Point d'étape answered from a phone, by somebody who is not signed in."""

from datetime import timedelta

from chantiers.mail import checkpoint_links
from models import Checkpoint, Task, db, now, today
from tests.support import factories as make
from tests.support.browser import axe, overflow


def test_two_tasks_are_told_from_one_link(live_server, open_browser, in_app):
    with in_app():
        make.make_demarche()
        chantier = make.make_chantier("Habiter autrement", number=2)
        referent, camille = make.make_referent(chantier), make.make_member(chantier, name="Camille Là")
        camille.seen_at = now()
        objective = make.make_objective(chantier)
        titles = ("Appeler la mairie", "Écrire la note")
        tasks = [make.make_task(objective, title, by=referent, people=[camille]) for title in titles]
        planned = Checkpoint.plan("COPIL", today() + timedelta(days=7), by=make.make_coordinator())
        planned.ask(by=None)
        address = checkpoint_links.token(planned.id, camille, tasks[0].id, "blocked")
        numbers = [task.id for task in tasks]
    page = open_browser(width="phone", theme="dark")
    page.goto(f"{live_server.url}/point/{address}")
    assert page.get_by_role("radio", name="Bloquée").is_checked()
    assert axe(page) == [] and overflow(page) == []
    page.get_by_label("Une phrase, pour les autres").fill("Personne ne répond")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Merci, c’est enregistré").wait_for()
    assert axe(page) == [] and overflow(page) == []
    page.get_by_role("button", name="C’est fait").click()
    page.get_by_text("Plus aucune tâche n’attend votre réponse").wait_for()
    with in_app():
        assert [db.session.get(Task, number).status for number in numbers] == ["blocked", "to_validate"]
