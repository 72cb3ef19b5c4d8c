"""Whether the database takes what we write, as this process sees it: known without asking the database, which may be gone.

Every two seconds one small write goes the way of a message, to the disk. When it fails, or does not come back, nothing can be
acknowledged: the state is *trouble* until such a write succeeds again. A message that could not be kept says so here as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ccmm_bot.store.hot.work import Query, Runner, Work

EVERY_S: Final = 2.0
#: A write that takes longer is one nobody can wait for: providers hang up after fifteen seconds.
SLOW_S: Final = 8.0

# Of a row that somebody renews anyway; the same value is a write all the same, on both databases.
_PROBE: Final = "UPDATE process SET alive_until = alive_until WHERE id = (SELECT id FROM process ORDER BY alive_until DESC LIMIT 1)"


class Ailment(StrEnum):
    """What is wrong with the database. The values are in the log and on ``/readyz``."""

    FULL = "full"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing can be kept, since when, and why."""

    since: datetime
    what: Ailment


class Vitals:
    """The state, and what finds it out."""

    def __init__(self, runner: Callable[[], Runner], now: Callable[[], datetime]) -> None:
        self._runner = runner
        self._now = now
        self.trouble: Trouble | None = None
        self.failed_now = asyncio.Event()  # somebody could not keep something: look at once

    def failed(self, error: BaseException) -> None:
        """Something could not be kept."""
        if self.trouble is None:
            self.trouble = Trouble(self._now(), ailment(error))
        self.failed_now.set()

    async def look(self, *, slow_s: float = SLOW_S) -> Trouble | None:
        """Try a write. Returns a trouble that is over by it."""
        try:
            await asyncio.wait_for(self._runner().across(_probe), timeout=slow_s)
        except Exception as error:
            self.failed(error)
            return None
        over, self.trouble = self.trouble, None
        return over


def _probe() -> Work[None]:
    yield Query(_PROBE)


def ailment(error: BaseException) -> Ailment:
    """What an error of either database's driver means. Its text is looked at here and goes nowhere."""
    said = f"{type(error).__name__} {error}".casefold()
    if "full" in said or "no space" in said:
        return Ailment.FULL
    if "readonly" in said or "read-only" in said:
        return Ailment.READ_ONLY
    if "locked" in said or "busy" in said or isinstance(error, TimeoutError):
        return Ailment.LOCKED
    if "unable to open" in said or "connect" in said or "shutdown" in said or "terminat" in said or "operational" in said:
        return Ailment.GONE
    return Ailment.FAILING
