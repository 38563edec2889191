"""File of the démarche: loaded whole or not at all, as often as one likes, without undoing what people did."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chantiers.config import ROOT
from chantiers.operations.demarche_file.load import load
from models import (
    Activity,
    Base,
    Chantier,
    ChantierRole,
    Deliverable,
    Demarche,
    Objective,
    Structure,
    StructureAlias,
    User,
    close_account,
    db,
    merge_structures,
)
from tests.services.operations.demarche_files import load_small
from tests.support.factories import make_coordinator, make_user

REAL = (ROOT / "data/demarche.yaml").read_bytes()


def contents() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    db.session.flush()
    return {
        table.name: sorted((tuple(map(repr, row)) for row in db.session.execute(select(table))), key=str)
        for table in Base.metadata.sorted_tables
    }


# The real one ----------------------------------------------------------------------------------------------------


def test_the_real_demarche(session: Session) -> None:
    report = load(REAL)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Chantier)) == 5
    by_kind = select(Objective.kind, func.count()).group_by(Objective.kind)
    kinds = sorted(map(tuple, session.execute(by_kind)))
    assert kinds == [("operational", 12), ("political", 3)]
    assert session.scalar(select(func.count()).select_from(Structure)) == 42
    assert session.scalar(select(func.count()).select_from(Deliverable)) == 14
    assert not report.updated and not report.kept and not report.gone

    chantiers = session.scalars(
        select(Chantier).order_by(Chantier.number).options(*Chantier.with_members())
    ).all()
    assert [chantier.referents[0].name for chantier in chantiers] == [
        "Sophie Auizerate",
        "Wafae Kerzazi",
        "Sylvia Garzon",
        "Céline Coubard",
        "Bruno Lasnier",
    ]
    assert [s.name for s in chantiers[4].structures] == ["Mouvement pour l'Economie Solidaire"]
    for referent in (chantier.referents[0] for chantier in chantiers):
        assert not referent.has_account and referent.email and referent.role == "member"

    demarche = Demarche.current()
    assert demarche is not None and demarche.charter_number == 0 and not demarche.is_demonstration
    assert demarche.contact_name == "Mickaël Vartuaroglu"


def test_the_journal_says_it_in_few_lines(session: Session) -> None:
    load(REAL)
    session.commit()
    actions = session.scalars(select(Activity.action).order_by(Activity.id)).all()
    assert actions == ["chantier.created"] * 5 + ["demarche.imported"]


def test_two_spellings_are_one_structure(session: Session) -> None:
    load(REAL)
    one, other = Structure.known_as("Que Vol'terre"), Structure.known_as("Que'Volterre")
    assert one is not None and one is other
    assert Structure.known_as("MES") is Structure.known_as("Mouvement pour l'Économie Solidaire")
    assert Structure.known_as("makesense") is not None


def test_loading_twice_changes_nothing_at_all(session: Session) -> None:
    load(REAL)
    session.commit()
    before = contents()
    session.expunge_all()
    report = load(REAL)
    session.commit()
    assert not report.changes and not report.kept and not report.gone
    assert contents() == before


# A changed file --------------------------------------------------------------------------------------------------


def test_a_reworded_line_is_still_the_same(session: Session) -> None:
    load_small()
    ids = {o.source_key: o.id for o in session.scalars(select(Objective))}
    report = load_small(
        ("Écrire un référentiel", "Écrire le référentiel"), ("titre: Former", "titre: Former mieux")
    )
    assert len(report.updated) == 2 and not report.created and not report.gone
    assert {o.source_key: o.id for o in session.scalars(select(Objective))} == ids
    assert (
        session.scalar(select(Objective.text).where(Objective.source_key == "1-o1"))
        == "Écrire le référentiel"
    )
    chantier = session.scalars(select(Chantier)).one()
    assert (chantier.title, chantier.slug) == ("Former mieux", "former")
    last = session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert last is not None and last.particulars == {"created": 0, "updated": 2}


def test_what_people_wrote_wins_and_the_report_says_so(session: Session) -> None:
    load_small()
    objective = session.scalars(select(Objective).where(Objective.source_key == "1-o1")).one()
    objective.edit(by=make_coordinator(), text="Nos mots")
    session.commit()
    assert not load_small().kept
    report = load_small(("Écrire un référentiel", "Écrire le référentiel"))
    assert len(report.kept) == 1 and "1-o1" in report.kept[0] and "texte" in report.kept[0]
    session.refresh(objective)
    assert objective.text == "Nos mots"


def test_what_the_file_no_longer_names_is_told_and_kept(session: Session) -> None:
    load_small()
    report = load_small(("      - {cle: 1-o2, texte: Créer des parcours}\n", ""), ("  - Écosolies\n", ""))
    assert report.gone == ["« Créer des parcours »", "la structure « Écosolies »"]
    assert not report.changes
    assert session.scalar(select(Objective.id).where(Objective.source_key == "1-o2"))
    assert Structure.known_as("Ecosolies")


def test_a_deliverable_keeps_its_identity_through_titles_and_order(session: Session) -> None:
    load_small()
    ids = {d.title: d.id for d in session.scalars(select(Deliverable))}
    first = "          - {type: referentiel_metier, titre: Référentiel}\n"
    second = "          - {type: recensement, titre: État des lieux}\n"
    report = load_small((first + second, second + first.replace("Référentiel}", "Référentiel métier}")))
    assert report.updated == ["le livrable « Référentiel métier » (titre)"]
    now = {d.title: d.id for d in session.scalars(select(Deliverable))}
    assert now == {"État des lieux": ids["État des lieux"], "Référentiel métier": ids["Référentiel"]}


def test_a_deliverable_that_people_renamed_is_not_made_twice(session: Session) -> None:
    load_small()
    made = session.scalars(select(Deliverable).where(Deliverable.title == "Référentiel")).one()
    made.edit(by=make_coordinator(), title="Notre référentiel")
    session.commit()
    assert not load_small().changes


def test_what_people_threw_away_does_not_come_back(session: Session) -> None:
    load_small()
    made = session.scalars(select(Deliverable).where(Deliverable.title == "Référentiel")).one()
    made.trash(by=make_coordinator())
    session.commit()
    report = load_small()
    assert not report.changes and len(report.kept) == 1
    made.purge()
    session.commit()
    assert not load_small().changes
    assert session.scalar(select(func.count()).select_from(Deliverable)) == 2


def test_the_order_of_the_file_is_followed_until_people_choose_theirs(session: Session) -> None:
    first = "      - {cle: 1-p1, texte: Faire connaître}\n"
    new = "      - {cle: 1-p0, texte: Avant tout}\n"

    def texts() -> list[str]:
        kind = select(Objective.text).where(Objective.kind == "political")
        return list(session.scalars(kind.order_by(Objective.position, Objective.id)))

    load_small()
    load_small((first, new + first))
    assert texts() == ["Avant tout", "Faire connaître"]
    objective = session.scalars(select(Objective).where(Objective.source_key == "1-p0")).one()
    objective.move(1, by=make_coordinator())
    session.commit()
    report = load_small((first, new + "      - {cle: 1-p2, texte: Encore}\n" + first))
    assert texts() == ["Faire connaître", "Avant tout", "Encore"]
    assert report.kept == ["l’ordre des objectifs du chantier 1"]


def test_merged_structures_stay_one(session: Session) -> None:
    load_small()
    labo, mes = Structure.known_as("Le Labo"), Structure.known_as("MES")
    assert labo and mes
    merge_structures(labo, into=mes, by=make_coordinator())
    session.commit()
    report = load_small()
    assert not report.changes and not report.gone
    assert Structure.known_as("Le Labo").id == mes.id  # type: ignore[union-attr]


def test_a_structure_that_people_renamed_or_that_the_file_renames_is_not_made_twice(session: Session) -> None:
    load_small()
    structure = Structure.known_as("Écosolies")
    assert structure is not None
    structure.edit(by=make_coordinator(), name="Les Écossolies")
    session.commit()
    assert not load_small().created
    report = load_small(("  - Écosolies\n", "  - {nom: Les Ecossolies de Nantes, alias: [Écosolies]}\n"))
    assert not report.created
    assert session.scalar(select(func.count()).select_from(Structure)) == 3


def test_an_alias_that_people_removed_does_not_come_back(session: Session) -> None:
    load_small()
    structure = Structure.known_as("MES")
    assert structure is not None
    structure.also_known_as(["L’autre nom"])
    session.commit()
    assert not load_small().changes
    assert list(session.scalars(select(StructureAlias.name))) == ["L’autre nom"]


def test_a_structure_that_people_made_first_is_recognised(session: Session) -> None:
    made = Structure.create("ECOSOLIES", by=None)
    session.commit()
    load_small()
    assert made.name == "ECOSOLIES" and made.source_key == "ecosolies"
    assert session.scalar(select(func.count()).select_from(Structure)) == 3


def test_a_new_referent_joins_and_the_former_stays(session: Session) -> None:
    load_small()
    report = load_small(("Dominique Petit", "Alix Martin"), ("dominique@", "alix@"))
    chantier = session.scalars(select(Chantier).options(*Chantier.with_members())).one()
    assert sorted(person.name for person in chantier.referents) == ["Alix Martin", "Dominique Petit"]
    assert report.gone == ["Dominique Petit"]


def test_a_referent_whom_people_removed_stays_out(session: Session) -> None:
    load_small()
    chantier = session.scalars(select(Chantier)).one()
    other = make_user("Une autre personne")
    chantier.welcome(other, ChantierRole.REFERENT, by=None)
    chantier.dismiss(session.scalars(select(User).filter_by(name="Dominique Petit")).one(), by=other)
    session.commit()
    assert not load_small().changes


def test_a_person_keeps_the_address_of_their_account(session: Session) -> None:
    load_small()
    person = session.scalars(select(User).filter_by(name="Dominique Petit")).one()
    load_small(("dominique@", "d.petit@"))
    assert person.email == "d.petit@example.org"
    person.choose_password("une phrase à moi seule")
    session.commit()
    assert not load_small().changes
    assert person.email == "d.petit@example.org"


def test_whoever_closed_their_account_is_left_in_peace(session: Session) -> None:
    load_small()
    person = session.scalars(select(User).filter_by(name="Dominique Petit")).one()
    other = make_user("Une autre personne")
    session.scalars(select(Chantier)).one().welcome(other, ChantierRole.REFERENT, by=None)
    close_account(person, by=person)
    session.commit()
    assert person.source is None
    assert not load_small().changes
    assert person.email is None and session.scalar(select(func.count()).select_from(User)) == 3


def test_the_charter_is_published_when_it_changes(session: Session) -> None:
    report = load_small(
        ("  nom: Une démarche", "  nom: Une démarche\n  charte: |\n    # Charte\n    Coopérer.")
    )
    demarche = Demarche.current()
    assert demarche is not None and demarche.charter_number == 1 and "la charte (version 1)" in report.updated
    again = ("  nom: Une démarche", "  nom: Une démarche\n  charte: |\n    # Charte\n    Coopérer.")
    assert not load_small(again).changes
    demarche.publish_charter("La nôtre.", by=make_coordinator())
    session.commit()
    report = load_small(("  nom: Une démarche", "  nom: Une démarche\n  charte: Autre texte"))
    assert report.kept == ["la charte"] and demarche.charter_number == 2
