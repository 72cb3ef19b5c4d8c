"""The requests Twilio sends us: incoming messages and receipts, signed as "Webhooks security" describes.

The signature is computed here from the description, without the library that checks it: base64 of HMAC-SHA1, keyed with the
auth token, over the address followed by every field's name and value, sorted by name
(twilio.com/docs/usage/webhooks/webhooks-security).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


def sign(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """``X-Twilio-Signature`` of a form post."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP request of Twilio's to us. ``url`` is public; ``path`` is what arrives behind a proxy."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def form_call(auth_token: str, url: str, fields: Mapping[str, str]) -> Call:
    """A signed form post."""
    headers = {"Content-Type": f"{FORM}; charset=utf-8", "X-Twilio-Signature": sign(auth_token, url, fields)}
    return Call(url=url, headers=headers, body=urlencode(fields).encode())


def json_call(auth_token: str, url: str, document: Mapping[str, object]) -> Call:
    """A signed JSON post: the body's SHA-256 goes into the query as ``bodySHA256``, and only the address is signed."""
    body = json.dumps(document).encode()
    signed = f"{url}{'&' if '?' in url else '?'}bodySHA256={hashlib.sha256(body).hexdigest()}"
    return Call(
        url=signed, headers={"Content-Type": "application/json", "X-Twilio-Signature": sign(auth_token, signed, {})}, body=body
    )


@dataclass(frozen=True, kw_only=True)
class TwilioCaller:
    """Writes Twilio's requests for one account. Fields after "Twilio's request to your incoming message Webhook URL"."""

    account_sid: str
    auth_token: str
    public_base_url: str = "https://bot.example.org"

    def message_fields(self, *, sender: str, to: str, body: str = "", **more: str) -> dict[str, str]:
        """The fields of an incoming SMS or WhatsApp message. Blank fields are sent, too (``MediaUrl0`` aside)."""
        sid = more.pop("MessageSid", f"SM{secrets.token_hex(16)}")
        fields = {
            "ToCountry": "CA",
            "ToState": "BC",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "ToCity": "",
            "FromZip": "",
            "SmsSid": sid,
            "FromState": "BC",
            "SmsStatus": "received",
            "FromCity": "",
            "Body": body,
            "FromCountry": "CA",
            "To": to,
            "ToZip": "",
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "From": sender,
            "ApiVersion": "2010-04-01",
        }
        if sender.startswith("whatsapp:"):
            fields |= {"ProfileName": "Somebody", "WaId": sender.removeprefix("whatsapp:").lstrip("+"), "MessageType": "text"}
        return fields | more

    def message(self, *, sender: str, to: str, body: str = "", path: str = "/webhooks/twilio", **more: str) -> Call:
        """An incoming message."""
        return form_call(self.auth_token, self.public_base_url + path, self.message_fields(sender=sender, to=to, body=body, **more))

    def tap(self, *, sender: str, to: str, label: str, payload: str, listed: bool = False, **more: str) -> Call:
        """A tapped quick reply ("twilio/quick-reply": ButtonText, ButtonPayload) or list item (ListTitle, ListId)."""
        names = ("ListTitle", "ListId") if listed else ("ButtonText", "ButtonPayload")
        kind = "interactive" if listed else "button"
        return self.message(
            sender=sender, to=to, body=label, MessageType=kind, **dict(zip(names, (label, payload), strict=True)), **more
        )

    def receipt(self, url: str, *, sid: str, to: str, status: str, error: int | None = None) -> Call:
        """A status callback to the address the message was sent with ("Outbound Message Status in Status Callbacks")."""
        fields = {
            "SmsSid": sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": to,
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "From": "+16045550100",
            "ApiVersion": "2010-04-01",
        }
        if error is not None:
            fields["ErrorCode"] = str(error)  # only "if the message failed or wasn't delivered"
        return form_call(self.auth_token, url, fields)

    def receipts(
        self,
        url: str,
        *,
        sid: str,
        to: str,
        statuses: Sequence[str] = ("queued", "sent", "delivered"),
        seed: int | None = None,
        copies: int = 1,
    ) -> list[Call]:
        """A message's receipts; with a seed, ``copies`` times and shuffled ("may arrive out of order")."""
        calls = [self.receipt(url, sid=sid, to=to, status=status) for status in statuses for _ in range(copies)]
        if seed is not None:
            random.Random(seed).shuffle(calls)
        return calls
