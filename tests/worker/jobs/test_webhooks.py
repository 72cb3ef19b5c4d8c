"""Other systems are told what happened: signed, once each, again after a failure, and never inside our own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from ccmm_bot.casework.exchange import webhooks
from ccmm_bot.channels.outgoing import AddressError, check_url, sign, tell
from ccmm_bot.clock import FixedClock
from ccmm_bot.runtime import Runtime
from ccmm_bot.store.tables import Actor, Audit, Role, WebhookDelivery, WebhookState
from ccmm_bot.worker.jobs.port import Schedule
from ccmm_bot.worker.jobs.webhooks import Webhooks
from tests import new
from tests.conversation.support import MONDAY_NOON, service, settings


class OtherSystem:
    """A real HTTP server that keeps what it is told; ``says`` is answered first."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.says: list[int] = []
        self.url = ""


@contextmanager
def listening() -> Iterator[OtherSystem]:
    other = OtherSystem()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            other.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(other.says.pop(0) if other.says else 204)
            self.send_header("location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other.url = f"http://127.0.0.1:{server.server_port}/hook?key=1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield other
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Queue:
    """Takes jobs as the engine does, and runs them when the test says so: the engine itself has tests of its own."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.schedules: Mapping[str, Schedule] = {}

    def enqueue(self, within: Any, kind: str, id: str, *, key: str, seq: int = 1, not_before: datetime | None = None) -> None:
        if id not in self.waiting:
            self.waiting.append(id)

    async def reschedule(self, kind: str, id: str, not_before: datetime) -> None:
        raise NotImplementedError

    async def cancel(self, kind: str, id: str) -> None:
        raise NotImplementedError


@pytest.fixture
async def runtime(tmp_path: Path, database_url: str) -> AsyncIterator[Runtime]:
    async with service(settings(database_url, tmp_path), FixedClock(MONDAY_NOON)) as opened:
        yield opened


class Desk:
    """An agency with an endpoint, and things that happen."""

    def __init__(self, runtime: Runtime) -> None:
        self.store, self.agency = runtime.store, runtime.agency_id
        self.now = MONDAY_NOON
        self.queue = Queue()
        self.hooks = Webhooks(self.store, self.queue, lambda: self.now, private=True)
        self.reader = new.staff(self.store, self.agency, Role.ADMINISTRATOR)

    def happens(self, action: str = "flag.raised") -> str:
        row = Audit(
            agency_id=self.agency, at=self.now, actor_kind=Actor.SYSTEM, action=action, subject_kind="flag", subject_id=uuid4()
        )
        with self.store.installation(write=True) as session:
            session.add(row)
        return str(row.id)

    async def later(self, **span: float) -> None:
        """Time passes; the sweep looks, and what it found runs."""
        self.now += timedelta(**span)
        await self.hooks.sweep()
        jobs, self.queue.waiting = self.queue.waiting, []
        for job in [*jobs, *jobs]:  # a job may run twice
            await self.hooks.deliver(job)

    def states(self) -> list[tuple[WebhookState, str | None]]:
        with self.store.installation() as session:
            return [(row.status, row.answer) for row in session.exec(select(WebhookDelivery).order_by(col(WebhookDelivery.id)))]


async def test_an_event_is_told_once_signed_and_by_ids_only(runtime: Runtime) -> None:
    desk = Desk(runtime)
    desk.happens()
    with listening() as other:
        secret = webhooks.register(desk.store, desk.reader, url=other.url, events=["flag.raised"], private=True, now=desk.now)
        desk.now += timedelta(seconds=1)
        event = desk.happens()
        desk.happens("case.opened")
        await desk.later(seconds=5)
        await desk.later(minutes=5)
        ((headers, body),) = other.told
    content = json.loads(body)
    assert (content["id"], content["type"], set(content["data"])) == (event, "flag.raised", {"kind", "id"})
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["host"] == other.url.split("/")[2]
    assert desk.states() == [(WebhookState.DELIVERED, "204")]


async def test_a_failure_is_tried_again_later_and_later_and_given_up_in_the_end(runtime: Runtime) -> None:
    desk = Desk(runtime)
    with listening() as other:
        webhooks.register(desk.store, desk.reader, url=other.url, events=["flag.raised"], private=True, now=desk.now)
        other.says = [500, 302]
        desk.now += timedelta(seconds=1)
        desk.happens()
        await desk.later(seconds=5)
        assert desk.states() == [(WebhookState.PENDING, "500")]
        await desk.later(seconds=5)
        assert len(other.told) == 1, "not before its time"
        await desk.later(seconds=6)
        assert desk.states() == [(WebhookState.PENDING, "302")], "a redirect is not followed"
        await desk.later(minutes=1)
        assert desk.states() == [(WebhookState.DELIVERED, "204")]
        assert len({headers["webhook-id"] for headers, _body in other.told}) == 1
        assert len({headers["webhook-timestamp"] for headers, _body in other.told}) == 3
        desk.happens()
        other.says = [500] * 100
        for _ in range(40):
            await desk.later(hours=2)
        assert desk.states()[-1] == (WebhookState.FAILED, "500")


async def test_who_is_not_there_or_gone_keeps_nothing_waiting(runtime: Runtime) -> None:
    desk = Desk(runtime)
    with listening() as other:
        webhooks.register(desk.store, desk.reader, url=other.url, events=["flag.raised"], private=True, now=desk.now)
        desk.now += timedelta(seconds=1)
        desk.happens()
        other.says = [410]
        await desk.later(seconds=5)
        assert desk.states() == [(WebhookState.FAILED, "410")]
    desk.happens()
    await desk.later(seconds=5)
    assert desk.states()[-1] == (WebhookState.PENDING, "ConnectError")
    (endpoint,) = webhooks.endpoints(desk.store, desk.reader)
    assert (endpoint.waiting, endpoint.failed) == (1, 1)
    webhooks.remove(desk.store, desk.reader, endpoint.id, desk.now)
    await desk.later(minutes=5)
    assert desk.states()[-1] == (WebhookState.FAILED, "removed")
    desk.happens()
    await desk.later(minutes=5)
    assert len(desk.states()) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::ffff:127.0.0.1]/",
    ],
)
async def test_nothing_is_sent_into_our_own_network(url: str) -> None:
    headers = sign("whsec_" + base64.b64encode(b"x" * 32).decode(), "1", datetime(2026, 1, 1, tzinfo=UTC), b"{}")
    assert (await tell(url, headers, b"{}")).answer == "address"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://a:b@example.org/",
        "https://example.org/#x",
        "x" * 600,
        "https://a b/",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(AddressError):
        check_url(url, private=False)
