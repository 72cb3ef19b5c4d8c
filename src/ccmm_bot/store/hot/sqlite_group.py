"""Units of work in one transaction on SQLite: all of them, one durable commit, whoever's thread it is.

A group runs as one, without a savepoint for each unit: nearly always every one succeeds. Where one fails, the group is rolled back
and its units run again, each in a savepoint, so that the one that fails takes none of the others with it. A commit that fails
leaves every one of them undone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from ccmm_bot.store.hot.work import Apply, Rows, Work
from ccmm_bot.store.hot.writes import SECTIONS, Writes
from ccmm_bot.store.session import BUSY_TIMEOUT_MS, SQLITE_PRAGMAS
from ccmm_bot.store.types import stamp

T = TypeVar("T")

_STATEMENTS_CACHED: Final = 512
_ATTEMPTS: Final = 3
#: What is undone of a statement is no file; 16 MB of pages are kept, to look up who writes and whether the message is a repeat.
_PRAGMAS: Final = ("PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -16000")

_NEW_CONTACT: Final = (
    "INSERT INTO contact_point (id, agency_id, account_id, channel, address, address_hash, external_user_hash, shared, safety, "
    "created_at, opted_out_at, data_key) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"
)
_KNOWN_CONTACT: Final = (
    "UPDATE contact_point SET address = ?, external_user_hash = ?, data_key = ?, safety = CASE WHEN ? = 'unknown' THEN safety "
    "ELSE ? END, opted_out_at = CASE WHEN ? THEN ? ELSE opted_out_at END WHERE id = ?"
)
_NEW_PERSON: Final = "INSERT INTO person (id, agency_id, code, language, created_at, data_key) VALUES (?, ?, ?, ?, ?, ?)"
_NEW_CONVERSATION: Final = (
    "INSERT INTO conversation (id, agency_id, contact_point_id, person_id, snapshot, version, last_seq, language, status, "
    "last_inbound_at, human_since, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)"
)
_CONVERSATION: Final = (
    "UPDATE conversation SET snapshot = ?, version = version + 1, last_seq = ?, language = ?, status = ?, "
    "last_inbound_at = COALESCE(?, last_inbound_at), human_since = ?, updated_at = ? WHERE id = ? AND version = ?"
)

_SECTIONS: Final = {section.name: section for section in SECTIONS}
_PLACES: Final = {name: place for place, name in enumerate(_SECTIONS)}


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


class Groups:
    """One connection that runs groups. Not to be used by two threads at once."""

    def __init__(self, path: str) -> None:
        self.counters = Counters()
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._patient = True

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
        try:
            for job in jobs:
                done.append(job)
                job.result = self._drive(connection, job.make())
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

    def _drive(self, connection: sqlite3.Connection, work: Work[T]) -> T:
        answer: Rows | None = None
        send = work.send
        try:
            while True:
                step = send(answer)
                if isinstance(step, Apply):
                    self._apply(connection, step.writes)
                    answer = None
                else:
                    self.counters.statements += 1
                    answer = connection.execute(step.sql, _params(step.params)).fetchall()
        except StopIteration as stop:
            return cast("T", stop.value)

    def _apply(self, connection: sqlite3.Connection, w: Writes) -> None:
        execute = connection.execute
        if w.contact is not None:
            c = w.contact
            contact = (w.contact_point_id, w.agency_id, c.account_id, c.channel, c.address, c.address_hash, c.external_user_hash)
            if c.known:
                found = (c.address, c.external_user_hash, c.contact_key, c.safety, c.safety, c.opts, w.opted_out_at)
                execute(_KNOWN_CONTACT, (*found, w.contact_point_id))
            else:
                execute(_NEW_CONTACT, (*contact, c.safety, w.now, w.opted_out_at, c.contact_key))
            if c.person_code is not None:
                execute(_NEW_PERSON, (w.person_id, w.agency_id, c.person_code, w.language, w.now, c.person_key))
            row = (w.conversation_id, w.agency_id, w.contact_point_id, w.person_id, w.snapshot, w.last_seq, w.language, w.status)
            execute(_NEW_CONVERSATION, (*row, w.last_inbound_at, w.human_since, w.now, w.now))
            statements = 3
        else:
            changed = (w.snapshot, w.last_seq, w.language, w.status, w.last_inbound_at, w.human_since, w.now)
            if execute(_CONVERSATION, (*changed, w.conversation_id, w.version)).rowcount != 1:
                raise sqlite3.IntegrityError("the conversation changed inside its own transaction")
            statements = 1
        for name, rows in sorted(w.sections.items(), key=_place) if len(w.sections) > 1 else w.sections.items():
            section = _SECTIONS[name]
            if len(rows) == 1:
                execute(section.sqlite, rows[0])
                statements += 1
            elif section.row is not None:
                execute(_of_rows(name, len(rows)), list(chain.from_iterable(rows)))
                statements += 1
            else:
                for each in rows:
                    execute(section.sqlite, each)
                statements += len(rows)
        self.counters.statements += statements


def failed(jobs: list[Job], error: BaseException) -> list[Job]:
    """The same jobs, none of which has been done."""
    for job in jobs:
        job.error = error
    return jobs


def _place(section: tuple[str, Any]) -> int:
    return _PLACES[section[0]]


@lru_cache(maxsize=256)
def _of_rows(name: str, count: int) -> str:
    """The insert of a section, for several rows."""
    section = _SECTIONS[name]
    return section.sqlite.replace(section.row or "", ", ".join([section.row or ""] * count), 1)


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is UUID:
        return value.hex
    if kind is datetime:
        return stamp(value)
    return value


def _params(values: Sequence[Any]) -> list[Any]:
    return [_plain(value) for value in values]
