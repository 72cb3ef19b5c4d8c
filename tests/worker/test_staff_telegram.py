"""Staff's own Telegram: linked from the account page by a code that works once, told of urgent flags, unlinked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlmodel import select
from starlette.applications import Starlette

from ccmm_bot.casework.access import accounts, sessions
from ccmm_bot.casework.access.staff_telegram import StaffDoor
from ccmm_bot.channels.rates import UNPACED
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.intake import TelegramIntake
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.messages import ChannelKind
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.scope import across
from ccmm_bot.store.tables import (
    Agency,
    Audit,
    ChannelAccount,
    Conversation,
    Inbound,
    Notification,
    NotificationStatus,
    Person,
    Role,
    Staff,
)
from ccmm_bot.web.app import create_app
from ccmm_bot.web.webhooks import TELEGRAM_SECRET_HEADER, mount_webhooks
from ccmm_bot.worker.notices import FlagLoop
from tests.conversation.support import Phone, rows, settings
from tests.standins.fixtures import SECRET, telegram_account
from tests.standins.mail import MailStandin, mail_server
from tests.standins.telegram_api import TelegramStandin
from tests.web.html import document
from tests.worker.conftest import ShiftedClock

CHAT = 7_000_000_042
CRISIS = "my husband wants to kill me"
PASSWORD = "four unrelated words here"


@pytest.fixture
def server() -> Iterator[MailStandin]:
    with mail_server() as standin:
        yield standin


@pytest.fixture
async def service(
    database_url: str, tmp_path: Path, clock: ShiftedClock, server: MailStandin, bot: TelegramChannel
) -> AsyncIterator[Runtime]:
    chosen = settings(database_url, tmp_path, smtp_url=server.url)
    async with open_runtime(chosen, clock=clock, channels=Channels([bot])) as runtime:
        yield runtime


class Colleague:
    """A supervisor with a browser and a phone."""

    def __init__(self, runtime: Runtime, telegram: TelegramStandin, *, email: str = "lead@example.org", chat: int = CHAT) -> None:
        self.runtime = runtime
        self.phone = telegram.person(chat)
        self.id = accounts.create(
            runtime.store, email=email, name="Lead", password=PASSWORD, now=runtime.clock.now(), role=Role.SUPERVISOR
        )
        self._telegram = telegram
        self._token = sessions.open_session(runtime.store, self.id, runtime.clock.now()).token

    async def press(self, path: str = "") -> httpx.Response:
        """A button of the account page."""
        app = create_app(self.runtime)
        base = "http://127.0.0.1:8000"
        cookies, headers = {"ccmm": self._token}, {"Origin": base}
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=base, cookies=cookies, headers=headers) as client:
            return await client.post(f"/staff/account/telegram{path}", follow_redirects=True)

    async def code(self) -> str:
        """The code in a fresh link."""
        page = document((await self.press()).text)
        (address,) = page.xpath("//section[@id='telegram']//a/@href")
        assert address.startswith("https://t.me/ccmm_test_bot?start=")
        return str(parse_qs(urlsplit(address).query)["start"][0])

    async def starts(self, code: str) -> str:
        """Telegram sends the code to the bot; the last thing the bot said to her."""
        await heard(self.runtime, self.phone.writes(f"/start {code}"))
        return self.phone.got[-1].text

    @property
    def linked(self) -> bool:
        return next(row for row in rows(self.runtime, Staff) if row.id == self.id).telegram_chat is not None


async def heard(runtime: Runtime, update: dict[str, object]) -> None:
    """One update of the bot's, as the worker takes it in."""
    door = StaffDoor(store=runtime.store, now=runtime.clock.now, locales_dir=runtime.settings.locales_dir)
    receiver = runtime.receiver
    (bot,) = runtime.channels.bots()
    intake = TelegramIntake(bot, receive=receiver.receive, quarantine=receiver.quarantine, now=runtime.clock.now, staff_door=door)
    await intake.handle(update)
    await intake.aclose()


async def look(runtime: Runtime, times: int = 1) -> None:
    loop = FlagLoop(
        runtime.database.runner, runtime.settings, runtime.clock.now, channels=runtime.channels, keys=runtime.database.keys
    )
    for _ in range(times):
        await loop.look()


async def test_whoever_linked_her_telegram_is_told_of_an_urgent_flag_once(
    service: Runtime, telegram: TelegramStandin, server: MailStandin
) -> None:
    lead = Colleague(service, telegram)
    await lead.starts(await lead.code())
    before = len(lead.phone.got)
    await Phone(service).say(CRISIS)
    await asyncio.gather(look(service, 2), look(service, 2))
    (told,) = lead.phone.got[before:]
    (person,) = rows(service, Person)
    assert "An urgent flag waits." in told.text
    for word in ("husband", "kill", person.code, "6045550111"):
        assert word not in told.text
    assert server.to == ["lead@example.org"], "and by mail as well"
    assert {row.status for row in rows(service, Notification)} == {NotificationStatus.SENT}


async def test_linking_makes_nobody_a_person_and_keeps_nothing_of_the_message(service: Runtime, telegram: TelegramStandin) -> None:
    lead = Colleague(service, telegram)
    assert await lead.starts(await lead.code()) == "Linked. Urgent notices come here from now on."
    assert len(lead.phone.got) == 1
    assert [len(rows(service, table)) for table in (Person, Conversation, Inbound)] == [0, 0, 0]
    with across(service.store.engine).connect() as connection:
        (kept,) = connection.exec_driver_sql("SELECT telegram_chat FROM staff WHERE telegram_chat IS NOT NULL").all()
    assert str(CHAT).encode() not in bytes(kept[0]), "it is sealed"
    assert {"staff.telegram_offered", "staff.telegram_linked"} <= {row.action for row in rows(service, Audit)}


async def test_the_webhook_hears_the_code_as_well(service: Runtime, telegram: TelegramStandin) -> None:
    lead = Colleague(service, telegram)
    code = await lead.code()
    called = TelegramChannel(telegram_account(telegram.url, webhook=True), rates=UNPACED)
    service.channels.add(called)
    app = Starlette()
    mount_webhooks(app, service)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as provider:
        update, header = lead.phone.writes(f"/start {code}"), {TELEGRAM_SECRET_HEADER: SECRET}
        assert (await provider.post("/webhooks/telegram", json=update, headers=header)).status_code == 200
    assert lead.linked
    assert rows(service, Person) == []
    await called.aclose()


@pytest.mark.parametrize("why", ["used by another", "older than another", "expired", "another agency's", "made up"])
async def test_a_code_that_does_not_work_links_nobody_and_makes_nobody_a_person(
    service: Runtime, telegram: TelegramStandin, clock: ShiftedClock, why: str
) -> None:
    lead, stranger = Colleague(service, telegram), telegram.person(CHAT + 1)
    code = await lead.code()
    if why == "used by another":
        await lead.starts(code)
    elif why == "older than another":
        await lead.code()
    elif why == "expired":
        clock.shift += timedelta(minutes=16)
    elif why == "another agency's":
        give_bot_to_another_agency(service)
    else:
        code = "staff-" + "x" * 43
    await heard(service, stranger.writes(f"/start {code}"))
    assert stranger.got[-1].text == "This link does not work any more. Your account page makes a new one."
    chats = {row.telegram_chat for row in rows(service, Staff)}
    assert not any(chat and chat.endswith(str(CHAT + 1)) for chat in chats)
    assert rows(service, Person) == []


def give_bot_to_another_agency(runtime: Runtime) -> None:
    with runtime.store.installation(write=True) as session:
        other = Agency(name="Another agency", service_name="Another", created_at=runtime.clock.now())
        session.add(other)
        session.flush()
        row = session.exec(select(ChannelAccount).where(ChannelAccount.channel == ChannelKind.TELEGRAM)).one()
        row.agency_id = other.id
        session.add(row)


async def test_an_update_that_telegram_repeats_is_answered_the_same(service: Runtime, telegram: TelegramStandin) -> None:
    lead = Colleague(service, telegram)
    code = await lead.code()
    assert await lead.starts(code) == await lead.starts(code)
    assert [row.action for row in rows(service, Audit)].count("staff.telegram_linked") == 1


async def test_once_it_is_unlinked_nothing_comes_any_more_not_even_what_was_on_its_way(
    service: Runtime, telegram: TelegramStandin, server: MailStandin
) -> None:
    lead = Colleague(service, telegram)
    await lead.starts(await lead.code())
    await Phone(service).say(CRISIS)
    await FlagLoop(service.database.runner, service.settings, service.clock.now).look()  # by mail only: no bot in this process
    assert "Telegram is unlinked" in (await lead.press("/unlink")).text
    await look(service)
    assert len(lead.phone.got) == 1, "that it is linked"
    assert server.to == ["lead@example.org"]
    assert not lead.linked


async def test_whoever_blocks_the_bot_is_unlinked_and_told_by_mail(
    service: Runtime, telegram: TelegramStandin, server: MailStandin
) -> None:
    lead = Colleague(service, telegram)
    await lead.starts(await lead.code())
    lead.phone.blocked = True
    await Phone(service).say(CRISIS)
    await look(service)
    assert not lead.linked
    assert server.to == ["lead@example.org"]
