"""The real application, served over real HTTP from a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import uvicorn
from fastapi import FastAPI
from sqlmodel import col, select

from ccmm_bot.casework.access import accounts, second_factor, sessions
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.channels.phones import Phone, Phones
from ccmm_bot.channels.registry import Channels
from ccmm_bot.cli.demo import settings_for
from ccmm_bot.messages import ChannelKind, ContentKind, InboundMessage
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.store.tables import Agency, Attachment, AttachmentState, ChannelAccount, Conversation, Inbound, Role
from ccmm_bot.web.app import create_app
from ccmm_bot.web.demo.clock import MovableClock
from ccmm_bot.web.stopping import Server
from ccmm_bot.worker.sender import Sender

T = TypeVar("T")

PASSWORD = "four unrelated words here"
SMS = "+16045550100"
FOREIGN_SMS = "+16045550199"


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a test can reach of the application it talks to."""

    app: FastAPI
    runtime: Runtime
    clock: MovableClock
    phones: Phones
    settle: Callable[[], Awaitable[None]]
    foreign_agency: UUID
    staff: dict[str, UUID]  # by role, and "foreign" for a case manager of the other agency
    secrets: dict[str, str]  # of their authenticator apps


class _Server(Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


class Served:
    """A server in a thread. ``run`` runs a coroutine on its event loop and waits for the result."""

    def __init__(self, opening: Callable[[], AbstractAsyncContextManager[tuple[FastAPI, Any]]]) -> None:
        self._opening = opening
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="served", daemon=True)

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._ready.wait(60), "the server did not start"
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join(30)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:
            self._failure = failure
            self._ready.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        async with self._opening() as (app, self.inside):
            # Named as TCP, or asyncio leaves Nagle's algorithm on, which costs every answer of two segments 40 ms.
            listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            listening.bind(("127.0.0.1", 0))
            listening.listen(128)
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=2)
            self.server = _Server(config, self._ready)
            await self.server.serve(sockets=[listening])


@asynccontextmanager
async def open_service(folder: Path, **changed: Any) -> AsyncIterator[tuple[FastAPI, Service]]:
    """The application for two agencies, with an account in every role, and a phone as the only channel. Nobody has written."""
    phones, clock = Phones(), MovableClock()
    channels = Channels([phones.channel(ChannelKind.SMS, SMS), phones.channel(ChannelKind.SMS, FOREIGN_SMS)])
    settings = settings_for(folder).model_copy(update={"service_name": "Harbour", **changed})
    own = Channels([phones.channel(ChannelKind.SMS, SMS)])
    async with open_runtime(settings, clock=clock, channels=own) as runtime:
        foreign = _second_agency(runtime, clock)
        sender = Sender(runtime.outbox, channels, clock.now)
        await sender.start()
        runtime.receiver.on_commit = sender.on_commit
        staff = {role.value: _account(runtime, clock, role.value, role, runtime.agency_id) for role in Role}
        staff["foreign"] = _account(runtime, clock, "foreign", Role.CASE_MANAGER, foreign)
        secrets = {name: _app(runtime, clock, key) for name, key in staff.items()}
        app = create_app(runtime)
        try:
            yield (
                app,
                Service(
                    app=app,
                    runtime=runtime,
                    clock=clock,
                    phones=phones,
                    settle=sender.idle,
                    foreign_agency=foreign,
                    staff=staff,
                    secrets=secrets,
                ),
            )
        finally:
            await sender.stop(drain_s=1)


def _second_agency(runtime: Runtime, clock: MovableClock) -> UUID:
    with runtime.store.installation(write=True) as session:
        agency = Agency(name="Another agency", service_name="Another", created_at=clock.now())
        session.add(agency)
        session.flush()
        session.add(ChannelAccount(agency_id=agency.id, channel=ChannelKind.SMS, account=FOREIGN_SMS))
        return agency.id


def _account(runtime: Runtime, clock: MovableClock, name: str, role: Role, agency: UUID) -> UUID:
    return accounts.create(
        runtime.store,
        email=f"{name}@example.org",
        name=name.replace("_", " ").title(),
        password=PASSWORD,
        now=clock.now(),
        role=role,
        agency_id=agency,
    )


def _app(runtime: Runtime, clock: MovableClock, staff: UUID) -> str:
    """Set an authenticator app up for an account; returns its secret."""
    offered = second_factor.offer(runtime.store, staff, email="somebody@example.org", service_name="Harbour")
    code = second_factor.current_code(offered.secret, clock.now())
    assert second_factor.confirm(runtime.store, staff, offered.sealed, code, clock.now()) is second_factor.Outcome.GOOD
    return offered.secret


class Site:
    """A served application with shorthands that tests read well with."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.url = served.url
        self.service: Service = served.inside
        self.clock = self.service.clock

    def browser(self, **headers: str) -> httpx.Client:
        """A client that behaves as a browser on our own pages does."""
        return httpx.Client(base_url=self.url, headers={"Origin": self.url, **headers}, timeout=30)

    @contextmanager
    def signed_in(self, role: str = "case_manager") -> Iterator[httpx.Client]:
        """A browser with an open session; how one is opened is what test_signin.py looks at."""
        with self.browser() as client:
            opened = sessions.open_session(self.service.runtime.store, self.service.staff[role], self.clock.now())
            client.cookies.set("ccmm", opened.token, domain="127.0.0.1", path="/")
            yield client

    def password(self, client: httpx.Client, role: str = "case_manager", **fields: str) -> httpx.Response:
        """The first step of signing in."""
        return client.post("/staff/sign-in", data={"email": f"{role}@example.org", "password": PASSWORD, **fields})

    def code(self, role: str = "case_manager") -> str:
        """What the account's app shows next: half a minute passes, for no code is taken twice."""
        self.clock.put(self.clock.now() + timedelta(seconds=second_factor.STEP_S))
        return second_factor.current_code(self.service.secrets[role], self.clock.now())

    def sign_in(self, client: httpx.Client, role: str = "case_manager", **fields: str) -> httpx.Response:
        """Both steps; the answer to the second."""
        first = self.password(client, role, **fields)
        assert first.status_code == 303, first.text
        after = parse_qs(urlsplit(first.headers["location"]).query)["next"][0]
        return client.post("/staff/sign-in/second", data={"code": self.code(role), "next": after})

    def reader(self, role: str = "case_manager") -> Reader:
        """The same person, to the casework itself."""
        agency = self.service.foreign_agency if role == "foreign" else self.service.runtime.agency_id
        kind = Role.CASE_MANAGER if role == "foreign" else Role(role)
        return Reader(staff_id=self.service.staff[role], agency_id=agency, role=kind, name=role)

    def text(self, sender: str, *texts: str, to: str = SMS) -> UUID:
        """Somebody sends text messages, one after the other; the id of the conversation."""
        conversation = ""
        for text in texts:
            message = InboundMessage(
                channel=ChannelKind.SMS,
                account=to,
                provider_message_id=uuid4().hex,
                sender=sender,
                received_at=self.clock.now(),
                text=text,
            )
            conversation = self.served.run(self.service.runtime.receiver.receive(message)).conversation_id
            self.served.run(_awaited(self.service.settle))
        return UUID(conversation)

    def person_of(self, conversation: UUID) -> UUID:
        """Whose conversation it is."""
        with self.service.runtime.store.installation() as session:
            return session.exec(select(Conversation.person_id).where(Conversation.id == conversation)).one()

    def picture(self, conversation: UUID, data: bytes = b"\x89PNG\r\n\x1a\n", content_type: str = "image/png") -> UUID:
        """A file that came with the conversation's latest message."""
        with self.service.runtime.store.installation(write=True) as session:
            message = session.exec(
                select(Inbound).where(Inbound.conversation_id == conversation).order_by(col(Inbound.id).desc())
            ).first()
            assert message is not None
            message.media = [{"url": "gone", "content_type": content_type}]
            found = len(session.exec(select(Attachment).where(Attachment.inbound_id == message.id)).all())
            kept = Attachment(
                agency_id=message.agency_id,
                inbound_id=message.id,
                account_id=message.account_id,
                no=found,
                kind=ContentKind.IMAGE,
                claimed_type=content_type,
                state=AttachmentState.KEPT,
                next_at=self.clock.now(),
                content_type=content_type,
                size=len(data),
                data=data,
                created_at=self.clock.now(),
            )
            session.add(kept)
            return kept.id

    def screen(self, address: str) -> list[str]:
        """What a phone has received."""
        return [each.message.content.text for each in self.service.phones.history(Phone(ChannelKind.SMS, address))]


async def _awaited(settle: Callable[[], Awaitable[None]]) -> None:
    await settle()
