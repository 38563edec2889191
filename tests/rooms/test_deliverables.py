"""Deliverables: promising one, its life, its versions, and what each role sees and may do."""

from datetime import date

import pytest

from models import (
    Activity,
    Deliverable,
    DeliverableVersion,
    Role,
    Submission,
)
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)

PDF = b"%PDF-1.7\nune grille d'analyse\n%%EOF\n"


@pytest.fixture(autouse=True)
def demarche(session):
    return make_demarche()


@pytest.fixture
def chantier(session):
    return make_chantier("Mobilité du quotidien")


@pytest.fixture
def objective(chantier):
    return make_objective(chantier, "Recenser les expérimentations")


@pytest.fixture
def referent(chantier):
    return make_referent(chantier, "Rachel Référente")


@pytest.fixture
def participant(chantier):
    return make_member(chantier, name="Paul Participant")


@pytest.fixture
def deliverable(objective):
    return make_deliverable(objective, "Grille d’analyse", type_key="grille_analyse")


@pytest.fixture
def observer(session):
    return make_user("Odile Observatrice", Role.OBSERVER)


def in_charge_of(deliverable):
    """A person of a structure that is responsible for it, and a participant by that."""
    structure, person = make_structure("La Passerelle"), make_user("Inès En-Charge")
    structure.gather(person, by=None)
    deliverable.entrust([structure], by=None)
    return person


def again(session, deliverable):
    """The deliverable read anew, as a verb wants it after somebody's visit."""
    return session.get(Deliverable, deliverable.id, options=Deliverable.whole(), populate_existing=True)


def page_of(deliverable):
    return f"/livrables/{deliverable.id}"


# Lists


def test_the_list_tells_where_each_one_stands(visitor, participant, referent, objective, deliverable, clock):
    clock.travel_to("2024-03-15 10:00")
    deliverable.reschedule(date(2024, 3, 1), by=referent)
    deliverable.entrust([make_structure("La Passerelle")], by=referent)
    deliverable.add_text("Un", by=participant)
    deliverable.approve(by=referent)
    deliverable.add_text("Deux", by=participant)
    make_deliverable(objective, "Carte des lignes", type_key="cartographie")
    page = visitor(participant).get(f"/chantiers/{objective.chantier.slug}/livrables")
    row = next(text for text in page.texts("li", class_="task-row") if "Grille" in text)
    assert page.has("2 livrables") and page.has("Recenser les expérimentations")
    for words in (
        "En rédaction",
        "Grille d’analyse",
        "En retard",
        "1 mars",
        "La Passerelle",
        "version 2",
        "version 1",
    ):
        assert words in row, words


def test_filters_live_in_the_address(visitor, participant, objective, deliverable, referent, clock):
    clock.travel_to("2024-03-15 10:00")
    make_deliverable(objective, "Carte des lignes", type_key="cartographie", expected_on=date(2024, 3, 1))
    deliverable.add_text("Un", by=referent)
    somebody = visitor(participant)
    address = f"/chantiers/{objective.chantier.slug}/livrables"
    page = somebody.get(address).choose("Type", "Cartographie").submit("Filtrer")
    assert (
        "type=cartographie" in page.address and page.has("Carte des lignes") and not page.has("1 livrables")
    )
    assert [text for text, _ in page.links].count("Grille d’analyse") == 0
    for query, title in (("etat=drafting", "Grille d’analyse"), ("retard=1", "Carte des lignes")):
        page = somebody.get(f"{address}?{query}")
        assert page.texts("a", class_="task-row__title") == [title]
    page = somebody.get(f"{address}?etat=n-importe&type=%F0%9F%92%A5&page=999999999999999999999")
    assert page.has("Aucun livrable ne correspond")


def test_every_chantier_at_once(visitor, participant, deliverable):
    elsewhere = make_chantier("Alimentation")
    make_deliverable(make_objective(elsewhere), "Note de plaidoyer")
    somebody = visitor(participant)
    assert set(somebody.get("/livrables").texts("a", class_="task-row__title")) == {
        "Grille d’analyse",
        "Note de plaidoyer",
    }
    page = somebody.get(f"/livrables?chantier={elsewhere.slug}")
    assert page.texts("a", class_="task-row__title") == ["Note de plaidoyer"]


def test_an_empty_list_says_what_to_do(visitor, participant, referent, chantier):
    page = visitor(participant).get(f"/chantiers/{chantier.slug}/livrables")
    assert page.has("Pas encore de livrable") and "Annoncer un livrable" not in [
        text for text, _ in page.links
    ]
    page = visitor(referent).get(f"/chantiers/{chantier.slug}/livrables").click("Annoncer un livrable")
    assert page.has("Il faut d’abord un objectif opérationnel")


def fill(session, chantier, count, by):
    """That many deliverables, with versions, structures, tasks and verdicts."""
    structures = [make_structure() for _ in range(3)]
    found = []
    for _ in range(count):
        objective = make_objective(chantier)
        deliverable = make_deliverable(objective, structures=structures[: 1 + count % 3])
        for number in range(count):
            deliverable.add_text(f"Texte {number}", by=make_member(chantier))
        deliverable.submit(by=by)
        deliverable.send_back("Encore", by=make_referent(chantier))
        deliverable.rely_on([make_task(objective, pilote=structures[0]) for _ in range(count)], by=by)
        deliverable.trash(by=by)
        deliverable.restore(by=by)
        found.append(deliverable)
    session.commit()
    return found


@pytest.mark.databases("sqlite")
def test_every_screen_costs_the_same_with_few_or_many(visitor, session, chantier, referent):
    somebody = visitor(referent)
    counts = []
    for size in (2, 14):
        one = fill(session, chantier, size, referent)[0]
        addresses = [
            f"/chantiers/{chantier.slug}/livrables",
            "/livrables",
            page_of(one),
            f"{page_of(one)}/historique",
            f"{page_of(one)}/modifier",
            f"{page_of(one)}/taches",
            f"{page_of(one)}/versions/nouvelle",
            f"{page_of(one)}/versions/1",
            f"{page_of(one)}/supprimer",
            f"/chantiers/{chantier.slug}/livrables/nouveau",
        ]
        found = []
        for address in addresses:
            with somebody.count_statements() as statements:
                somebody.get(address)
            assert len(statements) <= 12, f"{address}\n{statements}"
            found.append(len(statements))
        counts.append(found)
    assert counts[0] == counts[1]


def test_long_lists_come_in_pages(visitor, session, objective, participant):
    for number in range(45):
        make_deliverable(objective, f"Livrable {number:02}")
    somebody = visitor(participant)
    page = somebody.get(f"/chantiers/{objective.chantier.slug}/livrables")
    assert len(page.texts("a", class_="task-row__title")) == 30
    page = page.click("Suivante")
    assert len(page.texts("a", class_="task-row__title")) == 15 and page.has("45 livrables")


# Promising one, and changing it


def test_a_referent_promises_a_deliverable(visitor, session, referent, objective):
    structure = make_structure("Ecosolies")
    page = (
        visitor(referent).get(f"/chantiers/{objective.chantier.slug}/livrables").click("Annoncer un livrable")
    )
    page.fill("Titre", "Parcours <b>vélo</b> 🚲").choose("Type", "Parcours de formation")
    page.fill("Date attendue", "2026-09-01").check("Structures responsables", "Ecosolies")
    page.fill("Description", "Pour les **formateur·rices**").choose("Licence", "CC BY 4.0")
    page = page.submit("Annoncer le livrable")
    assert page.heading == "Parcours <b>vélo</b> 🚲" and page.path.startswith("/livrables/")
    for words in (
        "Attendu",
        "1 septembre 2026",
        "Ecosolies",
        "CC BY 4.0",
        "formateur·rices",
        "Parcours de formation",
    ):
        assert page.has(words), words
    kept = session.query(Deliverable).one()
    assert (kept.created_by_id, kept.objective_id) == (referent.id, objective.id)
    assert [s.id for s in session.query(type(structure)).all()] == [structure.id]


def test_sent_twice_it_is_promised_once(visitor, session, referent, objective):
    somebody = visitor(referent)
    page = somebody.get(f"/chantiers/{objective.chantier.slug}/livrables/nouveau").fill("Titre", "Une note")
    first = page.submit("Annoncer le livrable")
    second = page.submit("Annoncer le livrable")
    assert first.path == second.path
    assert session.query(Deliverable).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Titre", ""),
        ("Titre", "x" * 10_000),
        ("Date attendue", "0000-01-01"),
        ("Date attendue", "9999-12-31"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_kept(visitor, session, referent, objective, field, value):
    page = visitor(referent).get(f"/chantiers/{objective.chantier.slug}/livrables/nouveau")
    page.fill("Titre", "Une note").fill("Description", "Un long texte").fill(field, value)
    page = page.submit("Annoncer le livrable", status=422, validate=False)
    assert page.error_of(field) and page.value_of("Description") == "Un long texte"
    assert session.query(Deliverable).count() == 0


def test_no_objective_of_another_chantier(visitor, session, referent, objective):
    foreign = make_objective(make_chantier())
    somebody = visitor(referent)
    page = somebody.get(f"/chantiers/{objective.chantier.slug}/livrables/nouveau")
    for value in (foreign.id, "9" * 30, "abc", "-1", ""):
        data = {"title": "Une note", "type_key": "autre", "objective_id": value, "licence": "", "key": "k"}
        somebody.post(page.address, data, status=422)
    assert session.query(Deliverable).count() == 0


def test_fields_that_the_form_has_not_are_ignored(
    visitor, session, referent, participant, objective, deliverable
):
    person = in_charge_of(deliverable)
    elsewhere = make_objective(objective.chantier)
    somebody = visitor(person)
    page = somebody.get(f"{page_of(deliverable)}/modifier").fill("Titre", "Autre titre")
    data = dict(page.form(button="Enregistrer").fields())
    data |= {
        "objective_id": str(elsewhere.id),
        "expected_on": "2026-01-01",
        "structures": "1",
        "state": "approved",
    }
    somebody.post(f"{page_of(deliverable)}/modifier", data)
    session.refresh(deliverable)
    assert (deliverable.title, deliverable.objective_id) == ("Autre titre", objective.id)
    assert deliverable.expected_on is None and deliverable.state == "expected"


def test_a_referent_changes_everything(visitor, session, referent, objective, deliverable):
    near = make_objective(objective.chantier, "Un autre objectif")
    make_structure("Ecosolies")
    page = visitor(referent).get(page_of(deliverable)).click("Modifier le livrable")
    page.choose("Objectif", "Un autre objectif").fill("Date attendue", "2026-09-01")
    page.check("Structures responsables", "Ecosolies").choose("Licence", "CC0")
    page = page.submit("Enregistrer")
    for words in ("Le livrable est à jour", "Un autre objectif", "1 septembre 2026", "Ecosolies", "CC0"):
        assert page.has(words), words
    session.refresh(deliverable)
    assert deliverable.objective_id == near.id


def test_two_people_who_change_different_fields(visitor, session, referent, deliverable):
    first, second = visitor(referent), visitor(make_coordinator())
    one = first.get(f"{page_of(deliverable)}/modifier").fill("Titre", "Nouveau titre")
    other = second.get(f"{page_of(deliverable)}/modifier").fill("Description", "Nouveaux mots")
    one.submit("Enregistrer")
    page = other.submit("Enregistrer")
    assert page.heading == "Nouveau titre" and page.has("Nouveaux mots")
    assert page.has("D’autres avaient changé entre-temps, et c’est gardé : Titre")


def test_two_people_who_change_the_same_field(visitor, session, referent, deliverable):
    make_structure("Ecosolies")
    make_structure("Le Labo")
    first, second = visitor(referent), visitor(make_coordinator())
    one = first.get(f"{page_of(deliverable)}/modifier").fill("Description", "Les mots de l’une")
    one.check("Structures responsables", "Ecosolies")
    other = second.get(f"{page_of(deliverable)}/modifier").fill("Description", "Les mots de l’autre")
    other.check("Structures responsables", "Le Labo")
    one.submit("Enregistrer")
    page = other.submit("Enregistrer", status=409)
    assert page.has("Les mots de l’une") and page.value_of("Description") == "Les mots de l’autre"
    assert page.has("Ecosolies")
    page = page.submit("Enregistrer")
    assert page.has("Les mots de l’autre") and not page.has("Les mots de l’une")


def test_tasks_are_linked_and_taken_away(visitor, session, referent, objective, deliverable):
    task = make_task(objective, "Éplucher les enquêtes")
    make_task(objective, "Écrire la synthèse")
    make_task(make_objective(make_chantier()), "D’un autre chantier")
    somebody = visitor(referent)
    page = somebody.get(page_of(deliverable)).click("Relier des tâches")
    assert not page.has("D’un autre chantier")
    page = somebody.get(f"{page_of(deliverable)}/taches?q=eplucher")
    assert page.has("Éplucher les enquêtes") and not page.has("Écrire la synthèse")
    page = page.check("Autres tâches du chantier", "Éplucher les enquêtes").submit("Enregistrer")
    assert page.has("Éplucher les enquêtes")
    page = somebody.get(f"{page_of(deliverable)}/taches")
    page = page.uncheck("Déjà reliées", "Éplucher les enquêtes").submit("Enregistrer")
    assert page.has("Aucune tâche n’y est reliée")
    foreign = make_task(make_objective(make_chantier()))
    somebody.post(
        f"{page_of(deliverable)}/taches", {"tasks": [str(foreign.id), "abc", "9" * 40, str(task.id)]}
    )
    assert [
        title for title, _ in somebody.get(page_of(deliverable)).links if title == "Éplucher les enquêtes"
    ]


# Its life


def test_from_expected_to_approved(visitor, session, referent, participant, deliverable):
    author, judge = visitor(participant), visitor(referent)
    page = author.get(page_of(deliverable))
    assert page.has("personne n’en a encore déposé de version")
    page = page.click("Déposer la première version").choose("Cette version est", "un texte écrit ici")
    page.fill("Texte", "# Une *grille*").fill("Ce qui a changé", "Premier jet")
    page = page.submit("Ajouter la version")
    assert page.has("La version 1 est ajoutée") and page.has("Premier jet")
    assert "Mettre la version 1 en relecture" not in page.buttons

    page = judge.get(page_of(deliverable)).submit("Mettre la version 1 en relecture")
    assert page.has("En relecture") and "Ajouter une version" not in [text for text, _ in page.links]
    page = page.click("Demander des modifications").fill("Ce qui est à reprendre", "Il manque les sources.")
    page = page.submit("Demander ces modifications")
    assert page.has("À reprendre") and page.has("Il manque les sources.")

    page = author.get(page_of(deliverable)).click("Ajouter une version")
    assert page.value_of("Texte") == "# Une *grille*", "a new text starts from the latest"
    page = page.fill("Texte", "# Une grille\n\nAvec ses sources").submit("Ajouter la version")
    judge.get(page_of(deliverable)).submit("Mettre la version 2 en relecture")
    page = judge.get(page_of(deliverable)).submit("Valider la version 2")
    assert page.has("Version de référence") and page.has("c’est la référence")

    page = (
        author.get(page_of(deliverable)).click("Ajouter une version").choose("Cette version est", "un lien")
    )
    page = page.fill("Adresse du lien", "https://example.org/grille").submit("Ajouter la version")
    assert page.has("La version 2 reste la référence") and page.has("example.org/grille")


def test_withdrawn_it_goes_on(visitor, referent, participant, deliverable):
    deliverable.add_text("Un", by=participant)
    deliverable.submit(by=referent)
    page = visitor(participant).get(f"{page_of(deliverable)}/versions/nouvelle")
    assert page.has("Une version est en relecture") and "Ajouter la version" not in page.buttons
    page = visitor(referent).get(page_of(deliverable)).submit("Retirer de la relecture")
    assert page.has("En rédaction")


def test_nobody_approves_what_they_have_not_seen(visitor, session, referent, participant, deliverable):
    deliverable.add_text("Un", by=participant)
    session.commit()
    page = visitor(referent).get(page_of(deliverable))
    again(session, deliverable).add_text("Deux", by=participant)
    refused = page.submit("Valider la version 1", status=409)
    assert refused.has("La version 2 est arrivée entre-temps")
    session.refresh(deliverable)
    assert deliverable.state == "drafting"


def test_asking_for_changes_takes_words(visitor, session, referent, participant, deliverable):
    deliverable.add_text("Un", by=participant)
    deliverable.submit(by=referent)
    somebody = visitor(referent)
    page = somebody.get(f"{page_of(deliverable)}/reprendre")
    page = page.submit("Demander ces modifications", status=422, validate=False)
    assert page.error_of("Ce qui est à reprendre")
    page.fill("Ce qui est à reprendre", "Trop court")
    again(session, deliverable).withdraw(by=referent)
    page = page.submit("Demander ces modifications", status=409)
    assert (
        page.has("Aucune version n’est en relecture")
        and page.value_of("Ce qui est à reprendre") == "Trop court"
    )


def test_history_has_a_page_of_its_own(visitor, session, referent, participant, deliverable):
    for number in range(60):
        deliverable.edit(by=referent, title=f"Titre {number}")
    page = visitor(participant).get(page_of(deliverable)).click("Tout l’historique")
    assert len(page.texts("li", class_="timeline__entry")) == 50
    assert page.click("Suivante").has("a annoncé le livrable")


# Deleting


def test_deleted_then_brought_back_in_one_click(visitor, session, referent, deliverable):
    page = visitor(referent).get(page_of(deliverable)).click("Supprimer le livrable")
    assert page.has("trente jours")
    page = page.submit("Mettre à la corbeille")
    assert page.has("est dans la corbeille") and not page.texts("a", class_="task-row__title")
    assert visitor(referent).get(page_of(deliverable), status=404)
    page = page.submit("Rétablir")
    assert page.path == page_of(deliverable) and page.has("est de retour")


# Rights


GETS = ["modifier", "taches", "supprimer", "versions/nouvelle", "reprendre"]
POSTS = [
    "modifier",
    "taches",
    "supprimer",
    "versions/nouvelle",
    "reprendre",
    "relecture",
    "relecture/retirer",
    "valider",
]


def allowed(person, deliverable, visitor):
    """The sub-addresses that this person may open."""
    somebody = visitor(person)
    return {
        address
        for address in GETS
        if somebody.get(f"{page_of(deliverable)}/{address}", status=None).status == 200
    }


def test_who_may_do_what(visitor, session, referent, participant, observer, chantier, deliverable):
    person = in_charge_of(deliverable)
    everything = set(GETS)
    assert allowed(referent, deliverable, visitor) == everything
    assert allowed(make_coordinator(), deliverable, visitor) == everything
    assert allowed(person, deliverable, visitor) == {"modifier", "taches", "versions/nouvelle"}
    assert allowed(participant, deliverable, visitor) == {"versions/nouvelle"}
    for stranger in (make_user(), observer, make_referent(make_chantier())):
        assert allowed(stranger, deliverable, visitor) == set()


def test_who_may_not_write_is_refused(visitor, session, participant, observer, referent, deliverable):
    deliverable.add_text("Un", by=participant)
    deliverable.submit(by=referent)
    session.commit()
    before = session.query(Activity).count()
    for person in (make_user(), observer, make_referent(make_chantier())):
        somebody = visitor(person)
        somebody.get(page_of(deliverable))
        for address in POSTS:
            somebody.post(
                f"{page_of(deliverable)}/{address}", {"number": "1", "words": "Non", "title": "x"}, status=403
            )
        somebody.post(f"/chantiers/{deliverable.chantier.slug}/livrables/nouveau", {"title": "x"}, status=403)
    somebody = visitor(participant)
    somebody.get(page_of(deliverable))
    for address in POSTS:
        if address != "versions/nouvelle":
            somebody.post(f"{page_of(deliverable)}/{address}", {"number": "1", "words": "Non"}, status=403)
    session.refresh(deliverable)
    assert deliverable.state == "in_review"
    assert session.query(Activity).filter(Activity.subject_type == "deliverable").count() <= before


def test_strangers_sign_in_first(visitor, deliverable):
    for address in ("", "/versions/1", "/versions/1/fichier", "/historique"):
        visitor().get(page_of(deliverable) + address, status=401)
    visitor().get("/livrables", status=401)


def test_an_archived_chantier_is_only_read(visitor, session, referent, participant, chantier, deliverable):
    deliverable.add_text("Un", by=participant)
    chantier.archive(by=make_coordinator())
    somebody = visitor(referent)
    page = somebody.get(page_of(deliverable))
    assert "Ajouter une version" not in [text for text, _ in page.links] and page.has("Versions")
    for address in POSTS:
        somebody.post(f"{page_of(deliverable)}/{address}", {"number": "1"}, status=403)


@pytest.mark.parametrize("wrong", ["999999", "9" * 19, "0", "-1", "abc"])
def test_unknown_deliverables_are_not_found(visitor, session, referent, wrong):
    somebody = visitor(referent)
    for address in ("", "/versions/1", "/versions/1/fichier", "/modifier"):
        somebody.get(f"/livrables/{wrong}{address}", status=404)


def test_unknown_versions_are_not_found(visitor, session, referent, participant, objective, deliverable):
    deliverable.add_text("Un", by=participant)
    other = make_deliverable(objective)
    session.commit()
    somebody = visitor(participant)
    for number in (2, 0, 10**18, "abc"):
        somebody.get(f"{page_of(deliverable)}/versions/{number}", status=404)
    somebody.get(f"{page_of(other)}/versions/1", status=404)
    somebody.get(f"{page_of(deliverable)}/versions/1/fichier", status=404)


# Observers


SECRETS = [
    "Mots secrets",
    "La Passerelle",
    "Texte secret",
    "Note secrète",
    "À cacher",
    "mars 2024",
    "Rachel",
    "Paul",
]


def test_an_observer_sees_nothing_of_a_draft(
    visitor, session, observer, referent, participant, objective, clock
):
    clock.travel_to("2024-03-15 10:00")
    draft = make_deliverable(
        objective,
        "Carte des lignes",
        type_key="cartographie",
        by=referent,
        description="Mots secrets",
        expected_on=date(2024, 3, 1),
        structures=[make_structure("La Passerelle")],
    )
    draft.add_text("Texte secret", "Note secrète", by=participant)
    draft.submit(by=referent)
    draft.send_back("À cacher", by=referent)
    session.commit()
    somebody = visitor(observer)
    slug = objective.chantier.slug
    for address in (
        page_of(draft),
        f"/chantiers/{slug}/livrables",
        "/livrables",
        f"/chantiers/{slug}/livrables?retard=1",
    ):
        page = somebody.get(address)
        for words in ("Carte des lignes", "Cartographie", "À reprendre"):
            assert page.has(words), (address, words)
        for secret in (*SECRETS, "En retard"):
            assert not page.has(secret), (address, secret)
        assert "version" not in page.text.lower().replace("version validée", "").replace("version 0", ""), (
            address
        )
    for address in ("/versions/1", "/versions/1/fichier", "/historique"):
        somebody.get(page_of(draft) + address, status=404)


def test_an_observer_reads_what_is_approved_and_only_that(
    visitor, session, observer, referent, participant, deliverable
):
    for number in (1, 2, 3):
        deliverable.add_text(f"Texte {number} secret", f"Note {number}", by=participant)
        if number < 3:
            deliverable.approve(by=referent)
    session.commit()
    somebody = visitor(observer)
    page = somebody.get(page_of(deliverable))
    assert page.has("La version validée") and not page.has("Note") and not page.has("Paul")
    page = page.click("Lire le texte de la version 2")
    assert page.has("Texte 2 secret") and not page.has("Note") and not page.has("Paul")
    for number in (1, 3):
        somebody.get(f"{page_of(deliverable)}/versions/{number}", status=404)


def test_a_funder_who_takes_part_sees_everything(
    visitor, session, observer, chantier, participant, deliverable
):
    deliverable.add_text("Un", "Une note", by=participant)
    chantier.welcome(observer, by=None)
    assert visitor(observer).get(page_of(deliverable)).has("Une note")


# Versions written here


def test_two_texts_at_the_same_time(visitor, session, participant, referent, deliverable):
    deliverable.add_text("Le texte commun\nune ligne", by=participant)
    session.commit()
    first, second = visitor(participant), visitor(referent)
    one = first.get(f"{page_of(deliverable)}/versions/nouvelle").fill("Texte", "Le texte commun\nde l’une")
    other = second.get(f"{page_of(deliverable)}/versions/nouvelle").fill(
        "Texte", "Le texte commun\nde l’autre"
    )
    other.fill("Ce qui a changé", "Ma note")
    one.submit("Ajouter la version")
    page = other.submit("Ajouter la version", status=409)
    assert page.has("La version 2 est arrivée entre-temps") and page.has("Paul Participant")
    assert page.has("de l’une") and page.value_of("Texte") == "Le texte commun\nde l’autre"
    assert page.value_of("Ce qui a changé") == "Ma note"
    page = page.submit("Ajouter la version")
    assert page.has("La version 3 est ajoutée")
    assert session.query(DeliverableVersion).count() == 3


def test_a_version_sent_twice_is_added_once(visitor, session, participant, deliverable):
    page = visitor(participant).get(f"{page_of(deliverable)}/versions/nouvelle")
    page = page.choose("Cette version est", "un texte écrit ici")
    page.fill("Texte", "Un texte")
    page.submit("Ajouter la version")
    page.submit("Ajouter la version")
    assert session.query(DeliverableVersion).count() == 1
    assert session.query(Submission).count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "http://a b.fr",
        "data:text/html,x",
        "//example.org",
    ],
)
def test_a_link_leads_to_a_site(visitor, session, participant, deliverable, address):
    page = (
        visitor(participant)
        .get(f"{page_of(deliverable)}/versions/nouvelle")
        .choose("Cette version est", "un lien")
    )
    page.fill("Adresse du lien", address).fill("Ce qui a changé", "Ma note")
    page = page.submit("Ajouter la version", status=422)
    assert page.error_of("Adresse du lien") and page.value_of("Ce qui a changé") == "Ma note"
    assert session.query(DeliverableVersion).count() == 0


def test_a_link_never_runs(visitor, session, participant, deliverable):
    somebody = visitor(participant)
    somebody.get(page_of(deliverable))
    for address in ("javascript:alert(1)", "JAVASCRIPT:alert(1)//example.org", "vbscript:x"):
        data = {"kind": "link", "url": address, "key": address}
        somebody.post(f"{page_of(deliverable)}/versions/nouvelle", data, status=422, check=False)
    assert session.query(DeliverableVersion).count() == 0


def test_an_empty_text_is_no_version(visitor, participant, deliverable):
    page = visitor(participant).get(f"{page_of(deliverable)}/versions/nouvelle")
    page = page.choose("Cette version est", "un texte écrit ici").submit("Ajouter la version", status=422)
    assert page.error_of("Texte")


def test_a_form_of_no_kind_is_refused(visitor, session, participant, deliverable):
    somebody = visitor(participant)
    somebody.get(page_of(deliverable))
    for kind in ("", "autre", "FILE"):
        somebody.post(f"{page_of(deliverable)}/versions/nouvelle", {"kind": kind, "text": "x"}, status=422)
    assert session.query(DeliverableVersion).count() == 0


def test_nothing_written_runs_in_the_page(visitor, participant, deliverable):
    words = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    deliverable.add_text(words, words, by=participant)
    somebody = visitor(participant)
    for address in (page_of(deliverable), f"{page_of(deliverable)}/versions/1"):
        page = somebody.get(address)
        assert "<script>alert" not in page.html and "<img" not in page.html


def test_many_versions_come_in_pages(visitor, session, participant, deliverable):
    for number in range(23):
        deliverable.add_text(f"Texte {number}", by=participant)
    page = visitor(participant).get(page_of(deliverable))
    assert len(page.texts("li", class_="version")) == 10
    page = page.click("Suivante").click("Suivante")
    assert page.has("Lire le texte de la version 1")
    assert len(page.texts("li", class_="version")) == 3
