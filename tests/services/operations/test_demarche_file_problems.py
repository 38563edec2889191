"""Problems of a démarche's file: each is told in words with its line, and nothing of the file is kept."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Activity,
    Chantier,
    Structure,
)
from tests.services.operations.demarche_files import SMALL, load_small, problems_of
from tests.support.factories import make_coordinator


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
