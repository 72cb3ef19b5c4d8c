"""The job every row does: people answering a survey of fifteen questions by signed SMS webhooks, one message at a time each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from dataclasses import dataclass
from urllib.parse import urlencode

ACCOUNT_SID = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
OUR_NUMBER = "+16045550100"
PUBLIC = "https://bench.example.org"
PATH = "/webhooks/twilio"

#: What one person types: hello, language, consent, ten scales (one answer that cannot be read), two yes/no, free text.
SCRIPT = ("hello", "1", "1", *"432", "maybe", *"5432143", "1", "2", "More English classes in the evening would help my family.")


@dataclass(frozen=True)
class Post:
    """One HTTP request, ready to be written to a socket."""

    raw: bytes


def posts(person: int, run: str) -> list[Post]:
    """Everything one person sends, in order."""
    return [_post(person, n, text, run) for n, text in enumerate(SCRIPT)]


def _post(person: int, n: int, text: str, run: str) -> Post:
    number = f"+1604{5550000 + person % 5_000_000:07d}"
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
