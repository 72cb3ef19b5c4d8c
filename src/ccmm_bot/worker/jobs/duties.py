"""What durable work there is: who does a job of each kind, what is looked for again and again, and what has its hours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ccmm_bot.logs import get_logger
from ccmm_bot.store.sealing import seal_new
from ccmm_bot.translation.result import Translator
from ccmm_bot.worker.jobs import flags
from ccmm_bot.worker.jobs.access_letters import ACCESS_LETTER, ACCESS_WEEK, EVERY, AccessLetters
from ccmm_bot.worker.jobs.caseloads import TAKE_OVER, Caseloads
from ccmm_bot.worker.jobs.disposal import Disposal
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.exports import MAKE, Exports
from ccmm_bot.worker.jobs.followups import LOOK, FollowUps
from ccmm_bot.worker.jobs.hand_backs import HandBacks
from ccmm_bot.worker.jobs.leases import Leases
from ccmm_bot.worker.jobs.port import Handler, Schedule
from ccmm_bot.worker.jobs.reconciling import RECONCILE, Reconciling
from ccmm_bot.worker.jobs.retaining import Retaining
from ccmm_bot.worker.jobs.slots import Slots
from ccmm_bot.worker.jobs.translations import TRANSLATE, Translations
from ccmm_bot.worker.jobs.webhooks import DELIVER, Webhooks
from ccmm_bot.worker.provided import Provided

_log = get_logger(__name__)

#: Finished jobs and rows of ended processes are removed so often.
FORGET: Final = "forget"
#: What has passed the time its agency keeps it is removed so often.
PRUNE: Final = "prune"
#: What was done is put into the audit's chain so often.
SEAL: Final = "seal"
#: Keys that are done with are destroyed, and what was deleted is wiped from the files, so often.
DISPOSE: Final = "dispose"
SCHEDULES: Final[Mapping[str, Schedule]] = {
    FORGET: Schedule(every=timedelta(hours=1)),
    PRUNE: Schedule(every=timedelta(hours=6)),
    SEAL: Schedule(every=timedelta(minutes=1)),
    DISPOSE: Schedule(every=timedelta(minutes=1)),
    ACCESS_WEEK: EVERY,
    **flags.SCHEDULES,
}


class Duties:
    """The work of one process. ``handlers`` does it job by job, ``sweep`` finds what is due."""

    def __init__(self, runtime: Provided, jobs: DbosJobs, leases: Leases, translator: Translator | None) -> None:
        database, settings, now = runtime.database, runtime.settings, runtime.clock.now
        store = database.store
        self._store = store
        self._jobs = jobs
        self._leases = leases
        # By the machine's clock: the service's own may be a demonstration's.
        self._slots = Slots(store.engine, jobs, lambda: datetime.now(UTC))
        self.follow_ups = FollowUps(store, database.runner, runtime.receiver, jobs, now)
        self.hand_backs = HandBacks(store, runtime.receiver, now)
        self.webhooks = Webhooks(store, jobs, now, private=settings.webhooks_private)
        self.exports = Exports(store, jobs, settings, now)
        self.caseloads = Caseloads(store, jobs, now)
        self.reconciling = Reconciling(store, runtime.channels, runtime.receiver, jobs, now)
        self.translations = None if translator is None else Translations(store, translator, jobs, now)
        letters = AccessLetters(store, settings, jobs, now)
        self.handlers: dict[str, Handler] = {
            LOOK: self.follow_ups.look,
            FORGET: self._forget,
            PRUNE: Retaining(store, now).run,
            SEAL: self._seal,
            DISPOSE: Disposal(database, settings, now).run,
            DELIVER: self.webhooks.deliver,
            MAKE: self.exports.make,
            TAKE_OVER: self.caseloads.take_over,
            RECONCILE: self.reconciling.close,
            ACCESS_WEEK: letters.look,
            ACCESS_LETTER: letters.write,
            **flags.handlers(database.runner, now),
        }
        if self.translations is not None:
            self.handlers[TRANSLATE] = self.translations.look

    async def sweep(self) -> None:
        """What is due now. A failure must not end the life sign: it is tried again at the next round."""
        try:
            await self.follow_ups.sweep()
            await self.webhooks.sweep()
            await self.exports.sweep()
            await self.caseloads.sweep()
            await asyncio.to_thread(self._slots.tick)
            await self.hand_backs.sweep()
            await self.reconciling.sweep()
            if self.translations is not None:
                await self.translations.sweep()
        except Exception as error:
            _log.error("a sweep failed", error=type(error))

    async def _forget(self, _slot: str) -> None:
        await self._jobs.forget()
        await asyncio.to_thread(self._leases.forget)

    async def _seal(self, _slot: str) -> None:
        for head in await asyncio.to_thread(seal_new, self._store):
            # Kept here too: whoever cuts the end off the record would have to cut it off the log as well.
            _log.info("the audit stands here", agency=head.agency_id, count=head.count, seal=head.seal.hex()[:16])
