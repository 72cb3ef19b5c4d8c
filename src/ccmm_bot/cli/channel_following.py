"""Following one test message from the outbox to the phone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import select

from ccmm_bot.channels.senders import of_agency
from ccmm_bot.channels.twilio.errors import ErrorClass, classify
from ccmm_bot.conversation.accounts import Accounts
from ccmm_bot.conversation.trying_out import TryOut
from ccmm_bot.dialogue.system_texts import TRY_OUT
from ccmm_bot.errors import CcmmError
from ccmm_bot.messages import ChannelKind, Content, DeliveryStatus
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Agency, Outbox
from ccmm_bot.worker.sender import Sender

_FINAL: Final = (DeliveryStatus.DELIVERED, DeliveryStatus.READ, DeliveryStatus.FAILED, DeliveryStatus.SUPPRESSED)
_EVERY_S: Final = 0.2

#: What to do about a refusal, by its class (Twilio, "Error and Warning Dictionary").
_ADVICE: Final = {
    ErrorClass.OPTED_OUT: "This phone has unsubscribed or blocked us. Only the person can change that, by writing START.",
    ErrorClass.BLOCKED: "The carrier blocks it. A toll-free number has to be verified; see docs/channels.md.",
    ErrorClass.BAD_ADDRESS: "Nobody can be reached there. Is the number right, in the form +16045550100, and does it take SMS?",
    ErrorClass.CONFIGURATION: "Our set-up is wrong. Run: ccmm-bot channel setup twilio",
    ErrorClass.OUTSIDE_WINDOW: "WhatsApp takes free text only within 24 hours of a message of yours. Write to the sender first.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How it ended."""

    good: bool
    says: str


@dataclass(frozen=True, slots=True)
class _Held:
    status: DeliveryStatus
    error: str | None
    held_back: bool  # waits for the sending hours


async def follow(
    runtime: Runtime, agency: UUID, channel: ChannelKind, to: str, language: str, *, within_s: float, say: Callable[[str], object]
) -> Followed:
    """Send the message by a sender of the agency and wait for its end; ``say`` is told every step.

    :raises CcmmError: this channel is off
    """
    mine = set(await asyncio.to_thread(of_agency, runtime.store, agency))
    ours = next((each for each in runtime.channels if each.kind is channel and (each.kind, each.account) in mine), None)
    if ours is None:
        raise CcmmError(f"{channel.value} is off. Run: ccmm-bot channel list")
    rendered = runtime.catalogues.render((TRY_OUT,), language)
    service = await asyncio.to_thread(_service_name, runtime, agency)
    content = Content(text=rendered.texts[0].format(service_name=service), language=rendered.language)
    writer = TryOut(runtime.database.runner, runtime.keys, runtime.machine, Accounts(runtime.database.runner), runtime.clock)
    receipt = await writer.write(channel, ours.account, to, content)
    if receipt.rejected is not None:
        return Followed(good=False, says="Nothing was sent: whoever has this phone wants no messages. Only START changes that.")
    message = receipt.outbound[0]
    sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now)
    await sender.start()
    try:
        sender.on_commit(receipt)
        await sender.idle()
        return await _until_final(runtime, UUID(message.id), channel, within_s, say)
    finally:
        await sender.stop()


async def _until_final(
    runtime: Runtime, key: UUID, channel: ChannelKind, within_s: float, say: Callable[[str], object]
) -> Followed:
    deadline, last = time.monotonic() + within_s, None
    while True:
        held = await asyncio.to_thread(_look, runtime, key)
        if held.status is not last:
            say(f"{held.status.value}{f' ({held.error})' if held.error else ''}")
            last = held.status
        if held.held_back:
            return Followed(
                good=False, says="It waits for the sending hours, then it goes out: Mon-Fri 9:00-21:30, Sat-Sun 10:00-18:00."
            )
        if held.status in _FINAL:
            return _ended(held, channel)
        if held.status is DeliveryStatus.SENT and channel is ChannelKind.TELEGRAM:
            return Followed(good=True, says="Telegram took it. Telegram tells no bot more than that.")
        if time.monotonic() > deadline:
            return _no_receipt(held)
        await asyncio.sleep(_EVERY_S)


def _ended(held: _Held, channel: ChannelKind) -> Followed:
    if held.status in (DeliveryStatus.DELIVERED, DeliveryStatus.READ):
        return Followed(good=True, says="It arrived, and its receipt came back.")
    if held.status is DeliveryStatus.SUPPRESSED:
        return Followed(good=False, says=f"It was held back: {held.error}.")
    if channel is ChannelKind.TELEGRAM:
        return Followed(good=False, says="Telegram refused it. Whoever has this chat id has to write to the bot first.")
    advice = _ADVICE.get(classify(held.error), f"See https://www.twilio.com/docs/api/errors/{held.error or ''}")
    return Followed(good=False, says=f"It was refused. {advice}")


def _no_receipt(held: _Held) -> Followed:
    if held.status is DeliveryStatus.SENT:
        says = "The provider took it, but no receipt has come back. Is `ccmm-bot serve` running at CCMM_PUBLIC_BASE_URL?"
    else:
        says = "It is not sent yet. `ccmm-bot serve` goes on trying."
    return Followed(good=False, says=says)


def _look(runtime: Runtime, key: UUID) -> _Held:
    with runtime.store.installation() as session:
        row = session.exec(select(Outbox).where(Outbox.id == key)).one()
        later = row.not_before is not None and row.not_before > runtime.clock.now() and row.attempts == 0
        return _Held(row.status, row.error_code, row.status is DeliveryStatus.PENDING and later)


def _service_name(runtime: Runtime, agency: UUID) -> str:
    with runtime.store.reading(agency) as session:
        return session.exec(select(Agency.service_name)).one()
