"""Small makers for the channels' tests."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from ccmm_bot.messages import Button, ChannelKind, Content, Layout, OutboundMessage
from tests.standins.fixtures import SMS_FROM, WHATSAPP_FROM

NOW = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)


def buttons(*labels: str, wait: int = 3) -> tuple[Button, ...]:
    """Buttons of one question, with payloads as the dialogue writes them."""
    return tuple(Button(payload=f"w{wait}.choice{n}", label=label) for n, label in enumerate(labels, 1))


def message(
    to: str, text: str = "Hello", *, kind: ChannelKind = ChannelKind.SMS, account: str = "", content: Content | None = None
) -> OutboundMessage:
    """One message on its way out."""
    ours = account or {ChannelKind.SMS: SMS_FROM, ChannelKind.WHATSAPP: WHATSAPP_FROM}.get(kind, "5000000001")
    return OutboundMessage(id=str(uuid4()), channel=kind, account=ours, to=to, content=content or Content(text=text))


def quick_replies(text: str = "May we ask you some questions?", wait: int = 3) -> Content:
    """A question with three buttons."""
    return Content(text=text, layout=Layout.BUTTONS, buttons=buttons("Yes", "No", "Later", wait=wait))


def picker(count: int = 5, wait: int = 3) -> Content:
    """A question with a list."""
    labels = [f"Choice {n}" for n in range(1, count + 1)]
    return Content(text="What do you need?", layout=Layout.LIST, buttons=buttons(*labels, wait=wait), list_title="Choose")
