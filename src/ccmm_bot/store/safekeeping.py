"""The right keys for a database: a new key is made only where there is nothing yet that another one has sealed.

A missing or foreign key file must never go unnoticed. With other keys every address hashes differently: people who opted out would
no longer be recognised, and what was kept could not be read.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.store.datakeys import attach
from ccmm_bot.store.keys import ErasedValue, KeyRing, UnreadableValue
from ccmm_bot.store.keystore import KeyStore, KeyStoreError
from ccmm_bot.store.scope import across, tell
from ccmm_bot.store.session import database_url


def open_keys(url: str, file: Path, key_store_url: str = "") -> KeyRing:
    """The key ring of the database at ``url``, with the keys of people: they are in the key store, ``keys.sqlite3`` beside the key
    file where no other is named.

    :raises ConfigurationError: the database cannot be reached, or it holds data and the file that opens it is missing
    """
    if not file.exists() and _in_use(url):
        raise ConfigurationError(
            f"The key file {file} is missing, but the database holds data sealed with it. Bring the file back from its backup, or "
            "name the right one in CCMM_SECRET_KEY_FILE."
        )
    ring = KeyRing.load_or_create(file)
    attach(ring, key_store_url or beside(file))
    return ring


def key_store(file: Path, key_store_url: str = "") -> KeyStore:
    """The key store of the settings."""
    return KeyStore(key_store_url or beside(file))


def beside(file: Path) -> str:
    """The address of the key store beside a key file."""
    return f"sqlite:///{file.with_name('keys.sqlite3')}"


def check_keys(engine: Engine, keys: KeyRing, file: Path) -> None:
    """Make sure the keys are this database's: open some addresses and find them by their hashes.

    :raises ConfigurationError: they are not, or the key store does not hold what the database names
    """
    with across(engine).connect() as connection:
        rows = connection.execute(text("SELECT address, address_hash FROM contact_point ORDER BY id DESC LIMIT 20")).all()
    fits, missing = [], 0
    for address, found_by in rows:
        try:
            opened = keys.open_text(b"contact_point.address", bytes(address))
        except ErasedValue:
            continue
        except KeyStoreError:
            missing += 1
        except UnreadableValue:
            fits.append(False)
        else:
            if opened:  # of somebody who was erased only the hash is left
                fits.append(keys.lookup(b"address", opened) == bytes(found_by))
    if fits and not any(fits):
        raise ConfigurationError(f"The key file {file} belongs to another database. Name the right one in CCMM_SECRET_KEY_FILE.")
    if missing and not any(fits):
        raise ConfigurationError(
            "The key store does not hold the keys that the database names. Bring its newest copy back (ccmm-bot restore), or name "
            "the right one in CCMM_KEY_STORE_URL."
        )


def _in_use(url: str) -> bool:
    """Whether the database has an agency already. An SQLite file that does not exist is not made by asking."""
    target = database_url(url)
    if target.get_backend_name() == "sqlite" and not Path(target.database or "").exists():
        return False
    engine = create_engine(target)
    try:
        if not inspect(engine).has_table("agency"):
            return False
        if target.get_backend_name() == "postgresql":
            event.listen(engine, "begin", tell)
        with across(engine).connect() as connection:
            return connection.execute(text("SELECT 1 FROM agency LIMIT 1")).first() is not None
    except DBAPIError as error:
        shown = target.render_as_string(hide_password=True)
        raise ConfigurationError(f"The database {shown} cannot be used. Is the server running?") from error
    finally:
        engine.dispose()
