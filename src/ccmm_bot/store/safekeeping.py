"""The right keys for a database: a new key is made only where there is nothing yet that another one has sealed.

A missing or foreign key file must never go unnoticed. With other keys every address hashes differently: people who opted out would
no longer be recognised, and what was kept could not be read.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from ccmm_bot.errors import ConfigurationError
from ccmm_bot.store.keys import KeyRing, UnreadableValue
from ccmm_bot.store.scope import across, tell
from ccmm_bot.store.session import database_url


def open_keys(url: str, file: Path) -> KeyRing:
    """The key ring of the database at ``url``.

    :raises ConfigurationError: the database cannot be reached, or it holds data and the file that opens it is missing
    """
    if not file.exists() and _in_use(url):
        raise ConfigurationError(
            f"The key file {file} is missing, but the database holds data sealed with it. Bring the file back from its backup, or "
            "name the right one in CCMM_SECRET_KEY_FILE."
        )
    return KeyRing.load_or_create(file)


def check_keys(engine: Engine, keys: KeyRing, file: Path) -> None:
    """Make sure the keys are this database's: open one address and find it by its hash.

    :raises ConfigurationError: they are not
    """
    with across(engine).connect() as connection:
        row = connection.execute(text("SELECT address, address_hash FROM contact_point LIMIT 1")).first()
    if row is None:
        return
    try:
        fits = keys.lookup(b"address", keys.open_text(b"contact_point.address", bytes(row[0]))) == bytes(row[1])
    except UnreadableValue:
        fits = False
    if not fits:
        raise ConfigurationError(f"The key file {file} belongs to another database. Name the right one in CCMM_SECRET_KEY_FILE.")


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
