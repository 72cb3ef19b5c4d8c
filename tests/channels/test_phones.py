"""The demonstration's phones."""

from __future__ import annotations

import asyncio

from ccmm_bot.channels.console import ConsoleChannel
from ccmm_bot.channels.phones import Phone, Phones
from ccmm_bot.messages import ChannelKind, Content, OutboundMessage, RefusedFinal, Sent
from tests.channels.support import message

PERSON = "+16045550111"
PHONE = Phone(ChannelKind.SMS, PERSON)


async def test_what_is_sent_arrives_on_that_phone_alone() -> None:
    phones = Phones()
    channel = phones.channel(ChannelKind.SMS, "+16045550100")
    assert isinstance(await channel.send(message(PERSON, "one")), Sent)
    assert [delivery.message.content.text for delivery in phones.history(PHONE)] == ["one"]
    assert phones.history(Phone(ChannelKind.WHATSAPP, PERSON)) == ()


async def test_a_subscriber_sees_what_was_there_and_what_comes() -> None:
    phones = Phones()
    phones.deliver(message(PERSON, "before"))
    seen: list[str] = []

    async def watch() -> None:
        async for delivery in phones.subscribe(PHONE):
            seen.append(delivery.message.content.text)
            if len(seen) == 3:
                return

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    phones.deliver(message(PERSON, "then"))
    phones.deliver(message(PERSON, "last"))
    await asyncio.wait_for(watching, 2)
    assert seen == ["before", "then", "last"]


async def test_one_who_comes_back_gets_only_what_it_missed() -> None:
    phones = Phones()
    for text in ("one", "two", "three"):
        phones.deliver(message(PERSON, text))
    stream = phones.subscribe(PHONE, after=2)
    delivery = await anext(stream)
    await stream.aclose()
    assert (delivery.no, delivery.message.content.text) == (3, "three")


async def test_a_reader_that_falls_far_behind_is_let_go() -> None:
    phones = Phones()
    stream = phones.subscribe(PHONE)
    phones.deliver(message(PERSON, "0"))
    await anext(stream)
    for number in range(1, 1500):
        phones.deliver(message(PERSON, f"{number}"))
    read = [delivery.no async for delivery in stream]
    assert read[0] == 2
    assert len(read) < 1499


async def test_what_a_channel_would_refuse_for_its_length_is_refused() -> None:
    phones = Phones()
    long = message(PERSON, content=Content(text="x" * 1601))
    assert isinstance(phones.deliver(long), RefusedFinal)
    assert phones.history(PHONE) == ()


async def test_the_console_shows_each_message() -> None:
    shown: list[OutboundMessage] = []
    channel = ConsoleChannel(shown.append)
    ours = message("me", kind=ChannelKind.CONSOLE)
    assert await channel.send(ours) == Sent(provider_message_id=ours.id)
    assert shown == [ours]
