"""A client that costs little: keep-alive connections, requests made beforehand, every answer a 2xx or the run stops.

Requests are written and answers told apart in the event loop's own callbacks, without a task or a stream in between: what is
measured is to be the server. A connection carries one person's conversation after another's, and waits for each answer.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import uvloop
from _job import Post

#: No run is as long as this: somebody waits for an answer that does not come.
STALLED_S: Final = 1800

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Measured:
    """One run: requests a second, and latencies in milliseconds, sorted."""

    rate: float
    latencies: list[float]

    def quantile(self, q: float) -> float:
        """In milliseconds."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * q))]


class _Connection(asyncio.Protocol):
    def __init__(self, people: deque[Sequence[Post]], latencies: list[float]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._people = people
        self._latencies = latencies
        self._left: deque[Post] = deque()
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        # An answer that names no length comes in chunks; the last one is empty.
        if length is None and not (self._buffer.startswith(b"HTTP/1.1 204") or self._buffer.endswith(b"0\r\n\r\n")):
            return
        if length is not None and len(self._buffer) < head + 4 + int(length[1]):
            return
        self._latencies.append((time.perf_counter() - self._began) * 1000)
        if self._buffer[9:10] != b"2":
            self._fail(RuntimeError(f"the server answered {self._buffer[:400]!r}"))
            return
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(RuntimeError("the server closed the connection"))

    def _next(self) -> None:
        if not self._left:
            if not self._people:
                self._finish()
                return
            self._left.extend(self._people.popleft())
        assert self._transport is not None
        self._began = time.perf_counter()
        self._transport.write(self._left.popleft().raw)

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        if self._transport is not None:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


async def _run(ports: Sequence[int], conversations: Sequence[Sequence[Post]], connections: int) -> Measured:
    people, latencies = deque(conversations), list[float]()
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Connection(people, latencies), "127.0.0.1", ports[n % len(ports)])
        for n in range(connections)
    ]
    async with asyncio.timeout(STALLED_S):
        await asyncio.gather(*(protocol.done for _, protocol in made))
    return Measured(len(latencies) / (time.perf_counter() - start), sorted(latencies))


def run(ports: Sequence[int], conversations: Sequence[Sequence[Post]], connections: int) -> Measured:
    """Everybody's conversation, so many at a time, spread over ``ports`` as a load balancer does.

    :raises RuntimeError: an answer that is no 2xx, or a connection that ended early
    :raises TimeoutError: an answer that never came
    """
    return uvloop.run(_run(ports, conversations, connections))
