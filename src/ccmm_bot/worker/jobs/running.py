"""What keeps durable work going in one process: its place among the living, the engine, the sweeps, the schedules.

Nothing here is needed to answer a person. It starts after the service answers, and when the engine cannot be started the service
goes on answering while this is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final, Protocol

from sqlalchemy import text

from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import Clock
from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.logs import get_logger
from ccmm_bot.settings import Settings
from ccmm_bot.store.database import Database
from ccmm_bot.store.scope import across
from ccmm_bot.store.sealing import seal_new
from ccmm_bot.store.tables import GapCause
from ccmm_bot.translation.result import Translator
from ccmm_bot.worker.jobs import flags
from ccmm_bot.worker.jobs.access_letters import ACCESS_LETTER, ACCESS_WEEK, EVERY, AccessLetters
from ccmm_bot.worker.jobs.caseloads import TAKE_OVER, Caseloads
from ccmm_bot.worker.jobs.disposal import Disposal
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.exports import MAKE, Exports
from ccmm_bot.worker.jobs.followups import LOOK, FollowUps
from ccmm_bot.worker.jobs.hand_backs import HandBacks
from ccmm_bot.worker.jobs.leases import BEAT, LEASE, Away, Dead, Leases
from ccmm_bot.worker.jobs.port import Handler, Schedule
from ccmm_bot.worker.jobs.reconciling import RECONCILE, Reconciling
from ccmm_bot.worker.jobs.retaining import Retaining
from ccmm_bot.worker.jobs.translations import TRANSLATE, Translations
from ccmm_bot.worker.jobs.webhooks import DELIVER, Webhooks

_log = get_logger(__name__)

#: PostgreSQL advisory lock: one process at a time takes over from the dead.
_LOCK: Final = 7_426_016_119
_SWEEP_S: Final = 5.0
_AGAIN_S: Final = 5.0
#: Finished jobs and rows of ended processes are removed so often.
FORGET: Final = "forget"
#: What has passed the time its agency keeps it is removed so often.
PRUNE: Final = "prune"
#: What was done is put into the audit's chain so often.
SEAL: Final = "seal"
#: Keys that are done with are destroyed, and what was deleted is wiped from the files, so often.
DISPOSE: Final = "dispose"
_HOUSEKEEPING: Final = {
    FORGET: Schedule(every=timedelta(hours=1)),
    PRUNE: Schedule(every=timedelta(hours=6)),
    SEAL: Schedule(every=timedelta(minutes=1)),
    DISPOSE: Schedule(every=timedelta(minutes=1)),
    ACCESS_WEEK: EVERY,
}


class Provided(Protocol):
    """What durable work needs of the runtime."""

    @property
    def database(self) -> Database:
        """Both sides of the store."""

    @property
    def channels(self) -> Channels:
        """The channels that are on."""

    @property
    def receiver(self) -> Receiver:
        """The conversation's door."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""

    @property
    def clock(self) -> Clock:
        """Tells what time it is."""


class Background:
    """``await start()``, and ``await stop()`` in the end.

    ``working``: run jobs and take over from the dead. Without, the process is only known to the others, so that they can take over
    what it was sending. ``web``: it takes messages; none were taken while no such process was there. ``handlers`` and ``schedules``
    are added to our own. ``translator``: translate for staff what people write.
    """

    def __init__(
        self,
        runtime: Provided,
        *,
        sender: str = "",
        working: bool = True,
        web: bool = True,
        handlers: Mapping[str, Handler] | None = None,
        schedules: Mapping[str, Schedule] | None = None,
        translator: Translator | None = None,
        poll_s: float = 1.0,
    ) -> None:
        database = runtime.database
        self._engine = database.engine
        self._store = database.store
        self._now = runtime.clock.now
        self._working = working
        self._web = web
        self._leases = Leases(database.engine, sender=sender, web=web)
        self.jobs = DbosJobs(database.engine, poll_s=poll_s, schedules={**_HOUSEKEEPING, **flags.SCHEDULES, **(schedules or {})})
        self.follow_ups = FollowUps(database.store, database.runner, runtime.receiver, self.jobs, runtime.clock.now)
        self.disposal = Disposal(database, runtime.settings, runtime.clock.now)
        self.jobs.handlers = {
            LOOK: self.follow_ups.look,
            FORGET: self._forget,
            PRUNE: Retaining(database.store, runtime.clock.now).run,
            SEAL: self._seal,
            DISPOSE: self.disposal.run,
            **flags.handlers(database.runner, runtime.clock.now),
            **(handlers or {}),
        }
        self.hand_backs = HandBacks(database.store, runtime.receiver, runtime.clock.now)
        self.translations: Translations | None = None
        if translator is not None:
            self.translations = Translations(database.store, translator, self.jobs, runtime.clock.now)
            self.jobs.handlers = {**self.jobs.handlers, TRANSLATE: self.translations.look}
        self.webhooks = Webhooks(database.store, self.jobs, runtime.clock.now, private=runtime.settings.webhooks_private)
        self.jobs.handlers = {**self.jobs.handlers, DELIVER: self.webhooks.deliver}
        self.exports = Exports(database.store, self.jobs, runtime.settings, runtime.clock.now)
        self.caseloads = Caseloads(database.store, self.jobs, runtime.clock.now)
        self.jobs.handlers = {**self.jobs.handlers, MAKE: self.exports.make, TAKE_OVER: self.caseloads.take_over}
        self.reconciling = Reconciling(database.store, runtime.channels, runtime.receiver, self.jobs, runtime.clock.now)
        self.jobs.handlers = {**self.jobs.handlers, RECONCILE: self.reconciling.close}
        letters = AccessLetters(database.store, runtime.settings, self.jobs, runtime.clock.now)
        self.jobs.handlers = {**self.jobs.handlers, ACCESS_WEEK: letters.look, ACCESS_LETTER: letters.write}
        self._away: Away | None = None
        self._slots: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._alone: IO[str] | None = None
        self._known = ""  # the name under which the others know us, until work begins under it
        self.ready = asyncio.Event()  # jobs run

    async def start(self, *, after_s: float = 0.0) -> None:
        """Make the process known to the others, before it sends anything. The rest begins in the background, after ``after_s``."""
        self._away = await asyncio.to_thread(self._leases.away) if self._web else None
        self._known = await asyncio.to_thread(self._leases.begin)
        if self._away is not None:
            await self.reconciling.open(self._away.since, self._away.until, GapCause.STOPPED)
        self._task = asyncio.get_running_loop().create_task(self._live(after_s))

    async def stop(self, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Finish what runs, then ``last`` (what is being sent goes out), and give the rest away: only then, or others would take
        over what is not finished."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        await self.jobs.stop()
        if last is not None:
            beating = asyncio.get_running_loop().create_task(self._beat())
            try:
                await last()
            finally:
                beating.cancel()
                with suppress(asyncio.CancelledError):
                    await beating
        with suppress(Exception):
            await asyncio.to_thread(self._leases.end)
        if self._alone is not None:
            self._alone.close()

    async def _beat(self) -> None:
        while True:
            with suppress(Exception):
                await asyncio.to_thread(self._leases.renew)
            await asyncio.sleep(BEAT.total_seconds())

    # --- alive ---------------------------------------------------------------------------------------------------------

    async def _live(self, after_s: float) -> None:
        await self._pause(after_s)
        while not self._stopping.is_set():
            try:
                await self._begin()
                await self._go_on()
            except Exception as error:
                _log.error("durable work is interrupted", error=type(error))
                await self._pause(_AGAIN_S)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), timeout=seconds)

    async def _begin(self) -> None:
        if self.ready.is_set():
            self.ready.clear()
            await self.jobs.stop(wait_s=0)
        executor = self._known or await asyncio.to_thread(self._leases.begin)
        self._known = ""
        if self._working:
            alone = self._claim_file()
            await self._missed(await asyncio.to_thread(self._adopt_messages, alone))
            await self.jobs.start(executor)
            self.ready.set()
            await asyncio.to_thread(self._adopt_jobs)
        else:
            await asyncio.to_thread(self.jobs.prepare)

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        beat = swept = loop.time()
        while not self._stopping.is_set():
            if loop.time() - beat >= BEAT.total_seconds():
                beat = loop.time()
                if not await asyncio.to_thread(self._leases.renew):
                    _log.warning("this process was thought dead; it starts afresh under another name")
                    self.jobs.fence()
                    return
                if self._working:
                    await self._take_over()
            if self._working and loop.time() - swept >= _SWEEP_S:
                swept = loop.time()
                await self._sweep()
            await self._pause(0.5)

    async def _sweep(self) -> None:
        """What is due now. A failure must not end the life sign: it is tried again at the next round."""
        try:
            await self.follow_ups.sweep()
            await self.webhooks.sweep()
            await self.exports.sweep()
            await self.caseloads.sweep()
            await asyncio.to_thread(self._tick)
            await self.hand_backs.sweep()
            await self.reconciling.sweep()
            if self.translations is not None:
                await self.translations.sweep()
        except Exception as error:
            _log.error("a sweep failed", error=type(error))

    def _tick(self) -> None:
        """Enqueue what has a schedule, once in each of its spans: the span's number is part of the job's name."""
        now = datetime.now(UTC).timestamp()
        for kind, schedule in self.jobs.schedules.items():
            slot = int(now // schedule.every.total_seconds())
            if self._slots.get(kind) != slot:
                with self._engine.begin() as connection:
                    self.jobs.enqueue(connection, kind, str(slot), key=kind)
                self._slots[kind] = slot

    async def _forget(self, _slot: str) -> None:
        await self.jobs.forget()
        await asyncio.to_thread(self._leases.forget)

    async def _seal(self, _slot: str) -> None:
        for head in await asyncio.to_thread(seal_new, self._store):
            # Kept here too: whoever cuts the end off the record would have to cut it off the log as well.
            _log.info("the audit stands here", agency=head.agency_id, count=head.count, seal=head.seal.hex()[:16])

    # --- the dead ------------------------------------------------------------------------------------------------------

    async def _take_over(self) -> None:
        await self._missed(await asyncio.to_thread(self._adopt_messages, False))
        await asyncio.to_thread(self._adopt_jobs)

    async def after_trouble(self, since: datetime, until: datetime) -> None:
        """The database kept nothing from ``since`` to ``until``."""
        await self.reconciling.open(since, until, GapCause.TROUBLE)

    async def _missed(self, dead: list[Dead]) -> None:
        """Between its death and the moment others answered in its place a process may have been called in vain."""
        known = self._away.until if self._away is not None else None
        times = [each.until for each in dead if known is None or each.until > known]
        if times:
            await self.reconciling.open(min(times) - LEASE, max(*times, datetime.now(UTC)), GapCause.STOPPED)

    def _claim_file(self) -> bool:
        """On SQLite: whether we are the one worker of this file. Its lock goes with the process, however that ends."""
        if self._engine.dialect.name != "sqlite":
            return False
        import fcntl

        if self._alone is None:
            path = Path(f"{self._engine.url.database}.worker")
            handle = path.open("a")
            path.chmod(0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                return False
            self._alone = handle
        return True

    def _adopt_messages(self, alone: bool) -> list[Dead]:
        """Messages a dead process was sending: nobody knows their outcome, and it is found out from now on. Who has died."""
        with across(self._engine).begin() as connection:
            self._one_at_a_time(connection)
            lost = self._leases.lost(connection, alone=alone)
            for dead in lost:
                _log.warning("taking over from a process that died", executor=dead.executor)
                if dead.sender:
                    connection.execute(
                        text("UPDATE outbox SET lease_until = :now WHERE status = 'sending' AND owner = :owner"),
                        {"now": _past(self._engine.dialect.name), "owner": dead.sender},
                    )
        return lost

    def _adopt_jobs(self) -> None:
        """Jobs that were running in processes which are not alive: back into the queue. Finding none costs one query."""
        with self._engine.begin() as connection:
            self._one_at_a_time(connection)
            living = self._leases.living(connection)
            jobs = self.jobs.abandoned(connection, living | {self._leases.executor})
            if not jobs or connection.dialect.name == "sqlite":
                held = jobs
            else:
                self.jobs.resume(jobs)  # while we hold the lock: nobody else puts the same ones back
                held = []
        if held:
            self.jobs.resume(held)

    def _one_at_a_time(self, connection: object) -> None:
        if self._engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))  # type: ignore[attr-defined]


def _past(dialect: str) -> object:
    moment = datetime.now(UTC) - timedelta(seconds=1)
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if dialect == "sqlite" else moment
