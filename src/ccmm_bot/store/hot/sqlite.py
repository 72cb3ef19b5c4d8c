"""Whoever has something for SQLite waits together: one transaction and one durable commit for everything that is there.

SQLite has one write lock. Taking it once for everything that waits makes the disk's flush a shared cost: under load a commit covers
dozens of messages. Nobody is told anything before the commit.

Where it happens decides what it costs. In another thread every statement hands the interpreter's lock over and back, and all of
them together take longer than the work itself. So what comes from our own event loop is done in it, at the end of the turn in which
it came. Where the loop would have to stand still a thread takes over: all of it while another process or a staff page holds the
write lock, and the commit as long as the disk takes long for a flush; meanwhile the loop receives and checks what the next group
will hold. Copying the write-ahead log into the database's file is done in that thread too, once everybody has been answered.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar, cast

from ccmm_bot.store.hot.sqlite_group import Busy, Counters, Groups, Job, failed
from ccmm_bot.store.hot.work import Work

T = TypeVar("T")

#: So many units of work at most share a commit: nobody waits longer than this many steps take (some 50 ms).
GROUP_AT_MOST: Final = 256

#: The event loop does nothing else for so long at most, and for the flush at the end.
TURN_S: Final = 0.02
#: A flush that takes longer on average is waited for in a thread, and tried again in place after a while. A third of it is long
#: enough where several wait: for one alone, going to the thread and back takes longer than anything that could be done meanwhile.
QUICK_S: Final = 0.003
_SLOW_FOR_S: Final = 1.0
_RECENT: Final = 0.2  # the weight of the latest flush in the average


class SqliteRunner:
    """The SQLite side of :class:`ccmm_bot.store.hot.work.Runner`."""

    epoch = "((julianday('now') - 2440587.5) * 86400.0)"

    def __init__(self, path: str) -> None:
        self._groups = Groups(path)
        self._writing = threading.Lock()  # who holds it uses the groups
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()  # for the thread
        self._thread: threading.Thread | None = None
        self._home: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[Job] = deque()  # for the end of the loop's turn
        self._flusher = ThreadPoolExecutor(1, "ccmm-sqlite-flusher")  # waits for a slow disk
        self._flushing: list[asyncio.Future[None]] = []  # at most one
        self._flush_s = 0.0  # what a flush takes in the event loop, on average of late
        self._slow_until = 0.0  # nobody tries one there before

    @property
    def counters(self) -> Counters:
        """How it groups."""
        return self._groups.counters

    async def open(self) -> None:
        """Start."""
        self._home = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._loop, name="ccmm-sqlite-writer", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Finish what is queued, then stop."""
        while under_way := [job.future for job in self._waiting] or self._flushing:
            await asyncio.wait(under_way)
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        self._flusher.shutdown()

    async def run(self, make: Callable[[], Work[T]], *, agency_id: str, optimistic: bool = False) -> T:
        """Queue one unit of work and wait until its group is on the disk."""
        del agency_id  # no policies to tell
        return await self.across(make, optimistic=optimistic)

    async def across(self, make: Callable[[], Work[T]], *, optimistic: bool = False) -> T:
        """The same."""
        if self._thread is None:
            raise RuntimeError("The writer is not running.")
        loop = asyncio.get_running_loop()
        job = Job(make=make, future=loop.create_future(), loop=loop, optimistic=optimistic)
        if loop is self._home:
            if not self._waiting:
                loop.call_soon(self._in_place)
            self._waiting.append(job)
        else:
            self._queue.put(job)
        return cast("T", await job.future)

    # --- in the event loop ---------------------------------------------------------------------------------------------

    def _in_place(self) -> None:
        """At the end of a turn of the loop: everything that came in it, or as much as there is time for."""
        if self._flushing:
            return  # when that is done
        if not self._writing.acquire(blocking=False):
            self._to_thread()
            return
        try:
            done = self._groups.run(self._while_there_is_time(), patient=False)
        except BaseException as error:
            self._writing.release()
            if not isinstance(error, Busy):
                raise
            self._waiting.extendleft(reversed(error.jobs))
            self._to_thread()
            return
        started = time.perf_counter()
        if started < self._slow_until and (len(done) > 1 or self._flush_s > QUICK_S):
            self._aside(partial(self._groups.commit, done), partial(self._flushed, done))
            return
        self._groups.commit(done)
        ended = time.perf_counter()
        self._flush_s += _RECENT * (ended - started - self._flush_s)
        if self._flush_s > QUICK_S / 3:
            self._slow_until = ended + _SLOW_FOR_S
        self._finish(done)

    def _aside(self, what: Callable[[], None], then: Callable[[asyncio.Future[None]], None]) -> None:
        """In the thread that waits for the disk, which has the groups until ``then``."""
        flush = asyncio.get_running_loop().run_in_executor(self._flusher, what)
        self._flushing.append(flush)
        flush.add_done_callback(then)

    def _flushed(self, done: list[Job], flush: asyncio.Future[None]) -> None:
        self._flushing.clear()
        if (error := flush.exception()) is not None:
            failed(done, error)
        self._finish(done)

    def _finish(self, done: list[Job]) -> None:
        for job in done:
            job.settle()
        if self._groups.log_is_long:
            self._aside(self._groups.checkpoint, self._checkpointed)
        else:
            self._go_on()

    def _checkpointed(self, _done: asyncio.Future[None]) -> None:
        self._flushing.clear()
        self._go_on()

    def _go_on(self) -> None:
        self._writing.release()
        if self._waiting and self._home is not None:
            self._home.call_soon(self._in_place)

    def _while_there_is_time(self) -> Iterator[Job]:
        until = time.perf_counter() + TURN_S
        for _ in range(GROUP_AT_MOST):
            if not self._waiting:
                return
            yield self._waiting.popleft()
            if time.perf_counter() > until:
                return

    def _to_thread(self) -> None:
        while self._waiting:
            self._queue.put(self._waiting.popleft())

    # --- in the thread -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while (first := self._queue.get()) is not None:
            with self._writing:
                done = self._groups.run(itertools.islice(self._queued(first), GROUP_AT_MOST), patient=True)
                self._groups.commit(done)
                _acknowledge(done)
                if self._groups.log_is_long:
                    self._groups.checkpoint()
        with self._writing:
            self._groups.close()

    def _queued(self, first: Job) -> Iterator[Job]:
        """The first one and what is queued behind it; the end of the queue is put back."""
        yield first
        while True:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                return
            if following is None:
                self._queue.put(None)
                return
            yield following


def _acknowledge(jobs: Iterable[Job]) -> None:
    """Wake everybody of a group with one call into each event loop."""
    loops: dict[int, tuple[asyncio.AbstractEventLoop, list[Job]]] = {}
    for job in jobs:
        loops.setdefault(id(job.loop), (job.loop, []))[1].append(job)
    for loop, theirs in loops.values():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(jobs: list[Job]) -> None:
    for job in jobs:
        job.settle()
