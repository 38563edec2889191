"""Answers by mail: each becomes a comment of whoever the address names, if they wrote it; nothing else ever does."""

from contextvars import Context
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from chantiers.jobs import worker
from chantiers.mail import reply_address
from chantiers.mail.quoting import cut, words_of
from chantiers.mail.receiving import LARGEST, receive
from models import ChantierRole, Comment, IncomingMail, MailOutcome, Review, close_account, db
from tests.support import factories as make
from tests.support.terminal import plain

BOX = "carnet@example.org"


@pytest.fixture
def answering(make_app, mailbox):
    """Return the application whose mails may be answered."""
    return make_app(
        MAIL_URL=mailbox.url,
        MAIL_FROM="Chantiers <chantiers@example.org>",
        MAIL_REPLY_TO=BOX,
        PUBLIC_URL="http://localhost",
    )


@pytest.fixture
def scene(session):
    """Make a task that names somebody who takes part."""
    make.make_demarche()
    scene = type("Scene", (), {})()
    scene.chantier = make.make_chantier("Habiter autrement")
    scene.referent = make.make_referent(scene.chantier)
    scene.zoe = make.make_user("Zoé Lambert", email="zoe@example.org")
    scene.chantier.welcome(scene.zoe, ChantierRole.PARTICIPANT, by=scene.referent)
    scene.objective = make.make_objective(scene.chantier)
    scene.task = make.make_task(scene.objective, "Trouver un lieu", by=scene.referent)
    session.commit()
    return scene


def message(to, sender="Zoé <zoe@example.org>", body="D’accord pour jeudi.", **headers):
    """Make an answer, as a mail server hands it over."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, "Re: votre mail"
    made["Message-ID"] = headers.pop("number", f"<{abs(hash((to, sender, body)))}@example.org>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made.as_bytes()


def address(app, scene, kind="task", subject=None, person=None):
    """Return where this person answers about that thing."""
    subject_id, person_id = subject or scene.task.id, (person or scene.zoe).id
    with app.app_context():
        return reply_address.reply_address(kind, subject_id, person_id)


def take(app, content):
    """Take one mail; (what became of it, why)."""
    db.session.commit()
    with app.app_context():
        found = receive(content)
    db.session.expire_all()
    return (found.outcome, found.reason) if found else None


def work(app):
    """Do what the worker does, once."""
    db.session.commit()
    return Context().run(worker.work, app)


def command(app, *arguments, content=b"", status=0):
    """Run `flask receive` where nothing else of the application is open, and return what it says."""
    db.session.commit()
    runner = app.test_cli_runner()
    result = Context().run(runner.invoke, args=["receive", *arguments], input=content)
    assert result.exit_code == status, result.output
    db.session.expire_all()
    return plain(result.output)


def comments():
    """Return everything that was said."""
    return db.session.scalars(select(Comment).order_by(Comment.id)).all()


def test_an_answer_to_a_mention_becomes_a_comment_and_says_so(scene, answering, visitor, mailbox):
    Comment.write(scene.task, "@[Zoé Lambert], vous venez ?", by=scene.referent)
    db.session.commit()
    assert work(answering).sent == 1
    asked = mailbox.only("zoe@example.org")
    reply_to = parseaddr(asked.header("Reply-To"))[1]
    assert len(reply_to.partition("@")[0]) <= 64 and "Répondez au-dessus" in asked.text
    quoted = "\n".join(f"> {line}" for line in asked.text.splitlines())
    body = f"Oui, jeudi.\n\nLe jeu. 12 mars 2026 à 10:00, Chantiers\n<c@example.org> a écrit :\n{quoted}"
    # Mail servers fold the case of addresses as they please.
    assert take(answering, message(reply_to.upper(), body=body)) == (MailOutcome.COMMENTED, "")
    page = visitor(scene.referent).get(f"/taches/{scene.task.id}")
    assert page.has("Oui, jeudi.") and page.has("par mail") and not page.has("a écrit")
    assert comments()[-1].author_id == scene.zoe.id
    listed = visitor(make.make_coordinator()).get("/gestion/mails").click("Réponses reçues")
    assert listed.has("Devenue un commentaire") and listed.has("Zoé Lambert")
    visitor(scene.referent).get("/gestion/mails/recus", status=403)


def test_the_same_mail_is_taken_once(scene, answering):
    content = message(address(answering, scene))
    assert take(answering, content) == (MailOutcome.COMMENTED, "")
    assert take(answering, content) is None
    assert len(comments()) == 1


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic"),
        ({"Precedence": "bulk"}, "automatic"),
        ({"X_Autoreply": "yes"}, "automatic"),
        ({"List_Id": "<liste.example.org>"}, "automatic"),
        ({"Return_Path": "<>"}, "automatic"),
        ({"sender": "Chantiers <chantiers@example.org>"}, "automatic"),
        ({"sender": "MAILER-DAEMON@example.org"}, "automatic"),
        ({"sender": "Quelqu’un <autre@example.org>"}, "other_sender"),
        ({"sender": "zoe@example.org, autre@example.org"}, "other_sender"),
        ({"sender": "autre@example.org", "Reply_To": "zoe@example.org"}, "other_sender"),
        ({"sender": '"zoe@example.org" <autre@example.org>'}, "other_sender"),
        ({"to": "carnet@example.org"}, "no_address"),
        ({"to": "carnet+t1.2.aaaaaaaaaaaaaaaa@example.org"}, "no_address"),
        ({"to": "carnet+t1.2@example.org"}, "no_address"),
    ],
)
def test_whatever_is_not_from_that_person_is_kept_aside_without_a_word(
    scene, answering, headers, reason, mailbox
):
    given = {"to": address(answering, scene), **headers}
    assert take(answering, message(**given)) == (MailOutcome.KEPT_ASIDE, reason)
    assert not comments()
    work(answering)
    assert not mailbox.received


def test_an_address_serves_its_person_and_its_thing_alone(scene, answering):
    mine = address(answering, scene)
    other = make.make_task(scene.objective, "Autre", by=scene.referent)
    db.session.commit()
    for forged in (
        mine.replace(f"+t{scene.task.id}.", f"+t{other.id}."),
        mine.replace(f".{scene.zoe.id}.", f".{scene.referent.id}."),
        mine.replace("+t", "+d"),
    ):
        assert forged != mine
        assert take(answering, message(forged)) == (MailOutcome.KEPT_ASIDE, "no_address")
    assert not comments()


def test_what_can_no_longer_be_said_is_told_once_in_words(scene, answering, mailbox):
    draft = make.make_deliverable(scene.objective, "Brouillon", by=scene.referent)
    gone = make.make_task(scene.objective, "Partie", by=scene.referent)
    gone.trash(by=scene.referent)
    db.session.commit()
    where = address(answering, scene)
    assert take(answering, message(where, body="> cité\n\n-- \nZoé", number="<1@x>")) == (
        MailOutcome.REFUSED,
        "empty",
    )
    large = message(where, body="x", number="<2@x>") + b"y" * LARGEST
    assert take(answering, large) == (MailOutcome.REFUSED, "too_large")
    elsewhere = address(answering, scene, subject=gone.id)
    assert take(answering, message(elsewhere, number="<3@x>")) == (MailOutcome.REFUSED, "gone")
    observer = make.make_user("Une fondation", role="observer", email="f@example.org")
    db.session.commit()
    to = address(answering, scene, "deliverable", draft.id, observer)
    assert take(answering, message(to, sender="f@example.org", number="<4@x>")) == (
        MailOutcome.REFUSED,
        "no_right",
    )
    scene.chantier.archive(by=make.make_coordinator())
    assert take(answering, message(where, number="<5@x>")) == (MailOutcome.REFUSED, "archived")
    assert not comments()
    work(answering)
    refusals = [mail for mail in mailbox.to("zoe@example.org") if "n’a pas été publiée" in mail.subject]
    assert len(refusals) == 4 and not any(mail.header("Reply-To") for mail in refusals)
    assert "Ce chantier est archivé" in plain(refusals[-1].text)
    close_account(scene.zoe, by=make.make_coordinator())
    assert take(answering, message(where, number="<6@x>")) == (MailOutcome.KEPT_ASIDE, "no_account")


def test_words_about_a_relecture_are_a_comment_and_the_opinion_stays_awaited(scene, answering, mailbox):
    note = make.make_deliverable(scene.objective, "La note", by=scene.referent)
    note.add_text("Le premier jet", by=scene.referent)
    note.submit(by=scene.referent, reviewers=([scene.zoe], []))
    db.session.commit()
    work(answering)
    asked = mailbox.only("zoe@example.org", "avis")
    to = parseaddr(asked.header("Reply-To"))[1]
    assert take(answering, message(to, body="Très clair, merci.")) == (MailOutcome.COMMENTED, "")
    assert comments()[-1].subject_type == "deliverable" and comments()[-1].subject_id == note.id
    work(answering)
    again = mailbox.only("zoe@example.org", "reste attendu")
    assert set(again.buttons) >= {"Favorable", "Avec réserves", "À reprendre"}
    assert db.session.scalar(select(func.count()).select_from(Review)) == 0


def test_whoever_answers_without_end_is_no_human(scene, answering):
    where = address(answering, scene)
    outcomes = [take(answering, message(where, number=f"<{n}@x>")) for n in range(31)]
    assert outcomes[:30] == [(MailOutcome.COMMENTED, "")] * 30
    assert outcomes[30] == (MailOutcome.KEPT_ASIDE, "too_many")


def test_the_command_takes_what_is_piped_and_what_a_folder_holds(scene, answering, tmp_path):
    where = address(answering, scene)
    db.session.commit()
    assert "Commentaires : 1" in command(answering, content=message(where, number="<a@x>"))
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.x").write_bytes(message(where, number="<a@x>"))
    (tmp_path / "new" / "2.x").write_bytes(message(where, number="<b@x>"))
    told = command(answering, str(tmp_path))
    assert "Commentaires : 1 ; refusées : 0 ; mises de côté : 0 ; déjà prises : 1" in told
    assert not list((tmp_path / "new").iterdir()) and len(list((tmp_path / "cur").iterdir())) == 2
    assert "Commentaires : 0" in command(answering, str(tmp_path))
    assert len(comments()) == 2
    assert "mises de côté : 1" in command(answering, content=b"From: x\n\n" + b"x" * (10 * 1024 * 1024))
    assert "n’est pas un dossier Maildir" in command(answering, str(tmp_path / "new"), status=1)


def test_without_a_mailbox_no_mail_says_to_answer(scene, app, post_office, mailbox):
    Comment.write(scene.task, "@[Zoé Lambert] ?", by=scene.referent)
    post_office()
    asked = mailbox.only("zoe@example.org")
    assert not asked.header("Reply-To") and "Répondez au-dessus" not in asked.text
    with app.app_context():
        assert reply_address.read("carnet+t1.1.aaaaaaaaaaaaaaaa@example.org") is None


def headed(text):
    """Make a mail whose headers and words are this text."""
    return f"From: {text}\nTo: {text}\nContent-Type: {text}\n\n{text}".encode()


@pytest.mark.databases("sqlite")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(headed)))
def test_no_bytes_are_too_strange(app, content):
    with app.app_context():
        found = receive(content)
        assert found is None or found.outcome == MailOutcome.KEPT_ASIDE
        assert db.session.scalar(select(func.count()).select_from(Comment)) == 0
        db.session.rollback()


# What somebody wrote ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour,\n\nd’accord.\n\n-- \nZoé\nLa Passerelle",
        "Bonjour,\n\nd’accord.\n\nEnvoyé de mon iPhone",
        "Bonjour,\n\nd’accord.\n\nLe 12 mars 2026 à 10:00, Chantiers <c@example.org> a écrit :\n> Bonjour",
        "Bonjour,\n\nd’accord.\n\nOn Thu, Mar 12, 2026 at 10:00 AM Chantiers <c@example.org> wrote:\n> Bonjour",
        "Bonjour,\n\nd’accord.\n\n________________________________\nDe : Chantiers <c@example.org>\nEnvoyé : jeudi",
        "Bonjour,\n\nd’accord.\n\nDe : Chantiers <c@example.org>\nEnvoyé : jeudi 12 mars\nObjet : x",
        "Bonjour,\n\nd’accord.\n\n-----Message d'origine-----\nDe : x",
        "Bonjour,\r\n\r\nd’accord.\r\n\r\n> ——— Répondez au-dessus de cette ligne : x ———\r\n> Bonjour",
        "Bonjour,\n> Vous venez ?\n\nd’accord.\n\n——— Reply above this line ———\nx",
    ],
)
def test_quotes_and_signatures_are_cut_off(text):
    assert cut(text) == "Bonjour,\n\nd’accord."


def test_what_only_looks_like_a_quote_is_kept():
    text = "Le lieu est trouvé :\n- la halle ;\n- le jardin.\n\nDe la part de tous."
    assert cut(text) == text


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "iso-8859-15"])
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_each_encoding_is_read(charset, encoding):
    made = EmailMessage()
    made.set_content("Élan coopératif, ça va", charset=charset, cte=encoding)
    assert words_of(made) == "Élan coopératif, ça va"


def test_html_alone_is_read_as_words_and_a_lying_charset_forgiven():
    made = EmailMessage()
    made.set_content(
        "<style>p{}</style><p>Oui,<br>j&eacute;udi.</p><ul><li>un</li></ul><script>alert(1)</script>"
        '<div class="gmail_quote">Le 12 mars</div><blockquote>cité<div>encore</div></blockquote>',
        subtype="html",
    )
    assert words_of(made) == "Oui,\njéudi.\n\n- un"
    made = EmailMessage()
    made.set_content("x")
    made.set_payload("Déjà".encode("cp1252"))
    made.replace_header("Content-Transfer-Encoding", "8bit")
    made.set_param("charset", "utf-8")
    assert words_of(made) == "Déjà"


def test_what_came_in_leaves_no_words_behind(scene, answering):
    take(answering, message(address(answering, scene)))
    row = db.session.scalars(select(IncomingMail)).one()
    assert "jeudi" not in repr(
        {column.key: getattr(row, column.key) for column in IncomingMail.__table__.columns}
    )
