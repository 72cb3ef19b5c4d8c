"""The job every row does: people answering a survey of fifteen questions, one message at a time each, over loopback HTTP.

Language, consent, ten scale items, two yes/no, one free text; one answer cannot be read and is asked for again. A person's
messages come as signed form posts of Twilio, or as Telegram updates with the secret header.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode

import orjson

ACCOUNT_SID = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
OUR_NUMBER = "+16045550100"
BOT_TOKEN = "7000000001:AAbenchbenchbenchbenchbench"
SECRET = "bench_secret_0123456789"
PUBLIC = "https://bench.example.org"
PATH = "/webhooks/twilio"
TELEGRAM_PATH = "/webhooks/telegram"

#: What one person types: hello, language, consent, ten scales (one answer that cannot be read), two yes/no, free text.
SCRIPT = ("hello", "1", "1", *"432", "maybe", *"5432143", "1", "2", "More English classes in the evening would help my family.")

#: Answers of a person that a finished survey holds: every question but language, consent included or not by who keeps it.
ITEMS = 13


class Channel(Enum):
    """How the messages come."""

    TWILIO = "Twilio"
    TELEGRAM = "Telegram"


@dataclass(frozen=True)
class Post:
    """One HTTP request, ready to be written to a socket."""

    raw: bytes


def posts(person: int, run: str, channel: Channel = Channel.TWILIO) -> list[Post]:
    """Everything one person sends, in order. ``run`` makes the provider's ids of one run differ from another's."""
    make = _form if channel is Channel.TWILIO else _update
    return [make(person, n, text, run) for n, text in enumerate(SCRIPT)]


def _form(person: int, n: int, text: str, run: str) -> Post:
    number = f"+1604{5550000 + person % 4_450_000:07d}"
    sid = "SM" + hashlib.md5(f"{run}.{person}.{n}".encode()).hexdigest()
    fields = {
        "ToCountry": "CA",
        "ToState": "BC",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "VANCOUVER",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "BC",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text,
        "FromCountry": "CA",
        "To": OUR_NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": number,
        "ApiVersion": "2010-04-01",
    }
    signed = PUBLIC + PATH + "".join(key + fields[key] for key in sorted(fields))
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)).decode()
    body = urlencode(fields).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bench.example.org\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nI-Twilio-Idempotency-Token: {random.getrandbits(128):032x}\r\n\r\n"
    )
    return Post(head.encode() + body)


def _update(person: int, n: int, text: str, run: str) -> Post:
    chat = 5_000_000_000 + person
    first = int.from_bytes(hashlib.md5(run.encode()).digest()[:4], "big")
    user = {"id": chat, "is_bot": False, "first_name": "Somebody", "language_code": "en"}
    update = {
        "update_id": first * 1000 + person * 32 + n,
        "message": {
            "message_id": n * 2 + 1,
            "from": user,
            "chat": {"id": chat, "first_name": "Somebody", "type": "private"},
            "date": 1_795_000_000 + n,
            "text": text,
        },
    }
    body = orjson.dumps(update)
    head = (
        f"POST {TELEGRAM_PATH} HTTP/1.1\r\nHost: bench.example.org\r\nAccept-Encoding: gzip, deflate\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n\r\n"
    )
    return Post(head.encode() + body)
