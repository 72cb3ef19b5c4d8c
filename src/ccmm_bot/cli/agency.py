"""``ccmm-bot agency``: when the office is open, who is on call, and what waits for somebody who has looked at it."""

from __future__ import annotations

from typing import Annotated

import typer

from ccmm_bot.casework.agencies import offices
from ccmm_bot.cli import agency_help_lines
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.dialogue.loader import load_program
from ccmm_bot.settings import Settings

app = typer.Typer(help="An agency's office hours, on-call contact, help lines, and languages that wait.", no_args_is_help=True)
app.add_typer(agency_help_lines.app, name="help-lines")

Name = Annotated[str | None, typer.Option("--agency", help="The agency's name; needed where there are several.")]


@app.command("show")
def show() -> None:
    """Show every agency."""
    with open_store() as store:
        for office in offices.offices(store):
            hours = office.hours or "mon-fri 09:00-17:00 (the usual hours)"
            typer.echo(f"{office.name}  open {hours}  on call: {office.on_call_email or 'nobody; the supervisors are told'}")
            if office.require_reviewed:
                typer.echo(f"    a language waits for a speaker's review of: {office.require_reviewed}")


@app.command("office-hours")
def office_hours(
    hours: Annotated[str, typer.Argument(help='For example "mon-thu 09:00-17:00, fri 09:00-15:00".')], agency: Name = None
) -> None:
    """Set when the office is open. Statutory holidays of British Columbia are off by themselves."""
    with open_store() as store:
        offices.set_hours(store, agency, hours, SystemClock().now())
    typer.echo("The office hours are set. They count for flags raised from now on.")


@app.command("on-call")
def on_call(
    email: Annotated[str, typer.Argument(help='Who is told of an urgent flag at any hour; "" for nobody.')], agency: Name = None
) -> None:
    """Set who is told of an urgent flag at any hour."""
    with open_store() as store:
        offices.set_on_call(store, agency, email, SystemClock().now())
    typer.echo("The on-call contact is set.")


@app.command("require-reviewed")
def require_reviewed(
    dialogues: Annotated[
        str, typer.Argument(help='For example "consent,safety,research_consent"; "" so that no language waits for a review.')
    ],
    agency: Name = None,
) -> None:
    """Set which dialogues a speaker must have read before a language goes live. Until then a human writes to whoever chooses it.

    It counts from the next message on, beside what CCMM_REQUIRE_REVIEWED requires for every agency.
    """
    known = load_program(Settings().dialogues_dir).dialogues
    with open_store() as store:
        offices.set_require_reviewed(store, agency, dialogues, known, SystemClock().now())
    typer.echo("It is set. `ccmm-bot locale status` shows who has read what.")
