"""What the tests of the house share: the repository itself, and machines that lack something."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What the scripts may call besides the programs that a test is about.
_TOOLS = (
    *("bash", "env", "cat", "cut", "find", "dirname", "sha256sum", "sort"),
    *("xargs", "rm", "mkdir", "cp", "tail", "mktemp", "true"),
)


@dataclass
class Machine:
    """A machine as a script sees it: a PATH with the usual tools, and whatever programs a test puts there."""

    folder: Path
    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> list[str]:
        """What the stand-ins were called with, in order."""
        log = self.folder / "calls"
        return log.read_text("utf-8").splitlines() if log.exists() else []

    def program(self, name: str, body: str = "") -> None:
        """Put a program there that notes how it was called and then does ``body`` (shell)."""
        path = self.folder / "bin" / name
        path.write_text(f'#!/usr/bin/env bash\necho "{name} $*" >>"{self.folder}/calls"\n{body}\n', encoding="utf-8")
        path.chmod(0o755)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the repository's scripts on this machine, without a terminal."""
        return subprocess.run(
            ["bash", str(self.root / "scripts" / script), *arguments],
            cwd=self.root,
            env={"PATH": str(self.folder / "bin"), "HOME": str(self.folder), **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with nothing but a shell, and a checkout in a folder whose name has a space."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in _TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (programs / tool).symlink_to(found)
    checkout = tmp_path / "a checkout"
    shutil.copytree(ROOT / "scripts", checkout / "scripts")
    return Machine(folder=tmp_path, root=checkout)
