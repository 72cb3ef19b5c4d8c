"""``ccmm-bot db``: the database's own house-keeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ccmm_bot.clock import SystemClock
from ccmm_bot.errors import CcmmError
from ccmm_bot.settings import Settings
from ccmm_bot.store import migrations, retention
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


@app.command("prune-raw")
def prune_raw(
    older_than_days: Annotated[int, typer.Option(min=1, help="Keep the payloads of so many days.")] = 90,
) -> None:
    """Forget the providers' raw payloads of older messages, and set-aside payloads of that age. The messages themselves stay."""
    engine = _engine()
    try:
        messages, aside = retention.prune_raw(engine, SystemClock().now() - timedelta(days=older_than_days))
    except DBAPIError as error:
        raise _unreachable(engine) from error
    finally:
        engine.dispose()
    typer.echo(f"Forgot the payloads of {messages} messages and {aside} set-aside payloads.")


def _engine() -> Engine:
    settings = Settings()
    return open_engine(settings.database_url, open_keys(settings.database_url, settings.secret_key_file))


def _unreachable(engine: Engine) -> CcmmError:
    return CcmmError(f"The database {engine.url.render_as_string(hide_password=True)} cannot be used. Is the server running?")
