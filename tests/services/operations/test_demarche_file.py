"""The démarche's file: loaded whole or not at all, as often as one likes, without undoing what people did."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chantiers.config import ROOT
from chantiers.operations.demarche_file.load import Report, load
from chantiers.operations.demarche_file.nodes import FileRefused
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
    db,
)
from tests.support.factories import make_coordinator, make_user
from tests.support.terminal import plain

REAL = (ROOT / "data/demarche.yaml").read_bytes()

SMALL = """\
demarche:
  nom: Une démarche
  coordination: {nom: Camille Durand, fonction: Coordination, structure: Le Labo, courriel: camille@example.org}
chantiers:
  - numero: 1
    titre: Former
    referents:
      - {nom: Dominique Petit, titre: Référent·e, structure: MES, courriel: dominique@example.org}
    objectifs_politiques:
      - {cle: 1-p1, texte: Faire connaître}
    objectifs_operationnels:
      - cle: 1-o1
        texte: Écrire un référentiel
        livrables:
          - {type: referentiel_metier, titre: Référentiel}
          - {type: recensement, titre: État des lieux}
      - {cle: 1-o2, texte: Créer des parcours}
structures:
  - Le Labo
  - {nom: Mouvement pour l'Economie Solidaire, alias: [MES]}
  - Écosolies
"""


def load_small(*changes: tuple[str, str]) -> Report:
    text = SMALL
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    report = load(text.encode())
    db.session.commit()
    for lines in (report.created, report.updated, report.kept, report.gone):
        lines[:] = map(plain, lines)
    return report


def problems_of(text: str | bytes) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        load(text if isinstance(text, bytes) else text.encode())
    db.session.rollback()
    return [plain(str(problem)) for problem in refused.value.problems]


def contents() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
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
    labo.merge_into(mes, by=make_coordinator())
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
    person.close(by=person)
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


# Bad files -------------------------------------------------------------------------------------------------------


def test_every_problem_is_told_with_its_line(session: Session) -> None:
    found = problems_of(
        SMALL.replace("    titre: Former\n", "")
        .replace("type: recensement", "type: poème")
        .replace("structure: MES,", "structure: MEZ,")
        .replace("camille@example.org", "camille")
        .replace("cle: 1-o2", "cle: 1-o1")
        .replace("  - Le Labo\n", "  - Le Labo\n  - LE LABO\n")
    )
    assert len(found) == 6, found
    assert any("« camille » n’est pas une adresse" in words for words in found)
    assert any("« titre » manque" in words for words in found)
    assert any("« MEZ » n’est pas dans la liste" in words for words in found)
    assert any("le type de livrable « poème » n’existe pas" in words for words in found)
    assert any("la clé « 1-o1 » est déjà écrite à la ligne 11" in words for words in found)
    assert any("la structure « LE LABO » est déjà écrite" in words for words in found)
    assert session.scalar(select(func.count()).select_from(Structure)) == 0


BAD = [
    ("empty", "", "vide"),
    ("not yaml", "{{{{", "n’est pas juste ici"),
    ("unclosed", 'demarche:\n  nom: "Une', "n’est pas fermé"),
    ("list at the root", "- a\n- b\n", "il faut ici des champs"),
    ("words at the root", "bonjour", "il faut ici des champs"),
    ("nothing in it", "demarche: {nom: X}\n", "« chantiers » manque"),
    (
        "unknown field",
        SMALL.replace("  nom: Une", "  couleur: bleu\n  nom: Une"),
        "ligne 2 : la démarche : « couleur »",
    ),
    (
        "field twice",
        SMALL.replace("  nom: Une", "  nom: Deux\n  nom: Une"),
        "ligne 3 : la démarche : « nom » est déjà",
    ),
    (
        "same number",
        SMALL.replace("structures:", "  - {numero: 1, titre: Bis}\nstructures:"),
        "ligne 18 : le chantier 1",
    ),
    ("number in words", SMALL.replace("numero: 1", "numero: un"), "un nombre entier"),
    ("number zero", SMALL.replace("numero: 1", "numero: 0"), "un nombre entier"),
    ("number too big", SMALL.replace("numero: 1", "numero: 99999999999999999999"), "un nombre entier"),
    ("long title", SMALL.replace("titre: Former", "titre: " + "x" * 301), "trop long"),
    ("text as list", SMALL.replace("titre: Former", "titre: [a, b]"), "il faut un texte"),
    ("list as text", SMALL.replace("  - Le Labo", "  - [Le Labo]"), "il faut un texte"),
    ("structures as text", SMALL.split("structures:")[0] + "structures: beaucoup\n", "il faut une liste"),
    (
        "alias of another",
        SMALL.replace("- Écosolies", "- {nom: X, alias: [MES]}"),
        "est déjà écrite à la ligne",
    ),
    (
        "twice on a line",
        SMALL.split("structures:")[0] + "structures: [Le Labo, MES, Le labo]\n",
        "est déjà écrite",
    ),
    ("same person twice", SMALL.replace("dominique@", "camille@"), "l’adresse de quelqu’un d’autre"),
    (
        "bad site",
        SMALL.replace("  nom: Une", "  site: javascript:alert(1)\n  nom: Une"),
        "n’est pas une adresse",
    ),
    ("broken site", SMALL.replace("  nom: Une", "  site: 'http://['\n  nom: Une"), "n’est pas une adresse"),
    ("bad key", SMALL.replace("cle: 1-o2", "cle: 'é / '"), "n’est pas faite de lettres"),
    ("name of signs", SMALL.replace("- Écosolies", "- '!!!'"), "ni lettre ni chiffre"),
    ("python", "demarche: !!python/object/apply:os.system ['true']\n", "étiquettes"),
    ("own tag", SMALL.replace("titre: Former", "titre: !secret Former"), "étiquettes"),
    ("bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "renvois"),
    ("deep", "[" * 5000, "trop de niveaux"),
    ("NUL", "demarche:\n  nom: a\x00b\n", "ligne 2 : un caractère invisible"),
    ("two documents", SMALL + "---\n" + SMALL, "second document"),
    ("tab", "demarche:\n\tnom: X\n", "ligne 2"),
    ("ten megabytes", "x" * 10_000_000, "1 Mo au plus"),
    (
        "another encoding",
        "demarche:\n  nom: Été\n".encode("latin-1"),
        "ligne 2 : le texte n’est pas en UTF-8",
    ),
    ("colon in a text", SMALL.replace("titre: Former", "titre: Former : mieux"), "guillemets"),
]


@pytest.mark.parametrize(("content", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_refused_in_words(session: Session, content: str | bytes, words: str) -> None:
    found = problems_of(content)
    assert any(words in problem for problem in found), found
    assert session.scalar(select(func.count()).select_from(Activity)) == 0


def test_a_number_that_people_gave_to_another_chantier_is_told(session: Session) -> None:
    load_small()
    chantier = session.scalars(select(Chantier)).one()
    chantier.edit(by=make_coordinator(), number=2)
    session.commit()
    assert not load_small().changes
    found = problems_of(SMALL.replace("structures:", "  - {numero: 2, titre: Deux}\nstructures:"))
    assert found == ["ligne 18 : Un autre chantier porte déjà le numéro 2."]


def test_a_moved_key_is_told(session: Session) -> None:
    load_small()
    found = problems_of(
        SMALL.replace(
            "structures:",
            "  - numero: 2\n    titre: B\n    objectifs_politiques: [{cle: 1-o2, texte: X}]\nstructures:",
        ).replace("      - {cle: 1-o2, texte: Créer des parcours}\n", "")
    )
    assert len(found) == 1 and "gardez-la où elle était" in found[0]


def test_words_that_yaml_would_type_stay_words(session: Session) -> None:
    load_small(("- Écosolies", "- Oui\n  - 2024-02\n  - 12"), ("titre: Former", "titre: 2024-02-03"))
    names = set(session.scalars(select(Structure.name)))
    assert {"Oui", "2024-02", "12"} <= names
    assert session.scalar(select(Chantier.title)) == "2024-02-03"
