"""Recordings as Telegram voice messages: uploaded once, sent again by the id Telegram gave the file.

A recording comes after its text and is never worth the text: whatever goes wrong with it is logged, and the message counts as
sent. ("sendVoice": an OGG file encoded with OPUS; "Sending files": a file_id can be used again by the same bot.)
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TelegramError

from ccmm_bot.logs import get_logger
from ccmm_bot.messages import Audio

_LONGEST_WAIT_S = 5.0

_log = get_logger(__name__)


class Voices:
    """The recordings one bot has sent before."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._ids: dict[str, str] = {}

    async def send(self, chat_id: int, audio: Audio) -> None:
        """Send a recording; never raises for what Telegram or the disk can do."""
        try:
            try:
                await self._send(chat_id, audio)
            except RetryAfter as error:
                delay = error.retry_after
                seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
                if seconds > _LONGEST_WAIT_S:
                    raise
                await asyncio.sleep(seconds)
                await self._send(chat_id, audio)
        except (TelegramError, OSError, KeyError, TypeError, ValueError) as error:
            _log.warning("a recording could not be sent", error=type(error))

    async def _send(self, chat_id: int, audio: Audio) -> None:
        known = self._ids.get(audio.name)
        if known is not None:
            try:
                await self._bot.send_voice(chat_id, known)
            except BadRequest:
                del self._ids[audio.name]  # Telegram has forgotten the file; or this person takes no voice messages
            else:
                return
        content = await asyncio.to_thread(Path(audio.file).read_bytes)
        try:
            sent = await self._bot.send_voice(chat_id, content, filename="message.ogg")
        except BadRequest as error:
            if "voice_messages_forbidden" not in error.message.lower():
                raise
            # Somebody who takes no voice messages can still be sent a file to listen to ("Bot API", changelog 6.2).
            await self._bot.send_audio(chat_id, content, filename="message.ogg")
            return
        if sent.voice is not None:
            self._ids[audio.name] = sent.voice.file_id
