"""Two web processes and three workers on one PostgreSQL; one of each is killed every few seconds, while people write and follow-ups
come due. Nothing is lost, nothing is sent twice, nothing out of order, and whatever a dead process held is adopted in 30 seconds.

``make test`` does so for some twenty seconds, ``make test-reliability`` for three minutes (``CCMM_TEST_KILLING_S``).
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from ccmm_bot.clock import SystemClock
from ccmm_bot.conversation.snapshot import Snapshot, seal
from ccmm_bot.dialogue.session import Session as Spoken
from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.messages import ChannelKind, DeliveryStatus
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.session import Store, open_engine
from ccmm_bot.store.tables import (
    Agency,
    Case,
    ChannelAccount,
    Consent,
    ContactPoint,
    Conversation,
    FollowUp,
    FollowUpAttempt,
    FollowUpStatus,
    Inbound,
    Outbox,
    Person,
    PersonContactPoint,
    Process,
)
from tests.reliability.fleet import Fleet
from tests.standins.fixtures import WHATSAPP_FROM
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import Call, TwilioCaller

LASTING_S = float(os.environ.get("CCMM_TEST_KILLING_S", "20"))
LONG = LASTING_S >= 60
EVERY_S = 5.0
PEOPLE = int(os.environ.get("CCMM_TEST_KILLING_PEOPLE", "24"))
AGAIN = 0.1  # of what was accepted is delivered once more, as by a provider that missed the answer
FOLLOWED_UP = max(6, int(LASTING_S / 6))
#: More is for a starved machine, whose counts are exact all the same.
ADOPTED_IN_S = float(os.environ.get("CCMM_TEST_KILLING_ADOPTED_S", "30"))

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(LASTING_S + 420), pytest.mark.xdist_group("killing")]


@pytest.fixture
def fleet(postgres_url: str, twilio: TwilioStandin, tmp_path: Path) -> Iterator[Fleet]:
    KeyRing.load_or_create(tmp_path / "secret.key")
    made = Fleet(postgres_url, twilio.url, tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def store(postgres_url: str, tmp_path: Path) -> Iterator[Store]:
    keys = open_keys(postgres_url, tmp_path / "secret.key")
    opened = Store(open_engine(postgres_url, keys), keys)
    yield opened
    opened.close()


class Provider:
    """Delivers as a provider does: again and again, to whichever process answers, until one says 200."""

    def __init__(self, fleet: Fleet, caller: TwilioCaller, chance: random.Random) -> None:
        self.fleet, self.caller, self.chance = fleet, caller, chance
        self.accepted: dict[str, None] = {}  # in their order
        self.repeated = 0

    async def deliver(self, client: httpx.AsyncClient, call: Call, sid: str) -> None:
        while True:
            port = self.chance.choice(self.fleet.ports)
            try:
                answer = await client.post(f"http://127.0.0.1:{port}{call.path}", content=call.body, headers=call.headers)
                if answer.status_code == 200:
                    if sid not in self.accepted:
                        self.accepted[sid] = None
                        if self.chance.random() < AGAIN:
                            self.repeated += 1
                            continue
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)

    async def person(self, client: httpx.AsyncClient, number: int, until: float) -> None:
        """Somebody who writes one message after the other."""
        sender, count = f"whatsapp:+1604555{number:04d}", 0
        words = ("hello", "English", "1", "back", "menu", "help", "2", "1")
        while time.monotonic() < until:
            sid = f"SM{number:08x}{count:024x}"
            call = self.caller.message(
                sender=sender, to=f"whatsapp:{WHATSAPP_FROM}", body=words[count % len(words)], MessageSid=sid
            )
            await self.deliver(client, call, sid)
            count += 1
            await asyncio.sleep(self.chance.uniform(0.2, 1.0))


def a_zone_in_which_we_may_write(now: datetime) -> ZoneInfo | None:
    """Somewhere it is the middle of a working day, for an hour at least."""
    names = [f"Etc/GMT{sign}{n}" for n in range(13) for sign in "+-"]
    for zone in map(ZoneInfo, names):
        if next_allowed(now, zone) == now and next_allowed(now + timedelta(hours=1), zone) == now + timedelta(hours=1):
            return zone
    return None


def plan_follow_ups(store: Store, now: datetime, spread_s: float) -> int:
    """People with whom nothing is running, reached by text message, whose follow-ups come due while processes die."""
    zone = a_zone_in_which_we_may_write(now)
    chance = random.Random(7)
    with store.installation(write=True) as session:
        account = session.exec(select(ChannelAccount).where(ChannelAccount.channel == ChannelKind.SMS)).one()
        agency = session.get_one(Agency, account.agency_id)
        agency.timezone = "Etc/UTC" if zone is None else zone.key
        session.add(agency)
        for number in range(FOLLOWED_UP):
            talk = spoken_before(session, store, account, f"+1778555{number:04d}", now)
            case = Case(agency_id=agency.id, person_id=talk.person_id, opened_at=now)
            session.add(case)
            session.flush()
            due = now + timedelta(seconds=chance.uniform(0, spread_s))
            row = FollowUp(
                agency_id=agency.id, case_id=case.id, person_id=talk.person_id, kind="follow_up_3_month", due_at=due, wake_at=due
            )
            session.add(row)
    return FOLLOWED_UP if zone is not None else 0


def spoken_before(session: Session, store: Store, account: ChannelAccount, address: str, now: datetime) -> Conversation:
    """Somebody who talked with us a while ago and agreed."""
    agency = account.agency_id
    person = Person(agency_id=agency, code=address[-7:], name="Ana Silva", language="en", created_at=now)
    point = ContactPoint(
        agency_id=agency,
        account_id=account.id,
        channel=account.channel,
        address=address,
        address_hash=store.keys.lookup(b"address", address),
        created_at=now,
    )
    session.add_all([person, point])
    session.flush()
    talk = Conversation(
        agency_id=agency,
        contact_point_id=point.id,
        person_id=person.id,
        snapshot=b"",
        language="en",
        last_inbound_at=now - timedelta(days=30),
        created_at=now,
        updated_at=now,
    )
    spoken = Spoken(language="en", facts={"service_consent": True, "language_known": True, "adult": True})
    talk.snapshot = store.keys.open(b"conversation.snapshot", seal(store.keys, Snapshot(session=spoken)))
    session.add_all([PersonContactPoint(agency_id=agency, person_id=person.id, contact_point_id=point.id), talk])
    session.flush()
    session.add(Consent(agency_id=agency, person_id=person.id, conversation_id=talk.id, kind="service", given=True, at=now))
    return talk


async def until_up(fleet: Fleet) -> None:
    async with asyncio.timeout(180), httpx.AsyncClient() as client:
        for port in fleet.ports:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)


async def test_nothing_is_lost_twice_or_out_of_order_while_processes_die(
    fleet: Fleet, store: Store, twilio: TwilioStandin, caller: TwilioCaller
) -> None:
    chance = random.Random(int(os.environ.get("CCMM_TEST_KILLING_SEED", "1")))
    fleet.start()
    await until_up(fleet)
    provider = Provider(fleet, caller, chance)
    ends = time.monotonic() + LASTING_S
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=5, limits=limits) as client:
        watch = asyncio.create_task(adoptions(store, fleet))
        people = [asyncio.create_task(provider.person(client, number, ends)) for number in range(PEOPLE)]
        await asyncio.sleep(3)
        follow_ups = await asyncio.to_thread(plan_follow_ups, store, SystemClock().now(), LASTING_S / 2)
        while time.monotonic() < ends:
            await asyncio.sleep(EVERY_S)
            await asyncio.to_thread(fleet.kill_some, chance)
        await asyncio.gather(*people)
    last_kill = time.time()
    await settled(store, last_kill)
    while follow_ups and (left := await asyncio.to_thread(not_begun, store)):
        assert time.time() - last_kill < 2 * ADOPTED_IN_S, f"{left} follow-ups were not begun"
        await asyncio.sleep(0.5)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    tell(store, twilio, provider, fleet)
    judge(store, twilio, provider, fleet, follow_ups)


async def adoptions(store: Store, fleet: Fleet) -> None:
    """See when the work of each process that was killed is somebody else's."""
    while True:
        for name in await asyncio.to_thread(taken_over, store):
            died = fleet.kills.get(int(name.rsplit("-", 2)[1]))
            if died is not None and name not in fleet.adopted:
                fleet.adopted[name] = time.time() - died
        await asyncio.sleep(0.25)


def taken_over(store: Store) -> list[str]:
    with store.installation() as session:
        return list(session.exec(select(Process.executor).where(col(Process.taken_over_by).is_not(None))))


def tell(store: Store, twilio: TwilioStandin, provider: Provider, fleet: Fleet) -> None:
    """The figures, for whoever writes them down."""
    with store.installation() as session:
        begun = len(session.exec(select(FollowUpAttempt.id)).all())
    times = sorted(fleet.adopted.values())
    taken = f"{len(provider.accepted)} messages in ({provider.repeated} of them twice)"
    messages = f"{taken}, {len(twilio.messages)} out, {begun} follow-ups begun"
    adopted = f"{times[len(times) // 2]:.1f} s (median), {times[-1]:.1f} s (at most)"
    print(f"\n{LASTING_S:.0f} s, {len(fleet.kills)} processes killed: {messages}; work of the dead adopted after {adopted}")


async def settled(store: Store, last_kill: float) -> None:
    """Within 30 seconds of the last death nothing is left with a dead process; in the long run, everything has gone out.

    A message that was being sent when its process died is looked up at the provider, which may list it late: where it is not there,
    it is sent again after two minutes (:mod:`ccmm_bot.worker.settling`), and what comes after it in its conversation waits for it.
    """
    while left := await asyncio.to_thread(unfinished, store, with_the_dead=True):
        assert time.time() - last_kill < ADOPTED_IN_S, f"left with the dead: {left}"
        await asyncio.sleep(0.5)
    while LONG and (left := await asyncio.to_thread(unfinished, store)):
        assert time.time() - last_kill < 300, f"left behind: {left}"
        await asyncio.sleep(0.5)


def not_begun(store: Store) -> int:
    """Follow-ups that are due and that nobody has begun."""
    with store.installation() as session:
        waiting = (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE)
        return len(session.exec(select(FollowUp.id).where(col(FollowUp.status).in_(waiting))).all())


def unfinished(store: Store, *, with_the_dead: bool = False) -> Counter[str]:
    """Messages that should have gone and have not, jobs that were begun and not ended."""
    with store.installation() as session:
        now = datetime.now(UTC)
        rows = session.exec(select(Outbox).where(col(Outbox.status).in_(("pending", "sending", "unknown")))).all()
        blocked = {row.conversation_id for row in rows if row.status is DeliveryStatus.UNKNOWN} if with_the_dead else set()
        left = Counter(
            f"message {row.status.value}"
            for row in rows
            if row.conversation_id not in blocked and (row.not_before is None or row.not_before <= now)
        )
        jobs = session.connection().execute(text("SELECT status, count(*) FROM dbos.workflow_status GROUP BY status")).all()
        left.update({f"job {name}": count for name, count in jobs if name == "PENDING"})
    return left


def judge(store: Store, twilio: TwilioStandin, provider: Provider, fleet: Fleet, follow_ups: int) -> None:
    with store.installation() as session:
        kept = set(session.exec(select(Inbound.provider_message_id)))
        outbox = session.exec(select(Outbox).order_by(col(Outbox.conversation_id), col(Outbox.seq))).all()
        processes = session.exec(select(Process)).all()
        planned = session.exec(select(FollowUp)).all()
        attempts = Counter(session.exec(select(FollowUpAttempt.follow_up_id)))
    # 0 lost: what was accepted is kept, and what was written has gone out.
    assert set(provider.accepted) <= kept
    assert len(provider.accepted) > PEOPLE * 3
    gone = {row.id: row for row in outbox if row.status.rank >= DeliveryStatus.SENT.rank}
    adopted = {row.conversation_id for row in outbox if row.status is DeliveryStatus.UNKNOWN}
    rest = {row.status for row in outbox if row.id not in gone and row.conversation_id not in adopted}
    assert rest <= {DeliveryStatus.PENDING}  # waits for its hour
    assert not (LONG and adopted)
    # 0 twice: the provider holds one message for each of ours.
    held: dict[str, int] = {message.sid: place for place, message in enumerate(twilio.messages)}
    sids = [row.provider_message_id for row in outbox if row.provider_message_id]
    assert len(sids) == len(set(sids))
    assert len(twilio.messages) - len(sids) in range(len(adopted) + 1), "the provider holds messages that no row accounts for"
    # 0 out of order.
    places: defaultdict[object, list[int]] = defaultdict(list)
    for row in outbox:
        if row.provider_message_id:
            places[row.conversation_id].append(held[row.provider_message_id])
    assert all(order == sorted(order) for order in places.values())
    # Follow-ups: each begun once, where there is a place on Earth in whose sending hours we are.
    assert len(planned) == FOLLOWED_UP
    if follow_ups:
        assert [attempts[each.id] for each in planned] == [1] * FOLLOWED_UP
    # Adopted in 30 seconds: the others know of every process that died.
    assert len(fleet.kills) >= 2
    for process in processes:
        died = fleet.kills.get(int(process.executor.rsplit("-", 2)[1]))
        if died is not None and time.time() - died > ADOPTED_IN_S:
            assert process.taken_over_by is not None, process.executor
    assert not LONG or max(fleet.adopted.values()) < ADOPTED_IN_S
