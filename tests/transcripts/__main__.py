"""``python -m tests.transcripts [file …]``: play transcripts and write down what the bot says, to be read before it is kept.

``python -m tests.transcripts --matrix`` prints which dialogue is heard in which languages.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.transcripts import matrix, scripts
from tests.transcripts.stage import open_stage


async def _played(script: scripts.Script) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder), f"sqlite:///{folder}/transcript.sqlite3", script) as stage:
            return script.rendered(await stage.play())


def main() -> None:
    if sys.argv[1:] == ["--matrix"]:
        print(matrix.table())
        return
    for path in [Path(name) for name in sys.argv[1:]] or sorted(scripts.FOLDER.glob("*/*.txt")):
        path.write_text(asyncio.run(_played(scripts.read(path))), encoding="utf-8")


if __name__ == "__main__":
    main()
