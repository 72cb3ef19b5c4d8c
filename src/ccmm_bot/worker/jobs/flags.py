"""What the time makes of flags: those nobody looked at go up, and a digest in the morning. Durable, on a schedule.

Telling of a new flag is no job: its notice is a row, handed over moments later (:mod:`ccmm_bot.worker.notices`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from ccmm_bot.casework.desk.digest import Digest
from ccmm_bot.casework.desk.watch import FlagWatch
from ccmm_bot.store.hot.work import Runner
from ccmm_bot.worker.jobs.port import Handler, Schedule

ESCALATE: Final = "flags_escalate"
DIGEST: Final = "flags_digest"
SCHEDULES: Final[Mapping[str, Schedule]] = {
    ESCALATE: Schedule(every=timedelta(minutes=1)),
    DIGEST: Schedule(every=timedelta(minutes=15)),
}


def handlers(runner: Runner, now: Callable[[], datetime]) -> dict[str, Handler]:
    """The jobs, by kind. Each looks at the rows: run twice, late or never, it changes nothing that is not due."""
    watch, digest = FlagWatch(runner, now), Digest(runner, now)

    async def escalate(_slot: str) -> None:
        while await watch.escalate():
            pass

    async def write(_slot: str) -> None:
        await digest.write()

    return {ESCALATE: escalate, DIGEST: write}
