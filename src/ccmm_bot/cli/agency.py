"""``ccmm-bot agency``: when the office is open, and who is on call."""

from __future__ import annotations

from typing import Annotated

import typer

from ccmm_bot.casework import offices
from ccmm_bot.cli.staff import _store
from ccmm_bot.clock import SystemClock

app = typer.Typer(help="Office hours and the on-call contact: what deadlines of flags go by.", no_args_is_help=True)

Name = Annotated[str | None, typer.Option("--agency", help="The agency's name; needed where there are several.")]


@app.command("show")
def show() -> None:
    """Show every agency."""
    with _store() as store:
        for office in offices.offices(store):
            hours = office.hours or "mon-fri 09:00-17:00 (the usual hours)"
            typer.echo(f"{office.name}  open {hours}  on call: {office.on_call_email or 'nobody; the supervisors are told'}")


@app.command("office-hours")
def office_hours(
    hours: Annotated[str, typer.Argument(help='For example "mon-thu 09:00-17:00, fri 09:00-15:00".')], agency: Name = None
) -> None:
    """Set when the office is open. Statutory holidays of British Columbia are off by themselves."""
    with _store() as store:
        offices.set_hours(store, agency, hours, SystemClock().now())
    typer.echo("The office hours are set. They count for flags raised from now on.")


@app.command("on-call")
def on_call(
    email: Annotated[str, typer.Argument(help='Who is told of an urgent flag at any hour; "" for nobody.')], agency: Name = None
) -> None:
    """Set who is told of an urgent flag at any hour."""
    with _store() as store:
        offices.set_on_call(store, agency, email, SystemClock().now())
    typer.echo("The on-call contact is set.")
