"""The engine behind the port: DBOS, on the service's own database.

Everything that is particular about DBOS is here and nowhere else, with the reason. It is pinned to an exact version, because much
of this rests on how that version works:

- two processes with the same executor id run the same job twice: each gets a name of its own from :mod:`.leases`;
- a job is only given to processes of its application version: ours is constant, for a job carries nothing but a name and an id;
- order is kept among the jobs of one partition key, and only with a priority: without one SQLite breaks ties as it likes;
- each queue is a thread that polls: there is one;
- a process's restart re-runs only its own jobs: those of the dead are put back by whoever is alive (:meth:`DbosJobs.adopt`);
- finished jobs are kept for ever unless somebody removes them;
- its rate limiter counts what it hands out, not what is sent: pacing is the sender's business;
- the library is imported where a worker starts, never where a command or a web process does.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from ccmm_bot.logs import get_logger
from ccmm_bot.worker.jobs.library import load_library
from ccmm_bot.worker.jobs.pool import open_pool, quiet_log
from ccmm_bot.worker.jobs.port import Handler, Schedule

if TYPE_CHECKING:
    from dbos import DBOSClient

_log = get_logger(__name__)

NAME: Final = "ccmm-bot"
QUEUE: Final = "ccmm-jobs"
#: Constant: which program runs a job is decided by the job's kind, not by the text of a function.
VERSION: Final = "1"
CONCURRENCY: Final = 8
#: A job that fails so often is given up; the rows it was about are still there, and the sweep comes back to them.
ATTEMPTS: Final = 4
KEPT: Final = timedelta(days=3)
_MAX_PRIORITY: Final = 2**31 - 1
#: The engine object is given; of the address only the kind of database is looked at.
_PLACEHOLDER: Final = {"sqlite": "sqlite:///engine.sqlite", "postgresql": "postgresql://engine"}
_FENCED_S: Final = 20.0
_STEP_S: Final = 0.1


class JobFailed(Exception):
    """A job was given up. Says which kind, and nothing about what was in it."""


class DbosJobs:
    """:class:`~ccmm_bot.worker.jobs.port.Jobs` with DBOS. One in a process can run jobs (:meth:`start`); any can enqueue them."""

    def __init__(
        self,
        engine: Engine,
        handlers: Mapping[str, Handler] = MappingProxyType({}),
        schedules: Mapping[str, Schedule] = MappingProxyType({}),
        *,
        poll_s: float = 1.0,
        concurrency: int = CONCURRENCY,
        retry_s: float = 1.0,
    ) -> None:
        self.handlers = handlers
        self.schedules = schedules
        self._engine = engine
        self._poll_s = poll_s
        self._concurrency = concurrency
        self._retry_s = retry_s
        self._pool: Engine | None = None
        self._client: DBOSClient | None = None
        self._making = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = False
        self._fenced = False
        self.executor = ""

    # --- the port ------------------------------------------------------------------------------------------------------

    def enqueue(
        self,
        within: Session | Connection,
        kind: str,
        id: str,
        *,
        key: str,
        seq: int = 1,
        not_before: datetime | None = None,
    ) -> None:
        """See :class:`~ccmm_bot.worker.jobs.port.Jobs`."""
        connection = within.connection() if isinstance(within, Session) else within
        options: dict[str, Any] = {
            "workflow_name": "job",
            "queue_name": QUEUE,
            "workflow_id": name_of(kind, id),
            "queue_partition_key": key,
            "priority": min(max(seq, 1), _MAX_PRIORITY),
            "app_version": VERSION,
        }
        if not_before is not None:
            options["delay_seconds"] = max(0.0, (not_before - datetime.now(UTC)).total_seconds())
        self.client().enqueue_in_transaction(connection, options, kind, id)  # type: ignore[arg-type]

    async def reschedule(self, kind: str, id: str, not_before: datetime) -> None:
        """See :class:`~ccmm_bot.worker.jobs.port.Jobs`."""
        delay = max(0.0, (not_before - datetime.now(UTC)).total_seconds())
        client = await asyncio.to_thread(self.client)
        await client.set_workflow_delay_async(name_of(kind, id), delay_seconds=delay)

    async def cancel(self, kind: str, id: str) -> None:
        """See :class:`~ccmm_bot.worker.jobs.port.Jobs`."""
        client = await asyncio.to_thread(self.client)
        found = await client.list_workflows_async(
            workflow_ids=[name_of(kind, id)], status=["ENQUEUED", "DELAYED"], load_input=False, load_output=False
        )
        if found:
            await client.cancel_workflows_async([each.workflow_id for each in found])

    # --- the engine ----------------------------------------------------------------------------------------------------

    def pool(self) -> Engine:
        """The engine object of DBOS's own."""
        if self._pool is None:
            self._pool = open_pool(self._engine)
        return self._pool

    def _load(self) -> None:
        quiet_log()
        load_library(self._engine.dialect.name)

    def prepare(self) -> None:
        """Make the engine's own tables, where no worker has made them yet. Never inside a transaction: on SQLite it needs the write
        lock itself. :meth:`start` does it too."""
        self._load()
        from dbos._sys_db import SystemDatabase

        made = SystemDatabase.create(
            system_database_url=_PLACEHOLDER[self._engine.dialect.name],
            engine_kwargs={},
            engine=self.pool(),
            schema="dbos",
            serializer=_serializer(),
            executor_id=None,
            use_listen_notify=False,
        )
        made.run_migrations()

    def client(self) -> DBOSClient:
        """What enqueues; made when first used."""
        with self._making:
            if self._client is None:
                self._load()
                from dbos import DBOSClient

                self._client = DBOSClient(
                    system_database_engine=self.pool(), serializer=_serializer(), application_name=NAME, lazy=True
                )
            return self._client

    async def start(self, executor: str) -> None:
        """Begin to run jobs, under a name no other process has or had."""
        self._loop = asyncio.get_running_loop()
        self.executor, self._fenced = executor, False
        await asyncio.to_thread(self._launch, executor)

    def _launch(self, executor: str) -> None:
        self._load()
        from dbos import DBOS

        DBOS(
            config={
                "name": NAME,
                "application_version": VERSION,
                "executor_id": executor,
                "system_database_engine": self.pool(),
                "serializer": _serializer(),
                "use_listen_notify": False,
                "scheduler_polling_interval_sec": 3600.0,
                "max_executor_threads": self._concurrency + 8,
                "log_level": "WARNING",
                "enable_otlp": False,
            }
        )

        def job(kind: str, id: str) -> str:
            return self._job(kind, id)

        DBOS.workflow(name="job", max_recovery_attempts=1000)(job)
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        self._running = True
        # From a thread, and not by its method for event loops: that one makes the library's threads the loop's own for everything
        # (asyncio.to_thread), and takes them away again when the library is stopped.
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=self._poll_s,
            on_conflict="always_update",
        )

    def _job(self, kind: str, id: str) -> str:
        """One job, in a thread of the engine's: its handler runs on the service's own event loop."""
        loop = self._loop
        waited = 0.0
        while self._fenced and self._running and waited < _FENCED_S:
            # Whoever took our work over puts this job back; what we say about it after that is not heard.
            time.sleep(_STEP_S)
            waited += _STEP_S
        if loop is None or self._fenced or not self._running:
            raise JobFailed("this process has stopped working")
        return asyncio.run_coroutine_threadsafe(self._handle(kind, id), loop).result()

    async def _handle(self, kind: str, id: str) -> str:
        handler = self.handlers.get(kind)
        if handler is None:
            return "unknown kind"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await handler(id)
            except Exception as error:
                _log.error("a job failed", job=kind, error=type(error))
                if attempt == ATTEMPTS:
                    raise JobFailed(f"{kind} was given up") from None
                await asyncio.sleep(self._retry_s * 2 ** (attempt - 1))
            else:
                return "done"
        raise AssertionError("unreachable")

    async def stop(self, *, wait_s: int = 5) -> None:
        """Take no more jobs, finish what runs for at most ``wait_s`` seconds. What is left is the others'."""
        if not self._running:
            self._close()
            return
        from dbos import DBOS

        self._running = wait_s > 0
        await asyncio.to_thread(lambda: DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=wait_s))
        self._running = False
        self._close()

    def fence(self) -> None:
        """Our work is somebody else's: begin nothing any more."""
        self._fenced = True

    def _close(self) -> None:
        with self._making:
            self._client = None
            if self._pool is not None:
                self._pool.dispose()
                self._pool = None

    # --- what others left, and what is over ----------------------------------------------------------------------------

    def abandoned(self, connection: Connection, living: set[str]) -> list[str]:
        """Jobs that were running in processes which are not alive any more."""
        client = self.client()
        statuses = client._sys_db.tables.workflow_status
        client._sys_db._apply_caller_schema(connection)
        rows = connection.execute(
            statuses.select()
            .with_only_columns(statuses.c.workflow_uuid, statuses.c.executor_id)
            .where(statuses.c.status == "PENDING", statuses.c.application_name == NAME)
        )
        return [row[0] for row in rows if row[1] not in living]

    def unfinished(self, connection: Connection) -> int:
        """How many jobs run or wait to run."""
        client = self.client()
        statuses = client._sys_db.tables.workflow_status
        client._sys_db._apply_caller_schema(connection)
        counted = connection.execute(
            select(func.count())
            .select_from(statuses)
            .where(statuses.c.status.in_(("PENDING", "ENQUEUED", "DELAYED")), statuses.c.application_name == NAME)
        )
        return int(counted.scalar_one())

    def made_after(self, connection: Connection, moment: datetime) -> int | None:
        """When the latest job was enqueued, in milliseconds of Unix time, where that is after ``moment``."""
        client = self.client()
        statuses = client._sys_db.tables.workflow_status
        client._sys_db._apply_caller_schema(connection)
        later = statuses.c.created_at > int(moment.timestamp() * 1000)
        found: int | None = connection.execute(select(func.max(statuses.c.created_at)).where(later)).scalar_one()
        return found

    def resume(self, jobs: list[str]) -> None:
        """Put jobs back into their queue, where their key and place still count. Those that have ended stay ended."""
        for start in range(0, len(jobs), 500):
            self.client().resume_workflows(jobs[start : start + 500], queue_name=QUEUE)

    async def forget(self, older_than: timedelta = KEPT) -> int:
        """Remove finished jobs; returns how many."""
        client = await asyncio.to_thread(self.client)
        before = (datetime.now(UTC) - older_than).isoformat()
        removed = 0
        while True:
            found = await client.list_workflows_async(
                status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
                completed_before=before,
                limit=1000,
                load_input=False,
                load_output=False,
            )
            if not found:
                return removed
            await client.delete_workflows_async([each.workflow_id for each in found])
            removed += len(found)


def name_of(kind: str, id: str) -> str:
    """The job's name: the same work has the same name, and is there once."""
    return f"{kind}:{id}"


def _serializer() -> Any:
    """JSON, not pickles: what is read from a database must not be able to run."""
    from dbos._serialization import DBOSPortableJSON

    return DBOSPortableJSON
