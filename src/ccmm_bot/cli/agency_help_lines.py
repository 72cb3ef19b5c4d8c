"""``ccmm-bot agency help-lines``: which numbers an administrator has confirmed with the help lines themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from ccmm_bot.casework.agencies import help_lines, offices
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.conversation.help_lines import HelpLine, load_help_lines
from ccmm_bot.settings import Settings

app = typer.Typer(
    help="Help lines: numbers known only from third parties are told to nobody before an administrator has confirmed them.",
    no_args_is_help=True,
)

Name = Annotated[str | None, typer.Option("--agency", help="The agency's name; needed where there are several.")]


@app.command("list")
def list_(agency: Name = None) -> None:
    """Show every help line of the data file, and which wait for a confirmation. People get 911 in place of those that wait."""
    lines = _lines()
    with open_store() as store:
        rows = help_lines.listed(store, offices.office(store, agency).id, lines)
    for row in rows:
        typer.echo(f"{row.line.id}  {row.line.phone}  {_state(row)}\n    {row.line.purpose} (source: {row.line.source})")
    waiting = sum(row.waits for row in rows)
    typer.echo(f"{waiting} of {len(rows)} wait for a confirmation" if waiting else f"none of {len(rows)} waits for a confirmation")


@app.command()
def confirm(
    ids: Annotated[list[str], typer.Argument(help="The ids of the lines, as `list` shows them; `all` for every one that waits.")],
    by: Annotated[str, typer.Option("--by", help="Who has asked the help line: the name colleagues know.")],
    agency: Name = None,
) -> None:
    """Note that somebody has called a help line, or looked at its own page, and that number, hours and languages are right."""
    lines = _lines()
    with open_store() as store:
        office = offices.office(store, agency).id
        if ids == ["all"]:
            ids = [row.line.id for row in help_lines.listed(store, office, lines) if row.waits]
        new = help_lines.confirm(store, office, lines, ids, by=by, now=SystemClock().now())
    typer.echo(f"{new} confirmed. It counts from the next message on.")


@app.command()
def withdraw(id_: Annotated[str, typer.Argument(metavar="ID", help="The line's id.")], agency: Name = None) -> None:
    """Take a confirmation back: people are not told the number any more."""
    with open_store() as store:
        there = help_lines.withdraw(store, offices.office(store, agency).id, _lines(), id_, now=SystemClock().now())
    typer.echo("The confirmation is taken back." if there else "It was not confirmed.")


def _state(row: help_lines.Listed) -> str:
    if row.confirmed_at is not None:
        return f"confirmed {row.confirmed_at:%Y-%m-%d} by {row.confirmed_by}"
    if row.changed:
        return "waits: the entry has changed since it was confirmed" if row.waits else "told to people"
    return "waits for a confirmation" if row.waits else "told to people"


def _lines() -> tuple[HelpLine, ...]:
    return load_help_lines(Settings().dialogues_dir)
