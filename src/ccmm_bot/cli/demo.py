"""``ccmm-bot demo``: the whole service on this machine, with phones on a page and invented people who have already written."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

from ccmm_bot.casework.access import accounts
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.agencies import help_lines
from ccmm_bot.channels.phones import Phones
from ccmm_bot.channels.registry import Channels
from ccmm_bot.errors import CcmmError
from ccmm_bot.runtime import Runtime, open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.store.tables import Role
from ccmm_bot.web.app import create_app
from ccmm_bot.web.demo.clock import MovableClock
from ccmm_bot.web.demo.people import play_all
from ccmm_bot.web.demo.players import Stage
from ccmm_bot.web.demo.state import ACCOUNTS, Demonstration
from ccmm_bot.web.stopping import Server
from ccmm_bot.worker.sender import Sender
from ccmm_bot.worker.timers import TimerLoop

HOST = "127.0.0.1"
_STAFF = "Sara Demo"


class _Announcing(Server):
    """Says where it answers as soon as it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(f"The demonstration runs at http://{HOST}:{self.config.port}/  (stop it with Ctrl+C)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A demonstration that is running."""

    app: FastAPI
    runtime: Runtime
    demonstration: Demonstration


def demo(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="The page's port on this machine.")] = 8000,
    data: Annotated[Path | None, typer.Option(help="Keep the data in this folder; without it every start is fresh.")] = None,
) -> None:
    """Show the service on a page: phones on one side, what staff see on the other. For this machine only."""
    folder = data or Path(tempfile.mkdtemp(prefix="ccmm-demo-"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite end either way: close the database, remove the folder
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(folder, port))
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def open_demonstration(folder: Path) -> AsyncIterator[Opened]:
    """The service over ``folder``, with its phones and, in a fresh folder, its invented people. Nothing listens yet."""
    phones, clock = Phones(), MovableClock()
    channels = Channels(phones.channel(kind, account) for kind, account in ACCOUNTS.items())
    async with open_runtime(settings_for(folder), clock=clock, channels=channels) as runtime:
        sender = Sender(runtime.outbox, runtime.channels, clock.now)
        timers = TimerLoop(runtime.timers.due, runtime.receiver.fire, clock.now)
        runtime.receiver.sent_by(sender)

        async def settle() -> None:
            await timers.once()
            await sender.sweep()
            await sender.idle()

        await sender.start()
        reader, fresh = await asyncio.to_thread(_staff, runtime)
        if fresh:
            await asyncio.to_thread(_confirm_help_lines, runtime, clock.now())
            await play_all(runtime, clock, Stage(runtime, clock, reader, sender.idle), reader)
        demonstration = Demonstration(phones, clock, reader.staff_id, settle)
        await timers.start()
        try:
            yield Opened(app=create_app(runtime, demonstration=demonstration), runtime=runtime, demonstration=demonstration)
        finally:
            await timers.stop()
            await sender.stop(drain_s=2)


def _confirm_help_lines(runtime: Runtime, now: datetime) -> None:
    """As an administrator would before anybody depends on the numbers; in a demonstration nobody does."""
    every = [line.id for line in runtime.help_lines]
    help_lines.confirm(runtime.store, runtime.agency_id, runtime.help_lines, every, by=_STAFF, now=now)


def settings_for(folder: Path) -> Settings:
    """Settings that reach nothing outside the folder, whatever the environment says."""
    return Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder.resolve()}/demo.sqlite3",
        secret_key_file=folder / "secret.key",
        public_base_url="",
        agency_name="Harbour Settlement Society",
        service_name="Harbour Case Management",
        twilio_account_sid="",
        telegram_token="",
        smtp_url="",
    )


async def _serve(folder: Path, port: int) -> None:
    typer.echo("Preparing the demonstration: a new database, and a few invented people who write ...")
    async with open_demonstration(folder) as opened:
        config = uvicorn.Config(
            opened.app,
            host=HOST,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            proxy_headers=False,
        )
        try:
            await _Announcing(config).serve()
        except SystemExit:
            raise CcmmError(f"Port {port} of this machine is taken. Choose another one: ccmm-bot demo --port 8001") from None


def _staff(runtime: Runtime) -> tuple[Reader, bool]:
    """The invented case manager, and whether she is new. Her password is random and told to nobody."""
    existing = next((each for each in accounts.accounts(runtime.store) if each.email == "sara@example.org"), None)
    staff_id = (
        existing.id
        if existing
        else accounts.create(
            runtime.store,
            email="sara@example.org",
            name=_STAFF,
            password=token_urlsafe(24),
            now=runtime.clock.now(),
            role=Role.CASE_MANAGER,
            agency_id=runtime.agency_id,
        )
    )
    reader = Reader(staff_id=staff_id, agency_id=runtime.agency_id, role=Role.CASE_MANAGER, name=_STAFF)
    return reader, existing is None
