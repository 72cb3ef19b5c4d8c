"""``ccmm-bot channel reconcile``: fetch what providers hold of a time in which nobody here took messages."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ccmm_bot.cli.stores import open_store
from ccmm_bot.clock import BC, SystemClock
from ccmm_bot.errors import CcmmError
from ccmm_bot.store import gaps
from ccmm_bot.store.tables import GapCause


def reconcile(
    since: Annotated[str, typer.Option(help="From when on: 2026-11-22, or 2026-11-22T09:30 (British Columbia).")],
    until: Annotated[str, typer.Option(help="Up to when; now, unless told otherwise.")] = "",
    sender: Annotated[str, typer.Option(help="One sender of ours only, like +16045550100.")] = "",
) -> None:
    """Have a running worker fetch from the provider what people wrote in a span of time, and take what is missing.

    After an outage a worker does so by itself; this is for a time nobody noticed, or one of more than fourteen days. Messages that
    did come are told by the provider's id and change nothing. What came of it is on the page Service of the administrators.
    """
    now = SystemClock().now()
    start, end = _moment(since), _moment(until) if until else now
    if not start < end <= now + timedelta(minutes=1):
        raise CcmmError("The span has to begin before it ends, and cannot end in the future.")
    typer.echo(asyncio.run(asyncio.to_thread(_open, start, end, sender or None, now)))


def _open(start: datetime, end: datetime, sender: str | None, now: datetime) -> str:
    with open_store() as store:
        opened = gaps.open_gaps(store, since=start, until=end, cause=GapCause.ASKED, now=now, account=sender)
    if not opened:
        raise CcmmError("There is no such sender that is on. Run: ccmm-bot channel list")
    return f"{len(opened)} senders: a running worker reads their lists now, and once more in {gaps.AGAIN.seconds // 60} minutes."


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CcmmError(f"{text} is no time: write 2026-11-22 or 2026-11-22T09:30.") from None
    return (found if found.tzinfo else found.replace(tzinfo=BC)).astimezone(UTC)
