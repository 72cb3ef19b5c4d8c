"""A whole intake in a process of its own, which can be ended at any of its writes. It goes on where the last one was ended.

The processes are forks of one that has everything loaded: a thousand intakes take minutes, not an hour. What is done on the side
is done by one other thread, so that the writes of each thread come in the same order every time and can be counted.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import math
import multiprocessing
import subprocess
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.hot import sqlite
from ccmm_bot.store.tables import Flag, Inbound, Outbox, Response
from tests.conversation.support import MONDAY_NOON

#: What somebody writes from the first hello to the end of the intake, with a detour: language, consent, ten questions, and more.
WORDS = ("hello", "1", "1", "3", *("1", "2") * 3, "help", "back", *("2", "1", "0", "1"), "1", "human", "STOP", "START")
#: The two threads of an intake, by what they are told to strace as.
THREADS = ("main", "side")
PATIENCE_S = 300.0

#: Whoever starts one asks how all others ended. Two threads that ask of the same one at the same moment both read its status, which
#: is there once; the second makes it 255.
_ASKING = threading.Lock()
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])
_PR_SET_PTRACER, _ANYBODY = 0x59616D61, -1  # prctl(2): where a process may be traced by its parent alone


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an intake ended. ``acknowledged``: the numbers of the messages, and ``end``; ``holds``: what the store then holds."""

    status: int
    acknowledged: list[str]
    holds: Mapping[str, list[object]]


def chosen(folder: Path) -> Settings:
    """The service with its own dialogues."""
    return Settings(_env_file=None, database_url=f"sqlite:///{folder}/ccmm.sqlite3", secret_key_file=folder / "secret.key")


def intake(folder: Path, *, kill_at: tuple[str, int] | None = None, traced: Path | None = None, early: bool = False) -> Ended:
    """Run the intake, or what is left of it. ``kill_at``: the thread, and the number of the write at which it is ended.

    ``traced``: a file for its writes. ``early`` plants the fault of acknowledging before the commit.
    """
    ours, theirs = _FORKS.Pipe()
    process = _FORKS.Process(target=_child, args=(str(folder), theirs, early))
    with _ASKING:
        process.start()
    tracer = None
    try:
        threads: dict[str, int] = ours.recv()
        if kill_at is not None:
            thread, number = kill_at
            # Only this thread; and without --seccomp-bpf, with which strace 6.1 counts otherwise.
            tracer = _strace("-p", str(threads[thread]), "-e", f"inject=pwrite64:signal=KILL:when={number}")
        elif traced is not None:
            tracer = _strace("-f", "-p", str(threads["main"]), file=traced)
        ours.send(True)
        wait([process.sentinel], PATIENCE_S)
        with _ASKING:
            status = process.exitcode
        assert status is not None, "the intake did not end"
    finally:
        with _ASKING:
            if process.is_alive():
                process.kill()
                process.join()
        if tracer is not None:
            tracer.wait(PATIENCE_S)
            assert tracer.stderr is not None
            tracer.stderr.close()
    if traced is not None:
        ids = {str(number): name for name, number in threads.items()}
        found = Counter(ids.get(line.split()[0], "another") for line in traced.read_text().splitlines() if "pwrite64(" in line)
        traced.write_text(json.dumps(found))
    said, holds = folder / "said", folder / "holds"
    return Ended(
        status=status,
        acknowledged=said.read_text().split() if said.exists() else [],
        holds=json.loads(holds.read_text()) if holds.exists() else {},
    )


def _strace(*arguments: str, file: Path | None = None) -> subprocess.Popen[str]:
    program = ["strace", "-o", str(file or "/dev/null"), "-e", "trace=pwrite64", *arguments]
    started = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert started.stderr is not None
    said = started.stderr.readline()
    assert "attached" in said, said
    return started


def _child(folder: str, pipe: Connection, early: bool) -> None:
    with suppress(AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANYBODY), 0, 0, 0)
    sqlite.QUICK_S = math.inf  # type: ignore[misc]  # a slow flush would go to a third thread
    side = ThreadPoolExecutor(1)
    pipe.send({"main": threading.get_native_id(), "side": side.submit(threading.get_native_id).result()})
    pipe.recv()  # strace is there
    asyncio.run(_whole(Path(folder), side, early))


async def _whole(folder: Path, side: ThreadPoolExecutor, early: bool) -> None:
    asyncio.get_running_loop().set_default_executor(side)
    with (folder / "said").open("w") as said:

        def acknowledge(what: str) -> None:
            said.write(f"{what}\n")
            said.flush()

        async with open_runtime(chosen(folder), clock=FixedClock(MONDAY_NOON), channels=Channels()) as runtime:
            for number, text in enumerate(WORDS):
                if early:
                    acknowledge(str(number))
                await runtime.receiver.receive(_message(number, text))
                if not early:
                    acknowledge(str(number))
            (folder / "holds").write_text(json.dumps(_told(runtime)))
        acknowledge("end")


def _message(number: int, text: str) -> InboundMessage:
    return InboundMessage(
        channel=ChannelKind.CONSOLE,
        account="console",
        provider_message_id=f"m{number}",
        sender="+16045550111",
        received_at=MONDAY_NOON,
        text=text,
        raw=text.encode(),
    )


def _told(runtime: Runtime) -> dict[str, list[Any]]:
    """What the store holds of it, in words."""
    with runtime.store.installation() as session:
        return {
            "in": [row.text for row in session.exec(select(Inbound).order_by(col(Inbound.id)))],
            "out": [row.content["text"] for row in session.exec(select(Outbox).order_by(col(Outbox.seq)))],
            "answers": sorted(f"{row.item} {row.value}" for row in session.exec(select(Response))),
            "flags": sorted(f"{row.reason} {row.occurrences}" for row in session.exec(select(Flag))),
        }
