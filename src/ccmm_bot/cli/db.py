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
from ccmm_bot.store import isolation, migrations, retention
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import database_url, open_engine
from ccmm_bot.worker.jobs.engine import DbosJobs

app = typer.Typer(help="Migrate the database, and see where it stands.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the database to the newest revision, as the tables' owner where CCMM_DATABASE_OWNER_URL is set.

    `serve` does so by itself where its own role may.
    """
    settings = Settings()
    owner = settings.database_owner_url.get_secret_value()
    engine = _engine(owner)
    try:
        migrations.upgrade(engine)
        if owner and engine.dialect.name == "postgresql":
            jobs = DbosJobs(engine)
            jobs.prepare()
            jobs.pool().dispose()
            _grant(engine, database_url(settings.database_url).username)
        typer.echo(f"The database is at revision {migrations.current(engine)}.")
    except DBAPIError as error:
        raise _unreachable(engine) from error
    finally:
        engine.dispose()


def _grant(engine: Engine, role: str | None) -> None:
    """Let the service's role work with what its owner has made."""
    if role is None or role == engine.url.username:
        raise CcmmError("CCMM_DATABASE_OWNER_URL and CCMM_DATABASE_URL name the same role: the service would own its tables.")
    with engine.begin() as connection:
        isolation.grant(connection, role)


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
        with engine.connect() as connection:
            open_tables, standing = isolation.missing(connection), isolation.standing(connection)
    except DBAPIError as error:
        raise _unreachable(engine) from error
    finally:
        engine.dispose()
    for difference in differences:
        typer.echo(difference)
    if differences:
        raise CcmmError(f"The database differs from this version in {len(differences)} places. Run: ccmm-bot db upgrade")
    if open_tables:
        raise CcmmError(f"{len(open_tables)} tables keep no agency's rows from another's. Run, as their owner: ccmm-bot db upgrade")
    typer.echo("The database has the tables of this version.")
    if standing is not None:
        typer.echo(_of_the_role(standing))


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


def _of_the_role(standing: isolation.Standing) -> str:
    if standing.bypasses:
        return "This role is a superuser or has BYPASSRLS: PostgreSQL does not keep agencies apart for it. Use another role."
    if standing.owns:
        return "Every agency's rows are behind a policy. This role owns the tables and could switch it off: see docs/scaling.md."
    return "Every agency's rows are behind a policy, which this role cannot change."


def _engine(url: str = "") -> Engine:
    settings = Settings()
    wanted = url or settings.database_url
    return open_engine(wanted, open_keys(wanted, settings.secret_key_file, settings.key_store_url))


def _unreachable(engine: Engine) -> CcmmError:
    return CcmmError(f"The database {engine.url.render_as_string(hide_password=True)} cannot be used. Is the server running?")
