"""Checks of what surrounds the instance: settings, disks, store of files, mail server."""

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from flask import current_app
from sqlalchemy.engine import make_url

from chantiers.config import is_loopback, version
from chantiers.mail.transports import MailServerDown, transport_for
from chantiers.operations.doctor.findings import Finding, note, well, wrong
from chantiers.storage.folder import FolderStorage
from chantiers.storage.store import StorageDown, StorageFull, current_storage

GIBIBYTE = 1024**3
#: Free bytes: under the first, writing may stop any day; under the second, it is time to think of it.
LITTLE_ROOM = GIBIBYTE // 5
SOME_ROOM = 2 * GIBIBYTE


def configuration() -> Iterator[Finding]:
    """Name the version, and check the settings; with unsafe ones the program does not even start."""
    config = current_app.config
    yield well(f"Chantiers {version()}, sur Python {platform.python_version()}.")
    yield well("Les réglages permettent de démarrer.")
    public = config["PUBLIC_URL"]
    if config["DEMONSTRATION"]:
        yield note(
            "C’est une démonstration : quatre comptes s’ouvrent sans mot de passe, sur cet ordinateur seulement."
        )
    elif not public:
        yield note("PUBLIC_URL n’est pas réglé : les liens à copier commenceront par http://127.0.0.1:5000.")
    elif not public.startswith("https://") and not is_loopback(host_of(public)):
        yield note(f"PUBLIC_URL ({public}) n’est pas en https : les mots de passe passeraient en clair.")
    proxied = bool(config["TRUSTED_PROXIES"])
    if public.startswith("https://") and not proxied:
        yield note(
            "TRUSTED_PROXIES n’est pas réglé : derrière un mandataire, tous les visiteurs semblent venir de lui. "
            "Mettez TRUSTED_PROXIES=1."
        )
    if proxied and not is_loopback(config["HOST"]):
        yield note(
            f"HOST ({config['HOST']}) peut être joint sans passer par le mandataire : n’importe qui peut alors se "
            "donner une autre adresse. Mettez HOST=127.0.0.1, ou fermez ce port."
        )


def host_of(url: str) -> str:
    """Return the host of an address, without its port."""
    return url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0].strip("[]")


def disks() -> Iterator[Finding]:
    """Check the free space of the disks on which this instance writes."""
    folders = {"fichiers": current_storage().root} if isinstance(current_storage(), FolderStorage) else {}  # type: ignore[attr-defined]
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite" and url.database:
        folders["base"] = Path(url.database).parent
    for name, folder in folders.items():
        free = shutil.disk_usage(_existing(folder)).free
        amount = f"{free / GIBIBYTE:.1f} Go libres".replace(".", ",")
        if free < LITTLE_ROOM:
            yield wrong(
                f"Disque ({name}) : {amount} dans {folder}. Faites de la place : bientôt rien ne s’écrira."
            )
        elif free < SOME_ROOM:
            yield note(f"Disque ({name}) : {amount} dans {folder}. Pensez à faire de la place.")
        else:
            yield well(f"Disque ({name}) : {amount}.")


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def storage() -> Iterator[Finding]:
    """Check that the store of files writes, reads and deletes."""
    try:
        current_storage().check()
    except (StorageDown, StorageFull) as error:
        yield wrong(
            f"Les fichiers ne s’écrivent pas ({error}) : vérifiez STORAGE_URL, ses droits et la place."
        )
    else:
        yield well("Les fichiers s’écrivent, se lisent et s’effacent.")


def mail_server() -> Iterator[Finding]:
    """Check that the transport of mails answers; nothing is sent."""
    url = current_app.config["MAIL_URL"]
    if not url:
        yield note("MAIL_URL n’est pas réglé : aucun mail ne part, et les liens se remettent à la main.")
        return
    try:
        with transport_for(url) as transport:
            transport.check()
    except MailServerDown as down:
        yield wrong(
            f"Le serveur de mails ne répond pas ({down}) : vérifiez MAIL_URL, son mot de passe et le pare-feu. "
            "Les mails attendent, aucun n’est perdu."
        )
        return
    yield well(
        "Le serveur de mails répond." if "smtp" in url[:5] else "Les mails se rangent dans un dossier."
    )
