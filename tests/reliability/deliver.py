"""One of several processes that deliver the same messages: ``deliver.py URL FOLDER SEED MESSAGES WORKER WORKERS``.

What each process delivers, how often and in which order follows from the seed, so that all of them together deliver every message
one to five times, shuffled. A delivery that fails is made again later, as a provider does. Prints its figures as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from tests.conversation.support import Phone, service, settings

TEXTS = ("hello", "1", "2", "1 3", "my own words", "menu", "back", "0", "?", "لا", "ኣይፋል", "a" * 200)
MESSAGES_A_PERSON = 20
AT_A_TIME = 64


def deliveries(seed: int, messages: int, worker: int, workers: int) -> list[int]:
    """The numbers of the messages this process delivers, in its order."""
    draw = random.Random(seed)
    mine = [n for n in range(messages) for _ in range(draw.randint(1, 5)) if draw.randrange(workers) == worker]
    random.Random(seed + worker).shuffle(mine)
    return mine


async def main(url: str, folder: str, seed: int, messages: int, worker: int, workers: int) -> None:
    """Deliver."""
    told: Counter[str] = Counter()
    slowest = 0.0
    async with service(settings(url, Path(folder))) as runtime:
        waiting = deliveries(seed, messages, worker, workers)
        queue = iter(waiting)
        started = time.monotonic()

        async def deliver() -> None:
            nonlocal slowest
            for number in queue:
                phone = Phone(runtime, f"+1{number // MESSAGES_A_PERSON:010d}", count=number)
                message = phone.message(TEXTS[(number * 7 + number // MESSAGES_A_PERSON) % len(TEXTS)])
                begun = time.monotonic()
                while True:
                    try:
                        receipt = await runtime.receiver.receive(message)
                        break
                    except Exception as error:
                        told[f"again after {type(error).__name__}"] += 1
                        await asyncio.sleep(0.05)
                slowest = max(slowest, time.monotonic() - begun)
                told["new"] += not receipt.duplicate
                told["answers"] += len(receipt.outbound)

        await asyncio.gather(*(deliver() for _ in range(AT_A_TIME)))
        seconds = time.monotonic() - started
    sys.stdout.write(json.dumps({"deliveries": len(waiting), "seconds": seconds, "slowest": slowest, **told}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *(int(each) for each in sys.argv[3:])))
