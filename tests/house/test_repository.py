"""What is committed: nothing of any installation, nothing that is made, and scripts that can be run."""

from __future__ import annotations

import re
import stat
import subprocess

import pytest

from tests.house.conftest import ROOT


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    listed = git("ls-files").stdout.splitlines()
    assert "Makefile" in listed
    return listed


@pytest.mark.parametrize(
    "path",
    [
        "data/ccmm.sqlite3",
        "data/secret.key",
        "elsewhere/secret.key",
        "copy.sqlite3-wal",
        ".env",
        ".env.production",
        "tls/server.pem",
    ],
)
def test_data_and_keys_cannot_be_committed_by_accident(path: str) -> None:
    assert git("check-ignore", "--quiet", path).returncode == 0


def test_no_compiled_catalogue_is_committed(tracked: list[str]) -> None:
    assert [path for path in tracked if path.endswith((".mo", ".pyc"))] == []


def test_what_starts_with_a_shebang_can_be_run_and_nothing_else(tracked: list[str]) -> None:
    wrong = []
    for path in tracked:
        file = ROOT / path
        if not file.is_file() or file.is_symlink():
            continue
        runs = file.read_bytes()[:2] == b"#!"
        if runs != bool(file.stat().st_mode & stat.S_IXUSR):
            wrong.append(path)
    assert wrong == []


def test_no_committed_file_holds_a_credential(tracked: list[str]) -> None:
    # The shapes of the credentials this service handles: a Twilio account with its token, a Telegram bot token, a private key.
    shapes = re.compile(
        rb"\bSK[0-9a-f]{32}\b|\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\n[A-Za-z0-9+/]{40}"
    )
    assert [path for path in tracked if (ROOT / path).is_file() and shapes.search((ROOT / path).read_bytes())] == []


def test_the_build_server_runs_what_a_newcomer_runs() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert commands[-1] == "exec make test"
