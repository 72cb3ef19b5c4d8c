"""After an outage: what the provider holds is fetched and taken once, whoever was away and however it comes a second time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.fields import parse_form
from ccmm_bot.channels.twilio.parse import parse_inbound
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store import gaps
from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import Attachment, Gap, GapCause, GapState, Inbound, Quarantine
from ccmm_bot.worker.jobs.running import Background
from tests.conversation.support import rows, settings
from tests.standins.fixtures import SMS_FROM, WHATSAPP_FROM, caller, sms, twilio, twilio_account, whatsapp
from tests.standins.twilio_api import TwilioStandin
from tests.standins.twilio_webhooks import TwilioCaller
from tests.waiting import until

__all__ = ["caller", "sms", "twilio", "whatsapp"]

PERSON = "+16045550111"
pytestmark = pytest.mark.xdist_group("jobs")


@pytest.fixture
async def runtime(sms: TwilioChannel, whatsapp: TwilioChannel, database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with open_runtime(settings(database_url, tmp_path), channels=Channels([sms, whatsapp])) as opened:
        yield opened


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccmm_bot.worker.jobs.running._SWEEP_S", 0.1)


@asynccontextmanager
async def working(runtime: Runtime, *, web: bool = True) -> AsyncIterator[Background]:
    """A process at work."""
    background = Background(runtime, poll_s=0.05, web=web)
    await background.start()
    try:
        yield background
    finally:
        await background.stop()


def away(runtime: Runtime, span: timedelta) -> datetime:
    """Everybody who takes messages has been dead for so long; since when."""
    since = datetime.now(UTC) - span
    with across(runtime.store.engine).begin() as connection:
        moment = since.replace(tzinfo=None).isoformat(" ") if connection.dialect.name == "sqlite" else since
        connection.execute(text("UPDATE process SET alive_until = :at WHERE executor LIKE 'web.%'"), {"at": moment})
    return since


async def closed(runtime: Runtime) -> list[Gap]:
    """The gaps, when nothing more is to be done about them; the second look at the list is due at once."""

    def done() -> bool:
        with runtime.store.installation(write=True) as session:
            for gap in session.exec(select(Gap)).all():
                if gap.passes == 1:  # a job is named by the time it was due: each look has another
                    gap.next_at = gap.created_at - timedelta(seconds=1)
        return all(gap.state is not GapState.OPEN for gap in rows(runtime, Gap)) and bool(rows(runtime, Gap))

    await until(done, within_s=60)
    return list(rows(runtime, Gap))


async def test_what_was_written_while_nobody_was_there_is_taken_once(
    runtime: Runtime, twilio: TwilioStandin, caller: TwilioCaller
) -> None:
    async with working(runtime):
        pass
    since = away(runtime, timedelta(hours=2))
    minute = timedelta(minutes=1)
    hello = twilio.inbox.heard(sender=PERSON, to=SMS_FROM, body="hello", at=(since + minute).timestamp())
    twilio.inbox.heard(sender=PERSON, to=SMS_FROM, body="1", at=(since + 2 * minute).timestamp(), files=[b"\x89PNG\r\n\x1a\n"])
    whatsapp = f"whatsapp:{WHATSAPP_FROM}"
    twilio.inbox.heard(sender=f"whatsapp:{PERSON}", to=whatsapp, body="hello", at=(since + minute).timestamp())
    twilio.inbox.heard(sender=PERSON, to=SMS_FROM, body="long before", at=(since - timedelta(hours=5)).timestamp())
    async with working(runtime):
        found = await closed(runtime)
    assert {(gap.cause, gap.state, gap.failures) for gap in found} == {(GapCause.STOPPED, GapState.CLOSED, 0)}
    assert sorted((gap.found, gap.missed, gap.unreadable) for gap in found) == [(1, 1, 0), (2, 2, 0)]
    assert all(abs(gap.since - since) < timedelta(minutes=1) for gap in found)
    kept = rows(runtime, Inbound)
    assert sorted(row.text for row in kept) == ["1", "hello", "hello"]
    assert len(rows(runtime, Attachment)) == 1
    # The webhook comes after all: a repeat like any other.
    call = caller.message(sender=PERSON, to=SMS_FROM, body="hello", MessageSid=hello)
    message = parse_inbound(parse_form(call.body), twilio_account(twilio.url), raw=call.body, received_at=datetime.now(UTC))
    assert (await runtime.receiver.receive(message)).duplicate
    assert len(rows(runtime, Inbound)) == len(kept)


async def test_a_worker_that_lived_on_hides_no_gap(runtime: Runtime, twilio: TwilioStandin) -> None:
    web = Background(runtime, working=False)
    await web.start()
    await web.stop()
    since = away(runtime, timedelta(hours=2))
    twilio.inbox.heard(sender=PERSON, to=SMS_FROM, body="hello", at=(since + timedelta(minutes=1)).timestamp())
    async with working(runtime, web=False):
        again = Background(runtime, working=False)
        await again.start()
        found = await closed(runtime)
        await again.stop()
    assert [row.text for row in rows(runtime, Inbound)] == ["hello"]
    assert max(gap.until - gap.since for gap in found) > timedelta(hours=1)


async def test_a_list_that_cannot_be_read_is_read_later(runtime: Runtime, twilio: TwilioStandin) -> None:
    now = datetime.now(UTC)
    twilio.inbox.heard(sender=PERSON, to=SMS_FROM, body="hello", at=now.timestamp())
    twilio.auth_token, right = "another", twilio.auth_token
    async with working(runtime) as background:
        await background.duties.reconciling.open(now - timedelta(hours=1), now, GapCause.TROUBLE)
        await until(lambda: all(gap.failures for gap in rows(runtime, Gap)))
        twilio.auth_token = right
        with runtime.store.installation(write=True) as session:
            for gap in session.exec(select(Gap)).all():
                gap.next_at = gap.created_at - timedelta(seconds=10)
        found = await closed(runtime)
    assert {(gap.state, gap.passes) for gap in found} == {(GapState.CLOSED, gaps.PASSES)}
    assert len(rows(runtime, Inbound)) == 1


async def test_what_nobody_can_read_is_put_aside_and_counted(runtime: Runtime, twilio: TwilioStandin) -> None:
    now = datetime.now(UTC)
    twilio.inbox.heard(sender="rcs:somebody", to=SMS_FROM, body="hello", at=now.timestamp())
    async with working(runtime) as background:
        await background.duties.reconciling.open(now - timedelta(hours=1), now, GapCause.ASKED)
        found = await closed(runtime)
    assert sorted(gap.unreadable for gap in found) == [0, 1]
    assert rows(runtime, Inbound) == []
    assert len(rows(runtime, Quarantine)) >= 1


async def test_a_start_beside_others_who_are_alive_finds_no_gap(runtime: Runtime, twilio: TwilioStandin) -> None:
    async with working(runtime):
        await until(lambda: rows(runtime, Gap) == [])
        other = Background(runtime, sender="web", working=False)
        await other.start()
        assert rows(runtime, Gap) == []
        assert twilio.list_calls == 0
        await other.stop()
