"""``python -m tests.transcripts [file …]``: play transcripts and write down what the bot says, to be read before it is kept."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.transcripts import scripts
from tests.transcripts.stage import open_stage


async def _write(path: Path) -> None:
    script = scripts.read(path)
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder), f"sqlite:///{folder}/transcript.sqlite3", script) as stage:
            path.write_text(script.rendered(await stage.play()), encoding="utf-8")


def main() -> None:
    for path in [Path(name) for name in sys.argv[1:]] or sorted(scripts.FOLDER.glob("*/*.txt")):
        asyncio.run(_write(path))


if __name__ == "__main__":
    main()
