"""``ccmm-bot audit``: whether the record of who did what is whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from ccmm_bot.casework.agencies.access_report import MANY, report_of
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.errors import CcmmError
from ccmm_bot.store import sealing
from ccmm_bot.store.accounts import agency_of

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


@app.command()
def access(
    agency: Annotated[str | None, typer.Option(help="The agency's name; needed where there are several.")] = None,
    week: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day of the week; else this one.")] = None,
) -> None:
    """Say who looked at whom in a week: openings with a reason, many people of others, exports, erasures."""
    with open_store() as store:
        key, name = agency_of(store, agency)
        report = report_of(store, key, week.date() if week else None, SystemClock().now())
    typer.echo(f"{name}, {report.first} to {report.last}")
    typer.echo(f"opened with a reason: {len(report.openings)}")
    for opened in report.openings:
        typer.echo(f"  {opened.at:%Y-%m-%d %H:%M} UTC  {opened.who}  {opened.code}")
    typer.echo(f"looked at {MANY} people or more who are somebody else's: {len(report.looked)}")
    for line in report.looked:
        typer.echo(f"  {line.who}  {line.people} people, {line.pages} pages")
    for title, lines in (("exports", report.exports), ("erasures", report.erasures)):
        typer.echo(f"{title}: {len(lines)}")
        for done in lines:
            typer.echo(f"  {done.at:%Y-%m-%d %H:%M} UTC  {done.who}  {done.action}  {done.code}".rstrip())
