"""The store, opened for a command that needs nothing else of the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ccmm_bot.clock import SystemClock
from ccmm_bot.settings import Settings
from ccmm_bot.store.migrations import upgrade
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.seeding import seed
from ccmm_bot.store.session import Store, open_engine


@contextmanager
def open_store() -> Iterator[Store]:
    """The store of the settings, migrated and with its first agency: a command may come before the service has ever run.

    :raises ccmm_bot.errors.ConfigurationError: the database cannot be reached, or the key file is not its own
    """
    settings = Settings()
    keys = open_keys(settings.database_url, settings.secret_key_file, settings.key_store_url)
    store = Store(open_engine(settings.database_url, keys), keys)
    try:
        upgrade(store.engine)
        now = SystemClock().now()
        seed(store, agency_name=settings.agency_name, service_name=settings.service_name, accounts=(), now=now)
        yield store
    finally:
        store.close()
