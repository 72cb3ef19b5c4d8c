"""``ccmm-bot serve`` and ``ccmm-bot worker``: the service itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import typer
import uvicorn
import uvloop

from ccmm_bot.casework.agencies import help_lines, offices
from ccmm_bot.cli.memory import share_arenas
from ccmm_bot.errors import CcmmError
from ccmm_bot.logs import configure
from ccmm_bot.runtime import Runtime, open_runtime, settle_in
from ccmm_bot.settings import Settings
from ccmm_bot.translation.argos import ArgosTranslator
from ccmm_bot.web.app import create_app
from ccmm_bot.web.stopping import Server
from ccmm_bot.worker.alarm import Alarm
from ccmm_bot.worker.jobs.running import Background
from ccmm_bot.worker.running import Worker
from ccmm_bot.worker.sender import Sender

_GRACE_S = 20
#: Durable work starts when the service already answers.
_AFTER_THE_FIRST_ANSWER_S = 1.0


class _Server(Server):
    """Says where it answers as soon as it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(f"Serving at http://{self.config.host}:{self.config.port}/ (staff: /staff, stop: Ctrl+C)")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn gives a signal back when it has stopped, and SIGTERM would then end us in the middle: what is being sent has to
        go out, and our work to be given to the others."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Also send messages and watch the timers here.")] = True,
) -> None:
    """Serve webhooks and staff pages; send messages, watch timers, and ask Telegram for updates where there is no webhook."""
    share_arenas()
    uvloop.run(_serve(host, port, worker))


def worker() -> None:
    """Send messages, watch timers and ask Telegram for updates, without a web server: beside `serve --no-worker`."""
    share_arenas()
    uvloop.run(_work())


async def _serve(host: str, port: int, with_worker: bool) -> None:
    settings = _settings()
    async with open_runtime(settings) as runtime:
        runtime.keys.warm()
        _say_what_is_on(runtime)
        config = uvicorn.Config(
            create_app(runtime, pages_later=True),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,  # paths and addresses of people do not belong into a log
            timeout_graceful_shutdown=_GRACE_S,
            # Only who sits behind which address is taken from a trusted proxy; what we are called outside is a setting.
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
            server_header=False,
        )
        async with _working(runtime, with_worker, web=True):
            settle_in()
            try:
                await _Server(config).serve()
            except SystemExit:
                raise CcmmError(f"Port {port} of {host} cannot be used. Choose another one: ccmm-bot serve --port 8001") from None


async def _work() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with open_runtime(_settings()) as runtime:
        runtime.keys.warm()
        _say_what_is_on(runtime)
        async with _working(runtime, True, web=False):
            typer.echo("Working (stop: Ctrl+C)")
            await stop.wait()


def _settings() -> Settings:
    """The settings, and the log as they say."""
    settings = Settings()
    configure(settings.log_level, as_json=settings.log_format == "json" if settings.log_format else None)
    return settings


@contextlib.asynccontextmanager
async def _working(runtime: Runtime, wanted: bool, *, web: bool) -> AsyncIterator[None]:
    """Answers are sent by the process that committed them, whether it also works on what is later or not."""
    worker: Worker | Sender
    if wanted:
        worker = Worker(runtime)
        sender = worker.sender
    else:
        worker = sender = Sender(runtime.outbox, runtime.channels, runtime.clock.now)
        runtime.receiver.sent_by(sender)
    translator = ArgosTranslator(runtime.settings.translation_dir)
    background = Background(runtime, sender=sender.owner, working=wanted, web=web, translator=translator)
    alarm = Alarm(
        runtime.store, runtime.database.vitals, runtime.settings, runtime.clock.now, background.after_trouble, tells_of_gaps=wanted
    )
    await background.start(after_s=_AFTER_THE_FIRST_ANSWER_S)
    await worker.start()
    await alarm.start()
    try:
        yield
    finally:
        await alarm.stop()
        await background.stop(last=worker.stop)


def _say_what_is_on(runtime: Runtime) -> None:
    for line in runtime.channel_lines:
        typer.echo(line)
    for office in offices.offices(runtime.store):
        rows = help_lines.listed(runtime.store, office.id, runtime.help_lines)
        if waiting := sum(row.waits for row in rows):
            typer.echo(f"{office.name}: {waiting} of {len(rows)} help lines wait to be confirmed (ccmm-bot agency help-lines list)")
