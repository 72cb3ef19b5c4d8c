"""What requests at random are drawn from: the application's own routes, forms and description, and what providers send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl, quote
from uuid import UUID

import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ccmm_bot.web.api.describing import description
from tests.reliability.asking import Request
from tests.reliability.odd import bent, encoded, form, json_value, text
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SECRET, SMS_FROM, WHATSAPP_FROM
from tests.standins.twilio_webhooks import FORM, sign

TEMPLATES = Path(__file__).resolve().parents[2] / "src/ccmm_bot/web/templates"
JSON = ("Content-Type", "application/json")
MULTIPART = "multipart/form-data; boundary=x"
FORMED = ("Content-Type", FORM)

HEADERS = ("Cookie", "Accept-Language", "Range", "If-None-Match", "Accept", "Content-Type", "Origin", "Sec-Fetch-Site", "X-Y")
header = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)

people = st.one_of(
    st.integers(0, 40).map(lambda n: f"+160455502{n:02d}"), st.just("+16045550111"), st.integers(0, 9).map(lambda n: f"CA.abc{n}")
)
words = st.one_of(st.sampled_from(("hello", "1", "2", "1 3", "back", "menu", "STOP", "START", "?", "lo quiero", "آرام", "0")), text)
sids = st.integers(0, 2**40).map(lambda n: f"SM{n:032x}")


def _percent(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, quote(value, safe="", errors="surrogatepass")) for name, value in fields.items()]


def _signed(path: str, body: bytes) -> list[tuple[str, str]]:
    """As Twilio signs it, where it is text at all: over every value, in the order of their names."""
    try:
        pairs = sorted(set(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")))
    except ValueError:
        return [FORMED]
    if len({name for name, _ in pairs}) == len(pairs):
        return [FORMED, ("X-Twilio-Signature", sign(AUTH_TOKEN, PUBLIC + path, dict(pairs)))]
    whole = PUBLIC + path + "".join(name + value for name, value in pairs)
    return [
        FORMED,
        ("X-Twilio-Signature", base64.b64encode(hmac.new(AUTH_TOKEN.encode(), whole.encode(), hashlib.sha1).digest()).decode()),
    ]


_more = st.dictionaries(
    st.one_of(
        st.sampled_from(
            (
                "MediaUrl0",
                "MediaContentType0",
                "NumMedia",
                "OptOutType",
                "ButtonPayload",
                "ButtonText",
                "ListId",
                "ListTitle",
                "Latitude",
                "Longitude",
                "Label",
                "Address",
                "MessageType",
                "ExternalUserId",
                "ProfileName",
                "MessagingServiceSid",
                "AccountSid",
                "MessageSid",
                "From",
                "To",
                "Body",
                "ErrorCode",
                "MessageStatus",
            )
        ),
        text,
    ),
    st.one_of(st.sampled_from(("1", "0", "STOP", "START", "49.2", "location", "image", "image/png", "SM" + "0" * 32)), text),
    max_size=4,
)


@st.composite
def twilio_message(draw: st.DrawFn) -> Request:
    """A message, mostly as Twilio would send it."""
    whatsapp = draw(st.booleans())
    prefix, ours = ("whatsapp:", WHATSAPP_FROM) if whatsapp else ("", SMS_FROM)
    sid = draw(sids)
    fields = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT_SID, "From": prefix + draw(people), "To": prefix + ours}
    fields |= {"Body": draw(words), "NumMedia": "0"} | draw(_more)
    return _twilio(draw, "/webhooks/twilio", _percent(fields))


@st.composite
def twilio_receipt(draw: st.DrawFn) -> Request:
    """A receipt."""
    fields = {
        "MessageSid": draw(sids),
        "AccountSid": ACCOUNT_SID,
        "From": SMS_FROM,
        "To": draw(people),
        "MessageStatus": draw(st.one_of(st.sampled_from(("sent", "delivered", "read", "failed", "undelivered")), text)),
    }
    query = draw(
        st.one_of(st.just(""), st.just(f"?outbox={UUID(int=draw(st.integers(0, 9)))}"), encoded.map(lambda v: f"?outbox={v}"))
    )
    return _twilio(draw, f"/webhooks/twilio/status{query}", _percent(fields | draw(_more)))


def _twilio(draw: st.DrawFn, path: str, pairs: list[tuple[str, str]]) -> Request:
    bend = draw(st.integers(0, 9))
    if bend == 0:
        pairs += draw(st.lists(st.tuples(text, encoded), max_size=5))
    body = form(pairs)
    if bend == 1:
        body = draw(st.binary(max_size=200))
    if bend == 2:
        whole = json.dumps(draw(bent(dict(parse_qsl(body.decode(), errors="replace")))), ensure_ascii=draw(st.booleans()))
        raw = whole.encode("utf-8", "surrogatepass")
        target = f"{path}{'&' if '?' in path else '?'}bodySHA256={hashlib.sha256(raw).hexdigest()}"
        return Request(
            method="POST", target=target, headers=[JSON, ("X-Twilio-Signature", sign(AUTH_TOKEN, PUBLIC + target, {}))], body=raw
        )
    headers = [FORMED, ("X-Twilio-Signature", draw(text))] if bend == 3 else _signed(path, body)
    return Request(method="POST", target=path, headers=headers, body=body)


def _user(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "Somebody", "language_code": "ti"}


@st.composite
def telegram_update(draw: st.DrawFn) -> Request:
    """An update, bent here and there."""
    number = draw(st.integers(7_000_000_000, 7_000_000_040))
    chat = {"id": number, "type": draw(st.sampled_from(("private", "private", "private", "group", "channel"))), "first_name": "S"}
    message: dict[str, Any] = {
        "message_id": draw(st.integers(1, 2**31)),
        "from": _user(number),
        "chat": chat,
        "date": 1_790_000_000,
    }
    kinds: Sequence[dict[str, Any]] = (
        {"text": draw(words)},
        {"text": draw(words)},
        {"text": "/start abc", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
        {"voice": {"file_id": "f", "file_unique_id": "u", "duration": 3, "mime_type": "audio/ogg", "file_size": 100}},
        {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}], "caption": "c"},
        {"location": {"latitude": 49.2, "longitude": -123.1}},
        {"contact": {"phone_number": "+16045550111", "first_name": "A", "user_id": number}},
        {"sticker": {"file_id": "f", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1}},
        {},
    )
    message |= draw(st.sampled_from(kinds))
    update = {"update_id": draw(st.integers(0, 2**40)), "message": message}
    shape = draw(st.integers(0, 5))
    if shape == 0:
        update = {"update_id": update["update_id"], "edited_message": {**message, "edit_date": 1_790_000_100}}
    elif shape == 1:
        tap = {"id": "1", "from": _user(number), "chat_instance": "1", "message": message, "data": draw(words)}
        update = {"update_id": update["update_id"], "callback_query": tap}
    elif shape == 2:
        member = {
            "user": {"id": 5000000001, "is_bot": True, "first_name": "B"},
            "status": draw(st.sampled_from(("kicked", "member"))),
        }
        change = {"chat": chat, "from": _user(number), "date": 1, "old_chat_member": member, "new_chat_member": member}
        update = {"update_id": update["update_id"], "my_chat_member": change}
    document = draw(bent(update, 25))
    body = json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    secret = SECRET if draw(st.integers(0, 19)) else draw(text)
    return Request(
        method="POST", target="/webhooks/telegram", headers=[JSON, ("X-Telegram-Bot-Api-Secret-Token", secret)], body=body
    )


# --- pages ----------------------------------------------------------------------------------------------------------------


def _names_in_templates() -> tuple[str, ...]:
    found = (re.findall(r'name="([a-z_]+)"', path.read_text()) for path in TEMPLATES.rglob("*.html"))
    return tuple(sorted({name for names in found for name in names}))


class Pages:
    """Strategies over the staff pages and the API of one application. ``ids``: what is there, by the name routes have for it."""

    def __init__(self, app: FastAPI, roles: Sequence[str], ids: Mapping[str, Sequence[str]], token: str) -> None:
        self.ids = ids
        self.roles = roles
        self.token = token
        self._names = _names_in_templates()
        self._routes = [route for route in app.routes if isinstance(route, APIRoute) and route.path.startswith("/staff")]
        described = schemathesis.openapi.from_dict(description())
        self._operations = [each.ok().as_strategy() for each in described.get_all_operations()]  # type: ignore[union-attr]

    def page(self) -> SearchStrategy[Request]:
        """A page or form of any role's, with values that fit in half of the fields."""

        @st.composite
        def drawn(draw: st.DrawFn) -> Request:
            route = draw(st.sampled_from(self._routes))
            method = draw(st.sampled_from(sorted(route.methods or {"GET"}))) if draw(st.integers(0, 30)) else "PUT"
            path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: self._id(draw, found.group(1)), route.path)
            known = (*route.dependant.query_params, *route.dependant.body_params)
            pairs = [
                (each.alias, self._value(draw, each.alias, each.field_info.annotation)) for each in known if draw(st.integers(0, 9))
            ]
            others = draw(st.lists(st.sampled_from(self._names), max_size=4))
            pairs += [(name, self._value(draw, name, None)) for name in others]
            role = draw(st.sampled_from(self.roles))
            if method == "GET" or draw(st.integers(0, 9)) == 0:
                return Request(
                    method=method, target=f"{path}?{form(pairs).decode('latin-1')}", headers=[("Origin", PUBLIC)], role=role
                )
            kind = draw(st.sampled_from((FORM, FORM, FORM, FORM, FORM, MULTIPART, MULTIPART, "application/json", "text/plain")))
            body = form(pairs) if kind == FORM else self._other(draw, kind, pairs)
            headers = [("Origin", PUBLIC), ("Content-Type", kind)]
            if draw(st.integers(0, 3)) == 0:
                headers.append(("HX-Request", "true"))
            return Request(method="POST" if method == "GET" else method, target=path, headers=headers, body=body, role=role)

        return drawn()

    def _other(self, draw: st.DrawFn, kind: str, pairs: Sequence[tuple[str, str]]) -> bytes:
        if kind.startswith("multipart"):
            parts = [
                f'--x\r\nContent-Disposition: form-data; name="{name}"'
                + ('; filename="a.csv"\r\nContent-Type: text/csv' if name in ("file", "sheet") else "")
                + f"\r\n\r\n{value}\r\n"
                for name, value in [*pairs, ("file", draw(text))]
            ]
            end = "--x--\r\n" if draw(st.integers(0, 5)) else draw(text)
            return ("".join(parts) + end).encode("utf-8", "surrogatepass")
        return json.dumps(draw(json_value)).encode("utf-8", "surrogatepass") if "json" in kind else draw(st.binary(max_size=40))

    def _id(self, draw: st.DrawFn, name: str) -> str:
        chance = draw(st.integers(0, 9))
        known = self.ids.get(name, ())
        if known and chance < 7:
            return draw(st.sampled_from(known))
        if chance < 9:
            return str(draw(st.uuids()))
        return draw(encoded) or "x"

    def _value(self, draw: st.DrawFn, name: str, kind: Any) -> str:
        if draw(st.integers(0, 2)) == 0:
            return draw(encoded)
        options = [each for each in (kind, *get_args(kind)) if isinstance(each, type) and issubclass(each, Enum)]
        if options:
            return quote(str(draw(st.sampled_from(list(options[0]))).value))
        if name in self.ids or name.endswith("_id") or name in ("to", "staff", "case", "person", "conversation"):
            known = self.ids.get(name, ())
            return draw(st.sampled_from(known)) if known else str(draw(st.uuids()))
        if "date" in name or name.endswith(("_on", "day", "since", "until", "start", "end")):
            return draw(st.one_of(st.dates().map(str), st.datetimes().map(lambda at: quote(at.isoformat(timespec="minutes")))))
        return draw(st.one_of(st.sampled_from(("yes", "no", "on", "1", "en", "fr", "housing", "low")), encoded))

    def api(self) -> SearchStrategy[Request]:
        """A call of the API as its own description allows or forbids it (schemathesis), mostly with a token that works."""

        @st.composite
        def drawn(draw: st.DrawFn) -> Request:
            case: Any = draw(draw(st.sampled_from(self._operations)))
            path = case.path.format(**{name: quote(str(value), safe="") for name, value in (case.path_parameters or {}).items()})
            for name in case.path_parameters or {}:
                if (known := self.ids.get(name)) and draw(st.booleans()):
                    path = path.replace(quote(str(case.path_parameters[name]), safe=""), draw(st.sampled_from(known)))
            query = "&".join(f"{quote(str(name))}={quote(str(value))}" for name, value in (case.query or {}).items())
            sound = case.body is not None and "NotSet" not in type(case.body).__name__
            body = json.dumps(draw(bent(case.body)), default=str).encode("utf-8", "surrogatepass") if sound else b""
            given = f"Bearer {self.token}" if draw(st.integers(0, 19)) else draw(text)
            return Request(
                method=case.method.upper(),
                target=f"{path}?{query}" if query else path,
                headers=[JSON, ("Authorization", given)],
                body=body,
            )

        return drawn()

    def stray(self) -> SearchStrategy[Request]:
        """Anything at all, anywhere."""
        paths = st.sampled_from(("/", "/healthz", "/readyz", "/static/x/", "/audio/en/", "/staff/", "/webhooks/twilio/", "/api/"))

        @st.composite
        def drawn(draw: st.DrawFn) -> Request:
            target = draw(paths) + draw(encoded) + draw(st.one_of(st.just(""), encoded.map(lambda value: f"?{value}")))
            method = draw(st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW")))
            headers = draw(st.lists(st.tuples(st.sampled_from(HEADERS), header), max_size=3))
            if draw(st.booleans()):
                headers.append(("Origin", PUBLIC))
            return Request(method=method, target=target, headers=headers, body=draw(st.binary(max_size=30)))

        return drawn()

    def any_request(self) -> SearchStrategy[Request]:
        """The mixture: as many webhooks as anything else."""
        return st.one_of(
            twilio_message(), twilio_message(), telegram_update(), telegram_update(), twilio_receipt(),
            self.page(), self.page(), self.page(), self.api(), self.stray(),
        )  # fmt: skip


def beside(request: Request, chance: random.Random, roles: Sequence[str], more: int) -> Iterator[Request]:
    """``more`` requests like a drawn one: a page for three other roles, and a body or a query with some of its bytes changed (a
    webhook's signed anew)."""
    others = 0 if request.role is None else 3
    for role in chance.sample(roles, others):
        yield replace(request, role=role)
    for _ in range(more - others):
        body = _scratched(request.body, chance)
        if request.target.startswith("/webhooks/twilio") and FORMED in request.headers:
            path = request.target
            yield replace(request, body=body, headers=_signed(path, body))
        elif request.body:
            yield replace(request, body=body)
        else:
            path, _, query = request.target.partition("?")
            torn = _scratched(query.encode("latin-1", "replace"), chance).decode("latin-1")
            yield replace(request, target=f"{path}?{torn}" if torn else path)


def _scratched(body: bytes, chance: random.Random) -> bytes:
    """Some bytes doubled, left out, or others."""
    torn = bytearray(body)
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(torn) + 1)
        end = min(len(torn), start + chance.randrange(12))
        torn[start:end] = chance.choice(
            (b"", bytes(torn[start:end]) * 2, chance.randbytes(end - start), b"%00", b"\xff", b"9", b'"')
        )
    return bytes(torn)
