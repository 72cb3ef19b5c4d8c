"""``ccmm-bot db``: the database's own house-keeping."""

from __future__ import annotations

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ccmm_bot.errors import CcmmError
from ccmm_bot.settings import Settings
from ccmm_bot.store import migrations
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import open_engine

app = typer.Typer(help="Migrate the database, and see where it stands.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to the newest revision. `serve` does so by itself."""
    engine = _engine()
    try:
        migrations.upgrade(engine)
        typer.echo(f"The database is at revision {migrations.current(engine)}.")
    except DBAPIError as error:
        raise _unreachable(engine) from error
    finally:
        engine.dispose()


@app.command()
def current() -> None:
    """Say at which revision the database is, and which is the newest."""
    engine = _engine()
    try:
        typer.echo(f"database: {migrations.current(engine) or 'empty'}; newest: {migrations.head()}")
    except DBAPIError as error:
        raise _unreachable(engine) from error
    finally:
        engine.dispose()


@app.command()
def check() -> None:
    """Compare the database with the tables of this version; exit status 1 when they differ."""
    engine = _engine()
    try:
        differences = migrations.differences(engine)
    except DBAPIError as error:
        raise _unreachable(engine) from error
    finally:
        engine.dispose()
    for difference in differences:
        typer.echo(difference)
    if differences:
        raise CcmmError(f"The database differs from this version in {len(differences)} places. Run: ccmm-bot db upgrade")
    typer.echo("The database has the tables of this version.")


def _engine() -> Engine:
    settings = Settings()
    return open_engine(settings.database_url, open_keys(settings.database_url, settings.secret_key_file))


def _unreachable(engine: Engine) -> CcmmError:
    return CcmmError(f"The database {engine.url.render_as_string(hide_password=True)} cannot be used. Is the server running?")
