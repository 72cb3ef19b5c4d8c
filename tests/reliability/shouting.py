"""One sender who writes hundreds of messages a second: ``shouting.py URL A_SECOND SECONDS``, a process of its own.

Over plain sockets, with requests that are signed beforehand: what is measured beside it is the service, not a client that is slow.
Prints how often which answer came as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.standins.fixtures import ACCOUNT_SID, AUTH_TOKEN, PUBLIC, SMS_FROM
from tests.standins.twilio_webhooks import TwilioCaller

NOISY = "+16045550000"
CONNECTIONS = 100


def requests(host: str, number: int) -> Iterator[bytes]:
    """What goes over the wire."""
    caller = TwilioCaller(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, public_base_url=PUBLIC)
    for n in range(number):
        call = caller.message(sender=NOISY, to=SMS_FROM, body=f"noise {n}")
        headers = {"Host": host, "Content-Length": str(len(call.body)), **call.headers}
        lines = [f"POST {call.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        yield "\r\n".join(lines).encode() + call.body


async def main(url: str, a_second: int, seconds: float) -> Counter[int]:
    """Write so many a second, however long the answers take, as long as there are connections left."""
    parts = urlsplit(url)
    assert parts.port is not None
    prepared = list(requests(parts.netloc, int(a_second * seconds)))
    turns: asyncio.Queue[bytes | None] = asyncio.Queue()
    heard: Counter[int] = Counter()

    async def write() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while (request := await turns.get()) is not None:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
            await reader.readexactly(int(length.partition(b":")[2]))
            heard[int(head.split(b" ", 2)[1])] += 1
        writer.close()

    writers = [asyncio.create_task(write()) for _ in range(CONNECTIONS)]
    print("ready", flush=True)
    began = time.monotonic()
    for number, request in enumerate(prepared):
        if (ahead := began + number / a_second - time.monotonic()) > 0:
            await asyncio.sleep(ahead)
        turns.put_nowait(request)
    for _ in writers:
        turns.put_nowait(None)
    await asyncio.gather(*writers)
    return heard


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))), flush=True)
