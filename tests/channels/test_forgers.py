"""Whoever forges a provider's signature again and again is refused for a minute, and nobody else is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.applications import Starlette
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.web.forgers import WRONG
from ccmm_bot.web.webhooks import Webhooks
from tests.channels.support import NOW
from tests.channels.test_webhooks import Door, post
from tests.standins.fixtures import SMS_FROM, telegram_account, twilio_account
from tests.standins.telegram_api import TelegramStandin
from tests.standins.twilio_webhooks import TwilioCaller

FORGER, PROVIDER, PROXY = "1.1.1.1", "1.0.0.1", "127.0.0.1"
Comes = Callable[[str], httpx.AsyncClient]


@pytest.fixture
async def comes_from(telegram: TelegramStandin) -> AsyncIterator[Comes]:
    """A client of the application by its address. The proxy's word about who is behind it is taken, as in production."""
    bot = TelegramChannel(telegram_account(telegram.url, webhook=True))
    channels = Channels([bot])
    channels.add_twilio(twilio_account(""))
    app = Starlette()
    Webhooks(channels=channels, door=Door(), now=lambda: NOW).mount(app)
    trusting = ProxyHeadersMiddleware(app, trusted_hosts=PROXY)  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:

        def client(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=trusting, client=(address, 40_000))  # type: ignore[arg-type]
            made = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")
            stack.push_async_callback(made.aclose)
            return made

        yield client
    await bot.aclose()


async def forge(client: httpx.AsyncClient, caller: TwilioCaller, times: int, **headers: str) -> list[int]:
    """A message with a signature that is not Twilio's, again and again."""
    call = caller.message(sender="+16045550111", to=SMS_FROM, body="Hello")
    return [(await post(client, call, **{"X-Twilio-Signature": "AAAA", **headers})).status_code for _ in range(times)]


async def test_after_so_many_forgeries_an_address_is_refused_whatever_it_sends(comes_from: Comes, caller: TwilioCaller) -> None:
    forger = comes_from(FORGER)
    assert await forge(forger, caller, WRONG.amount) == [403] * WRONG.amount
    signed = await post(forger, caller.message(sender="+16045550111", to=SMS_FROM, body="Hello"))
    assert (signed.status_code, signed.text, signed.headers["retry-after"]) == (429, "", "60")
    assert (await forger.post("/webhooks/telegram", json={})).status_code == 429, "at every door"
    provider = await post(comes_from(PROVIDER), caller.message(sender="+16045550111", to=SMS_FROM, body="Hello"))
    assert provider.status_code == 200


async def test_a_wrong_secret_of_telegram_counts_as_well(comes_from: Comes) -> None:
    forger = comes_from(FORGER)
    told = [(await forger.post("/webhooks/telegram", json={})).status_code for _ in range(WRONG.amount + 1)]
    assert told == [403] * WRONG.amount + [429]


async def test_behind_the_proxy_it_is_the_forger_who_is_refused(comes_from: Comes, caller: TwilioCaller) -> None:
    proxy = comes_from(PROXY)
    assert (await forge(proxy, caller, WRONG.amount + 1, **{"X-Forwarded-For": FORGER}))[-1] == 429
    call = caller.message(sender="+16045550111", to=SMS_FROM, body="Hello")
    assert (await post(proxy, call, **{"X-Forwarded-For": PROVIDER})).status_code == 200


async def test_a_proxy_that_nobody_trusts_is_never_refused(comes_from: Comes, caller: TwilioCaller) -> None:
    """Its address is everybody's: refusing it would lock the provider out."""
    proxy = comes_from("10.0.0.1")
    assert set(await forge(proxy, caller, WRONG.amount + 5)) == {403}
    assert (await post(proxy, caller.message(sender="+16045550111", to=SMS_FROM, body="Hello"))).status_code == 200


async def test_who_has_a_network_of_addresses_is_one(comes_from: Comes, caller: TwilioCaller) -> None:
    for n in range(WRONG.amount):
        await forge(comes_from(f"2606:4700:4700::{n + 1:x}"), caller, 1)
    assert await forge(comes_from("2606:4700:4700::ffff"), caller, 1) == [429]
