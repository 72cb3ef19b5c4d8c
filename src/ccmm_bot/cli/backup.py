"""``ccmm-bot backup`` and ``ccmm-bot restore``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ccmm_bot.clock import SystemClock
from ccmm_bot.settings import Settings
from ccmm_bot.store import backups
from ccmm_bot.store.safekeeping import key_store


def backup(
    to: Annotated[Path | None, typer.Option(help="The folder; else CCMM_BACKUP_DIR.")] = None,
    keep: Annotated[int, typer.Option(min=1, help="Remove all but so many of the newest.")] = 30,
    keys_to: Annotated[Path | None, typer.Option(help="The folder for copies of the key store; else CCMM_KEY_BACKUP_DIR.")] = None,
    keep_keys_days: Annotated[int, typer.Option(min=1, help="Remove copies of the key store that are older.")] = 7,
) -> None:
    """Back the database and the key store up, encrypted, while the service runs. The key file is in neither: keep that apart."""
    settings, now = Settings(), SystemClock().now()
    recipient = backups.recipient(settings.backup_recipient, settings.backup_key_file)
    folder, keys_folder = to or settings.backup_dir, keys_to or settings.key_backup_dir
    made = backups.make(settings.database_url, folder, recipient, now)
    typer.echo(f"{made.path}: {made.size} bytes, SHA-256 {made.sha256}")
    gone = backups.prune(folder, keep)
    store = key_store(settings.secret_key_file, settings.key_store_url)
    if store.exists():  # after the database: so every key that a row of this backup names is in it
        made = backups.make(store.address, keys_folder, recipient, now, keys=True)
        typer.echo(f"{made.path}: {made.size} bytes, SHA-256 {made.sha256}")
        gone += backups.prune_keys(keys_folder, now - timedelta(days=keep_keys_days))
    store.close()
    for path in gone:
        typer.echo(f"{path}: removed")
    if not settings.backup_recipient:
        typer.echo(f"It opens with {settings.backup_key_file}. Keep a copy of that file, and of the key file, in another place.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    verify: Annotated[bool, typer.Option("--verify", help="Open and check it, and change nothing.")] = False,
    key: Annotated[Path | None, typer.Option(help="The key it opens with; else CCMM_BACKUP_KEY_FILE.")] = None,
) -> None:
    """Put a backup where CCMM_DATABASE_URL says (a copy of the key store: CCMM_KEY_STORE_URL), which has to be empty; or look
    whether one could be."""
    settings = Settings()
    key_file = key or settings.backup_key_file
    if verify:
        found = backups.look(file, key_file, _owner(settings))
        typer.echo(f"Sound, at revision {found.revision}:" if found.revision else "Sound, a copy of the key store:")
        for table, count in found.rows.items():
            typer.echo(f"{count:>10}  {table}")
        return
    if backups.is_of_keys(file):
        backups.restore(file, key_file, key_store(settings.secret_key_file, settings.key_store_url).address)
        typer.echo("Restored. Keys that were destroyed after this copy was made are in it again: erase those people again.")
        return
    backups.restore(file, key_file, _owner(settings))
    typer.echo("Restored. Then: ccmm-bot db upgrade. What was sent after this backup was made is not in it.")
    typer.echo("Whoever was erased after this backup was made is erased again when the service starts.")


def _owner(settings: Settings) -> str:
    """Who may make tables: on PostgreSQL the service's own role need not."""
    return settings.database_owner_url.get_secret_value() or settings.database_url
