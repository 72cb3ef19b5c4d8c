"""WhatsApp quick replies and list pickers: made once through Twilio's Content API, found again by the hash of what they show.

A content resource holds what is the same for everyone: the text, the labels, the order. What differs from one question to the
next, the payloads behind the buttons, are its variables, filled in at each send (Twilio, "twilio/list-picker" and
"twilio/quick-reply": ``id`` takes variables; "Using Variables with Content API": at most 100, values of at most 255
characters). So a menu shown ten thousand times is one resource. Inside the 24-hour window such content needs no approval.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from typing import Any

import orjson

from ccmm_bot.messages import LIMITS, ChannelKind, Content, Layout

NAME_PREFIX = "ccmm_"


def is_rich(content: Content) -> bool:
    """Whether this needs (and can have) a content resource. ``{{`` in the text would be read as a variable."""
    if content.layout not in (Layout.BUTTONS, Layout.LIST) or not content.buttons:
        return False
    limits = LIMITS[ChannelKind.WHATSAPP]
    most = limits.max_buttons if content.layout is Layout.BUTTONS else limits.max_list_items
    shown = [content.text, content.list_title, *(button.label for button in content.buttons)]
    return len(content.buttons) <= (most or 0) and len(content.text) <= limits.max_text and not any("{{" in text for text in shown)


def types_of(content: Content) -> dict[str, Any]:
    """The ``types`` of the resource."""
    slots = [f"{{{{{n}}}}}" for n in range(1, len(content.buttons) + 1)]
    if content.layout is Layout.BUTTONS:
        actions = [
            {"type": "QUICK_REPLY", "title": button.label, "id": slot} for button, slot in zip(content.buttons, slots, strict=True)
        ]
        return {"twilio/quick-reply": {"body": content.text, "actions": actions}}
    items = [{"item": button.label, "id": slot} for button, slot in zip(content.buttons, slots, strict=True)]
    return {"twilio/list-picker": {"body": content.text, "button": content.list_title or "…", "items": items}}


def variables_of(content: Content) -> str:
    """``ContentVariables`` for one send: the payloads, by number."""
    return orjson.dumps({str(n): button.payload for n, button in enumerate(content.buttons, 1)}).decode()


def name_of(content: Content) -> str:
    """The friendly name: a hash of everything shown, and of the language it is filed under."""
    shown = orjson.dumps([_language(content), types_of(content)], option=orjson.OPT_SORT_KEYS)
    return NAME_PREFIX + hashlib.sha256(shown).hexdigest()[:40]


def numbered_text(content: Content) -> str:
    """The same message without buttons: labels numbered from 1 below the text, so that a number answers it."""
    lines = [f"{n}. {button.label}" for n, button in enumerate(content.buttons, 1)]
    return "\n".join([content.text, "", *lines]) if lines else content.text


class Contents:
    """Finds or makes content resources of one account, remembering their SIDs. Two sends that need the same one make one."""

    def __init__(self, client: Callable[[], Any]) -> None:  # gives a twilio.rest.Client: without types
        self._client = client
        self._sids: dict[str, str] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def sid(self, content: Content) -> str:
        """The resource's SID. Errors come out as the twilio library or httpx raise them: nothing has been sent by then."""
        name = name_of(content)
        if known := self._sids.get(name):
            return known
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._sids:
                self._sids[name] = await self._find(name) or await self._make(name, content)
        self._locks.pop(name, None)
        return self._sids[name]

    async def _find(self, name: str) -> str | None:
        # "ContentName: Filter by Regex Pattern in content name" (Content API v2): compare whole names ourselves.
        found = await self._client().content.v2.contents.list_async(content_name=f"^{re.escape(name)}$", limit=20)
        return next((str(each.sid) for each in found if each.friendly_name == name), None)

    async def _make(self, name: str, content: Content) -> str:
        from twilio.rest.content.v1.content import ContentList

        samples = {str(n): f"choice{n}" for n in range(1, len(content.buttons) + 1)}
        request = {"friendly_name": name, "language": _language(content), "variables": samples, "types": types_of(content)}
        made = await self._client().content.v1.contents.create_async(ContentList.ContentCreateRequest(request))
        return str(made.sid)


def _language(content: Content) -> str:
    """Two letters, as the resource wants it ("Two-letter (ISO 639-1) language code"). It does not change what is shown."""
    primary = content.language.partition("-")[0].lower()
    return primary if len(primary) == 2 else "en"
