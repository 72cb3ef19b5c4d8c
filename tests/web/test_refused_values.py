"""What PostgreSQL keeps as no text (NUL) is the asker's mistake, not our fault; what people write is taken all the same."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from psycopg.errors import UntranslatableCharacter
from sqlmodel import col, func, select
from starlette.requests import Request as Asked
from starlette.responses import Response
from starlette.routing import Route

from ccmm_bot.logs import get_logger
from ccmm_bot.store.tables import ApiToken, Attachment, Audit, Inbound, StaffLink
from ccmm_bot.web import errors
from ccmm_bot.web.patterns import patterns
from tests.logged import logged
from tests.reliability.asking import Answer, Request, ask
from tests.reliability.hammer import HOST, World, world
from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SECRET, SMS_FROM, WHATSAPP_FROM
from tests.standins.twilio_webhooks import FORM, sign

pytestmark = pytest.mark.postgres
NUL = "Alm\x00az"
FORMED = ("Content-Type", FORM)


@pytest.fixture
async def made(tmp_path: Path, postgres_url: str) -> AsyncIterator[World]:
    """The service on PostgreSQL, which takes no NUL."""
    async with world(tmp_path, database_url=postgres_url) as opened:
        yield opened


async def asked(made: World, method: str, path: str, as_: str | None = None, /, **typed: str) -> Answer:
    own = [("Cookie", f"ccmm={made.cookie(as_)}")] if as_ else []
    body = urlencode(typed).encode()
    request = Request(method=method, target=path, headers=[("Origin", PUBLIC), FORMED, *own], body=body)
    return await ask(made.app, request, host=HOST)


def count(made: World, table: Any) -> int:
    with made.service.runtime.store.installation() as session:
        return session.exec(select(func.count(col(table.id)))).one()


async def test_a_form_that_cannot_be_kept_is_answered_with_400_and_changes_nothing(made: World) -> None:
    for who in ("administrator", "case_manager"):
        made.cookie(who)  # which is written down as well
    entries, links, tokens = count(made, Audit), count(made, StaffLink), count(made, ApiToken)
    for path, role, typed in (
        ("/staff/sign-in", None, {"email": NUL, "password": "x"}),
        ("/staff/admin/staff", "administrator", {"email": "new@example.org", "name": NUL, "role": "case_manager"}),
        ("/staff/admin/tokens", "administrator", {"name": NUL, "scope": "read"}),
        ("/staff/opening", "case_manager", {"who": NUL, "why": "She stands at the counter today."}),
    ):
        answer = await asked(made, "POST", path, role, **typed)
        assert (answer.status, NUL.encode() in answer.body) == (400, False), path
        assert b"This could not be read" in answer.body
    assert (count(made, Audit), count(made, StaffLink), count(made, ApiToken)) == (entries, links, tokens)
    # Nor does a day without a neighbour break anything, on either database.
    for path in ("/staff/admin/access?week={}", "/staff/admin/audit?until={}", "/staff/admin/audit?since={}"):
        for day in ("0001-01-01", "9999-12-31"):
            assert (await asked(made, "GET", path.format(day), "administrator")).status in (200, 400), (path, day)
    # And the connection is as good as before.
    assert (await asked(made, "POST", "/staff/admin/tokens", "administrator", name="Reports", scope="read")).status == 200


async def test_it_holds_for_every_kind_of_route(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain route, and what the API says to programs; in the log stands where, and nothing of what was sent."""
    store = made.service.runtime.store

    async def plain(_request: Asked) -> Response:
        with store.installation(write=True) as session:
            session.exec(select(ApiToken).where(ApiToken.name == NUL)).all()
        return Response()

    made.app.router.routes[:0] = [Route(path, plain) for path in ("/plain", "/api/v1/plain")]
    made.app.state.patterns = patterns(made.app.routes)
    monkeypatch.setattr(errors, "_log", get_logger(errors.__name__))
    with logged() as log:
        page = await asked(made, "GET", "/plain")
        program = await asked(made, "GET", "/api/v1/plain")
    said = json.loads(program.body)["error"]
    assert (page.status, program.status, said["status"]) == (400, 400, 400)
    entries = [json.loads(line) for line in log.getvalue().splitlines()]
    refused = [entry for entry in entries if entry["event"] == "the database refused what was asked"]
    assert [entry["route"] for entry in refused] == ["/plain", "/plain"], "one endpoint, by the pattern of its first route"
    assert all(entry["raised_at"] and entry["error"] == "DataError" and entry["status"] == 400 for entry in refused)
    assert refused[1]["reference"] == said["reference"]
    assert "Alm" not in log.getvalue()


def twilio(fields: Mapping[str, str], path: str = "/webhooks/twilio") -> Request:
    headers = [FORMED, ("X-Twilio-Signature", sign(AUTH_TOKEN, PUBLIC + path, fields))]
    return Request(method="POST", target=path, headers=headers, body=urlencode(fields).encode())


def telegram(update: Mapping[str, Any]) -> Request:
    headers = [("Content-Type", "application/json"), ("X-Telegram-Bot-Api-Secret-Token", SECRET)]
    return Request(method="POST", target="/webhooks/telegram", headers=headers, body=json.dumps(update).encode())


def whatever_people_send() -> list[Request]:
    """Messages with a NUL in each field that a person has a hand in, and a few a provider has."""
    found = []
    whatsapp = {"AccountSid": ACCOUNT_SID, "From": "whatsapp:+16045550111", "To": f"whatsapp:{WHATSAPP_FROM}", "NumMedia": "0"}
    file = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x", "MediaContentType0": "image/png"}
    for number, name in enumerate(
        ("Body", "ProfileName", "ButtonPayload", "ButtonText", "ListId", "ListTitle", "MediaUrl0", "MediaContentType0", "Label")
    ):
        more = file if name.startswith("Media") else {"Latitude": "49.2", "Longitude": "-123.1"} if name == "Label" else {}
        fields = {"MessageSid": f"SM{number:032x}", "Body": "hello", **whatsapp, **more, name: NUL}
        found.append(twilio(fields))
    sms = {"AccountSid": ACCOUNT_SID, "From": "+16045550112", "To": SMS_FROM, "NumMedia": "0", "MessageSid": "SM" + "a" * 32}
    found.append(twilio({**sms, "Body": NUL}))
    user = {"id": 7_000_000_001, "is_bot": False, "first_name": NUL, "last_name": NUL, "username": NUL, "language_code": NUL}
    chat = {"id": 7_000_000_001, "type": "private", "first_name": NUL}
    whose = {"message_id": 1, "from": user, "chat": chat, "date": 1_790_000_000}
    document = {"file_id": NUL, "file_unique_id": NUL, "file_name": NUL, "mime_type": NUL}
    card = {"phone_number": NUL, "first_name": NUL}
    said: list[dict[str, Any]] = [
        {"text": NUL},
        {"document": document, "caption": NUL},
        {"contact": card},
        {"text": f"/start {NUL}"},
    ]
    updates: list[dict[str, Any]] = [{"message": whose | each} for each in said]
    updates.append({"edited_message": whose | {"text": NUL, "edit_date": 1_790_000_001}})
    updates.append(
        {"callback_query": {"id": NUL, "from": user, "chat_instance": NUL, "data": NUL, "message": whose | {"text": "x"}}}
    )
    return found + [telegram({"update_id": number, **each}) for number, each in enumerate(updates, 1)]


async def test_what_people_write_is_taken_whatever_is_in_it(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before, requests = count(made, Inbound), whatever_people_send()
    for request in requests:
        answer = await ask(made.app, request, host=HOST)
        assert answer.status == 200, (request.body, answer)
    assert count(made, Inbound) - before == len(requests)
    with made.service.runtime.store.installation() as session:
        texts = list(session.exec(select(Inbound.text).order_by(col(Inbound.id).desc()).limit(len(requests))))
        types = list(session.exec(select(Attachment.claimed_type)))
    assert NUL in texts, "sealed as it was typed"
    assert types
    assert all(each.isprintable() for each in types)
    receipt = {"MessageSid": NUL, "AccountSid": ACCOUNT_SID, "From": SMS_FROM, "To": "+16045550112", "MessageStatus": "failed"}
    answer = await ask(made.app, twilio({**receipt, "ErrorCode": NUL}, "/webhooks/twilio/status"), host=HOST)
    assert answer.status in (204, 400), "Twilio's own fields: no person has a hand in them"
    assert made.service.runtime.database.vitals.trouble is None

    # Where the database refuses a message all the same, that is ours to mend, and the provider's to send again.
    async def refusing(*_: object) -> None:
        raise UntranslatableCharacter

    monkeypatch.setattr(type(made.service.runtime.receiver), "receive", refusing)
    assert (await ask(made.app, requests[0], host=HOST)).status == 500
