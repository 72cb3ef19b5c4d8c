"""Runs a stand-in as a real HTTP server, in a thread of its own, on a free port of this machine."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORT = "standin.transport"


class _Protocol(HttpToolsProtocol):
    """Lets a handler reach its own connection, to break it the way networks do."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[_TRANSPORT] = self.transport  # type: ignore[literal-required]


async def reset(request: Request) -> None:
    """Drop the connection with a TCP reset: the peer sees "connection reset", not an orderly end."""
    transport: asyncio.Transport = request.scope[_TRANSPORT]
    raw: Any = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0.01)  # until the server has noticed that nobody is there any more


async def hang(request: Request) -> None:
    """Say nothing until the peer gives up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Server:
    """``with Server(app) as server:`` — then ``server.url`` answers."""

    def __init__(self, app: Starlette) -> None:
        # Named as TCP, or asyncio leaves Nagle's algorithm on, which costs every answer of two segments 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app, http=_Protocol, loop="asyncio", lifespan="off", log_level="critical", timeout_graceful_shutdown=1, ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the stand-in did not start")
            time.sleep(0.005)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()


def free_port_url() -> str:
    """An address on which nobody listens: connections are refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
