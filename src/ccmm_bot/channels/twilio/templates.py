"""Handing templates in for WhatsApp's approval, and asking how far they are (Twilio, "Content template approvals")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import orjson
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from ccmm_bot.messages import TemplateText

#: Meta: "utility" templates are about something the person is part of; ours never advertise.
CATEGORY = "UTILITY"

#: What the approvers see in place of a variable: "provide self-evident default variable values".
_SAMPLES = {"service_name": "CCMM", "agency_name": "Settlement agency", "initials": "A. B."}
_PREFIX = "ccmm_template_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How far a template is: ``status`` in Twilio's words, and why it was rejected."""

    status: str
    reason: str | None = None


def hash_of(text: TemplateText) -> str:
    """Of everything that is approved: another wording is another template."""
    shown = [text.name, text.locale, text.body, list(text.slots), list(text.buttons)]
    return hashlib.sha256(orjson.dumps(shown)).hexdigest()


def types_of(text: TemplateText) -> dict[str, Any]:
    """The ``types`` of the content resource: quick replies whose payloads are the variables after those of the text."""
    if not text.buttons:
        return {"twilio/text": {"body": text.body}}
    first = len(text.slots) + 1
    actions = [{"type": "QUICK_REPLY", "title": label, "id": f"{{{{{n}}}}}"} for n, label in enumerate(text.buttons, first)]
    return {"twilio/quick-reply": {"body": text.body, "actions": actions}}


def samples_of(text: TemplateText) -> dict[str, str]:
    """A value for each variable."""
    values = [_SAMPLES.get(slot, slot) for slot in text.slots] + [f"choice{n}" for n, _ in enumerate(text.buttons, 1)]
    return {str(n): value for n, value in enumerate(values, 1)}


class Templates:
    """The templates of one Twilio account. Errors come out as the twilio library or httpx raise them."""

    def __init__(self, client: Any) -> None:  # twilio.rest.Client: without types
        self._client = client

    async def make(self, text: TemplateText) -> str:
        """The content resource that says this, found by its hash or made; its SID."""
        name = f"{_PREFIX}{hash_of(text)[:40]}"
        found = await self._client.content.v2.contents.list_async(content_name=f"^{re.escape(name)}$", limit=20)
        for each in found:
            if each.friendly_name == name:
                return str(each.sid)
        request = {"friendly_name": name, "language": text.locale, "variables": samples_of(text), "types": types_of(text)}
        made = await self._client.content.v1.contents.create_async(ContentList.ContentCreateRequest(request))
        return str(made.sid)

    async def submit(self, sid: str, text: TemplateText) -> Approval:
        """Hand it in. Names are lower case letters, digits and underscores (Meta)."""
        name = f"{text.name}_{text.language}_{hash_of(text)[:8]}"
        request = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": CATEGORY})
        made = await self._client.content.v1.contents(sid).approval_create.create_async(request)
        return Approval(status=str(made.status or "received"), reason=made.rejection_reason or None)

    async def status(self, sid: str) -> Approval:
        """How far it is; "unsubmitted" before it was handed in."""
        fetched = await self._client.content.v1.contents(sid).approval_fetch().fetch_async()
        whatsapp: dict[str, Any] = fetched.whatsapp or {}
        return Approval(status=str(whatsapp.get("status") or "unsubmitted"), reason=whatsapp.get("rejection_reason") or None)
