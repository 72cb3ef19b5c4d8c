"""``ccmm-bot chat``: a whole conversation in the terminal, through the same door as every phone."""

from __future__ import annotations

import asyncio
import sys
from secrets import token_hex
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import col, select

from ccmm_bot.channels.console import ACCOUNT, ConsoleChannel
from ccmm_bot.channels.registry import Channels
from ccmm_bot.errors import CcmmError
from ccmm_bot.i18n.languages import language as find_language
from ccmm_bot.messages import ChannelKind, Content, ContentKind, InboundMessage, OutboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.tables import DialogueRun, Flag, Response
from ccmm_bot.store.types import uuid7
from ccmm_bot.worker.sender import Sender

_HELP = "Write as a person would. :voice sends a voice note, :quit ends."


def chat(
    language: Annotated[str | None, typer.Option(help="Begin in this language (its tag: ti, ar, prs ...).")] = None,
    name: Annotated[str | None, typer.Option("--as", help="Go on as somebody who talked here before.")] = None,
) -> None:
    """Talk to the service in the terminal. Answers and flags go to the store, where staff see them."""
    asyncio.run(_chat(name or f"terminal-{token_hex(4)}", language))


async def _chat(name: str, language: str | None) -> None:
    async with open_runtime(Settings(), channels=Channels([ConsoleChannel(_show)])) as runtime:
        sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now)
        runtime.receiver.sent_by(sender)
        opening = None if language is None else _autonym(runtime, language)
        await sender.start()
        try:
            await _Talk(runtime, sender, name).run(opening)
        finally:
            await sender.stop()


def _autonym(runtime: Runtime, tag: str) -> str:
    """What somebody who speaks the language would write first: its name."""
    wanted = find_language(tag)
    if not runtime.machine.offers(tag):
        offered = ", ".join(choice.id for choice in runtime.machine.languages)
        raise CcmmError(f"The dialogues are not complete in {wanted.english_name} yet. On offer: {offered}.")
    return wanted.autonym


class _Talk:
    """One person at the terminal."""

    def __init__(self, runtime: Runtime, sender: Sender, name: str) -> None:
        self._runtime = runtime
        self._sender = sender
        self._name = name
        self._conversation: UUID | None = None

    async def run(self, opening: str | None) -> None:
        """Until the input ends or ``:quit``; then what was kept."""
        if sys.stdin.isatty():
            typer.echo(_HELP)
        if opening is not None:
            typer.echo(f"> {opening}")
            await self._receive(opening)
        while (line := await asyncio.to_thread(_read)) is not None and line != ":quit":
            if line == ":voice":
                await self._receive("", ContentKind.VOICE)
            elif line.startswith(":"):
                typer.echo(_HELP)
            else:
                await self._receive(line)
        if self._conversation is not None:
            await asyncio.to_thread(self._summary, self._conversation)

    async def _receive(self, text: str, kind: ContentKind = ContentKind.TEXT) -> None:
        receipt = await self._runtime.receiver.receive(
            InboundMessage(
                channel=ChannelKind.CONSOLE,
                account=ACCOUNT,
                provider_message_id=str(uuid7()),
                sender=self._name,
                received_at=self._runtime.clock.now(),
                kind=kind,
                text=text,
            )
        )
        self._conversation = UUID(receipt.conversation_id)
        await self._sender.idle()

    def _summary(self, conversation: UUID) -> None:
        """What the store keeps of this conversation."""
        with self._runtime.store.reading(self._runtime.agency_id) as session:
            answers = session.exec(
                select(DialogueRun, Response)
                .join(Response, col(Response.run_id) == col(DialogueRun.id))
                .where(col(DialogueRun.conversation_id) == conversation)
                .order_by(col(Response.answered_at))
            ).all()
            flags = session.exec(select(Flag).where(col(Flag.conversation_id) == conversation)).all()
        kept = [f"  {run.dialogue_id}.{response.item}: {_value(response)}" for run, response in answers]
        kept += [f"  flag {flag.reason} ({flag.severity.value})" for flag in flags]
        typer.echo("\n".join([f"\nKept of this conversation (go on later with --as {self._name}):", *(kept or ["  nothing"])]))


def _read() -> str | None:
    if sys.stdin.isatty():
        typer.echo("> ", nl=False)
    line = sys.stdin.readline()
    if not line:
        return None
    text = line.rstrip("\r\n")
    if not sys.stdin.isatty():
        typer.echo(f"> {text}")
    return text


def _show(message: OutboundMessage) -> None:
    typer.echo(_bubble(message.content))


def _bubble(content: Content) -> str:
    return "\n".join(f"< {line}".rstrip() for line in content.text.split("\n"))


def _value(response: Response) -> str:
    if response.skipped:
        return "skipped"
    value = response.value if response.value is not None else response.value_sealed
    return ", ".join(value) or "none of these" if isinstance(value, list) else str(value)
