"""What a message costs from the socket to the disk and back, on SQLite, as a share of the least it could cost.

Contenders take turns on the same disk, each on a fresh file, over loopback HTTP with 64 connections. A 2xx means flushed: all of
them run SQLite with WAL and ``synchronous=FULL``. After each turn the file is asked whether it holds everything that was answered.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from _job import Channel
from _peers import installed
from _servers import FLOOR, HERE, OURS, SENDING, measure
from _table import Plan, Row, at_least, at_most, loaded
from _turns import Turns

#: Ours to a peer's messages a second, at the least.
AHEAD = {"python-telegram-bot": 1.5, "aiogram": 3.5, "grammY": 1.0, "Bot Framework": 7.0}
SLOWER_US = 2000


def rows(plan: Plan) -> Iterator[Row]:
    """By channel, beside the peers, one message at a time, and on a slow disk."""
    yield from twilio(plan)
    yield from telegram(plan)
    yield from one_at_a_time(plan)
    yield from slow_disk(plan)


def twilio(plan: Plan) -> Iterator[Row]:
    """Signed form posts."""
    with loaded() as found:
        turns = Turns([FLOOR, OURS, SENDING], plan.rounds, lambda who, run: measure(who, plan.people, run))
        found += [
            turns.row("Twilio: answered when kept", "ours", "floor", at_least(0.6)),
            turns.row("Twilio: and the reply handed over and marked as sent", "ours, sending", "floor", at_least(0.6)),
        ]
    yield from found


def telegram(plan: Plan) -> Iterator[Row]:
    """Updates; the peers do the same job in the same rounds."""
    peers, missing = installed()
    with loaded() as found:
        everybody = [FLOOR, OURS, SENDING, *peers]
        turns = Turns(everybody, plan.rounds, lambda who, run: measure(who, plan.people, run, channel=Channel.TELEGRAM))
        found += [
            turns.row("Telegram: answered when kept", "ours", "floor", at_least(0.6)),
            turns.row("Telegram: and the reply handed over and marked as sent", "ours, sending", "floor", at_least(0.6)),
        ]
        for peer in peers:
            found.append(turns.row(f"  {peer.name}", peer.name, "floor"))
        for peer in peers:
            found.append(
                turns.row(f"  ours, sending; its floor: {peer.name}", "ours, sending", peer.name, at_least(AHEAD[peer.name]))
            )
        found += [Row(name=f"  {name}", unit="", said=f"not run: {why}") for name, why in missing.items()]
    yield from found


def one_at_a_time(plan: Plan) -> Iterator[Row]:
    """One connection: what one person waits."""
    with loaded() as found:
        turns = Turns([FLOOR, OURS], plan.rounds, lambda who, run: measure(who, max(10, plan.people // 10), run, connections=1))
        for q, target in ((0.5, at_most(2.5)), (0.99, None)):
            found.append(
                Row(
                    name=f"Twilio, one connection: {'median' if q == 0.5 else '99th percentile'} until the answer",
                    unit="ms",
                    values=turns.quantiles("ours", q),
                    floors=turns.quantiles("floor", q),
                    target=target,
                )
            )
    yield from found


def slow_disk(plan: Plan) -> Iterator[Row]:
    """Every flush two milliseconds slower, for both: what grouping gains."""
    name = f"Twilio, every flush {SLOWER_US // 1000} ms slower: answered when kept"
    with slower_flush() as environment:
        if environment is None:
            yield Row(name=name, unit="", said="not run: no C compiler")
            return
        with loaded() as found:
            contenders = [replace(who, environment=environment) for who in (FLOOR, OURS)]
            turns = Turns(contenders, plan.rounds, lambda who, run: measure(who, max(64, plan.people // 2), run))
            found.append(turns.row(name, "ours", "floor", at_least(4)))
        yield from found


@contextmanager
def slower_flush(microseconds: int = SLOWER_US) -> Iterator[dict[str, str] | None]:
    """The environment of a process whose flushes are slow; ``None`` where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ccmm-bench-") as name:
        library = Path(name) / "flush.so"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "_flush.c"), "-ldl"], check=True)
        yield {"LD_PRELOAD": str(library), "BENCH_FLUSH_US": str(microseconds)}
