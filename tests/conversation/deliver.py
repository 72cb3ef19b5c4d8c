"""A process that delivers messages, for tests that run several: ``deliver.py URL FOLDER PEOPLE TIMES``.

Every person sends "hello" and then "1" with fixed ids, each ``TIMES`` times at once. Prints how many were new.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.conversation.support import Phone, service, settings


async def main(url: str, folder: str, people: int, times: int) -> None:
    """Deliver."""
    async with service(settings(url, Path(folder))) as runtime:
        phones = [Phone(runtime, f"+1604555{n:04d}") for n in range(people)]
        new = 0
        for text in ("hello", "1"):
            messages = [phone.message(text) for phone in phones]
            receipts = await asyncio.gather(*(runtime.receiver.receive(message) for message in messages * times))
            new += sum(not receipt.duplicate for receipt in receipts)
        sys.stdout.write(f"{new}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
