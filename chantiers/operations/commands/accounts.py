"""Command that gives a person a link to choose a password: `link`."""

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from chantiers.operations.commands.errors import CommandFailure, plainly
from models import PasswordLink, Role, User, db

LOCAL_ADDRESS = "http://127.0.0.1:5000"


@click.command("link")
@click.argument("address", required=False)
@with_appcontext
@plainly
def link(address: str | None) -> None:
    """Donne à une personne un nouveau lien pour choisir son mot de passe."""
    if not address:
        raise CommandFailure("Indiquez l’adresse de la personne : flask --app app link prenom@example.org")
    person = User.with_email(address)
    if person is None:
        raise CommandFailure(f"Personne n’a l’adresse {address}.")
    if person.is_example:
        raise CommandFailure(
            "C’est un compte de la démonstration : il s’ouvre d’un clic, et n’a pas de mot de passe."
        )
    token = PasswordLink.issue(person, by=None)
    db.session.commit()
    print_link(person, token)


def coordinator_with_account() -> User | None:
    able = select(User).where(User.role == Role.COORDINATOR, User.with_account())
    return db.session.scalar(able.limit(1))


def print_link(person: User, token: str) -> None:
    path = current_app.url_map.bind("").build("accounts.choose_password", {"token": token})
    click.echo(
        f"\nPour que {person.name} choisisse son mot de passe (une seule fois, dans les deux semaines) :\n"
    )
    click.echo(f"  {current_app.config['PUBLIC_URL'] or LOCAL_ADDRESS}{path}\n")
