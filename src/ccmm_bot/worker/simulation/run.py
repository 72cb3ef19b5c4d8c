"""Moves the clock from one thing that is due to the next, and lets the real parts do their work in between."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from ccmm_bot.channels.console import ACCOUNT, ConsoleChannel
from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import FixedClock
from ccmm_bot.followup.dates import add_months
from ccmm_bot.followup.hours import windows
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage, OutboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.tables import Agency, FollowUp, FollowUpAttempt, Outbox, Person, Purpose, Timer
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.followups import LOOK, FollowUps
from ccmm_bot.worker.jobs.leases import Leases
from ccmm_bot.worker.sender import Sender
from ccmm_bot.worker.simulation.people import Somebody, made_up, reply, settle_in
from ccmm_bot.worker.simulation.report import Report, Sent, judge
from ccmm_bot.worker.timers import TimerLoop

_log = get_logger(__name__)

#: The clock goes on in steps of this much while there is something to do; more often than that nobody needs to look.
_STEP: Final = timedelta(hours=2)
_POLL_S: Final = 0.01
#: Jobs at once: a poll hands out no more, and here they come in droves.
_AT_ONCE: Final = 32
#: A job that takes longer than this hangs.
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What goes wrong on the way: shares of jobs, and of the clock's steps."""

    crash: float = 0.0  # a job stops in the middle, before or after it has done its work
    twice: float = 0.0  # the engine delivers a job twice, at the same time
    restart: float = 0.0  # the whole process is gone, and another one takes over
    clock: float = 0.0  # the clock is set back by a day, or forward by one


class _Crash(Exception):
    """The process is gone in the middle of a job."""


class _Year:
    """One simulation."""

    def __init__(self, runtime: Runtime, clock: FixedClock, people: list[Somebody], trouble: Trouble, seed: int) -> None:
        self.runtime, self.clock, self.trouble = runtime, clock, trouble
        self.by_address = {address: each for each in people for address in each.addresses}
        self.sent: list[Sent] = []
        self.answers: list[tuple[str, str]] = []
        self.said: defaultdict[str, int] = defaultdict(int)
        self.chance = random.Random(seed)  # noqa: S311
        self.done = 0  # jobs
        self.zone = ZoneInfo("America/Vancouver")
        self.leases = Leases(runtime.database.engine)
        self.jobs = DbosJobs(runtime.database.engine, {LOOK: self._look}, poll_s=_POLL_S, concurrency=_AT_ONCE, retry_s=0.001)
        self.follow_ups = FollowUps(runtime.database.store, runtime.database.runner, runtime.receiver, self.jobs, clock.now)
        self.sender = Sender(runtime.outbox, runtime.channels, clock.now, sweep_every_s=1e6)
        self.timers = TimerLoop(runtime.timers.due, runtime.receiver.fire, clock.now)
        runtime.receiver.on_commit = self.sender.on_commit

    # --- what people see and say ---------------------------------------------------------------------------------------

    def show(self, message: OutboundMessage) -> None:
        """A message arrives."""
        self.sent.append(Sent(id=message.id, to=message.to, at=self.clock.now(), unprompted=True))
        self.answers.append((message.to, message.content.text))

    async def _answer(self) -> bool:
        """Let everybody who got something answer it; whether anybody did."""
        waiting, self.answers = self.answers, []
        latest = dict(waiting)
        answered = False
        for address, text in latest.items():
            each = self.by_address[address]
            words = reply(each, text, self.said[address])
            if words is None:
                continue
            self.said[address] += 1
            answered = True
            await self.runtime.receiver.receive(
                InboundMessage(
                    channel=ChannelKind.CONSOLE,
                    account=ACCOUNT,
                    provider_message_id=f"{address}.{self.said[address]}",
                    sender=address,
                    received_at=self.clock.now(),
                    kind=ContentKind.TEXT,
                    text=words,
                )
            )
        return answered

    # --- the engine, and what goes wrong with it -----------------------------------------------------------------------

    async def _look(self, job: str) -> None:
        trouble, chance = self.trouble, self.chance.random()
        if chance < trouble.crash / 2:
            raise _Crash
        if chance < trouble.crash / 2 + trouble.twice:
            await asyncio.gather(self.follow_ups.look(job), self.follow_ups.look(job))
        else:
            await self.follow_ups.look(job)
        if chance > 1 - trouble.crash / 2:
            raise _Crash
        self.done += 1

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The engine runs."""
        await self._begin()
        await self.sender.start()
        try:
            yield
        finally:
            await self.sender.stop()
            await self.jobs.stop(wait_s=0)

    async def _begin(self) -> None:
        await self.jobs.start(await asyncio.to_thread(self.leases.begin))

    async def _restart(self) -> None:
        """The process is killed with whatever it was doing; another one, under another name, takes over."""
        before = self.leases.executor
        await self.jobs.stop(wait_s=0)
        await self._begin()
        with self.runtime.database.engine.begin() as connection:
            left = self.jobs.abandoned(connection, self.leases.living(connection) - {before})
        await asyncio.to_thread(self.jobs.resume, left)

    # --- time ----------------------------------------------------------------------------------------------------------

    async def until(self, end: datetime) -> None:
        """Let everything happen until ``end``."""
        while (moment := await asyncio.to_thread(self._next, end)) is not None:
            self.clock.set(moment)
            await self._settle()
            if self.chance.random() < self.trouble.restart:
                await self._restart()
            if self.chance.random() < self.trouble.clock:
                step = timedelta(days=self.chance.choice((-1, 1)))
                self.clock.set(self.clock.now() + step)
                await self._settle()

    def _next(self, end: datetime) -> datetime | None:
        """When the clock moves to: some time after what is due next, but before the hours in which it has to be done are over."""
        now = self.clock.now()
        with self.runtime.store.installation() as session:
            found = [
                session.exec(select(func.min(FollowUp.wake_at)).where(col(FollowUp.wake_at).is_not(None))).one(),
                session.exec(select(func.min(Timer.due_at)).where(Timer.status == 0)).one(),
                session.exec(select(func.min(Outbox.not_before)).where(Outbox.status == "pending")).one(),
            ]
        moments = [_aware(each) for each in found if each is not None]
        if not moments:
            return None
        first = max(min(moments), now + timedelta(seconds=30))
        if first >= end:
            return None
        for start, close in windows(first.astimezone(self.zone).date(), self.zone):
            if start <= first < close:
                return min(max(first, now + _STEP), close - timedelta(minutes=1)) if close - timedelta(minutes=1) > now else first
        return first

    async def _settle(self) -> None:
        """Everything that is due now is done, and everybody has answered what there is to answer."""
        while True:
            did = await self.follow_ups.sweep()
            await self._engine_idle()
            await self.sender.sweep()
            while True:
                fired = 0
                while await self.timers.once():
                    fired += 1
                await self.sender.idle()
                if not await self._answer() and not fired:
                    break
                did += 1
            if not did:
                return

    async def _engine_idle(self) -> None:
        """Until the engine has nothing left to do. Counting what was done is enough only where nothing goes wrong: a job that was
        stopped after its work is done twice."""
        given_up = time.monotonic() + _PATIENCE_S
        while self.trouble == Trouble() and time.monotonic() < given_up - _PATIENCE_S / 2:
            if self.done >= self.follow_ups.enqueued:
                return
            await asyncio.sleep(0.001)
        while await asyncio.to_thread(self._unfinished):
            if time.monotonic() > given_up:
                raise TimeoutError("the job engine does not come to an end")
            await asyncio.sleep(_POLL_S / 4)

    def _unfinished(self) -> int:
        with self.runtime.database.engine.connect() as connection:
            return self.jobs.unfinished(connection)

    def judge(self, report: Report) -> None:
        """Fill the report."""
        attempts: defaultdict[str, list[tuple[str, datetime]]] = defaultdict(list)
        with self.runtime.store.installation() as session:
            self.zone = ZoneInfo(session.exec(select(Agency.timezone)).first() or "America/Vancouver")
            rows = session.exec(select(FollowUp)).all()
            for attempt in session.exec(select(FollowUpAttempt)):
                attempts[attempt.follow_up_id.hex].append((attempt.conversation_id.hex, attempt.begun_at))
            ours = (Purpose.UNPROMPTED, Purpose.KNOCK)
            first = {str(key) for key in session.exec(select(Outbox.id).where(col(Outbox.purpose).in_(ours)))}
            codes = _codes(session)
        sent = [Sent(id=each.id, to=each.to, at=each.at, unprompted=each.id in first) for each in self.sent]
        patient = timedelta(days=5) if self.trouble != Trouble() else timedelta(0)
        judge(report, rows, attempts, sent, self.zone, patient=patient)
        for row in rows:
            name = f"{codes[row.person_id]}.{row.kind}.{row.occurrence}"
            report.outcome[name] = (row.status.value, row.reason, len(attempts[row.id.hex]))


def _codes(session: Session) -> dict[UUID, str]:
    return dict(session.exec(select(Person.id, Person.code)).all())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def simulate(
    settings: Settings, *, cases: int, months: int, start: datetime, seed: int = 1, trouble: Trouble | None = None
) -> Report:
    """Simulate ``months`` months from ``start`` with ``cases`` made-up closed cases, in the empty database of ``settings``."""
    began, clock, wrong = time.monotonic(), FixedClock(start), trouble or Trouble()
    year: list[_Year] = []

    def show(message: OutboundMessage) -> None:
        year[0].show(message)

    channels = Channels([ConsoleChannel(show)])
    end_day = add_months(start.date(), months)
    end = start.replace(year=end_day.year, month=end_day.month, day=end_day.day)
    report = Report(cases=cases, started=start, ended=end)
    async with open_runtime(settings, clock=clock, channels=channels) as runtime:
        people = made_up(cases, start.date(), months, seed)
        await asyncio.to_thread(settle_in, runtime.store, runtime.agency_id, people, start)
        year.append(_Year(runtime, clock, people, wrong, seed))
        async with year[0].working():
            await year[0].until(end)
        await asyncio.to_thread(year[0].judge, report)
    report.seconds = time.monotonic() - began
    return report
