"""A client that costs little: keep-alive connections, requests made beforehand, every answer a 2xx or the run stops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from _job import Post


@dataclass(frozen=True)
class Measured:
    """One run: requests a second, and latencies in milliseconds, sorted."""

    rate: float
    latencies: list[float]

    def quantile(self, q: float) -> float:
        """In milliseconds."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * q))]


async def _converse(host: str, port: int, people: asyncio.Queue[Sequence[Post]], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while not people.empty():
        for post in people.get_nowait():
            start = time.perf_counter()
            writer.write(post.raw)
            head = await reader.readuntil(b"\r\n\r\n")
            status = head[9:12]
            if not status.startswith(b"2"):
                raise RuntimeError(f"the server answered {status.decode()}")
            lowered = head.lower()
            at = lowered.find(b"content-length:")
            if at >= 0:
                length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
                if length:
                    await reader.readexactly(length)
            latencies.append((time.perf_counter() - start) * 1000)
    writer.close()
    await writer.wait_closed()


async def run(host: str, port: int, conversations: Sequence[Sequence[Post]], connections: int) -> Measured:
    """Everybody's conversation, so many at a time."""
    people: asyncio.Queue[Sequence[Post]] = asyncio.Queue()
    for conversation in conversations:
        people.put_nowait(conversation)
    latencies: list[float] = []
    start = time.perf_counter()
    await asyncio.gather(*(_converse(host, port, people, latencies) for _ in range(connections)))
    return Measured(len(latencies) / (time.perf_counter() - start), sorted(latencies))
