"""The service with a fault planted in it: ``python -m tests.reliability.planted FAULT serve …``.

A check that never failed may check nothing. Each fault is one that a check of this folder has to find.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ccmm_bot.cli import main
from ccmm_bot.conversation import pace
from ccmm_bot.messages import InboundMessage
from ccmm_bot.web.webhooks import Webhooks


def _nobody_is_noisy() -> None:
    """Whoever writes hundreds of messages a second is answered like everybody."""
    pace.FLOOD_FROM = 10**9  # type: ignore[misc]


def _acknowledged_early() -> None:
    """A webhook is answered before what it brought is kept."""
    kept = Webhooks.receive
    under_way: set[asyncio.Task[None]] = set()

    async def later(self: Webhooks, message: InboundMessage) -> None:
        await asyncio.sleep(2)
        await kept(self, message)

    async def receive(self: Webhooks, message: InboundMessage) -> None:
        task = asyncio.create_task(later(self, message))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    Webhooks.receive = receive  # type: ignore[method-assign]


FAULTS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {"nobody-is-noisy": _nobody_is_noisy, "acknowledged-early": _acknowledged_early}
)

if __name__ == "__main__":
    FAULTS[sys.argv.pop(1)]()
    main()
