"""What an installation keeps can be read by the service's own user alone, whatever the umask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.house.conftest import ROOT


def test_database_and_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CCMM_")}
    environment["PYTHONPATH"] = str(ROOT / "src")
    # Keeps a connection open, so that the files SQLite puts beside the database are there to be looked at.
    program = (
        "from pathlib import Path; from ccmm_bot.settings import Settings; from ccmm_bot.store.keys import KeyRing; "
        "from ccmm_bot.store.session import open_engine; from ccmm_bot.store.migrations import upgrade; "
        "settings = Settings(); keys = KeyRing.load_or_create(settings.secret_key_file); "
        "engine = open_engine(settings.database_url, keys); upgrade(engine); connection = engine.connect(); "
        "print(*[f'{path.name} {path.stat().st_mode & 0o777:o}' for path in Path('data').iterdir()], sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import os; os.umask(0); {program}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    modes = dict(line.split() for line in done.stdout.splitlines())
    assert {"ccmm.sqlite3", "ccmm.sqlite3-wal", "ccmm.sqlite3-shm", "secret.key"} <= set(modes)
    assert set(modes.values()) == {"600"}
