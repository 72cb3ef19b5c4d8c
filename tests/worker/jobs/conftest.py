"""A database with an engine for jobs on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ccmm_bot.store.session import Store
from ccmm_bot.worker.jobs.engine import DbosJobs
from ccmm_bot.worker.jobs.leases import Leases
from ccmm_bot.worker.jobs.port import Handler


@asynccontextmanager
async def engine(store: Store, **handlers: Handler) -> AsyncIterator[DbosJobs]:
    """A running engine that polls fast."""
    jobs = DbosJobs(store.engine, handlers, poll_s=0.02, retry_s=0.01)
    await jobs.start(await asyncio.to_thread(Leases(store.engine).begin))
    try:
        yield jobs
    finally:
        await jobs.stop(wait_s=0)


async def enqueue(store: Store, jobs: DbosJobs, *made: tuple[str, str, str, int]) -> None:
    """In one transaction: (kind, id, key, seq)."""

    def write() -> None:
        with store.installation(write=True) as session:
            for kind, name, key, seq in made:
                jobs.enqueue(session, kind, name, key=key, seq=seq)

    await asyncio.to_thread(write)


def noted(into: list[str]) -> Callable[[str], Awaitable[None]]:
    """A handler that writes down what it was given."""

    async def handler(name: str) -> None:
        into.append(name)

    return handler
