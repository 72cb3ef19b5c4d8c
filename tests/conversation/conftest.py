"""A running service on either database, and a phone that writes to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ccmm_bot.clock import FixedClock
from ccmm_bot.runtime import Runtime
from tests.conversation.support import MONDAY_NOON, Phone, service, settings


@pytest.fixture
def clock() -> FixedClock:
    """Monday noon, standing still."""
    return FixedClock(MONDAY_NOON)


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Runtime]:
    """A service on each database."""
    async with service(settings(database_url, tmp_path), clock) as opened:
        yield opened


@pytest.fixture
def phone(runtime: Runtime) -> Phone:
    """Somebody's phone."""
    return Phone(runtime)
