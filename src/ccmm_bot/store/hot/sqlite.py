"""One thread that writes to SQLite: takes everything queued, one savepoint each, one durable commit, then acknowledges.

SQLite has one write lock. Taking it once for everything that waits makes the disk's flush a shared cost: under load a commit covers
dozens of messages. A unit of work that fails rolls back to its savepoint and takes none of the others with it; a commit that fails
acknowledges nothing.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from ccmm_bot.store.hot.work import Apply, Query, Rows, Work
from ccmm_bot.store.hot.writes import SECTIONS, Writes
from ccmm_bot.store.session import BUSY_TIMEOUT_MS, SQLITE_PRAGMAS
from ccmm_bot.store.types import stamp

T = TypeVar("T")

#: So many units of work at most share a commit: nobody waits longer than this many steps take (some 50 ms).
GROUP_AT_MOST: Final = 256

_STATEMENTS_CACHED: Final = 512
_ATTEMPTS: Final = 3

_NEW_CONTACT: Final = (
    "INSERT INTO contact_point (id, agency_id, account_id, channel, address, address_hash, external_user_hash, shared, safety, "
    "created_at, opted_out_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"
)
_NEW_PERSON: Final = "INSERT INTO person (id, agency_id, code, language, created_at) VALUES (?, ?, ?, ?, ?)"
_NEW_CONVERSATION: Final = (
    "INSERT INTO conversation (id, agency_id, contact_point_id, person_id, snapshot, version, last_seq, language, status, "
    "last_inbound_at, human_since, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)"
)
_CONVERSATION: Final = (
    "UPDATE conversation SET snapshot = ?, version = version + 1, last_seq = ?, language = ?, status = ?, "
    "last_inbound_at = COALESCE(?, last_inbound_at), human_since = ?, updated_at = ? WHERE id = ? AND version = ?"
)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is UUID:
        return value.hex
    if kind is datetime:
        return stamp(value)
    return value


def _params(values: Sequence[Any]) -> list[Any]:
    return [_plain(value) for value in values]


@dataclass(slots=True)
class _Job:
    make: Callable[[], Work[Any]]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class Counters:
    """How the writer groups; for tests and metrics."""

    commits: int = 0
    jobs: int = 0
    statements: int = 0
    largest_group: int = field(default=0)


class SqliteRunner:
    """The SQLite side of :class:`ccmm_bot.store.hot.work.Runner`."""

    epoch = "((julianday('now') - 2440587.5) * 86400.0)"

    def __init__(self, path: str) -> None:
        self.counters = Counters()
        self._path = path
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Start the writer."""
        self._thread = threading.Thread(target=self._loop, name="ccmm-sqlite-writer", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Finish what is queued, then stop."""
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def run(self, make: Callable[[], Work[T]], *, agency_id: str, optimistic: bool = False) -> T:
        """Queue one unit of work and wait until its group is on the disk."""
        del agency_id  # no policies to tell
        return await self.across(make, optimistic=optimistic)

    async def across(self, make: Callable[[], Work[T]], *, optimistic: bool = False) -> T:
        """The same."""
        del optimistic  # one writer: nothing to guard against
        if self._thread is None:
            raise RuntimeError("The writer is not running.")
        loop = asyncio.get_running_loop()
        job = _Job(make=make, future=loop.create_future(), loop=loop)
        self._queue.put(job)
        return cast("T", await job.future)

    # --- in the thread -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        running = True
        while running:
            job = self._queue.get()
            if job is None:
                break
            running = self._group(job)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _group(self, job: _Job) -> bool:
        """One commit. ``False`` when the end was found in the queue."""
        done: list[_Job] = []
        following: _Job | None = job
        running = True
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            job.error = error
            _acknowledge([job])
            return True
        while following is not None:
            self._savepoint(connection, following)
            done.append(following)
            following = None
            if len(done) < GROUP_AT_MOST:
                try:
                    following = self._queue.get_nowait()
                    running = following is not None
                except queue.Empty:
                    pass
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            for each in done:
                each.error = error
            self._roll_back(connection)
        self.counters.commits += 1
        self.counters.jobs += len(done)
        self.counters.largest_group = max(self.counters.largest_group, len(done))
        _acknowledge(done)
        return running

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path,
                isolation_level=None,
                timeout=BUSY_TIMEOUT_MS / 1000,
                cached_statements=_STATEMENTS_CACHED,
                check_same_thread=False,
            )
            for pragma in SQLITE_PRAGMAS:
                self._connection.execute(pragma)
        return self._connection

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Nothing is known about this connection any more; the next group opens another one.
            self._connection = None

    def _savepoint(self, connection: sqlite3.Connection, job: _Job) -> None:
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

    def _attempt(self, connection: sqlite3.Connection, job: _Job) -> None:
        connection.execute("SAVEPOINT job")
        try:
            job.result = self._drive(connection, job.make())
        except BaseException:
            if connection.in_transaction:  # a full disk may have rolled all of it back
                connection.execute("ROLLBACK TO job")
                connection.execute("RELEASE job")
            raise
        connection.execute("RELEASE job")

    def _drive(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        answer: Rows | None = None
        try:
            while True:
                step = work.send(answer)
                answer = None
                match step:
                    case Query():
                        self.counters.statements += 1
                        answer = connection.execute(step.sql, _params(step.params)).fetchall()
                    case Apply():
                        self._apply(connection, step.writes)
        except StopIteration as stop:
            return cast("T", stop.value)

    def _apply(self, connection: sqlite3.Connection, w: Writes) -> None:
        execute = connection.execute
        if w.contact is not None:
            c = w.contact
            contact = (w.contact_point_id, w.agency_id, c.account_id, c.channel, c.address, c.address_hash, c.external_user_hash)
            execute(_NEW_CONTACT, (*contact, c.safety, w.now, w.opted_out_at))
            if c.person_code is not None:
                execute(_NEW_PERSON, (w.person_id, w.agency_id, c.person_code, w.language, w.now))
            row = (w.conversation_id, w.agency_id, w.contact_point_id, w.person_id, w.snapshot, w.last_seq, w.language, w.status)
            execute(_NEW_CONVERSATION, (*row, w.last_inbound_at, w.human_since, w.now, w.now))
            self.counters.statements += 3
        else:
            changed = (w.snapshot, w.last_seq, w.language, w.status, w.last_inbound_at, w.human_since, w.now)
            if execute(_CONVERSATION, (*changed, w.conversation_id, w.version)).rowcount != 1:
                raise sqlite3.IntegrityError("the conversation changed inside its own transaction")
            self.counters.statements += 1
        for section in SECTIONS:
            rows = w.sections.get(section.name)
            if rows is not None:
                sql = section.sqlite
                for each in rows:
                    execute(sql, each)
                self.counters.statements += len(rows)


def _acknowledge(jobs: list[_Job]) -> None:
    """Wake everybody of a group with one call into each event loop."""
    loops: dict[int, tuple[asyncio.AbstractEventLoop, list[_Job]]] = {}
    for job in jobs:
        loops.setdefault(id(job.loop), (job.loop, []))[1].append(job)
    for loop, theirs in loops.values():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue  # whoever waited has gone
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
