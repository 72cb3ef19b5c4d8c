"""``ccmm-bot backup`` and ``ccmm-bot restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.clock import SystemClock
from ccmm_bot.settings import Settings
from ccmm_bot.store import backups


def backup(
    to: Annotated[Path | None, typer.Option(help="The folder; else CCMM_BACKUP_DIR.")] = None,
    keep: Annotated[int, typer.Option(min=1, help="Remove all but so many of the newest.")] = 30,
) -> None:
    """Back the database up, encrypted, while the service runs. The key file is not in it: keep that apart."""
    settings = Settings()
    recipient = (
        backups.recipient_of(settings.backup_recipient)
        if settings.backup_recipient
        else backups.identity_file(settings.backup_key_file)
    )
    folder = to or settings.backup_dir
    made = backups.make(settings.database_url, folder, recipient, SystemClock().now())
    typer.echo(f"{made.path}: {made.size} bytes, SHA-256 {made.sha256}")
    for path in backups.prune(folder, keep):
        typer.echo(f"{path}: removed")
    if not settings.backup_recipient:
        typer.echo(f"It opens with {settings.backup_key_file}. Keep a copy of that file, and of the key file, in another place.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    verify: Annotated[bool, typer.Option("--verify", help="Open and check it, and change nothing.")] = False,
    key: Annotated[Path | None, typer.Option(help="The key it opens with; else CCMM_BACKUP_KEY_FILE.")] = None,
) -> None:
    """Put a backup where CCMM_DATABASE_URL says, which has to be empty; or look whether one could be."""
    settings = Settings()
    key_file = key or settings.backup_key_file
    if verify:
        found = backups.look(file, key_file, _owner(settings))
        typer.echo(f"Sound, at revision {found.revision}:")
        for table, count in found.rows.items():
            typer.echo(f"{count:>10}  {table}")
        return
    backups.restore(file, key_file, _owner(settings))
    typer.echo("Restored. Then: ccmm-bot db upgrade. What was sent after this backup was made is not in it.")


def _owner(settings: Settings) -> str:
    """Who may make tables: on PostgreSQL the service's own role need not."""
    return settings.database_owner_url.get_secret_value() or settings.database_url
