"""The database server of a test run ends with the run, also where the run is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.house.conftest import ROOT

_RUN = """
from pathlib import Path
import time

def test_waits(postgres_cluster):
    Path("url").write_text(postgres_cluster.url("postgres"))
    Path("url").rename("ready")
    time.sleep(120)
"""


#: What runs in the background of a shell ignores Ctrl+C, and so do its children, unless they say otherwise.
_PYTEST = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""


def started(folder: Path) -> subprocess.Popen[bytes]:
    """A test run with a server, in the middle of a test."""
    (folder / "test_waits.py").write_text(_RUN, encoding="utf-8")
    shutil.copyfile(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    run = subprocess.Popen(
        [sys.executable, "-c", _PYTEST, "-q", "-p", "no:cacheprovider", "--rootdir", ".", "."],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
    )
    while not (folder / "ready").exists():
        assert run.poll() is None, "the run ended early"
        time.sleep(0.05)
    return run


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name (sockets allow no long ones) that the server's user may enter."""
    with tempfile.TemporaryDirectory(prefix="ccmm-run-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.postgres
def test_a_killed_run_leaves_no_server_and_the_next_one_no_folder(folder: Path) -> None:
    run = started(folder)
    url = (folder / "ready").read_text()
    assert answers(url)
    run.send_signal(signal.SIGKILL)
    run.wait()
    while answers(url):  # the test's own time limit ends this
        time.sleep(0.05)
    (left,) = folder.glob("ccmm-pg-*")
    (folder / "ready").unlink()
    again = started(folder)
    assert not left.exists()
    again.send_signal(signal.SIGINT)
    again.wait()
    assert not list(folder.glob("ccmm-pg-*"))
