"""Invitations: coming in by one, or by a link in a mail, once each."""

import threading
from contextvars import Context

import pytest

from chantiers.web import tokens
from models import ChantierMembership, ChantierRole, Invitation, Refused, SignInLink, User, db
from tests.support import factories as make


@pytest.fixture
def scene(session):
    """Make a chantier, whoever leads it, and a structure."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.objective = make.make_objective(scene.chantier)
    scene.referent = make.make_referent(scene.chantier)
    scene.structure = make.make_structure("Ecosolies")
    session.commit()
    return scene


def invite(scene, email="camille@example.org", **options):
    """Send an invitation to the chantier, by its référent."""
    made = Invitation.send(scene.chantier, email, "Camille Martin", by=scene.referent, **options)
    db.session.commit()
    return made


def address(app, invitation):
    """Return where its link leads."""
    with app.app_context():
        return "/invitation/" + tokens.signer("invitation").dumps([invitation.id, invitation.nonce])


def test_a_referent_invites_a_list_and_one_accepts(scene, visitor, post_office, mailbox):
    page = visitor(scene.referent).get(f"/chantiers/{scene.chantier.slug}/membres").click("Inviter")
    page.fill("Qui inviter", "camille@example.org ; Camille Martin ; écosolies\nzoe@example.org;Zoé")
    page = page.submit("Inviter")
    assert page.has("2 invitations sont prêtes.") and page.has("Camille Martin")
    post_office()
    mail = mailbox.only("camille@example.org")
    assert mail.header("List-Unsubscribe") == ""
    someone = visitor()
    opened = someone.get(mail.link("/invitation/"))
    assert opened.has("Habiter autrement") and User.with_email("camille@example.org") is None
    assert opened.headers["Cache-Control"] == "no-store"
    after = opened.fill("Votre nom", "Camille M.").submit("Accepter l’invitation")
    assert after.has("Bienvenue dans le chantier")
    person = User.with_email("camille@example.org")
    assert person.name == "Camille M." and person.takes_part_in(scene.chantier.id)
    assert scene.structure.id in person.standing.structures
    visitor().get(mail.link("/invitation/"), status=404)


def test_one_invitation_opens_several_chantiers_as_far_as_its_inviter_still_leads(
    scene, visitor, post_office, mailbox
):
    second, third = make.make_chantier("Se déplacer"), make.make_chantier("Se nourrir")
    make.make_chantier("D’autrui")
    for each in (second, third):
        each.welcome(scene.referent, ChantierRole.REFERENT, by=None)
    db.session.commit()
    page = visitor(scene.referent).get(f"/chantiers/{scene.chantier.slug}/invitations")
    assert not page.has("D’autrui")
    page = page.fill("Qui inviter", "camille@example.org;Camille Martin")
    titles = [f"{each.number}. {each.title}" for each in (second, third)]
    page = page.check("Aussi dans ces chantiers", *titles).submit("Inviter")
    assert page.has("et 2 autres chantiers")
    post_office()
    mail = mailbox.only("camille@example.org")
    assert "« Se déplacer », « Se nourrir »" in mail.text
    third.welcome(make.make_user(), ChantierRole.REFERENT, by=None)
    third.dismiss(scene.referent, by=None)
    db.session.commit()
    visitor().get(mail.link("/invitation/")).submit("Accepter l’invitation")
    person = User.with_email("camille@example.org")
    assert person.takes_part_in(scene.chantier.id) and person.takes_part_in(second.id)
    assert not person.takes_part_in(third.id)
    with pytest.raises(Refused, match="cannot_invite"):
        invite(scene, "zoe@example.org", also=[third])


def test_each_wrong_line_is_named_and_nothing_is_lost(scene, visitor):
    lines = "pas une adresse ; X\ncamille@example.org\nzoe@example.org ; Zoé ; Inconnue\nok@example.org ; Ok"
    page = visitor(scene.referent).get(f"/chantiers/{scene.chantier.slug}/invitations")
    page = page.fill("Qui inviter", lines).submit("Inviter", status=422)
    for words in ("Ligne 1", "Ligne 2 : il manque le nom", "Ligne 3 : la structure « Inconnue »"):
        assert page.has(words)
    assert page.value_of("Qui inviter") == lines
    assert db.session.scalar(db.select(db.func.count()).select_from(Invitation)) == 0


def test_nobody_invites_where_they_do_not_lead(scene, visitor):
    member = make.make_member(scene.chantier)
    visitor(member).get(f"/chantiers/{scene.chantier.slug}/invitations", status=403)
    with pytest.raises(Refused, check=lambda refused: refused.code == "cannot_invite"):
        Invitation.send(scene.chantier, "x@example.org", "X", by=member)


def test_a_link_revoked_renewed_expired_or_forged_says_so_and_changes_nothing(app, scene, visitor, clock):
    first = invite(scene)
    old = address(app, first)
    first.renew()
    db.session.commit()
    assert visitor().get(old, status=404).has("Cette invitation ne sert plus")
    new = address(app, first)
    visitor().get(new)
    clock.forward(days=31)
    assert visitor().get(new, status=404).has("Elle a expiré.")
    clock.come_back()
    first.revoke()
    db.session.commit()
    assert visitor().get(new, status=404).has("Elle a été annulée.")
    visitor().get("/invitation/" + "x" * 60, status=404)
    assert User.with_email("camille@example.org") is None


def test_whoever_no_longer_leads_no_longer_brings_in(app, scene, visitor):
    other = make.make_referent(scene.chantier)
    where = address(app, invite(scene))
    scene.chantier.dismiss(scene.referent, by=other)
    page = visitor().get(where)
    page.submit("Accepter l’invitation", status=404)
    assert User.with_email("camille@example.org") is None


def test_an_address_that_is_known_joins_its_person_and_may_become_referent(app, scene, visitor):
    known = make.make_user("Camille", email="camille@example.org")
    where = address(app, invite(scene, role=ChantierRole.REFERENT))
    visitor().get(where).submit("Accepter l’invitation")
    db.session.expire_all()
    assert db.session.get(User, known.id).leads(scene.chantier.id)


def test_a_link_lets_nobody_into_an_account_that_is_somebody_elses(app, scene, visitor):
    """A person who invites may hold the link: it must not open the account of a person of higher rank."""
    coordinator = make.make_coordinator("Ada")
    coordinator.be_seen()

    def members():
        mine = db.select(ChantierMembership.id).where(ChantierMembership.user_id == coordinator.id)
        return db.session.scalars(mine).all()

    invited = invite(scene, coordinator.email)
    with app.app_context():
        by_hand = "/invitation/" + tokens.signer("invitation by hand").dumps([invited.id, invited.nonce])
    for where in (address(app, invited), by_hand):
        page = visitor().get(where)
        assert page.has("Connectez-vous d’abord") and "Accepter l’invitation" not in page.buttons
        visitor().post(where, {"name": "Ada"}, status=409)
        assert visitor(scene.referent).get(where).has("vous êtes connecté·e sous un autre nom")
    assert User.with_email(coordinator.email) and not members()
    visitor(coordinator).get(by_hand).submit("Accepter l’invitation")
    assert members()


def test_a_link_that_was_copied_opens_no_account_of_somebody_who_never_came(app, scene, visitor):
    known = make.make_user("Camille", email="camille@example.org")
    invited = invite(scene)
    with app.app_context():
        by_hand = "/invitation/" + tokens.signer("invitation by hand").dumps([invited.id, invited.nonce])
    visitor().post(by_hand, {"name": "Camille"}, status=409)
    assert not known.takes_part_in(scene.chantier.id)


def test_nobody_brings_people_into_a_structure_of_chantiers_that_are_not_theirs(scene, visitor):
    make.make_chantier().enrol(scene.structure, by=None)
    page = visitor(scene.referent).get(f"/chantiers/{scene.chantier.slug}/invitations")
    line = "camille@example.org ; Camille ; Ecosolies"
    page = page.fill("Qui inviter", line).submit("Inviter", status=409)
    assert page.has("la coordination seule y fait entrer") and page.value_of("Qui inviter") == line


def test_twenty_acceptances_at_once_make_one_account(app, scene, visitor):
    where = address(app, invite(scene))
    people = [visitor() for _ in range(20)]
    tokens_of = [(each, each.get(where) and each.csrf_token()) for each in people]
    db.session.commit()
    db.session.remove()
    statuses = []

    def accept(person, token):
        data = {"name": "Camille", "csrf_token": token}
        answer = Context().run(person.client.post, where, data=data)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=accept, args=each) for each in tokens_of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [404] * 19
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).where(User.email == "camille@example.org")) == 1


# A link by mail -------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailing(make_app, mailbox):
    """Return the application with a mail server."""
    return make_app(
        MAIL_URL=mailbox.url, MAIL_FROM="Chantiers <c@example.org>", PUBLIC_URL="http://localhost"
    )


def ask(visitor, app, email, purpose="me connecter sans mot de passe"):
    """Ask for a link."""
    page = visitor(app=app).get("/connexion").click("Recevoir un lien par mail")
    page = page.fill("Adresse électronique", email).choose("Pour", purpose)
    return page.submit("Recevoir le lien")


def test_a_link_by_mail_signs_in_once_and_opening_it_uses_nothing(
    scene, visitor, mailing, post_office, mailbox
):
    assert ask(visitor, mailing, scene.referent.email).has("un lien vient de partir")
    post_office()
    where = mailbox.only(scene.referent.email).link("/connexion/lien/")
    for _ in range(3):
        visitor(app=mailing).get(where)
    assert visitor(app=mailing).get(where).submit("Me connecter").has("Bienvenue")
    visitor(app=mailing).get(where, status=404)


def test_a_link_by_mail_leads_back_to_where_one_was_going(scene, visitor, mailing, post_office, mailbox):
    browser = visitor(app=mailing)
    page = browser.get(f"/chantiers/{scene.chantier.slug}/membres", status=401)
    page = page.click("Recevoir un lien par mail").fill("Adresse électronique", scene.referent.email)
    page.submit("Recevoir le lien")
    post_office()
    where = mailbox.only(scene.referent.email).link("/connexion/lien/")
    assert browser.get(where).submit("Me connecter").path.endswith("/membres")


def test_no_link_by_mail_leads_away(scene, visitor, mailing, post_office, mailbox):
    browser = visitor(app=mailing)
    page = browser.get("/connexion/lien?next=//evil.example.org/").fill(
        "Adresse électronique", scene.referent.email
    )
    page.submit("Recevoir le lien")
    post_office()
    where = mailbox.only(scene.referent.email).link("/connexion/lien/")
    assert browser.get(where).submit("Me connecter").path.endswith("/mon-travail")


def test_an_unknown_address_gets_the_same_answer_and_no_mail(scene, visitor, mailing, post_office, mailbox):
    known, unknown = (ask(visitor, mailing, each).text for each in (scene.referent.email, "x@example.org"))
    assert known == unknown
    post_office()
    assert [each.to for each in mailbox.received] == [scene.referent.email]


def test_a_forgotten_password_is_chosen_anew(scene, visitor, mailing, post_office, mailbox):
    ask(visitor, mailing, scene.referent.email, "choisir un nouveau mot de passe")
    post_office()
    page = visitor(app=mailing).get(mailbox.only(scene.referent.email).link("/connexion/lien/"))
    page = page.fill("Nouveau mot de passe", "court").fill("Le même, une seconde fois", "court")
    page = page.submit("Enregistrer et me connecter", status=422)
    words = "des haies le long du canal"
    page = page.fill("Nouveau mot de passe", words).fill("Le même, une seconde fois", words)
    page.submit("Enregistrer et me connecter")
    signed = visitor(app=mailing).get("/connexion").fill("Adresse électronique", scene.referent.email)
    signed.fill("Mot de passe", words).submit("Se connecter")


def test_a_link_is_over_after_a_quarter_of_an_hour(scene, visitor, mailing, post_office, mailbox, clock):
    ask(visitor, mailing, scene.referent.email)
    post_office()
    clock.forward(minutes=16)
    visitor(app=mailing).get(mailbox.only(scene.referent.email).link("/connexion/lien/"), status=404)


def test_asking_without_end_is_stopped(scene, visitor, mailing):
    for _ in range(10):
        ask(visitor, mailing, scene.referent.email)
    page = visitor(app=mailing).get("/connexion/lien").fill("Adresse électronique", scene.referent.email)
    page.submit("Recevoir le lien", status=429)
    assert db.session.scalar(db.select(db.func.count()).select_from(SignInLink)) == 10


def test_the_coordination_sees_every_invitation_and_hands_links_over(scene, visitor):
    invite(scene)
    coordinator = make.make_coordinator("Ada")
    page = visitor(coordinator).get("/gestion").click("Les invitations")
    assert page.has("Camille Martin") and page.has("Habiter autrement") and "/invitation/" in page.html
    visitor(scene.referent).get("/gestion/invitations", status=403)


def test_whoever_sends_it_again_answers_for_it(app, scene, visitor):
    invited = invite(scene)
    other = make.make_referent(scene.chantier)
    scene.chantier.dismiss(scene.referent, by=other)
    page = visitor(other).get(f"/chantiers/{scene.chantier.slug}/invitations")
    assert page.submit("Renvoyer l’invitation de Camille Martin").has("L’invitation repart")
    db.session.expire_all()
    visitor().get(address(app, invited)).submit("Accepter l’invitation")
    assert User.with_email("camille@example.org")
