"""``ccmm-bot followups``: what is planned, why something was not sent, and a year of it in minutes."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ccmm_bot.casework.followups import listing as followup_lists
from ccmm_bot.casework.followups.listing import REASONS, Line, Why
from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import SystemClock
from ccmm_bot.errors import CcmmError
from ccmm_bot.settings import Settings
from ccmm_bot.web.when import bc_time

app = typer.Typer(help="What is planned for closed cases, and what came of it.", invoke_without_command=True)

_SPAN = re.compile(r"([0-9]{1,4})([dwm])\Z")
_DAYS = {"d": 1, "w": 7, "m": 30}


@app.callback()
def due(
    context: typer.Context,
    within: Annotated[str, typer.Option("--due", help="How far to look ahead: 30d, 4w or 3m.")] = "30d",
) -> None:
    """List what is planned: when, for whom (by code), what, and what it waits for."""
    if context.invoked_subcommand is not None:
        return
    with open_store() as store:
        lines = followup_lists.planned(store, SystemClock().now(), _span(within))
    if not lines:
        typer.echo(f"Nothing is planned within {within}.")
    for line in lines:
        typer.echo(_line(line))


@app.command()
def why(
    follow_up: Annotated[str | None, typer.Argument(metavar="[ID]", help="The follow-up's id, as the lists show it.")] = None,
    missed: Annotated[bool, typer.Option("--missed", help="All that were not sent, not answered, or are kept waiting.")] = False,
) -> None:
    """Say why a follow-up was not sent, and everything that was tried."""
    if (follow_up is None) is not missed:
        raise CcmmError("Give the id of a follow-up, or --missed for all of them.")
    with open_store() as store:
        if follow_up is None:
            lines = followup_lists.missed(store)
            for line in lines:
                typer.echo(_line(line))
            if not lines:
                typer.echo("Every follow-up that was due has been sent and answered, or is on its way.")
            return
        try:
            key = UUID(follow_up)
        except ValueError:
            raise CcmmError("This is not the id of a follow-up. The lists show them: ccmm-bot followups") from None
        _tell(followup_lists.why(store, key))


@app.command()
def simulate(
    cases: Annotated[int, typer.Option(min=1, max=100_000, help="Made-up closed cases.")] = 1000,
    months: Annotated[int, typer.Option(min=1, max=60, help="How far the clock is moved.")] = 12,
    seed: Annotated[int, typer.Option(help="Another number makes up other people.")] = 1,
    trouble: Annotated[bool, typer.Option("--trouble", help="With crashes, restarts, repeats and a clock that is set.")] = False,
) -> None:
    """Simulate the months to come with made-up people, in a temporary database. Nothing is sent, nothing of yours is touched."""
    from ccmm_bot.worker.simulation import Trouble, simulate

    wrong = Trouble(crash=0.05, twice=0.1, restart=0.01, clock=0.01) if trouble else None
    # In memory where there is such a folder: nothing of it is worth waiting for the disk.
    memory = Path("/dev/shm")  # noqa: S108  # nosec B108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        here = Settings()
        settings = here.model_copy(
            update={
                "database_url": f"sqlite:///{folder}/simulation.sqlite3",
                "secret_key_file": Path(folder) / "secret.key",
                "telegram_token": type(here.telegram_token)(""),
                "twilio_account_sid": "",
                "smtp_url": type(here.smtp_url)(""),
            }
        )
        start = SystemClock().now()
        report = asyncio.run(simulate(settings, cases=cases, months=months, start=start, seed=seed, trouble=wrong))
    for text in report.lines():
        typer.echo(text)
    if report.broken:
        raise typer.Exit(1)


def _line(line: Line) -> str:
    reason = f"  {line.reason}: {REASONS.get(line.reason, '')}" if line.reason else ""
    number = f" {line.occurrence}" if line.occurrence > 1 else ""
    return f"{bc_time(line.due_at)}  {line.person}  {line.kind}{number}  {line.status.value}{reason}  {line.id}"


def _tell(known: Why) -> None:
    typer.echo(_line(known))
    if known.updated_at is not None:
        typer.echo(f"  last change: {bc_time(known.updated_at)}")
    if known.next_look is not None:
        typer.echo(f"  looked at again: {bc_time(known.next_look)}")
    for n, moment in enumerate(known.attempts, start=1):
        typer.echo(f"  begun at contact point {n}: {bc_time(moment)}")
    for moment, status, code in known.messages:
        typer.echo(f"    message of {bc_time(moment)}: {status}{f' ({code})' if code else ''}")
    if not known.attempts:
        typer.echo("  it has not been begun at any contact point")


def _span(text: str) -> timedelta:
    found = _SPAN.match(text)
    if found is None:
        raise CcmmError("Say how far to look ahead as 30d (days), 4w (weeks) or 3m (months).")
    return timedelta(days=int(found[1]) * _DAYS[found[2]])
