"""Our service as ``serve`` runs it, over the measurements' own survey. ``python _ours.py PORT DATABASE_URL FOLDER MODE``.

``FOLDER`` holds the key file. ``MODE`` ``keep``: answers stay in the outbox, as the floor's do. ``send``: every answer is also
claimed, handed to the local provider, and marked as sent. ``work``: the same with everything else that ``serve`` runs beside it.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import uvicorn
import uvloop
from _job import PUBLIC
from _provider import channels

from ccmm_bot.cli.memory import share_arenas
from ccmm_bot.runtime import open_runtime, settle_in
from ccmm_bot.settings import Settings
from ccmm_bot.web.app import create_app
from ccmm_bot.worker.running import Worker
from ccmm_bot.worker.sender import Sender

HERE = Path(__file__).resolve().parent


async def main(port: int, url: str, folder: Path, mode: str) -> None:
    """Serve until killed."""
    settings = Settings(
        _env_file=None,
        database_url=url,
        secret_key_file=folder / "secret.key",
        dialogues_dir=HERE / "survey",
        locales_dir=folder,
        public_base_url=PUBLIC,
    )
    provided = channels()
    async with open_runtime(settings, channels=provided) as runtime, AsyncExitStack() as stack:
        if mode == "send":
            sender = Sender(runtime.outbox, provided, runtime.clock.now)
            await sender.start()
            stack.push_async_callback(sender.stop)
            runtime.receiver.sent_by(sender)
        elif mode == "work":
            worker = Worker(runtime)
            await worker.start()
            stack.push_async_callback(worker.stop)
        config = uvicorn.Config(
            create_app(runtime, pages_later=True),
            host="127.0.0.1",
            port=port,
            http="httptools",
            log_level="warning",
            access_log=False,
            lifespan="off",
        )
        settle_in()
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    share_arenas()
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
