"""``make demo`` does what the README says: it prints these lines, answers at that address, and ends politely."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.house.conftest import ROOT


def promised() -> list[str]:
    """What the README says the demonstration itself prints, after setting up."""
    block = re.search(r"^\$ make demo\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    lines = block[1].splitlines()
    return lines[next(place for place, line in enumerate(lines) if "catalogues compiled" in line) + 1 :]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_demonstration_prints_answers_and_ends_as_the_readme_says(tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ccmm_bot", "demo", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            assert running.stdout
            expected = promised()
            said = [running.stdout.readline().rstrip("\n") for _ in expected]
            assert said == [line.replace(":8000", f":{port}") for line in expected]
            (address,) = re.findall(r"http://\S+", said[-1])
            with urllib.request.urlopen(address, timeout=10) as answer:
                page = answer.read().decode()
            assert answer.status == 200
            assert "<html" in page
            running.send_signal(signal.SIGINT)
            rest = running.communicate(timeout=15)[0]
        finally:
            running.kill()
    assert (running.returncode, rest) == (0, "")
    assert list(tmp_path.iterdir()) == [], "what a demonstration keeps is gone with it"


def test_the_readme_counts_the_catalogues_right() -> None:
    there = len(list(ROOT.glob("locales/*/LC_MESSAGES/*.po")))
    assert f"\n{there} catalogues compiled\n" in (ROOT / "README.md").read_text("utf-8")
