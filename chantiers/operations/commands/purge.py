"""Command of every night that empties the bin and deletes what expired: `purge`."""

from datetime import timedelta

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from chantiers.operations.commands.errors import plainly
from chantiers.storage.store import current_storage
from models import (
    CommentAttachment,
    DeliverableVersion,
    ImportBatch,
    db,
    forget_expired,
    purge_bin,
    sweep_imports,
)


@click.command("purge")
@with_appcontext
@plainly
def purge() -> None:
    """Efface ce qui a passé trente jours dans la corbeille, et ce qui a expiré. À lancer chaque nuit."""
    erased = 0
    while (purged := purge_bin()).total:
        db.session.commit()
        erased += purged.total
        for key in purged.files:
            current_storage().delete(key)
    forgotten = forget_expired()
    imported = sweep_imports()
    db.session.commit()
    for key in imported:
        current_storage().delete(key)
    # A file is written before its row: only one that has waited since yesterday belongs to nobody.
    columns = (DeliverableVersion.storage_key, CommentAttachment.storage_key, ImportBatch.storage_key)
    known = {key for column in columns for key in db.session.scalars(select(column)) if key}
    db.session.rollback()
    swept = current_storage().sweep(known, timedelta(days=1))
    click.echo(
        f"Effacés. Corbeille : {erased} ; traces expirées : {forgotten} ; fichiers sans usage : {len(swept)}."
    )
