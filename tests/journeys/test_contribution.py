"""Month of a deliverable, from an invitation to what anybody downloads, in browsers and mailboxes."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update

from chantiers.mail.receiving import receive
from models import Deliverable, Demarche, ReviewRound, Structure, User, today
from tests.support.factories import (
    make_chantier,
    make_deliverable,
    make_demarche,
    make_member,
    make_objective,
    make_referent,
    make_structure,
    make_task,
)

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20
REVIEWERS = ("La Passerelle", "Les Halles", "La Mutine", "Les Rives", "Le Silence")
BOX = "carnet@example.org"


@pytest.fixture
def server(make_server, mailbox):
    """Start the real server, whose worker writes to a real mail server."""
    return make_server(
        WORKER="embedded",
        MAIL_URL=mailbox.url,
        MAIL_FROM="Chantiers <chantiers@example.org>",
        MAIL_REPLY_TO=BOX,
    ).start()


@pytest.fixture
def scene(in_app):
    """Make a chantier with a task for a structure, a deliverable, and five structures to ask."""
    with in_app() as session:
        make_demarche().publish_charter("# Coopérer\n\nDire ce que l’on fait.", by=None)
        chantier = make_chantier("Habiter autrement")
        referent = make_referent(chantier, name="Rose Référente")
        people = {"referent": referent.id}
        for name in REVIEWERS:
            person = make_member(chantier, name=f"Une personne de {name}")
            make_structure(name).gather(person, by=referent)
            people[name] = person.id
        objective = make_objective(chantier)
        make_task(objective, "Chiffrer la filière", by=referent, pilote=make_structure("Ecosolies"))
        deliverable = make_deliverable(objective, "Note de plaidoyer", by=referent)
        session.flush()
        for person in session.scalars(select(User)):
            session.scalars(select(Demarche)).one().charter.accept(by=person)
        return {**people, "deliverable": deliverable.id, "chantier": chantier.slug}


def test_from_an_invitation_to_what_anybody_downloads(
    server, scene, mailbox, make_app, in_app, open_browser, signed_in_page, tmp_path
):
    here = server.url

    def person(name):
        with in_app() as session:
            return session.get(User, scene[name])

    def address(name):
        return str(person(name).email)

    deliverable = f"{here}/livrables/{scene['deliverable']}"

    # The référent invites an address.
    referent = signed_in_page(person("referent"))
    referent.goto(f"{here}/chantiers/{scene['chantier']}/membres")
    referent.get_by_role("link", name="Inviter").click()
    referent.get_by_label("Qui inviter").fill("camille@example.org ; Camille Martin ; Ecosolies")
    referent.get_by_role("button", name="Inviter").click()
    referent.get_by_text("1 invitation est prête").wait_for()

    # The person accepts, signs the charter, and finds what is expected of their structure.
    mailbox.wait_for(1)
    camille = open_browser(width="phone")
    camille.goto(here + mailbox.only("camille@example.org").link("/invitation/"))
    camille.get_by_role("button", name="Accepter l’invitation").click()
    camille.get_by_role("heading", name="La charte de la démarche").wait_for()
    camille.get_by_role("button", name="J’ai lu et j’accepte").click()
    camille.goto(f"{here}/mon-travail")
    camille.get_by_role("link", name="Chiffrer la filière").first.click()

    # They comment and call somebody in, who reads it in their mailbox.
    camille.get_by_label("Votre commentaire").fill("@[La Passerelle], avez-vous des chiffres ?")
    camille.get_by_role("button", name="Publier le commentaire").click()
    mailbox.wait_for(2)
    called = mailbox.only(address("La Passerelle"))
    assert "Camille Martin vous mentionne" in called.subject and "avez-vous des chiffres" in called.text

    # They hand in a version.
    sent = tmp_path / "note.pdf"
    sent.write_bytes(PDF)
    camille.goto(f"{deliverable}/versions/nouvelle")
    camille.get_by_label("un fichier").check()
    camille.get_by_label("Fichier", exact=True).set_input_files(sent)
    camille.get_by_role("button", name="Ajouter la version").click()
    camille.get_by_text("La version 1 est ajoutée").wait_for()

    # The référent asks five structures what they think.
    referent.goto(f"{deliverable}/demander-relecture")
    for name in REVIEWERS:
        referent.get_by_label(name, exact=True).check()
    referent.get_by_role("button", name="Mettre en relecture").click()
    referent.get_by_text("Avis donnés : 0 sur 5").wait_for()
    mailbox.wait_for(2 + 5)

    # One answers on the page.
    passerelle = signed_in_page(person("La Passerelle"))
    passerelle.goto(deliverable)
    passerelle.get_by_role("link", name="Donner l’avis de La Passerelle").click()
    passerelle.get_by_label("Favorable : cette version").check()
    passerelle.get_by_role("button", name="Donner cet avis").click()
    passerelle.get_by_text("votre avis est enregistré").wait_for()

    # One answers by a button of the mail and a sentence, without an account's password.
    asked = mailbox.only(address("Les Halles"), "avis")
    halles = open_browser(width="phone")
    halles.goto(here + asked.link("/relecture/"))
    with halles.expect_download() as download:
        halles.get_by_role("link", name="Télécharger note.pdf").click()
    assert download.value.suggested_filename == "note.pdf"
    halles.get_by_label("Favorable avec réserves").check()
    halles.get_by_label("Vos remarques").fill("Préciser les sources.")
    halles.get_by_role("button", name="Donner cet avis").click()
    halles.get_by_text("Merci, votre avis est enregistré").wait_for()

    # One replies in words: they become a comment, which says so, and the opinion stays to be given.
    asked = mailbox.only(address("Les Rives"), "avis")
    reply = EmailMessage()
    reply["From"], reply["To"] = address("Les Rives"), asked.header("Reply-To")
    reply["Message-ID"] = "<reponse@example.org>"
    quoted = "\n".join(f"> {line}" for line in asked.text.splitlines())
    reply.set_content(f"Nous relirons lundi.\n\nLe 12 mars, Chantiers <c@example.org> a écrit :\n{quoted}")
    with make_app(MAIL_REPLY_TO=BOX).app_context():
        assert receive(reply.as_bytes()).outcome == "commented"
    mailbox.wait_for(2 + 5 + 1)
    assert "reste attendu" in mailbox.to(address("Les Rives"))[-1].subject

    # One asks for changes, and so does the référent.
    mutine = signed_in_page(person("La Mutine"))
    mutine.goto(deliverable)
    mutine.get_by_role("link", name="Donner l’avis de La Mutine").click()
    mutine.get_by_label("À reprendre : elle").check()
    mutine.get_by_label("Vos remarques").fill("Le chiffre de la page 3 est faux.")
    mutine.get_by_role("button", name="Donner cet avis").click()
    mutine.get_by_text("votre avis est enregistré").wait_for()
    referent.goto(deliverable)
    referent.get_by_text("Avis donnés : 3 sur 5").wait_for()
    referent.get_by_text("On attend encore : Le Silence, Les Rives").wait_for()
    said = referent.locator(".comment", has_text="Nous relirons lundi.")
    assert said.get_by_text("par mail").is_visible() and "a écrit" not in said.inner_text()
    referent.get_by_role("link", name="Demander des modifications").click()
    referent.get_by_label("Ce qui est à reprendre").fill("Corriger la page 3.")
    referent.get_by_role("button", name="Demander ces modifications").click()
    referent.get_by_text("à reprendre").first.wait_for()

    # A second version satisfies; one structure lets the date pass.
    camille.goto(f"{deliverable}/versions/nouvelle")
    sent.write_bytes(PDF + b"corrige")
    camille.get_by_label("Fichier", exact=True).set_input_files(sent)
    camille.get_by_label("Ce qui a changé").fill("La page 3")
    camille.get_by_role("button", name="Ajouter la version").click()
    camille.get_by_text("La version 2 est ajoutée").wait_for()
    referent.goto(f"{deliverable}/demander-relecture")
    for name in ("La Mutine", "Le Silence"):
        referent.get_by_label(name, exact=True).check()
    referent.get_by_role("button", name="Mettre en relecture").click()
    referent.get_by_text("Avis donnés : 0 sur 2").wait_for()
    mailbox.wait_for(2 + 5 + 1 + 2)
    again = [mail for mail in mailbox.to(address("La Mutine")) if "/relecture/" in mail.text][-1]
    mutine.goto(here + again.link("/relecture/"))
    mutine.get_by_label("Favorable : cette version").check()
    mutine.get_by_role("button", name="Donner cet avis").click()
    mutine.get_by_text("Merci, votre avis est enregistré").wait_for()
    with in_app() as session:
        session.execute(update(ReviewRound).values(closes_on=today() - timedelta(days=1)))
    referent.goto(deliverable)
    referent.get_by_text("il reste à décider").wait_for()
    referent.get_by_text("On attend encore : Le Silence").wait_for()

    # The référent approves and publishes; anybody downloads it.
    referent.get_by_role("button", name="Valider la version 2").click()
    referent.get_by_text("C’est validé").wait_for()
    referent.get_by_role("link", name="Publier la version 2").click()
    referent.get_by_role("button", name="Publier").click()
    referent.get_by_text("C’est publié").wait_for()
    anybody = open_browser()
    anybody.goto(f"{here}/")
    anybody.get_by_role("link", name="Note de plaidoyer").click()
    with anybody.expect_download() as download:
        anybody.get_by_role("link", name="Télécharger note.pdf").click()
    assert download.value.path().read_bytes() == PDF + b"corrige"

    # Nobody was written to but for what was theirs.
    assert {mail.to for mail in mailbox.received} == {
        "camille@example.org",
        *(address(name) for name in REVIEWERS),
    }
    with in_app() as session:
        assert session.get(Deliverable, scene["deliverable"]).state == "published"
        assert session.scalar(select(Structure.id).where(Structure.name == "Ecosolies")) in (
            User.with_email("camille@example.org").standing.structures
        )
