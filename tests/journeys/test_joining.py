"""Arrivals and departures in a browser: somebody asks, a référent lets them in, then hands everything over and goes."""

from typing import Any

from tests.support.factories import (
    make_chantier,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
    make_user,
)


def test_somebody_comes_in_and_a_referent_leaves(signed_in_page: Any, in_app: Any) -> None:
    with in_app():
        make_demarche()
        chantier = make_chantier("Habiter autrement", number=1)
        referent, member = (
            make_referent(chantier, "Ada Référente"),
            make_member(chantier, name="Zoé Suivante"),
        )
        make_task(make_objective(chantier), "Planter", people=[referent])
        someone = make_user("Ben Ailleurs")
        make_structure("Ecosolies").gather(someone, by=None)
        address = f"/chantiers/{chantier.slug}"
    page = signed_in_page(someone, width="narrow", theme="dark")
    page.goto(address)
    page.get_by_role("link", name="Demander à rejoindre ce chantier").click()
    page.get_by_label("Quelques mots").fill("J’ai du temps.")
    page.get_by_role("button", name="Envoyer ma demande").click()
    page.get_by_text("Demande envoyée le").wait_for()

    lead = signed_in_page(referent, width="narrow")
    lead.goto("/mon-travail")
    lead.get_by_role("button", name="Accepter la demande de Ben Ailleurs").click()
    lead.get_by_text("Ben Ailleurs participe maintenant au chantier.").wait_for()

    lead.goto(f"{address}/membres/{referent.id}/passer-la-main")
    lead.get_by_text("1 tâche ouverte").click()
    lead.get_by_role("link", name="Planter").wait_for()
    lead.get_by_label("La personne qui prend la suite").select_option(label=member.name)
    lead.get_by_label("Quitter aussi le chantier").check()
    lead.get_by_role("button", name="Passer la main").click()
    lead.get_by_text("Ada Référente passe la main à Zoé Suivante.").wait_for()
