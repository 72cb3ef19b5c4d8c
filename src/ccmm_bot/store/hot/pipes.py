"""Work for PostgreSQL that waits goes along: on a few connections, everything that is there in one trip and one commit.

Each unit of work is read and written under the version guard, so that it needs no transaction around the two: all reads that wait
are one trip, all writes another. Where a statement fails, nothing of its trip was done, and its units run again, each alone: the
one that fails takes none of the others with it. One that finds the conversation changed runs again from its start.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from psycopg import errors

from ccmm_bot.errors import CcmmError
from ccmm_bot.store.hot.pipe import Pipe
from ccmm_bot.store.hot.work import Apply, Query, Rows, Work

T = TypeVar("T")

#: So many units of work at most share a trip; further ones go by another connection, so that the database works on them at once.
GROUP_AT_MOST: Final = 32
#: A conversation that changes under every attempt so many times over is not a race any more.
ATTEMPTS: Final = 20

RETRIED: Final = (errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected)


class ContentionError(CcmmError):
    """A conversation kept changing under a unit of work; the caller may try again later."""

    def __init__(self) -> None:
        super().__init__("This conversation is being changed too often at this moment. Try again.")


@dataclass(slots=True, eq=False)
class _Job:
    make: Callable[[], Work[Any]]
    scope: tuple[str, str]
    future: asyncio.Future[Any]
    work: Work[Any] | None = None
    step: Query | Apply | None = None
    attempts: int = 0

    def go_on(self, answer: Rows | None) -> bool:
        """Up to the next step; ``False`` when there is none. Whoever waits is told."""
        try:
            if self.work is None:
                self.work = self.make()
            self.step = self.work.send(answer)
        except StopIteration as stop:
            if not self.future.done():
                self.future.set_result(stop.value)
            return False
        except Exception as error:
            self.fail(error)
            return False
        return True

    def fail(self, error: Exception) -> None:
        """It cannot be done."""
        if not self.future.done():
            self.future.set_exception(error)

    def afresh(self) -> bool:
        """From its start, once more; ``False`` when that was tried too often."""
        if self.work is not None:
            self.work.close()
        self.work, self.step = None, None
        self.attempts += 1
        if self.attempts >= ATTEMPTS:
            self.fail(ContentionError())
            return False
        return True

    def order(self) -> tuple[tuple[str, str], str]:
        """By conversation, so that two trips never wait for each other's rows."""
        return self.scope, self.step.writes.conversation_id if isinstance(self.step, Apply) else ""


class Pipes:
    """A few connections and what waits for them. Use it from one event loop."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Pipe]],
        count: int,
        statement: Callable[[Query | Apply], tuple[str, Sequence[Any]]],
    ) -> None:
        self._connect = connect
        self._statement = statement
        self._count = count
        self._waiting: deque[_Job] = deque()
        self._there = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def open(self) -> None:
        """Start."""
        self._tasks = [asyncio.get_running_loop().create_task(self._carry()) for _ in range(self._count)]

    async def aclose(self) -> None:
        """Finish what waits, then disconnect."""
        self._closing = True
        self._there.set()
        await asyncio.gather(*self._tasks)

    async def run(self, make: Callable[[], Work[T]], scope: tuple[str, str]) -> T:
        """One unit of work; on the disk when it returns."""
        job = _Job(make=make, scope=scope, future=asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._there.set()
        return cast("T", await job.future)

    async def _carry(self) -> None:
        """What one connection does all the time. It is opened when it is needed, and again when it is gone."""
        pipe: Pipe | None = None
        while True:
            while not self._waiting:
                if self._closing:
                    if pipe is not None:
                        await pipe.aclose()
                    return
                self._there.clear()
                await self._there.wait()
            jobs = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_AT_MOST))]
            try:
                if pipe is None or pipe.broken:
                    pipe = await self._connect()
                for alone in await self._together(pipe, jobs):
                    if alone.attempts > 1:
                        await asyncio.sleep(random.uniform(0, 0.002 * alone.attempts))  # noqa: S311 - spreads out, guards nothing
                    await self._alone(pipe, alone)
            except Exception as error:  # the connection is gone; what was under way on it may have been done or not
                for job in jobs:
                    job.fail(error)
            except BaseException:
                for job in jobs:
                    job.future.cancel()
                raise

    async def _together(self, pipe: Pipe, jobs: Iterable[_Job]) -> list[_Job]:
        """Run them along with each other. Returns those that have to run again, alone."""
        again: list[_Job] = []
        live = [job for job in jobs if job.go_on(None)]
        while live:
            live.sort(key=_Job.order)
            try:
                answers = await pipe.trip([(job.scope, *self._statement(job.step)) for job in live if job.step is not None])
            except Exception:
                if pipe.broken:
                    raise
                return again + [job for job in live if job.afresh()]
            following: list[_Job] = []
            for job, rows in zip(live, answers, strict=True):
                if isinstance(job.step, Apply) and rows != [(1,)]:
                    if job.afresh():
                        again.append(job)
                    continue
                if job.go_on(None if isinstance(job.step, Apply) else rows):
                    following.append(job)
            live = following
        return again

    async def _alone(self, pipe: Pipe, job: _Job) -> None:
        while job.go_on(None) and job.step is not None:
            answer: Rows | None = None
            try:
                while True:
                    rows = (await pipe.trip([(job.scope, *self._statement(job.step))]))[0]
                    if isinstance(job.step, Apply) and rows != [(1,)]:
                        break
                    answer = None if isinstance(job.step, Apply) else rows
                    if not job.go_on(answer):
                        return
            except RETRIED:
                pass
            except Exception as error:
                job.fail(error)
                if pipe.broken:
                    raise
                return
            if not job.afresh():
                return
            await asyncio.sleep(random.uniform(0, 0.002 * job.attempts))  # noqa: S311 - spreads out, guards nothing
