"""A person with a phone, and the service she writes to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import SQLModel, col, select

from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import FixedClock
from ccmm_bot.conversation.receive import Receipt
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage, OptOutKind, OutboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings

PROGRAM = Path(__file__).with_name("program")

#: A Monday, 12:00 in British Columbia: inside the sending hours.
MONDAY_NOON = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)

M = TypeVar("M", bound=SQLModel)


def settings(database_url: str, folder: Path, dialogues: Path = PROGRAM, **more: Any) -> Settings:
    """Settings of a service with the test's own dialogues and no channel but the terminal."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "secret_key_file": folder / "secret.key",
        "dialogues_dir": dialogues,
        "locales_dir": folder / "no-locales",
        "agency_name": "Test agency",
        "service_name": "Harbour",
    }
    return Settings(_env_file=None, **(values | more))


@asynccontextmanager
async def service(chosen: Settings, clock: FixedClock | None = None) -> AsyncIterator[Runtime]:
    """A running service."""
    async with open_runtime(chosen, clock=clock or FixedClock(MONDAY_NOON), channels=Channels()) as runtime:
        yield runtime


@dataclass
class Phone:
    """Somebody who writes from one address. Every message gets an id of its own."""

    runtime: Runtime
    address: str = "+16045550111"
    account: str = "console"
    count: int = 0
    receipts: list[Receipt] = field(default_factory=list)

    def message(self, text: str = "", **more: Any) -> InboundMessage:
        """The next message, not sent yet."""
        self.count += 1
        made = InboundMessage(
            channel=ChannelKind.CONSOLE,
            account=self.account,
            provider_message_id=f"{sha256(self.address.encode()).hexdigest()[:12]}-{self.count}",
            sender=self.address,
            received_at=self.runtime.clock.now(),
            text=text,
            raw=text.encode("utf-8", "surrogatepass")[:1000],
        )
        return replace(made, **more)

    async def send(self, message: InboundMessage) -> list[str]:
        """Send a message; the texts that come back."""
        receipt = await self.runtime.receiver.receive(message)
        self.receipts.append(receipt)
        return texts(receipt)

    async def say(self, *words: str) -> list[str]:
        """Type messages, one after the other; the texts that come back on the last one."""
        answers: list[str] = []
        for word in words:
            answers = await self.send(self.message(word))
        return answers

    async def tap(self, payload: str, label: str = "") -> list[str]:
        """Tap a button."""
        return await self.send(self.message(label, payload=payload, kind=ContentKind.TAP))

    async def send_kind(self, kind: ContentKind, text: str = "") -> list[str]:
        """Send something that is not text."""
        return await self.send(self.message(text, kind=kind))

    async def provider_says(self, opt_out: OptOutKind, text: str) -> list[str]:
        """A keyword the provider has answered itself."""
        return await self.send(self.message(text, opt_out=opt_out))

    @property
    def conversation_id(self) -> str:
        """Of the last receipt."""
        return self.receipts[-1].conversation_id


def texts(receipt: Receipt) -> list[str]:
    """What a receipt sends."""
    return [message.content.text for message in receipt.outbound]


def rows(runtime: Runtime, table: type[M]) -> Sequence[M]:
    """Every row of a table, oldest first, of every agency."""
    with runtime.store.installation() as session:
        statement = select(table)
        key = getattr(table, "id", None)
        return session.exec(statement if key is None else statement.order_by(col(key))).all()


async def claim(runtime: Runtime, messages: Sequence[OutboundMessage]) -> list[OutboundMessage]:
    """What the sender would be given."""
    return await runtime.outbox.claim([message.id for message in messages], "test", 60)
