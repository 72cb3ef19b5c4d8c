"""``ccmm-bot audit``: whether the record of who did what is whole."""

from __future__ import annotations

import typer

from ccmm_bot.cli.stores import open_store
from ccmm_bot.errors import CcmmError
from ccmm_bot.store import sealing

app = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@app.callback()
def _audit() -> None:
    """The record of who did what."""


@app.command()
def verify() -> None:
    """Go through every agency's chain; name the first broken link, and exit with status 1."""
    broken = 0
    with open_store() as store:
        sealing.seal_new(store)
        for found in sealing.verify(store):
            if isinstance(found, sealing.Broken):
                broken += 1
                where = "" if found.entry is None else f" (entry {found.entry})"
                typer.echo(f"agency {found.agency_id}: broken at number {found.number}{where}: {found.why}")
            else:
                typer.echo(f"agency {found.agency_id}: {found.count} entries, whole; last seal {found.seal.hex()[:16]}")
    if broken:
        raise CcmmError("The record was changed outside of the service.")
