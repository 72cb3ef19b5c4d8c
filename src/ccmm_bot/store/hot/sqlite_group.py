"""Units of work in one transaction on SQLite: all of them, one durable commit, whoever's thread it is.

A group runs as one, without a savepoint for each unit: nearly always every one succeeds. Where one fails, the group is rolled back
and its units run again, each in a savepoint, so that the one that fails takes none of the others with it. A commit that fails
leaves every one of them undone.

Units that read and then write under the version guard, as messages do, go through it in step: all read, each decides, and at the
end all of them write. One that would write what another one is about to write waits for that and begins again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from ccmm_bot.store.hot.sqlite_writes import write
from ccmm_bot.store.hot.work import Apply, Query, Rows, Work
from ccmm_bot.store.hot.writes import Writes
from ccmm_bot.store.session import BUSY_TIMEOUT_MS, SQLITE_PRAGMAS
from ccmm_bot.store.types import stamp

T = TypeVar("T")

_OPTIMISTIC: Final = attrgetter("optimistic")
_STATEMENTS_CACHED: Final = 512
_ATTEMPTS: Final = 3
#: What is undone of a statement is no file; 16 MB of pages are kept, to look up who writes and whether the message is a repeat.
_PRAGMAS: Final = ("PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -16000")

#: The write-ahead log is copied into the database's file when it holds about so many pages: 16 MB, most of them the same few again.
LONG_LOG: Final = 4000
#: What a group adds to it, as measured: the pages that every group changes, and those of one message more.
_PAGES_A_GROUP: Final = 22
_PAGES_A_JOB: Final = 4

#: Of so many units the reads come first, one behind the other, then what is made of them: apart, each takes a third of the time.
_TOGETHER: Final = 32


class Busy(Exception):
    """Another connection holds the write lock, and nobody wants to wait for it. ``jobs`` have been taken and are not done."""

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        super().__init__()
        self.jobs = tuple(jobs)


@dataclass(slots=True, eq=False)
class Job:
    """A unit of work and who waits for it; with a result or an error once its group is done."""

    make: Callable[[], Work[Any]]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    optimistic: bool = False  # see Runner.run
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell whoever waits. Only from their event loop."""
        if self.future.done():
            return  # whoever waited has gone
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


@dataclass(slots=True)
class Counters:
    """How the writer groups; for tests and metrics."""

    commits: int = 0
    jobs: int = 0
    statements: int = 0
    largest_group: int = field(default=0)
    checkpoints: int = 0


class Groups:
    """One connection that runs groups. Not to be used by two threads at once."""

    def __init__(self, path: str) -> None:
        self.counters = Counters()
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._patient = True
        self._pages = 0  # in the write-ahead log, about

    def run(self, jobs: Iterable[Job], *, patient: bool) -> list[Job]:
        """Run ``jobs``, taken one after the other, in one transaction; :meth:`commit` what this returns, in whatever thread.

        :raises Busy: not ``patient``, and somebody else is writing
        """
        done: list[Job] = []
        taken = iter(jobs)
        try:
            connection = self._begun(patient)
        except sqlite3.Error as error:
            done.extend(taken)
            return failed(done, error)
        try:
            self._together(connection, taken, done)
        except Busy:
            raise
        except BaseException as error:
            self._roll_back(connection)
            failed(done, error)
            if not isinstance(error, sqlite3.Error):
                raise
        return done

    def commit(self, done: list[Job]) -> None:
        """Onto the disk with it; afterwards each of them has a result or an error."""
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return  # it has failed already
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back(connection)
            failed(done, error)
        self.counters.commits += 1
        self.counters.jobs += len(done)
        self.counters.largest_group = max(self.counters.largest_group, len(done))
        self._pages += _PAGES_A_GROUP + _PAGES_A_JOB * len(done)

    @property
    def log_is_long(self) -> bool:
        """Whether it is time for :meth:`checkpoint`."""
        return self._pages >= LONG_LOG

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the database's file. No message depends on it; what cannot be copied now stays there."""
        self._pages = 0
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self.counters.checkpoints += 1

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- the connection ------------------------------------------------------------------------------------------------

    def _begun(self, patient: bool) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path,
                isolation_level=None,
                timeout=BUSY_TIMEOUT_MS / 1000,
                cached_statements=_STATEMENTS_CACHED,
                check_same_thread=False,
            )
            for pragma in (*SQLITE_PRAGMAS, *_PRAGMAS):
                self._connection.execute(pragma)
            self._patient = True
        connection = self._connection
        if self._patient is not patient:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS if patient else 0}")
            self._patient = patient
        self._begin(connection)
        return connection

    def _begin(self, connection: sqlite3.Connection, done: Iterable[Job] = ()) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not self._patient and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise Busy(done) from None
            raise

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Nothing is known about this connection any more; the next group opens another one.
            self._connection = None

    # --- the units -----------------------------------------------------------------------------------------------------

    def _together(self, connection: sqlite3.Connection, jobs: Iterable[Job], done: list[Job]) -> None:
        later: dict[str, Writes] = {}
        try:
            while some := list(islice(jobs, _TOGETHER)):
                done.extend(some)
                for optimistic, these in groupby(some, _OPTIMISTIC):
                    if optimistic:
                        self._along(connection, these, later)
                        continue
                    self._write(connection, later)
                    for job in these:
                        job.result = self._drive(connection, job.make())
            self._write(connection, later)
        except Exception:
            if connection.in_transaction:  # a full disk may have rolled all of it back
                connection.execute("ROLLBACK")
            self._begin(connection, done)
            for job in done:
                self._alone(connection, job)
            for job in jobs:
                done.append(job)
                self._alone(connection, job)

    def _alone(self, connection: sqlite3.Connection, job: Job) -> None:
        """Run one unit of work, again where a random value met its double (a person's code); keep its error to itself."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._attempt(connection, job)
            except sqlite3.IntegrityError as error:
                if attempt == _ATTEMPTS:
                    job.error = error
            except Exception as error:
                job.error = error
                return
            else:
                return

    def _attempt(self, connection: sqlite3.Connection, job: Job) -> None:
        connection.execute("SAVEPOINT job")
        try:
            job.result = self._drive(connection, job.make())
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO job")
                connection.execute("RELEASE job")
            raise
        connection.execute("RELEASE job")

    def _along(self, connection: sqlite3.Connection, jobs: Iterable[Job], later: dict[str, Writes]) -> None:
        """What they read, then what each makes of it. What they write is left for :meth:`_write`, by conversation."""
        begun: list[tuple[Job, Work[Any], Rows]] = []
        for job in jobs:
            work = job.make()
            try:
                begun.append((job, work, self._ask(connection, cast("Query", work.send(None)))))
            except StopIteration as stop:
                job.result = stop.value
        for job, work, answer in begun:
            job.result = self._go_on(connection, job, work, answer, later)

    def _go_on(
        self, connection: sqlite3.Connection, job: Job, work: Work[T], answer: Rows | None, later: dict[str, Writes]
    ) -> T | Any:
        wrote = False
        send = work.send
        try:
            while True:
                step = send(answer)
                if isinstance(step, Query):
                    if wrote:
                        self._write(connection, later)  # it looks at what it has written
                    answer = self._ask(connection, step)
                    continue
                if step.writes.conversation_id in later:
                    self._write(connection, later)
                    return self._drive(connection, job.make())  # of what it has read something is about to change
                later[step.writes.conversation_id] = step.writes
                wrote, answer = True, None
        except StopIteration as stop:
            return stop.value

    def _drive(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        answer: Rows | None = None
        send = work.send
        try:
            while True:
                step = send(answer)
                if isinstance(step, Apply):
                    self.counters.statements += write(connection, (step.writes,))
                    answer = None
                else:
                    answer = self._ask(connection, step)
        except StopIteration as stop:
            return cast("T", stop.value)

    def _ask(self, connection: sqlite3.Connection, step: Query) -> Rows:
        self.counters.statements += 1
        return connection.execute(step.sql, _params(step.params)).fetchall()

    def _write(self, connection: sqlite3.Connection, later: dict[str, Writes]) -> None:
        if later:
            self.counters.statements += write(connection, tuple(later.values()))
            later.clear()


def failed(jobs: list[Job], error: BaseException) -> list[Job]:
    """The same jobs, none of which has been done."""
    for job in jobs:
        job.error = error
    return jobs


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is UUID:
        return value.hex
    if kind is datetime:
        return stamp(value)
    return value


def _params(values: Sequence[Any]) -> list[Any]:
    return [_plain(value) for value in values]
