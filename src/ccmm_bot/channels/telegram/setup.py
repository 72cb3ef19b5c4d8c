"""Setting a bot up: its webhook or polling, its menu and description, and whether all of it works.

Nothing is set that is so already: Telegram limits how often a bot's description may change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import orjson
from telegram import BotCommand
from telegram.error import InvalidToken, RetryAfter, TelegramError

from ccmm_bot.channels import reach
from ccmm_bot.channels.checks import Check, all_well, by_hand, ok, problem
from ccmm_bot.channels.telegram.account import WEBHOOK_PATH
from ccmm_bot.channels.telegram.bot import TELEGRAM
from ccmm_bot.channels.telegram.front import Front
from ccmm_bot.channels.telegram.send import TelegramChannel

#: Bot API, "setWebhook": "Ports currently supported for webhooks: 443, 80, 88, 8443".
PORTS: Final = (443, 80, 88, 8443)
_SETTINGS: Final = "CCMM_TELEGRAM_TOKEN and CCMM_TELEGRAM_WEBHOOK_SECRET"
_COPY: Final = "Copy the token again from @BotFather (/mybots, API Token) into CCMM_TELEGRAM_TOKEN."
_OTHER: Final = "Another program sets it: look for one with the same token."
_RECENT: Final = timedelta(hours=1)

#: An update that is known to python-telegram-bot and asks nothing of us ("MessageReactionCountUpdated").
_PROBE: Final = {
    "update_id": 0,
    "message_reaction_count": {"chat": {"id": 1, "type": "private"}, "message_id": 1, "date": 0, "reactions": []},
}


async def set_up(channel: TelegramChannel, fronts: Sequence[Front], *, now: datetime) -> list[Check]:
    """Set everything, and say how each thing stands."""
    try:
        me = await channel.bot.get_me()
    except InvalidToken:
        return [
            problem(
                "bot",
                "Telegram refuses the token",
                _COPY,
            )
        ]
    except TelegramError as error:
        return [_not_now("bot", error)]
    found = [ok("bot", f"@{me.username} ({channel.account})")]
    if me.can_join_groups:
        fix = "Tell @BotFather: /setjoingroups, choose the bot, Disable. Until then the bot leaves every group by itself."
        found.append(by_hand("groups", "anybody can put the bot into a group", fix))
    found += await (_by_webhook(channel, now) if channel.settings.by_webhook else _by_polling(channel))
    found += [await _front(channel, front) for front in fronts]
    return [*found, await reach.clock("Telegram", channel.settings.api_base_url or TELEGRAM, now)]


async def _by_webhook(channel: TelegramChannel, now: datetime) -> list[Check]:
    settings = channel.settings
    url = f"{settings.public_base_url.rstrip('/')}{WEBHOOK_PATH}/{channel.account}"
    address = await reach.public_address(settings.public_base_url)
    found = list(address)
    port = urlsplit(url).port or 443
    if port not in PORTS:
        fix = f"Use one of {', '.join(map(str, PORTS))} in CCMM_PUBLIC_BASE_URL."
        found.append(problem("port", f"Telegram calls no port {port}", fix))
    if all_well(address[1:]):
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": settings.webhook_secret}
        found.append(
            await reach.webhook(
                "webhook",
                url,
                body=orjson.dumps(_PROBE),
                headers=headers,
                settings=_SETTINGS,
            )
        )
    try:
        await channel.set_webhook()
        info = await channel.bot.get_webhook_info()
    except TelegramError as error:
        return [*found, _not_now("updates", error)]
    if info.url != url:
        return [
            *found,
            problem("updates", "Telegram holds another webhook", _OTHER),
        ]
    found.append(ok("updates", f"Telegram calls {url}; {info.pending_update_count} waiting"))
    if info.last_error_date is not None and now - info.last_error_date.astimezone(UTC) < _RECENT:
        fix = "If it goes on, run this command again: the checks above say why."
        found.append(by_hand("last delivery", f"failed within the hour: {info.last_error_message}", fix))
    return found


async def _by_polling(channel: TelegramChannel) -> list[Check]:
    try:
        await channel.bot.delete_webhook(drop_pending_updates=False)
        info = await channel.bot.get_webhook_info()
    except TelegramError as error:
        return [_not_now("updates", error)]
    if info.url:
        return [problem("updates", "a webhook is still set", _OTHER)]
    return [
        ok(
            "updates",
            f"`ccmm-bot serve` asks for them; {info.pending_update_count} waiting. For a webhook, set CCMM_PUBLIC_BASE_URL and "
            "CCMM_TELEGRAM_WEBHOOK_SECRET",
        )
    ]


async def _front(channel: TelegramChannel, front: Front) -> Check:
    """Menu, description and short description in one language."""
    bot, code = channel.bot, front.code or None
    name = f"menu and description ({front.tag}{f' as {front.code}' if front.code and front.code != front.tag else ''})"

    async def commands() -> bool:
        held = await bot.get_my_commands(language_code=code)
        if tuple((each.command, each.description) for each in held) == front.commands:
            return False
        return await bot.set_my_commands([BotCommand(*each) for each in front.commands], language_code=code)

    async def description() -> bool:
        if (await bot.get_my_description(language_code=code)).description == front.description:
            return False
        return await bot.set_my_description(description=front.description, language_code=code)

    async def about() -> bool:
        if (await bot.get_my_short_description(language_code=code)).short_description == front.about:
            return False
        return await bot.set_my_short_description(short_description=front.about, language_code=code)

    steps: tuple[Callable[[], Awaitable[bool]], ...] = (commands, description, about)
    try:
        changed = [await step() for step in steps]
    except TelegramError as error:
        return _not_now(name, error)
    return ok(name, "set" if any(changed) else "as it should be")


def _not_now(name: str, error: TelegramError) -> Check:
    if isinstance(error, RetryAfter):
        wait = error.retry_after
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        return problem(name, "Telegram asks to wait", f"Run this command again in {seconds:.0f} seconds; what is set stays set.")
    return problem(name, f"Telegram said: {error.message}", "Does this machine reach api.telegram.org?")
