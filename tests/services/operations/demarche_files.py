"""File of a small démarche, and how to load it or to read what is wrong with it."""

import pytest

from chantiers.operations.demarche_file.load import load
from chantiers.operations.demarche_file.nodes import DemarcheFileRefused
from chantiers.operations.demarche_file.report import LoadReport
from models import db
from tests.support.terminal import plain

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


def load_small(*changes: tuple[str, str]) -> LoadReport:
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
    with pytest.raises(DemarcheFileRefused) as refused:
        load(text if isinstance(text, bytes) else text.encode())
    db.session.rollback()
    return [plain(str(problem)) for problem in refused.value.problems]
