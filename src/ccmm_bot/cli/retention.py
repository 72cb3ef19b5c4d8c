"""``ccmm-bot retention``: what has passed the time an agency keeps it."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import col, select

from ccmm_bot.casework.keeping import running
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency

app = typer.Typer(help="What has passed the time an agency keeps it.", no_args_is_help=True)


@app.callback()
def _retention() -> None:
    """What has passed the time an agency keeps it."""


@app.command()
def run(dry_run: Annotated[bool, typer.Option("--dry-run", help="Count by kind, and remove nothing.")] = False) -> None:
    """Remove it, agency by agency. The service does so by itself every six hours."""
    now = SystemClock().now()
    with open_store() as store:
        for agency in _agencies(store):
            typer.echo(agency.name)
            if dry_run:
                for kind in running.look(store, agency.id, now):
                    kept = "for good" if kind.days is None else f"{kind.days} days"
                    typer.echo(f"  {kind.name}: kept {kept}; {kind.due} have passed it")
                continue
            done = running.run(store, agency.id, now)
            for name, count in done.items():
                typer.echo(f"  {name}: {count} removed")
            if not done:
                typer.echo("  nothing has passed its time")


def _agencies(store: Store) -> list[Agency]:
    with store.installation() as session:
        return list(session.exec(select(Agency).order_by(col(Agency.created_at), col(Agency.id))))
