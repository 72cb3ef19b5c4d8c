"""The job that finishes erasures: keys destroyed, files wiped, older copies of the key store replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from ccmm_bot.logs import get_logger
from ccmm_bot.settings import Settings
from ccmm_bot.store.database import Database
from ccmm_bot.store.disposal import dispose
from ccmm_bot.store.safekeeping import key_store

_log = get_logger(__name__)


class Disposal:
    """Runs every minute, and does what is due. Any number of processes may."""

    def __init__(self, database: Database, settings: Settings, now: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._now = now

    async def run(self, _slot: str) -> None:
        """Once."""
        done = await asyncio.to_thread(
            dispose, self._database.engine, self._database.keys, self._now(), replace_copies=self._replace_copies
        )
        if done.destroyed:
            _log.info("keys were destroyed", count=done.destroyed)
        if done.unsettled:
            _log.warning("keys were destroyed, and the files still have to be wiped", count=done.unsettled)

    def _replace_copies(self) -> bool:
        """Copies of the key store on this machine that are older than the last erasure open what was erased: make another one."""
        from ccmm_bot.store import backups

        chosen = self._settings
        if not backups.copies_of_keys(chosen.key_backup_dir):
            return True
        store = key_store(chosen.secret_key_file, chosen.key_store_url)
        try:
            recipient = backups.recipient(chosen.backup_recipient, chosen.backup_key_file)
            backups.replace_keys(store.address, chosen.key_backup_dir, recipient, self._now())
        except (backups.BackupError, OSError) as error:
            _log.error("the copies of the key store could not be replaced", error=type(error))
            return False
        finally:
            store.close()
        return True
